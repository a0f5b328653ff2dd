import { randomBytes } from 'node:crypto'
import type { Directory, ScimGroup, ScimUser } from '../directory.ts'
import { isObject } from '../http-types.ts'
import { uuidOf } from '../people.ts'
import { type AccountHolder, TEAMS_AND_ALL } from '../people-in.ts'
import { ENTERPRISE } from '../scim/schema.ts'

/** The states of a user: developer.okta.com, "User lifecycle". */
export type OktaState =
  | 'STAGED'
  | 'PROVISIONED'
  | 'ACTIVE'
  | 'RECOVERY'
  | 'PASSWORD_EXPIRED'
  | 'LOCKED_OUT'
  | 'SUSPENDED'
  | 'DEPROVISIONED'

interface Role {
  id: string
  label: string
  type: string
}

/** What Okta knows of a user beside the profile. */
export interface OktaPerson {
  state: OktaState
  /** `OKTA`, or the directory that keeps the password. */
  provider: 'OKTA' | 'ACTIVE_DIRECTORY' | 'LDAP' | 'FEDERATION'
  created: number
  updated: number
  sessions: number
  refreshTokens: number
  roles: Role[]
  factors: { factorType: string; provider: string; status: string }[]
  /** Further attributes of the profile. */
  more: Record<string, unknown>
}

/** What Okta knows of a group beside its name and its members. */
interface OktaTeam {
  type: 'OKTA_GROUP' | 'APP_GROUP' | 'BUILT_IN'
  roles: Role[]
}

interface Rule {
  id: string
  name: string
  status: 'ACTIVE' | 'INACTIVE' | 'INVALID'
  groups: string[]
}

/** An organisation: its people and groups, and what only Okta knows of them. All of it is live. */
export interface Organisation {
  directory: Directory
  person(id: string): OktaPerson
  team(id: string): OktaTeam
  rules: Rule[]
  /** Whether the profiles have the attribute `externalId`, which Okta’s own schema has not. */
  externalId: boolean
  now: () => number
}

export const idOf = (kind: '00u' | '00g' | '0pr' | '0oa', text: string) =>
  kind + uuidOf(`okta ${kind} ${text}`).replaceAll('-', '').slice(0, 17)

export const newUserId = () => `00u${randomBytes(9).toString('hex').slice(0, 17)}`
export const newGroupId = () => `00g${randomBytes(9).toString('hex').slice(0, 17)}`

const IMPORTED = 'Imported: Contractors of the directory'

const userOf = (person: AccountHolder): ScimUser => ({
  id: idOf('00u', person.email),
  ...(person.externalId !== undefined && { externalId: person.externalId }),
  userName: person.userName,
  name: { givenName: person.givenName, familyName: person.familyName },
  emails: [{ value: person.email, primary: true }],
  title: person.title,
  active: person.active,
  [ENTERPRISE]: { department: person.department },
})

export const firstRecords = (
  people: readonly AccountHolder[],
): { users: ScimUser[]; groups: ScimGroup[] } => ({
  users: people.map(userOf),
  groups: [
    ...TEAMS_AND_ALL.map(({ name, has }) => ({
      id: idOf('00g', name),
      displayName: name,
      members: people
        .filter((person, place) => has({ externalId: '', ...person }, place))
        .map(({ email }) => ({ value: idOf('00u', email) })),
    })),
    { id: idOf('00g', IMPORTED), displayName: IMPORTED, members: [] },
  ],
})

export function openOrganisation(
  directory: Directory,
  { now, externalId }: Pick<Organisation, 'now' | 'externalId'>,
): Organisation {
  const people = new Map<string, OktaPerson>()
  const teams = new Map<string, OktaTeam>()
  const began = now() - 30 * 86_400_000
  return {
    directory,
    now,
    externalId,
    rules: [
      {
        id: idOf('0pr', 'remote'),
        name: 'Remote workers',
        status: 'ACTIVE',
        groups: [idOf('00g', 'Remote access')],
      },
      { id: idOf('0pr', 'sales'), name: 'Sales, of old', status: 'INACTIVE', groups: [idOf('00g', 'Sales')] },
    ],
    person(id) {
      const person: OktaPerson = people.get(id) ?? {
        state: 'ACTIVE',
        provider: 'OKTA',
        created: began,
        updated: began,
        sessions: 1,
        refreshTokens: 1,
        roles: [],
        factors: [{ factorType: 'push', provider: 'OKTA', status: 'ACTIVE' }],
        more: {},
      }
      people.set(id, person)
      return person
    },
    team(id) {
      const name = directory.groups.get(id)?.displayName
      const team: OktaTeam = teams.get(id) ?? {
        type: name === 'Everyone' ? 'BUILT_IN' : name === IMPORTED ? 'APP_GROUP' : 'OKTA_GROUP',
        roles: [],
      }
      teams.set(id, team)
      return team
    },
  }
}

const SIGNS_IN: readonly OktaState[] = ['PROVISIONED', 'ACTIVE', 'RECOVERY', 'PASSWORD_EXPIRED', 'LOCKED_OUT']

