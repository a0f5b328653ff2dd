import { Account } from '../domain/account.ts'
import type { Change } from '../domain/change.ts'

/** More groups than these are left out of an image: what is absent is unknown, never cut. */
const MAX_GROUPS_KEPT = 100

/** The one account that a change is about, as a before-image keeps it. */
export function accountIn({ accounts: [account] }: Pick<Change, 'accounts'>): Account {
  if (!account) throw new TypeError('a change of an account without the account')
  const { groups, ...rest } = Account.parse(account)
  return { ...rest, ...(groups && groups.length <= MAX_GROUPS_KEPT && { groups }) }
}
