import { openDirectory, type ScimUser } from './directory.ts'
import { type Fault, type Faults, openFaults } from './faults.ts'
import { HTTP_FAULTS } from './http-faults.ts'
import { startApp } from './http-server.ts'
import type { Limits, RateSpelling } from './limit.ts'
import { MINDTICKLE_FAULTS } from './mindtickle/faults.ts'
import { type MindtickleToken, newJwt } from './mindtickle/jwt.ts'
import { uuidOf } from './people.ts'
import { type AccountHolder, peopleIn, TEAMS_AND_ALL } from './people-in.ts'
import { bearer, bearerRefusal } from './scim/bearer.ts'
import { SCIM_FAULTS } from './scim/faults.ts'
import { errorReply } from './scim/reply.ts'
import { ScimError, USER } from './scim/schema.ts'
import { scimRoutes } from './scim.ts'
import { type Tenant, tenantOf } from './tenant.ts'

export const MINDTICKLE_KINDS = { ...HTTP_FAULTS, ...SCIM_FAULTS, ...MINDTICKLE_FAULTS }
type MindtickleFault = keyof typeof MINDTICKLE_KINDS

export interface MindtickleOptions {
  port?: number | undefined
  now?: (() => number) | undefined
  /** Default: 120 a minute; the vendor publishes none. */
  limits?: Limits | undefined
  rateHeaders?: RateSpelling | undefined
  people?: readonly AccountHolder[] | undefined
  /** The base path of SCIM, for instance `/scim`; default: `/scim/v2`. */
  base?: string | undefined
  /** Whether the app has groups; default: no. */
  groups?: boolean | undefined
  /** The user attributes that PATCH supports; default: only `active`. */
  patch?: 'active' | 'everything' | 'nothing' | undefined
  tokens?: { scim?: Partial<MindtickleToken> } | undefined
  faults?: readonly (MindtickleFault | Fault<MindtickleFault>)[] | undefined
}

/** A simulated Mindtickle tenant. Its records and tokens are live: changing one changes the tenant. */
export interface MindtickleTenant extends Tenant {
  /** The full URL of its SCIM service. */
  readonly scimUrl: string
  readonly tokens: { scim: MindtickleToken }
  readonly faults: Faults<MindtickleFault>
}

/** Starts a tenant with its people. Rejects when the port is taken. */
export async function startMindtickle(options: MindtickleOptions = {}): Promise<MindtickleTenant> {
  const { now = () => Date.now(), base = '/scim/v2', patch = 'active', groups = false } = options
  const tokens = { scim: newJwt(now(), options.tokens?.scim) }
  const directory = openDirectory(now, firstRecords(options.people ?? peopleIn('mindtickle')))
  const faults = openFaults(MINDTICKLE_KINDS)
  faults.set(options.faults ?? [])
  const app = await startApp({
    title: 'A simulated Mindtickle tenant.',
    port: options.port,
    now,
    limits: options.limits ?? { perMinute: 120 },
    rateHeaders: options.rateHeaders ?? 'none',
    tooMany: () => ({ status: 429 }),
    tokens: () => [tokens.scim],
    presented: bearer,
    gate: (incoming) => bearerRefusal(incoming, tokens.scim, now()),
    routes: scimRoutes(directory, {
      ...MINDTICKLE_SCIM,
      base,
      userGroups: groups,
      ...(!groups && { groups: [] }),
      ...(patch !== 'everything' && { patchable: patch === 'active' ? ['active'] : [] }),
    }),
    noRoute: errorReply(new ScimError(404, 'Not found'), 'application/scim+json'),
    faults,
  })
  return tenantOf(directory, app, { scimUrl: app.url + base, tokens, faults })
}

// The user attributes and operations in stitchflow.com's Mindtickle API guide. It calls the body of a 409
// undocumented.
const MINDTICKLE_SCIM = {
  user: {
    externalId: USER.externalId,
    userName: USER.userName,
    name: USER.name,
    emails: USER.emails,
    active: USER.active,
  },
  newId: () => mindtickleId(crypto.randomUUID()),
  errorType: 'application/scim+json',
  patchReply: { User: 'resource', Group: 'empty' },
  members: 'always',
  conflict: { status: 409, type: 'text/plain', body: 'conflict' },
  defaultCount: 50,
  largestCount: 100,
  startIndexAsText: false,
  leavesOutEmpty: false,
} as const

const mindtickleId = (text: string) => uuidOf(`mindtickle ${text}`).replaceAll('-', '').slice(0, 12)

const userOf = (person: AccountHolder): ScimUser => ({
  id: mindtickleId(person.email),
  ...(person.externalId !== undefined && { externalId: person.externalId }),
  userName: person.userName,
  name: { givenName: person.givenName, familyName: person.familyName },
  emails: [{ value: person.email, primary: true }],
  active: person.active,
})

const firstRecords = (people: readonly AccountHolder[]) => ({
  users: people.map(userOf),
  groups: TEAMS_AND_ALL.map(({ name, has }) => ({
    id: mindtickleId(`group ${name}`),
    displayName: name,
    members: people
      .filter((person, place) => has({ externalId: '', ...person }, place))
      .map(({ email }) => ({ value: mindtickleId(email) })),
  })),
})
