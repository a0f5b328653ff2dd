import { kindOf } from '../changes/index.ts'
import type { ProtectedAccount } from '../config/policy.ts'
import type { Account } from '../domain/account.ts'
import { mayBeSame, namesOfCaller } from '../domain/caller-names.ts'
import type { Change } from '../domain/change.ts'
import { emailsOf } from '../domain/correlate.ts'
import { bare } from '../domain/quoting.ts'
import { Protected } from '../errors.ts'
import { fold, plainText } from '../text/text.ts'
import { type CallGuard, mustBeNamed } from './call.ts'

type AccountNames = Partial<Pick<Account, 'id' | 'userName' | 'email' | 'otherEmails' | 'externalId'>>

/**
 * Refuses a call that would change an account on the list, where `*` matches anything, or the caller's own account,
 * compared by every name that the caller may have.
 */
export const protectedAccounts = (list: readonly ProtectedAccount[]): CallGuard => {
  const entries = list.map((entry) => {
    const { match, tenant, why } = typeof entry === 'string' ? { match: entry } : entry
    const test = toTest(match)
    const holds = (where: string, account: Account) =>
      (tenant === undefined || tenant === where) && namesIn(account).some(test)
    return { holds, why }
  })

  return async function protectedAccounts(call, next) {
    const own = [...namesOfCaller(call.caller.id), ...call.self.names, ...call.self.mayBe]
    const isOwn = (names: AccountNames) =>
      namesIn(names).some((name) => own.some((one) => mayBeSame(one, name)))
    for (const change of call.plan?.changes ?? []) {
      const { tenant, accounts } = change
      for (const account of accounts) {
        const entry = entries.find(({ holds }) => holds(tenant, account))
        if (entry) throw isProtected(account, tenant, entry.why)
      }
      // Creating an account for oneself would give oneself access.
      const changed = [...accounts, ...madeBy(change)]
      if (changed.length > 0) mustBeNamed(call)
      const self = changed.find(isOwn)
      if (self) throw isProtected(self, tenant, "it may be the caller's own account")
    }
    return next(call)
  }
}

const isProtected = ({ userName, email }: AccountNames, tenant: string, why?: string) =>
  new Protected(
    `The account ${bare(userName ?? email ?? '')} in ${tenant} is protected and no tool may change it` +
      `${why === undefined ? '' : `: ${plainText(why, 200)}`}.`,
    'Only a person can change it, in the app itself.',
    { tenant },
  )

function madeBy(change: Change): AccountNames[] {
  const kind = kindOf(change)
  return kind.makes === 'account' ? [kind.sets(change)] : []
}

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
