import { kindOf } from '../changes/index.ts'
import type { ProtectedAccount } from '../config/policy.ts'
import type { Account } from '../domain/account.ts'
import { mayBeSame, namesOfCaller } from '../domain/caller-names.ts'
import { emailsOf } from '../domain/correlate.ts'
import { bare } from '../domain/quoting.ts'
import { mustAllPass, type RefusedAt } from '../domain/refused-among.ts'
import { Protected } from '../errors.ts'
import { fold, plainText } from '../text/text.ts'
import { type CallGuard, mustBeNamed } from './call.ts'

type AccountNames = Partial<Pick<Account, 'id' | 'userName' | 'email' | 'otherEmails' | 'externalId'>>

/**
 * Refuses a call that would change an account on the list, where `*` matches anything, or the caller's own account,
 * compared by every name that the caller may have. Nor does any account come to bear a name on the list, or one of the
 * caller's: it would be out of reach from then on, or the caller's. `appOf` names the app that a tenant leads to.
 */
export const protectedAccounts = (
  list: readonly ProtectedAccount[],
  appOf: (tenant: string) => string = (tenant) => tenant,
): CallGuard => {
  const entries = list.map((entry) => {
    const { match, tenant, why } = typeof entry === 'string' ? { match: entry } : entry
    const test = toTest(match)
    const holds = (where: string, names: AccountNames) =>
      (tenant === undefined || appOf(tenant) === appOf(where)) && namesIn(names).some(test)
    return { holds, why }
  })

  return async function protectedAccounts(call, next) {
    const own = [...namesOfCaller(call.caller.id), ...call.self.names, ...call.self.mayBe]
    const isOwn = (names: AccountNames) =>
      namesIn(names).some((name) => own.some((one) => mayBeSame(one, name)))
    const changes = call.plan?.changes ?? []
    const refused = changes.flatMap((change): RefusedAt[] => {
      const { tenant, accounts, subject } = change
      const becomes = kindOf(change).sets(change)
      if (accounts.length > 0 || namesIn(becomes).length > 0) mustBeNamed(call)
      for (const account of accounts) {
        const entry = entries.find(({ holds }) => holds(tenant, account))
        if (entry) return [{ tenant, error: isProtected(account, tenant, entry.why) }]
        if (isOwn(account)) return [{ tenant, error: isProtected(account, tenant, OWN) }]
      }
      const entry = entries.find(({ holds }) => holds(tenant, becomes))
      if (entry) return [{ tenant, error: wouldBeProtected(subject, tenant, entry.why) }]
      // It would give oneself access.
      return isOwn(becomes) ? [{ tenant, error: isProtected(becomes, tenant, OWN) }] : []
    })
    mustAllPass(
      refused,
      changes.map(({ tenant }) => tenant),
    )
    return next(call)
  }
}

const OWN = "it may be the caller's own account"

const isProtected = ({ userName, email }: AccountNames, tenant: string, why?: string) =>
  new Protected(
    `The account ${bare(userName ?? email ?? '')} in ${tenant} is protected and no tool may change it` +
      `${why === undefined ? '' : `: ${plainText(why, 200)}`}.`,
    'Only a person can change it, in the app itself.',
    { tenant },
  )

const wouldBeProtected = ({ userName }: AccountNames, tenant: string, why?: string) =>
  new Protected(
    `The change would give ${bare(userName ?? '')} in ${tenant} a name that is protected` +
      `${why === undefined ? '' : `: ${plainText(why, 200)}`}.`,
    'Only a person can give that name, in the app itself.',
    { tenant },
  )

const namesIn = ({ id, userName, externalId, ...addresses }: AccountNames): string[] => [
  ...[id, userName, externalId].filter((text) => text !== undefined),
  ...emailsOf(addresses),
]

/** Tests texts against a pattern, where `*` stands for anything, in time linear in the text, however many stars. */
export function toTest(pattern: string): (text: string) => boolean {
  const [start = '', ...parts] = fold(pattern).split('*')
  const end = parts.pop()
  return (text) => {
    const whole = fold(text)
    if (end === undefined) return whole === start
    const last = whole.length - end.length
    if (last < start.length || !whole.startsWith(start) || !whole.endsWith(end)) return false
    let at = start.length
    for (const part of parts) {
      // The first place leaves most room for the parts that follow.
      const found = whole.indexOf(part, at)
      if (found < 0 || found + part.length > last) return false
      at = found + part.length
    }
    return true
  }
}
