import type { Match } from '../../domain/operations.ts'
import { sameText } from '../../text/text.ts'
import type { ScimUser } from './read.ts'

type Told = readonly (string | undefined)[]

/** What a user's record tells about each field that can be matched. */
const TELLS: { readonly [Field in keyof Match]-?: (user: ScimUser) => Told } = {
  userName: (user) => [user.userName],
  email: (user) => user.emails,
  givenName: (user) => [user.givenName],
  familyName: (user) => [user.familyName],
  title: ({ account }) => [account.title],
  department: ({ account }) => [account.department],
  role: ({ account }) => [account.role],
  licence: ({ account }) => [account.licence],
  externalId: ({ account }) => [account.externalId],
  status: ({ account }) => (account.status === 'unknown' ? [] : [account.status]),
  group: (user) => user.groups,
  admin: ({ account }) => (account.admin === undefined ? [] : [String(account.admin)]),
}

/** Compares users with `match`, and keeps account of the fields that some record did not tell. */
export function matcher(match: Match): { keep: (user: ScimUser) => boolean; note: () => string | undefined } {
  const wanted = (Object.keys(TELLS) as (keyof Match)[]).flatMap((field) =>
    match[field] === undefined ? [] : [{ field, value: String(match[field]) }],
  )
  const untold = new Set<string>()
  return {
    keep: (user) =>
      wanted.every(({ field, value }) => {
        const told = TELLS[field](user).filter((one) => one !== undefined)
        if (told.length === 0 && !(field === 'group' && user.account.groups)) untold.add(field)
        return told.some((one) => sameText(one, value))
      }),
    note: () =>
      untold.size === 0
        ? undefined
        : `Some users' records do not tell ${[...untold].join(', ')}; those users were left out.`,
  }
}

/** Whether the user is the one meant by an email, user name, external id or id, whatever the app's filter returned. */
export const isMeant = (user: ScimUser, who: string): boolean =>
  [user.userName, ...user.emails, user.account.externalId, user.account.id].some((one) => sameText(one, who))
