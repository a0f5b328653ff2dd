import type { Match } from '../../domain/operations.ts'
import { sameAddress, sameId, sameUserName } from '../../domain/same.ts'
import { sameText } from '../../text/text.ts'
import { field, isRecord } from '../http/values.ts'
import { ENTERPRISE } from './facts.ts'
import type { Mention } from './mentions.ts'
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

/** Where a record has the field; an app that sends it empty has told that there is no value. */
const PLACES: { readonly [Field in keyof Match]?: readonly string[] } = {
  email: ['emails'],
  givenName: ['name', 'givenName'],
  familyName: ['name', 'familyName'],
  title: ['title'],
  department: [ENTERPRISE, 'department'],
  role: ['roles'],
  userType: ['userType'],
  location: ['addresses'],
  manager: [ENTERPRISE, 'manager'],
  externalId: ['externalId'],
  group: ['groups'],
}

const isToldEmpty = (value: unknown): boolean =>
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.every(isToldEmpty)) ||
  (isRecord(value) && isToldEmpty(field(value, 'value')))

/** Whether the user has this value; undefined if the record does not tell. */
export function matches(user: ScimUser, name: keyof Match, value: string): boolean | undefined {
  const values = VALUES_OF[name](user).filter((one) => one !== undefined)
  if (values.length > 0) return values.some((one) => sameText(one, value))
  const place = PLACES[name]
  return place && isToldEmpty(place.reduce<unknown>(field, user.raw)) ? false : undefined
}

/** Compares users with `match`. */
interface Matcher {
  keep(user: ScimUser): boolean
  /** Why users are left out that may match; undefined if there are none. */
  note(): string | undefined
}

/** A user who has no other value than the wanted ones, as far as the record tells, can't be judged by the rest. */
export function matcher(match: Match): Matcher {
  const wanted = wantedIn(match)
  const unjudged = new Map<keyof Match, number>()
  const told = new Set<keyof Match>()
  let users = 0
  let open = 0
  return {
    keep(user) {
      users++
      const found = wanted.map(({ name, value }) => ({ name, same: matches(user, name, value) }))
      for (const { name, same } of found) if (same !== undefined) told.add(name)
      if (found.some(({ same }) => same === false)) return false
      const lacking = found.filter(({ same }) => same === undefined)
      if (lacking.length === 0) return true
      open++
      for (const { name } of lacking) unjudged.set(name, (unjudged.get(name) ?? 0) + 1)
      return false
    },
    note() {
      if (open === 0) return undefined
      const never = [...unjudged.keys()].filter((name) => !told.has(name))
      const lacking = [...unjudged].map(([name, count]) => `${name} (${count})`).join(', ')
      return never.length > 0
        ? `The app does not tell ${never.join(', ')} of any user read: ${open} of ${users} could not be judged and may match.`
        : `${open} of ${users} users could not be judged and may match: their records lack ${lacking}.`
    },
  }
}

/** The fields of `match`, as text. */
const wantedIn = (match: Match): { name: keyof Match; value: string }[] =>
  (Object.keys(VALUES_OF) as (keyof Match)[]).flatMap((name) =>
    match[name] === undefined ? [] : [{ name, value: String(match[name]) }],
  )

/** What a user is looked up by. */
export interface Named {
  account: { id: string; externalId?: string | undefined }
  userName: string
  emails: readonly string[]
  /** Addresses that stand elsewhere in the record; absent if there are none. */
  mentions?: readonly Mention[]
}

/** Whether one of the names is the user's email, user name, external id or id, regardless of the app's filter. */
export const isMeant = ({ account, userName, emails }: Named, names: readonly string[]): boolean =>
  names.some(
    (name) =>
      sameUserName(userName, name) ||
      emails.some((email) => sameAddress(email, name)) ||
      sameId(account.externalId, name) ||
      sameId(account.id, name),
  )
