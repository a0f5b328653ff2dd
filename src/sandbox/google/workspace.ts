import type { Directory, ScimGroup, ScimUser } from '../directory.ts'
import { uuidOf } from '../people.ts'
import { type AccountHolder, TEAMS_AND_ALL } from '../people-in.ts'
import { ENTERPRISE } from '../scim/schema.ts'

/** What a user of Google has beyond SCIM. */
export interface GoogleExtras {
  isAdmin?: boolean
  isDelegatedAdmin?: boolean
  aliases?: string[]
  archived?: boolean
  suspensionReason?: string
  orgUnitPath?: string
  isEnrolledIn2Sv?: boolean
  isEnforcedIn2Sv?: boolean
  lastLoginTime?: string
  /** Of the primary organisation, besides title and department. */
  organization?: Record<string, unknown>
  otherOrganizations?: Record<string, unknown>[]
  /** Addresses that are no aliases, such as a private one. */
  otherEmails?: string[]
  customSchemas?: Record<string, Record<string, unknown>>
  /** Apps with OAuth tokens, by client id. */
  tokens?: { clientId: string; displayText: string; scopes: string[] }[]
  /** Application passwords. */
  asps?: { codeId: number; name: string }[]
  /** How often the user was signed out everywhere. */
  signOuts?: number
  /** Names of administrator roles. */
  roles?: string[]
}

/** The records of one simulated Workspace. */
export interface Workspace {
  domain: string
  directory: Directory
  extras: Map<string, GoogleExtras>
  /** Names of administrator roles of groups, by the group's id. */
  groupRoles: Map<string, string[]>
  now: () => number
}

/** A user with what Google has beyond SCIM. */
export const extrasOf = ({ extras }: Workspace, { id }: ScimUser): GoogleExtras => {
  const own = extras.get(id) ?? {}
  extras.set(id, own)
  return own
}

export const isAdministrator = ({ isAdmin, isDelegatedAdmin }: GoogleExtras): boolean =>
  isAdmin === true || isDelegatedAdmin === true

/** Google's ids are numbers of 21 digits. */
const googleId = (text: string): string =>
  `1${BigInt(`0x${uuidOf(`google ${text}`).replaceAll('-', '').slice(0, 16)}`)
    .toString()
    .padStart(20, '0')
    .slice(-20)}`

export const groupAddress = ({ displayName }: ScimGroup, domain: string): string =>
  `${displayName.toLowerCase().replace(/[^a-z0-9]+/g, '-')}@${domain}`

const domainOf = (address: string): string => address.split('@')[1]?.toLowerCase() ?? ''

/** Whether the address is of a domain that the Workspace has. */
export const isOurs = ({ domain, directory }: Workspace, address: string): boolean =>
  domainOf(address) === domain ||
  [...directory.users.values()].some(({ userName }) => domainOf(userName) === domainOf(address))

const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase()

/** The user with this id, primary address or alias. */
export function userByKey(workspace: Workspace, key: string): ScimUser | undefined {
  const { directory } = workspace
  return (
    directory.users.get(key) ??
    [...directory.users.values()].find(
      (user) =>
        same(user.userName, key) ||
        (extrasOf(workspace, user).aliases ?? []).some((alias) => same(alias, key)),
    )
  )
}

export function groupByKey({ directory, domain }: Workspace, key: string): ScimGroup | undefined {
  return (
    directory.groups.get(key) ??
    [...directory.groups.values()].find((group) => same(groupAddress(group, domain), key))
  )
}

const userOf = (person: AccountHolder): ScimUser => ({
  id: googleId(person.email),
  ...(person.externalId !== undefined && { externalId: person.externalId }),
  userName: person.userName.toLowerCase() === person.email.toLowerCase() ? person.userName : person.email,
  active: person.active,
  name: { givenName: person.givenName, familyName: person.familyName },
  title: person.title,
  emails: [{ type: 'work', value: person.email, primary: true }],
  [ENTERPRISE]: { department: person.department },
})

export const firstRecords = (people: readonly AccountHolder[]) => ({
  users: people.map(userOf),
  groups: TEAMS_AND_ALL.map(({ name, has }) => ({
    id: `0${uuidOf(`google group ${name}`).replaceAll('-', '').slice(0, 14)}`,
    displayName: name,
    members: people
      .filter((person, place) => has({ externalId: '', ...person }, place))
      .map(({ email }) => ({ value: googleId(email) })),
  })),
})
