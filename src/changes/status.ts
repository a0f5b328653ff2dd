import type { Account } from '../domain/account.ts'
import type { BriefedAccount } from '../domain/briefing.ts'
import type { Operations, RequestContext } from '../domain/operations.ts'
import { named } from '../domain/quoting.ts'
import { sameText } from '../text/text.ts'
import { ours, who } from './briefed.ts'
import type { Look, Where } from './define.ts'
import {
  AGAIN,
  AS_BEFORE,
  CHANGED,
  cannot,
  GONE,
  left,
  type PastChange,
  RENAMED,
  type Reversal,
  touchedSince,
} from './inverse.ts'

/** How many groups of an account are named to a person. */
const MAX_GROUPS_SHOWN = 50

/** `Deactivate "Ada Lovelace" (ada@example.com) in Netskope, tenant acme-netskope: active → inactive.` */
export const switchSentence = (
  verb: string,
  account: Account,
  { title, tenant }: Where,
  to: 'active' | 'inactive',
): string =>
  `${verb} ${named(account)}${account.admin ? ', an administrator,' : ''} in ${title}, tenant ${tenant}: ` +
  `${account.status} → ${to}.`

/** What the page shows of an account whose access is taken, and what goes with it. */
export const losesAccess = (account: Account, after: string): BriefedAccount => ({
  ...who(account),
  alters: [ours('status', account.status, after)],
  loses: {
    ...(account.groups && {
      groups: { first: account.groups.slice(0, MAX_GROUPS_SHOWN), of: account.groups.length },
    }),
    ...(account.licence !== undefined && { licence: account.licence }),
  },
})

/** Reads whether the account has this status now. */
export async function readStatus(
  id: string,
  status: string,
  app: Operations,
  context: RequestContext,
): Promise<Look> {
  const account = await app.readAccount?.({ id }, context)
  if (!account) return { problem: 'The app no longer shows this account.' }
  return account.status === status
    ? { account }
    : { account, problem: `The app still shows it as ${account.status}.` }
}

/** What a write left of an account's status. */
interface Switched {
  userName: string
  /** Status to give back. */
  was: Account['status']
  /** Status that the write set. */
  became: 'active' | 'inactive'
  /** What is said where the status is as it was. */
  already?: Reversal
  left: (now: Account) => string[]
  stays: string
}

/** Gives an account its status back; `now` is what the app shows of it. */
export function reverseStatus(
  past: PastChange,
  { userName, was, became, already = AS_BEFORE, left: lost, stays }: Switched,
  now: Account | undefined,
): Reversal {
  if (!now) return GONE
  if (was === 'unknown') return cannot('Whether it was active before is not known.')
  if (!sameText(now.userName, userName)) return left(RENAMED)
  if (now.status === was) return already
  if (touchedSince(past, 'access')) return left(AGAIN)
  if (now.status !== became) return left(CHANGED)
  const ask = { id: now.id, userName: now.userName }
  const operation = was === 'active' ? 'reactivateAccount' : 'deactivateAccount'
  return {
    change: { tenant: past.tenant, accounts: [now], subject: ask, operation, ask },
    left: lost(now),
    stays,
  }
}

/** What an app took from an account together with its access. */
export function lostWithAccess(before: Account, now: Account): string[] {
  const groups = now.groups && before.groups?.filter((group) => !now.groups?.includes(group))
  return [
    ...(groups && groups.length > 0 ? [`groups that it is no longer in: ${groups.join(', ')}`] : []),
    ...(before.licence && now.licence !== before.licence ? [`licence: was ${before.licence}`] : []),
  ]
}
