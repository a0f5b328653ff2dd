import type { ScimUser } from '../directory.ts'
import { uuidOf } from '../people.ts'
import { type AccountHolder, TEAMS_AND_ALL } from '../people-in.ts'
import { ENTERPRISE, type Shape, USER, type Values } from '../scim/schema.ts'

/** The namespace of Gainsight's own attributes (support.gainsight.com, "Okta Gainsight SCIM Setup"). */
export const GAINSIGHT = 'urn:ietf:params:scim:schemas:extension:gainsight:2.0:User'

/**
 * The exact names of the licences ("Okta Gainsight SCIM Setup"). The last one is the default; the name that clients can
 * send for it is not documented.
 */
export const LICENCES = ['Full', 'Viewer', 'Viewer_Analytics', 'Internal_Collaborator'] as const
const DEFAULT_LICENCE = 'Internal_Collaborator'

/** The valid roles of a user, case-sensitive (stitchflow.com's Gainsight API guide). */
export const ROLES = ['Standard User', 'CSM', 'Admin', 'Viewer'] as const

/** A custom field. An administrator defines it, and Gainsight Support maps it. */
export type CustomField = { name: string } & (
  | { type: 'boolean' | 'string' }
  | { type: 'picklist' | 'multiPicklist'; values: readonly string[] }
)

export const CUSTOM_FIELDS: readonly CustomField[] = [
  { name: 'IsContractor', type: 'boolean' },
  { name: 'CostCentre', type: 'string' },
  { name: 'Region', type: 'picklist', values: ['EMEA', 'AMER', 'APAC'] },
  { name: 'Department', type: 'multiPicklist', values: ['Support', 'Services', 'Engineering'] },
]

/** The user attributes of Gainsight. Names in its own namespace are case-sensitive. */
export const userShape = (licences: readonly string[], fields: readonly CustomField[]): Shape => ({
  ...USER,
  [GAINSIGHT]: {
    type: 'object',
    of: {
      IsSuperAdmin: { type: 'boolean', exactName: true },
      LicenseType: { type: 'string', exactName: true, oneOf: licences },
      ...Object.fromEntries(fields.map((field) => [field.name, attributeOf(field)])),
    },
  },
})

function attributeOf(field: CustomField): Shape[string] {
  switch (field.type) {
    case 'multiPicklist':
      return { type: 'texts', exactName: true, oneOf: field.values }
    case 'picklist':
      return { type: 'string', exactName: true, oneOf: field.values }
    default:
      return { type: field.type, exactName: true }
  }
}

/** Adds the values that Gainsight sets by default. */
export function complete<User extends Values>(user: User): User {
  const { givenName, familyName } = (user.name ?? {}) as NonNullable<ScimUser['name']> // guaranteed by the shape
  const own = user[GAINSIGHT] as Values | undefined // likewise
  const displayName = user.displayName ?? [givenName, familyName].filter(Boolean).join(' ')
  return {
    ...user,
    ...(displayName !== '' && { displayName }),
    [GAINSIGHT]: { IsSuperAdmin: false, LicenseType: DEFAULT_LICENCE, ...own },
  }
}

/** An id like those in the examples of support.gainsight.com. */
const gsid = (text: string): string =>
  `1P01${uuidOf(`gainsight ${text}`).replaceAll('-', '').toUpperCase().slice(0, 14)}`

export const newGsid = (): string => gsid(crypto.randomUUID())

const SUPER_ADMINS = ['grace@example.com', 'breakglass@example.com']

function accountOf(person: AccountHolder, place: number): ScimUser {
  const role = ROLES[place % ROLES.length] ?? 'Standard User'
  const licence = LICENCES[place % LICENCES.length]
  return complete({
    id: gsid(person.email),
    ...(person.externalId !== undefined && { externalId: person.externalId }),
    userName: person.userName,
    active: person.active,
    name: { givenName: person.givenName, familyName: person.familyName },
    title: person.title,
    emails: [{ type: 'work', value: person.email, primary: true }],
    timezone: 'America/New_York',
    locale: 'en_US',
    roles: [{ value: role }],
    [ENTERPRISE]: { department: person.department },
    [GAINSIGHT]: { IsSuperAdmin: SUPER_ADMINS.includes(person.email), LicenseType: licence },
  })
}

export const firstRecords = (people: readonly AccountHolder[]) => ({
  users: people.map(accountOf),
  groups: TEAMS_AND_ALL.map(({ name, has }) => ({
    id: uuidOf(`gainsight group ${name}`),
    displayName: name,
    members: people
      .filter((person, place) => has({ externalId: '', ...person }, place))
      .map(({ email }) => ({ value: gsid(email) })),
  })),
})
