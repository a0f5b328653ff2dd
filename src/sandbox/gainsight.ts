import { openDirectory } from './directory.ts'
import { type Fault, type Faults, openFaults } from './faults.ts'
import {
  CUSTOM_FIELDS,
  type CustomField,
  complete,
  firstRecords,
  GAINSIGHT,
  LICENCES,
  newGsid,
  userShape,
} from './gainsight/account.ts'
import { fail } from './gainsight/envelope.ts'
import { GAINSIGHT_FAULTS } from './gainsight/faults.ts'
import { type Oauth, openOauth } from './gainsight/oauth.ts'
import { LIST, servicesDialect } from './gainsight/services-dialect.ts'
import { type GainsightToken, isOauthPath, newToken, presented, refusal } from './gainsight/tokens.ts'
import { type PutUpdates, usersDialect } from './gainsight/users-dialect.ts'
import { HTTP_FAULTS } from './http-faults.ts'
import { startApp } from './http-server.ts'
import type { Reply, Route } from './http-types.ts'
import type { Limits, RateSpelling } from './limit.ts'
import { type AccountHolder, peopleIn } from './people-in.ts'
import { SCIM_FAULTS } from './scim/faults.ts'
import type { Shape } from './scim/schema.ts'
import { scimRoutes } from './scim.ts'
import { type Tenant, tenantOf } from './tenant.ts'

export const GAINSIGHT_KINDS = { ...HTTP_FAULTS, ...SCIM_FAULTS, ...GAINSIGHT_FAULTS }
type GainsightFault = keyof typeof GAINSIGHT_KINDS

/** Known SCIM base paths: from "Okta Gainsight SCIM Setup", and from stitchflow.com's Gainsight API guide. */
export const SCIM_BASES = ['/v1/users/services/scim', '/scim/v2'] as const
export type ScimBase = (typeof SCIM_BASES)[number]

type RestDialect = 'users' | 'services'

export interface GainsightOptions {
  port?: number | undefined
  now?: (() => number) | undefined
  /** Default: 100 an hour and 1,000 a day for each API. */
  limits?: Limits | undefined
  /** Both APIs share the same limits. Not documented either way. */
  sharedLimits?: boolean | undefined
  rateHeaders?: RateSpelling | undefined
  people?: readonly AccountHolder[] | undefined
  /** The base paths of SCIM; default: only the first of `SCIM_BASES`. */
  scimBases?: readonly ScimBase[] | undefined
  /** The REST dialects; default: only `services`. */
  restDialects?: readonly RestDialect[] | undefined
  /** For the dialect `users`; default: `partial`. */
  putUpdates?: PutUpdates | undefined
  licences?: readonly string[] | undefined
  customFields?: readonly CustomField[] | undefined
  tokens?: { accessKey?: Partial<GainsightToken>; scim?: Partial<GainsightToken> } | undefined
  /** Lifetime of OAuth tokens in seconds; default: a day. */
  tokenLifetime?: number | undefined
  faults?: readonly (GainsightFault | Fault<GainsightFault>)[] | undefined
}

/** A simulated Gainsight tenant. Its records and tokens are live: changing one changes the tenant. */
export interface GainsightTenant extends Tenant {
  readonly tokens: { accessKey: GainsightToken; scim: GainsightToken }
  readonly oauth: Oauth
  readonly faults: Faults<GainsightFault>
  /** The names of each user's permission bundles, by Gsid. */
  readonly permissionBundles: ReadonlyMap<string, readonly string[]>
}

/** Starts a tenant with its people and groups. Rejects when the port is taken. */
export async function startGainsight(options: GainsightOptions = {}): Promise<GainsightTenant> {
  const {
    now = () => Date.now(),
    limits = { perHour: 100, perDay: 1_000 },
    rateHeaders = 'x-ratelimit',
  } = options
  const tokens = {
    accessKey: newToken('accessKey', options.tokens?.accessKey),
    scim: newToken('scim', options.tokens?.scim),
  }
  const oauth = openOauth(now, options.tokenLifetime === undefined ? {} : { lifetime: options.tokenLifetime })
  const directory = openDirectory(now, firstRecords(options.people ?? peopleIn('gainsight')))
  const bundles = new Map<string, string[]>()
  const faults = openFaults(GAINSIGHT_KINDS)
  faults.set(options.faults ?? [])
  const user = userShape(options.licences ?? LICENCES, options.customFields ?? CUSTOM_FIELDS)
  const custom = extensionShape(user)
  const dialects = {
    services: () => servicesDialect(directory, custom, bundles),
    users: () => usersDialect(directory, custom, options.putUpdates ?? 'partial'),
  }
  const live = () => [...Object.values(tokens), ...oauth.tokens()]
  const routes: Route[] = [
    ...(options.scimBases ?? SCIM_BASES.slice(0, 1)).flatMap((base) =>
      scimRoutes(directory, { ...GAINSIGHT_SCIM, base, user }),
    ),
    ...oauth.routes,
    // `services` first: its paths would match `:id` of `users`.
    ...(['services', 'users'] as const)
      .filter((dialect) => (options.restDialects ?? ['services']).includes(dialect))
      .flatMap((dialect) => dialects[dialect]()),
  ]
  const app = await startApp({
    title: 'A simulated Gainsight tenant.',
    port: options.port,
    now,
    limits,
    pool: ({ slot, path }) => (isOauthPath(path) ? undefined : options.sharedLimits ? 'all' : slot),
    rateHeaders,
    tooMany: () => fail('GU_2400'),
    tokens: () => [...live(), ...oauth.secrets()],
    presented,
    gate: (incoming) => refusal(incoming, live(), now()),
    routes,
    noRoute: NO_ROUTE,
    faults,
  })
  return tenantOf(
    directory,
    app,
    { tokens, oauth, faults, permissionBundles: bundles },
    ({ path }) => path === LIST || isOauthPath(path),
  )
}

const NO_ROUTE: Reply = { status: 404, body: { message: 'Not Found' } }

/** The attributes in Gainsight's own namespace. */
function extensionShape(user: Shape): Shape {
  const own = user[GAINSIGHT]
  return own && 'of' in own ? own.of : {}
}

// Replies follow what a public provisioning client of Gainsight's SCIM reads; the page limit is from the guide.
const GAINSIGHT_SCIM = {
  complete,
  newId: newGsid,
  errorType: 'application/scim+json',
  patchReply: { User: 'resource', Group: 'empty' },
  unknownPaths: 'ignored',
  deletes: 'deactivates',
  groups: ['GET', 'POST', 'PATCH'],
  members: 'always',
  defaultCount: 100,
  largestCount: 1_000,
  startIndexAsText: false,
  leavesOutEmpty: false,
} as const
