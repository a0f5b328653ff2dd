import type { Match } from '../../domain/operations.ts'
import { sameText } from '../../text/text.ts'
import type { ScimUser } from './read.ts'

type FieldValues = readonly (string | undefined)[]

/** A user's values for each field that can be matched. */
const VALUES_OF: { readonly [Field in keyof Match]-?: (user: ScimUser) => FieldValues } = {
  userName: (user) => [user.userName],
  email: (user) => user.emails,
  givenName: (user) => [user.givenName],
  familyName: (user) => [user.familyName],
  title: ({ account }) => [account.title],
  department: ({ account }) => [account.department],
  role: ({ account }) => [account.role],
  licence: ({ account }) => [account.licence],
  userType: ({ account }) => [account.userType],
  location: ({ account }) => [account.location],
  manager: ({ account }) => [account.manager, account.managerName],
  externalId: ({ account }) => [account.externalId],
  status: ({ account }) => (account.status === 'unknown' ? [] : [account.status]),
  group: (user) => user.groups,
  admin: ({ account }) => (account.admin === undefined ? [] : [String(account.admin)]),
}

/** Compares users with `match`, and notes the fields that were missing in some records. */
export function matcher(match: Match): { keep: (user: ScimUser) => boolean; note: () => string | undefined } {
  const wanted = (Object.keys(VALUES_OF) as (keyof Match)[]).flatMap((field) =>
    match[field] === undefined ? [] : [{ field, value: String(match[field]) }],
  )
  const missing = new Set<string>()
  return {
    keep: (user) =>
      wanted.every(({ field, value }) => {
        const values = VALUES_OF[field](user).filter((one) => one !== undefined)
        if (values.length === 0 && !(field === 'group' && user.account.groups)) missing.add(field)
        return values.some((one) => sameText(one, value))
      }),
    note: () =>
      missing.size === 0
        ? undefined
        : `Some users' records lack ${[...missing].join(', ')}. Those users are left out.`,
  }
}

/** Whether `who` is the user's email, user name, external id or id, regardless of the app's filter. */
export const isMeant = (user: ScimUser, who: string): boolean =>
  [user.userName, ...user.emails, user.account.externalId, user.account.id].some((one) => sameText(one, who))
