import { randomBytes } from 'node:crypto'
import { openDirectory, type ScimUser } from './directory.ts'
import { type Fault, type Faults, openFaults } from './faults.ts'
import { HTTP_FAULTS } from './http-faults.ts'
import { type RetryAfter, startApp } from './http-server.ts'
import type { Token } from './http-types.ts'
import type { Limits, RateSpelling } from './limit.ts'
import { uuidOf } from './people.ts'
import { type AccountHolder, peopleIn, TEAMS_AND_ALL } from './people-in.ts'
import { bareIn, bearer, bearerRefusal } from './scim/bearer.ts'
import { SCIM_FAULTS } from './scim/faults.ts'
import { errorReply } from './scim/reply.ts'
import { ENTERPRISE, ScimError, USER } from './scim/schema.ts'
import type { Traits } from './scim/traits.ts'
import { withTraits } from './scim/with-traits.ts'
import { type ScimDetails, scimRoutes } from './scim.ts'
import { type Tenant, tenantOf } from './tenant.ts'
import { startTokenServer, type TokenServer, type TokenServerOptions } from './token-server.ts'

export const SCIM_KINDS = { ...HTTP_FAULTS, ...SCIM_FAULTS }
export type ScimFault = keyof typeof SCIM_KINDS

type ScimChoices = Pick<
  Partial<ScimDetails>,
  | 'conflict'
  | 'defaultCount'
  | 'deletes'
  | 'discovery'
  | 'errorType'
  | 'etags'
  | 'groups'
  | 'largestCount'
  | 'leavesOutEmpty'
  | 'members'
  | 'patchReply'
  | 'patchable'
  | 'projects'
  | 'startIndexAsText'
  | 'unknownPaths'
  | 'user'
  | 'userGroups'
>

export interface ScimAppOptions extends ScimChoices {
  port?: number | undefined
  now?: (() => number) | undefined
  /** Default: none. */
  limits?: Limits | undefined
  rateHeaders?: RateSpelling | undefined
  /** The `Retry-After` of a 429; default: none. */
  retryAfter?: RetryAfter | undefined
  people?: readonly AccountHolder[] | undefined
  /** How it differs from RFC 7644 by its documentation. */
  traits?: Traits | undefined
  /** The base path of SCIM; default: `/scim/v2`. */
  base?: string | undefined
  tokens?: { scim?: Partial<ScimToken> } | undefined
  /** Starts a token endpoint too, whose tokens it accepts. */
  oauth?: TokenServerOptions | undefined
  faults?: readonly (ScimFault | Fault<ScimFault>)[] | undefined
}

export interface ScimToken extends Token {
  slot: 'scim'
  /** Epoch milliseconds; default: never. */
  expiresAt?: number | undefined
}

/** A simulated app that follows RFC 7643 and 7644, except for its active faults. */
export interface ScimApp extends Tenant {
  /** The full URL of its SCIM service. */
  readonly scimUrl: string
  readonly tokens: { scim: ScimToken }
  /** Where its tokens are fetched, if they are. */
  readonly oauth?: TokenServer
  readonly faults: Faults<ScimFault>
}

/** Starts an app with its people and groups. Rejects when the port is taken. */
export async function startScimApp(options: ScimAppOptions = {}): Promise<ScimApp> {
  const { port, now = () => Date.now(), limits = {}, rateHeaders, retryAfter, base = '/scim/v2' } = options
  const { people = peopleIn('scim'), tokens: given, faults: first = [], oauth: fetched, ...more } = options
  const { traits = {}, ...choices } = more
  const value = `sandbox-any-scim-${randomBytes(12).toString('hex')}`
  const tokens = { scim: { value, ...given?.scim, slot: 'scim' as const } }
  const directory = openDirectory(now, firstRecords(people))
  const faults = openFaults(SCIM_KINDS)
  faults.set(first)
  const oauth = fetched && (await startTokenServer({ now, ...fetched }))
  const live = (): readonly ScimToken[] => [
    tokens.scim,
    ...(oauth?.live() ?? []).map(({ value }) => ({ value, slot: 'scim' as const })),
  ]
  const app = await startApp({
    title: 'A simulated app that speaks SCIM 2.0.',
    port,
    now,
    limits,
    rateHeaders,
    retryAfter,
    tokens: live,
    presented: traits.authHeader === undefined ? bearer : bareIn(traits.authHeader.toLowerCase()),
    gate: (incoming) => bearerRefusal(incoming, tokens.scim, now()),
    routes: withTraits(
      scimRoutes(directory, { ...DEFAULT_DETAILS, ...choices, base, paging: traits.paging }),
      traits,
      'application/scim+json',
    ),
    noRoute: errorReply(new ScimError(404, 'Not found'), 'application/scim+json'),
    faults,
  })
  const parts = { scimUrl: app.url + base, tokens, faults, ...(oauth && { oauth }) }
  const close = async () => {
    await Promise.all([app.close(), oauth?.close()])
  }
  return tenantOf(directory, { ...app, close }, parts)
}

const DEFAULT_DETAILS = {
  user: USER,
  userGroups: true,
  errorType: 'application/scim+json',
  patchReply: { User: 'resource', Group: 'resource' },
  members: 'always',
  projects: true,
  discovery: true,
  defaultCount: 100,
  largestCount: 200,
  startIndexAsText: false,
  leavesOutEmpty: false,
} as const

const userOf = (person: AccountHolder): ScimUser => ({
  id: uuidOf(`scim user ${person.email}`),
  ...(person.externalId !== undefined && { externalId: person.externalId }),
  userName: person.userName,
  active: person.active,
  name: { givenName: person.givenName, familyName: person.familyName },
  displayName: `${person.givenName} ${person.familyName}`,
  title: person.title,
  emails: [{ type: 'work', value: person.email, primary: true }],
  [ENTERPRISE]: { department: person.department },
})

const firstRecords = (people: readonly AccountHolder[]) => ({
  users: people.map(userOf),
  groups: TEAMS_AND_ALL.map(({ name, has }) => ({
    id: uuidOf(`scim group ${name}`),
    displayName: name,
    members: people
      .filter((person, place) => has({ externalId: '', ...person }, place))
      .map((person) => ({ value: userOf(person).id })),
  })),
})
