import { Account } from '../domain/account.ts'
import type { Change } from '../domain/change.ts'

/** An image with more groups than this leaves them all out: absent means unknown, and a list is never cut. */
const MAX_GROUPS_KEPT = 100

/** The account of a change to one account, as a before-image keeps it. */
export function accountIn({ accounts: [account] }: Pick<Change, 'accounts'>): Account {
  if (!account) throw new TypeError('a change of an account without the account')
  const { groups, ...rest } = Account.parse(account)
  return { ...rest, ...(groups && groups.length <= MAX_GROUPS_KEPT && { groups }) }
}
