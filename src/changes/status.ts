import type { Account } from '../domain/account.ts'
import type { BriefedAccount } from '../domain/briefing.ts'
import type { Change, Weight } from '../domain/change.ts'
import type { Facts } from '../domain/facts.ts'
import type { Operations, RequestContext } from '../domain/operations.ts'
import { named } from '../domain/quoting.ts'
import { sameUserName } from '../domain/same.ts'
import { accountSummary, serverAlteration } from './briefed.ts'
import type { ChangeLocation, Observed } from './define.ts'
import {
  AS_BEFORE,
  CHANGED_AGAIN,
  CHANGED_SINCE,
  cannotUndo,
  leftAlone,
  NOT_SHOWN,
  type PastChange,
  RENAMED,
  type Reversal,
  touchedSince,
} from './inverse.ts'
import { besidesStatus, sideEffects } from './side-effects.ts'

/** `Deactivate "Ada Lovelace" (ada@example.com) in Netskope, tenant acme-netskope: active → inactive.` */
export const switchSentence = (
  verb: string,
  account: Account,
  { title, tenant }: ChangeLocation,
  to: 'active' | 'inactive',
): string =>
  `${verb} ${named(account)}${account.admin ? ', an administrator,' : ''} in ${title}, tenant ${tenant}: ` +
  `${account.status} → ${to}.`

/**
 * What a deactivation does: where it is not known to be reversible, it counts as a deletion. PagerDuty deletes users whose
 * `active` becomes false (support.pagerduty.com, "SCIM User Provisioning").
 */
export const takesAccess = ({ deactivate }: Facts): readonly Weight[] =>
  deactivate === 'reversible' ? ['removes'] : ['deletes', 'removes']

export const GIVES_BACK = ['gives', 'adds'] as const

/** Of an app that does not end sessions. */
const SESSIONS_STAY = 'Sessions at the identity provider are not ended.'

const SESSIONS_HERE = 'Sessions that are open in this app may go on until they expire.'

/** What a change leaves open, of one that comes after the sessions at the identity provider were ended. */
export const afterSessionsEnded = (consequence: string): string =>
  consequence.replace(SESSIONS_STAY, SESSIONS_HERE)

/** What goes on for a while after the access is removed; can be empty. */
export const staysOpen = ({ propagationMinutes, endsSessions }: Facts): string =>
  [
    propagationMinutes && `The account's traffic can still pass for up to ${propagationMinutes} minutes.`,
    endsSessions !== 'yes' && SESSIONS_STAY,
  ]
    .filter((text) => text)
    .join(' ')

/** What the approval page shows of an account that loses access, and what it loses. */
export const losesAccess = (account: Account, after: string): BriefedAccount => ({
  ...accountSummary(account),
  alters: [serverAlteration('status', account.status, after)],
  loses: {
    ...(account.groups && {
      groups: { first: account.groups, of: account.groups.length + (account.moreGroups ?? 0) },
    }),
    ...(account.licence !== undefined && { licence: account.licence }),
  },
})

/** Reads whether the account has this status now, and whether all else is as it was. */
export async function readStatus(
  { ask: { id }, accounts: [before] }: Pick<Change<'deactivateAccount'>, 'ask' | 'accounts'>,
  status: string,
  app: Operations,
  context: RequestContext,
): Promise<Observed> {
  const account = await app.readAccount?.({ id }, context)
  if (!account) return { problem: 'The app no longer shows this account.' }
  return account.status === status
    ? { account, ...sideEffects(besidesStatus(before, account)) }
    : { account, problem: `The app still shows it as ${account.status}.` }
}

/** What a write did to an account's status. */
interface StatusChange {
  userName: string
  /** Status to restore. */
  was: Account['status']
  /** Status that the write set. */
  became: 'active' | 'inactive'
  /** The verdict if the status is as it was. */
  already?: Reversal
  left: (now: Account) => string[]
  stays: string
}

/** Restores an account's status; `now` is what the app shows of it. */
export function reverseStatus(
  past: PastChange,
  { userName, was, became, already = AS_BEFORE, left: lost, stays }: StatusChange,
  now: Account | undefined,
): Reversal {
  if (!now) return NOT_SHOWN
  if (was === 'unknown') return cannotUndo('It is not known whether it was active before.')
  if (!sameUserName(now.userName, userName)) return leftAlone(RENAMED)
  if (now.status === was) return already
  if (touchedSince(past, 'access')) return leftAlone(CHANGED_AGAIN)
  if (now.status !== became) return leftAlone(CHANGED_SINCE)
  const ask = { id: now.id, userName: now.userName }
  const operation = was === 'active' ? 'reactivateAccount' : 'deactivateAccount'
  return {
    change: { tenant: past.tenant, accounts: [now], subject: ask, operation, ask },
    left: lost(now),
    stays,
  }
}

/** What an account lost together with its access. */
export function lostWithAccess(before: Account, now: Account): string[] {
  const groups = now.groups && before.groups?.filter((group) => !now.groups?.includes(group))
  return [
    ...(groups && groups.length > 0 ? [`groups that it is no longer in: ${groups.join(', ')}`] : []),
    ...(before.licence && now.licence !== before.licence ? [`licence: was ${before.licence}`] : []),
  ]
}