/** The state of a user; tests may have switched the record itself on or off. */
export function stateOf({ person }: Organisation, { id, active = true }: ScimUser): OktaState {
  const { state } = person(id)
  if (SIGNS_IN.includes(state) === active) return state
  return active ? 'ACTIVE' : 'SUSPENDED'
}

export function setState({ directory, person, now }: Organisation, user: ScimUser, state: OktaState): void {
  Object.assign(person(user.id), { state, updated: now() })
  directory.putUser({ ...user, active: SIGNS_IN.includes(state) })
}

/** The profile of a user, as Okta names its attributes. */
export function profileOf(organisation: Organisation, user: ScimUser): Record<string, unknown> {
  const [email, second] = user.emails ?? []
  const { department, manager } = user[ENTERPRISE] ?? {}
  return {
    firstName: user.name?.givenName ?? null,
    lastName: user.name?.familyName ?? null,
    mobilePhone: null,
    secondEmail: second?.value ?? null,
    login: user.userName,
    email: email?.value ?? user.userName,
    ...(user.displayName !== undefined && { displayName: user.displayName }),
    ...(user.title !== undefined && { title: user.title }),
    ...(department !== undefined && { department }),
    ...(manager?.value !== undefined && { managerId: manager.value }),
    ...(user.phoneNumbers?.[0] && { primaryPhone: user.phoneNumbers[0].value }),
    ...(user.locale !== undefined && { locale: user.locale }),
    ...(user.timezone !== undefined && { timezone: user.timezone }),
    ...(user.userType !== undefined && { userType: user.userType }),
    ...(organisation.externalId && user.externalId !== undefined && { externalId: user.externalId }),
    ...organisation.person(user.id).more,
  }
}

/** Attributes of a profile: those of Okta’s own schema that are used here, and what the organisation added. */
export const ATTRIBUTES = [
  ...['login', 'email', 'secondEmail', 'firstName', 'lastName', 'displayName', 'title', 'department'],
  ...[
    'managerId',
    'manager',
    'primaryPhone',
    'mobilePhone',
    'locale',
    'timezone',
    'userType',
    'employeeNumber',
  ],
  ...['costCenter', 'division', 'organization', 'city', 'state', 'countryCode', 'badge'],
]

/** A record with these attributes of the profile changed. */
export function withProfile(
  organisation: Organisation,
  user: ScimUser,
  set: Record<string, unknown>,
): ScimUser {
  const profile = { ...profileOf(organisation, user), ...set }
  const text = (name: string) => (typeof profile[name] === 'string' ? (profile[name] as string) : undefined)
  const known = new Set(ATTRIBUTES.slice(0, 14))
  const { more } = organisation.person(user.id)
  for (const [name, value] of Object.entries(set))
    if (!known.has(name) && name !== 'externalId') more[name] = value
  const [email, second, phone] = [text('email'), text('secondEmail'), text('primaryPhone')]
  const enterprise = { department: text('department'), manager: text('managerId') }
  return {
    ...user,
    userName: text('login') ?? user.userName,
    name: { givenName: text('firstName') ?? '', familyName: text('lastName') ?? '' },
    emails: [email, second].flatMap((value, place) =>
      value === undefined ? [] : [{ value, ...(place === 0 && { primary: true }) }],
    ),
    ...optional('displayName', text('displayName')),
    ...optional('title', text('title')),
    ...optional('locale', text('locale')),
    ...optional('timezone', text('timezone')),
    ...optional('userType', text('userType')),
    ...optional('externalId', text('externalId')),
    ...(phone !== undefined && { phoneNumbers: [{ value: phone }] }),
    [ENTERPRISE]: {
      ...optional('department', enterprise.department),
      ...(enterprise.manager !== undefined && { manager: { value: enterprise.manager } }),
    },
  }
}

const optional = <Name extends string>(name: Name, value: string | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: string } // exactly that key

/** A user as Okta sends it. */
export function toBody(
  organisation: Organisation,
  user: ScimUser,
  host = 'localhost',
): Record<string, unknown> {
  const { provider, created, updated } = organisation.person(user.id)
  const at = (time: number) => new Date(time).toISOString()
  return {
    id: user.id,
    status: stateOf(organisation, user),
    created: at(created),
    activated: at(created),
    statusChanged: at(updated),
    lastLogin: at(created),
    lastUpdated: at(updated),
    passwordChanged: at(created),
    type: { id: 'oty0000000000000000x' },
    profile: profileOf(organisation, user),
    credentials: {
      provider: { type: provider, name: provider === 'OKTA' ? 'OKTA' : 'directory.example.com' },
    },
    _links: { self: { href: `http://${host}/api/v1/users/${user.id}` } },
  }
}

/** The profile in a body; undefined if it has none. */
export const profileIn = (body: unknown): Record<string, unknown> | undefined =>
  isObject(body) && isObject(body.profile) ? body.profile : undefined
