import type { ScimUser } from '../directory.ts'
import { uuidOf } from '../people.ts'
import { type AccountHolder, TEAMS_AND_ALL } from '../people-in.ts'
import { ENTERPRISE, type Shape, USER, type Values } from '../scim/schema.ts'

/** The namespace of Gainsight's own attributes (support.gainsight.com, "Okta Gainsight SCIM Setup"). */
export const GAINSIGHT = 'urn:ietf:params:scim:schemas:extension:gainsight:2.0:User'

/**
 * The licences by their exact names ("Okta Gainsight SCIM Setup"). The last one is what a user gets who is given none; by
 * which name it may be sent is documented nowhere.
 */
export const LICENCES = ['Full', 'Viewer', 'Viewer_Analytics', 'Internal_Collaborator'] as const
const DEFAULT_LICENCE = 'Internal_Collaborator'

/** A user's role must be one of these, letter by letter (stitchflow.com's Gainsight API guide). */
export const ROLES = ['Standard User', 'CSM', 'Admin', 'Viewer'] as const

/** A custom field that an administrator has defined, and Gainsight Support has mapped. */
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

/** What Gainsight knows of a user. Names in its own namespace are minded letter by letter. */
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

/** A user with what Gainsight fills in where nothing was said. */
export function complete<User extends Values>(user: User): User {
  const { givenName, familyName } = (user.name ?? {}) as NonNullable<ScimUser['name']> // as the shape has it
  const own = user[GAINSIGHT] as Values | undefined // likewise
  const displayName = user.displayName ?? [givenName, familyName].filter(Boolean).join(' ')
  return {
    ...user,
    ...(displayName !== '' && { displayName }),
    [GAINSIGHT]: { IsSuperAdmin: false, LicenseType: DEFAULT_LICENCE, ...own },
  }
}

/** Ids look like those in the examples of support.gainsight.com. */
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
