import type { Account } from '../domain/account.ts'
import type { Change } from '../domain/change.ts'
import { type AlsoChanged, alsoChanged, type FieldValue, flat } from '../domain/field-diff.ts'
import type { AccountFields, FullAccount } from '../domain/operations.ts'
import { sameText } from '../text/text.ts'

/** What an app makes of the parts of a name by itself. */
const MADE_OF_NAMES: readonly string[] = ['displayName', 'formattedName']
const NAMES: readonly string[] = ['givenName', 'familyName', ...MADE_OF_NAMES]

/**
 * What a change of fields changed besides: some apps replace a whole `name` when they are told a given name
 * (apache/directory-scimple#725), and a full replacement can clear what it does not name (RFC 7644 §3.5.1).
 */
export function besidesFields(
  { accounts, before, ask: { set } }: Pick<Change<'updateAccount'>, 'accounts' | 'before' | 'ask'>,
  { account, fields }: FullAccount,
): AlsoChanged[] {
  const [was, wanted] = [flat(before), flat(set)]
  const renames = NAMES.some((name) => name in wanted)
  return alsoChanged(
    { ...was, groups: groupsOf(accounts[0]) },
    { ...flat(fields), groups: groupsOf(account) },
    (field, after) =>
      field in wanted ||
      (renames && MADE_OF_NAMES.includes(field)) ||
      isSameLogin(field, after, set) ||
      // A reading shows the attributes that it asked for, which are not always the same.
      (field.startsWith('custom.') && was[field] === undefined) ||
      (field === 'groups' && !(groupsOf(accounts[0]) && groupsOf(account))),
  )
}

/** Many apps keep the user name and the email as one value. */
const isSameLogin = (field: string, after: FieldValue | undefined, { email, userName }: AccountFields) =>
  (field === 'email' || field === 'userName') &&
  typeof after === 'string' &&
  sameText(after, field === 'email' ? userName : email)

/** Undefined if not all are known. */
const groupsOf = (account: Account | undefined): string[] | undefined =>
  account?.moreGroups ? undefined : account?.groups?.toSorted()

// What an app takes or gives together with the access, and the app's own bookkeeping.
const FOLLOW_STATUS: readonly string[] = [
  'status',
  'state',
  'groups',
  'licence',
  'admin',
  'createdAt',
  'updatedAt',
  'lastSignInAt',
  'caution',
]

/** An app's own word for the status, such as `oktaStatus`. */
const OWN_STATUS = /^custom\.\w*status$/i

/** What a change of status changed besides; only what was known of the account before can tell. */
export const besidesStatus = (before: Account | undefined, now: Account): AlsoChanged[] =>
  before
    ? alsoChanged(
        valuesOf(before),
        valuesOf(now),
        (field) =>
          FOLLOW_STATUS.includes(field) || OWN_STATUS.test(field) || valuesOf(before)[field] === undefined,
      )
    : []

const valuesOf = ({
  moreGroups: _,
  matchedBy: __,
  custom,
  ...account
}: Account): Readonly<Record<string, FieldValue | undefined>> => ({
  ...account,
  ...flat({ ...(custom && { custom }) }),
})

/** To spread into what a change shows; empty if nothing changed besides. */
export const sideEffects = (besides: readonly AlsoChanged[]): { alsoChanged?: readonly AlsoChanged[] } =>
  besides.length > 0 ? { alsoChanged: besides } : {}
