import * as z from 'zod'
import { Account } from '../domain/account.ts'
import { sameText } from '../text/text.ts'
import { isMany, only, sharing } from './fit.ts'

// How much of an account an answer shows.

/** The fields that can be chosen. What names an account is shown in any case, and some have others with them. */
const CHOICES = [
  ...(['email', 'name', 'status', 'externalId', 'admin', 'groups', 'title', 'department'] as const),
  ...(['role', 'licence', 'userType', 'location', 'manager'] as const),
  ...(['phone', 'locale', 'timezone', 'custom', 'lastSignInAt', 'createdAt', 'updatedAt'] as const),
] as const
const NAMING = ['tenant', 'vendor', 'id', 'userName', 'caution', 'matchedBy'] as const

export const AccountChoice = z.enum(CHOICES)
export type AccountChoice = z.infer<typeof AccountChoice>
export const AccountChoices = z.array(AccountChoice).min(1).optional()

/** Fields that stand with one that was chosen. */
const WITH: { readonly [Name in AccountChoice]?: readonly (keyof Account)[] } = {
  email: ['otherEmails'],
  groups: ['moreGroups'],
  manager: ['managerName'],
}

/** An account as far as it was asked for, and as far as it is not said of all. */
export const ShownAccount = z.lazy(() => Account.unwrap().partial())
export type ShownAccount = z.infer<typeof ShownAccount>

/** Groups shown of an account, and their letters; the others are counted. */
const MAX_GROUPS = 50
const MAX_GROUP_LETTERS = 1_500
/** Groups shown in a row of a list. */
const MAX_GROUPS_IN_ROW = 5

/** An account that does not fill an answer with its groups. */
export const AnsweredAccount = z.lazy(() => Account.unwrap().overwrite((account) => withFewGroups(account)))

function withFewGroups(account: Account, most = MAX_GROUPS): Account {
  const { groups, moreGroups = 0, ...rest } = account
  let letters = 0
  const end = groups?.findIndex((name, index) => {
    letters += name.length
    return index >= most || (index > 0 && letters > MAX_GROUP_LETTERS)
  })
  if (!groups || end === undefined || end < 0) return account
  return { ...rest, groups: groups.slice(0, end), moreGroups: moreGroups + groups.length - end }
}

/** The account with the fields that were chosen, or with all. */
export function detailed(account: Account, chosen: readonly AccountChoice[] | undefined): ShownAccount {
  const few = withFewGroups(account)
  if (!chosen) return few
  return only(few, [...NAMING, ...chosen, ...chosen.flatMap((name) => WITH[name] ?? [])])
}

/** What a list of many accounts shows of each. */
const BRIEF = ['email', 'name', 'status'] as const

/** The account in few bytes; without an email that is the user name. */
export function brief(account: Account): ShownAccount {
  const { email, ...rest } = only(account, [...NAMING, ...BRIEF])
  return { ...rest, ...(email !== undefined && !sameText(email, account.userName) && { email }) }
}

/** Said beside accounts that are shown in brief. */
export const BRIEFLY =
  'Of many accounts only `email`, where it is not the user name, `name` and `status` are shown; `fields` shows others.'

/** Accounts as rows of a list; of many, it says once what all have in common. */
export function accountRows(
  accounts: readonly Account[],
  chosen: readonly AccountChoice[] | undefined,
): (shown: number) => { accounts: ShownAccount[]; shared?: ShownAccount } {
  const many = isMany(accounts)
  const rows = accounts.map((account) => {
    const few = withFewGroups(account, MAX_GROUPS_IN_ROW)
    if (chosen) return detailed(few, chosen)
    if (many) return brief(account)
    // What is long in an account is shown to those who ask for it.
    const { custom, phone, locale, timezone, ...row } = few
    return row
  })
  return (shown) => {
    if (!many) return { accounts: rows.slice(0, shown) }
    const { rows: accounts, shared } = sharing(rows.slice(0, shown))
    return { accounts, ...(shared && { shared }) }
  }
}
