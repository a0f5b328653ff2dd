import { openDirectory } from './directory.ts'
import { type Fault, type Faults, openFaults } from './faults.ts'
import { tooFast } from './google/errors.ts'
import { GOOGLE_FAULTS } from './google/faults.ts'
import type { Google } from './google/gate.ts'
import { groupsApi } from './google/groups-api.ts'
import { type GoogleOauth, openOauth, TOKEN_PATH } from './google/oauth.ts'
import { type Activity, activityOf, type Happening, reportsApi } from './google/reports-api.ts'
import { rolesApi } from './google/roles-api.ts'
import { usersApi } from './google/users-api.ts'
import { extrasOf, firstRecords, type GoogleExtras, userByKey } from './google/workspace.ts'
import { ECHOES_BODY, HTTP_FAULTS } from './http-faults.ts'
import { type RetryAfter, startApp } from './http-server.ts'
import type { Reply, Token } from './http-types.ts'
import type { Limits } from './limit.ts'
import type { Person } from './people.ts'
import { type AccountHolder, peopleIn } from './people-in.ts'
import { bearer } from './scim/bearer.ts'
import { type Tenant, tenantOf } from './tenant.ts'

export const GOOGLE_KINDS = { ...HTTP_FAULTS, ...ECHOES_BODY, ...GOOGLE_FAULTS }
type GoogleFault = keyof typeof GOOGLE_KINDS

export interface GoogleOptions {
  port?: number | undefined
  now?: (() => number) | undefined
  /** Default: none. A refusal is Google's 403 `userRateLimitExceeded`. */
  limits?: Limits | undefined
  /** The `Retry-After` of a refusal by the limits; default: none. */
  retryAfter?: RetryAfter | undefined
  people?: readonly AccountHolder[] | undefined
  /** The short names of the scopes that are granted; default: all. */
  delegated?: readonly string[] | undefined
  faults?: readonly (GoogleFault | Fault<GoogleFault>)[] | undefined
}

/** A simulated Google Workspace. Its records are live: changing one changes the tenant. */
export interface GoogleTenant extends Tenant {
  readonly domain: string
  /** The administrator that the service account may act for, who is a super administrator. */
  readonly admin: string
  readonly tokenUrl: string
  readonly tokens: { serviceAccount: Token }
  readonly oauth: GoogleOauth
  readonly faults: Faults<GoogleFault>
  /** The project of the service account, and whether the Admin SDK API is enabled in it. */
  readonly project: { enabled: boolean }
  /** What accounts were created with. */
  readonly passwords: Google['passwords']
  /** What a user has beyond SCIM. */
  extras(user: string): GoogleExtras
  /** Gives a group an administrator role. */
  giveRole(group: string, role: string): void
  /** Writes to a log. */
  happened(what: Happening): void
}

const DOMAIN = 'example.com'
const ADMIN: Person = {
  userName: 'admin@example.com',
  email: 'admin@example.com',
  givenName: 'Robin',
  familyName: 'Admin',
  externalId: 'idp-admin',
  department: 'IT',
  title: 'Systems Administrator',
  active: true,
}

/** Every scope that the API has for what is simulated here. */
const ALL_SCOPES = [
  ...['admin.directory.user.readonly', 'admin.directory.user', 'admin.directory.user.security'],
  ...['admin.directory.group.readonly', 'admin.directory.group.member'],
  ...['admin.directory.rolemanagement.readonly', 'admin.reports.audit.readonly'],
  'admin.directory.domain.readonly',
]

/** Starts a Workspace with its people and groups. Rejects when the port is taken. */
export async function startGoogle(options: GoogleOptions = {}): Promise<GoogleTenant> {
  const { now = () => Date.now(), limits = {}, retryAfter, people = peopleIn('google') } = options
  const directory = openDirectory(now, firstRecords([...people, ADMIN]))
  const faults = openFaults(GOOGLE_KINDS)
  faults.set(options.faults ?? [])
  const activities: Activity[] = []
  const project = { enabled: true }
  const oauth = openOauth({
    now,
    delegated: options.delegated ?? ALL_SCOPES,
    isUser: (address) => userByKey(google, address)?.active === true,
  })
  const happened = (what: Happening) => void activities.push(activityOf(google, what, activities.length))
  const google: Google = {
    domain: DOMAIN,
    directory,
    extras: new Map(),
    groupRoles: new Map(),
    now,
    tokenOf: ({ presented }) => oauth.tokens().find(({ value }) => value === presented),
    isEnabled: () => project.enabled,
    passwords: [],
    log: (actor, name, parameters) =>
      happened({ at: now(), application: 'admin', actor, type: 'USER_SETTINGS', name, parameters }),
  }
  furnish(google, happened)
  const app = await startApp({
    title: 'A simulated Google Workspace.',
    port: options.port,
    now,
    limits,
    pool: ({ path }) => (path === TOKEN_PATH ? undefined : 'project'),
    rateHeaders: 'none',
    retryAfter,
    tooMany: () => tooFast().reply,
    tokens: () => oauth.tokens(),
    presented: bearer,
    gate: () => undefined,
    routes: [
      oauth.route,
      ...usersApi(google),
      ...groupsApi(google),
      ...rolesApi(google),
      ...reportsApi(google, activities),
    ],
    noRoute: NO_ROUTE,
    faults,
  })
  oauth.audience = app.url + TOKEN_PATH
  const tenant: GoogleTenant = tenantOf(
    directory,
    app,
    {
      domain: DOMAIN,
      admin: ADMIN.userName,
      tokenUrl: app.url + TOKEN_PATH,
      tokens: { serviceAccount: { slot: 'serviceAccount', value: JSON.stringify(oauth.keyFile) } },
      oauth,
      project,
      passwords: google.passwords,
      faults,
      extras: (user: string) => extrasOf(google, tenant.user(user)),
      giveRole: (group: string, role: string) => void google.groupRoles.set(tenant.group(group).id, [role]),
      happened,
    },
    ({ path }) => path === TOKEN_PATH,
  )
  return tenant
}

/** A web page answers where no API is. */
const NO_ROUTE: Reply = {
  status: 404,
  type: 'text/html; charset=UTF-8',
  body: '<!DOCTYPE html><html lang=en><title>Error 404 (Not Found)!!1</title><p><b>404.</b> That’s an error.',
}

const HOUR_MS = 3_600_000

/** Administrators, an alias, tokens, application passwords, and what stands in the logs. */
function furnish(google: Google, happened: (what: Happening) => void): void {
  const set = (user: string, extras: GoogleExtras) => {
    const found = userByKey(google, user)
    if (found) google.extras.set(found.id, extras)
  }
  const at = (hours: number) => google.now() - hours * HOUR_MS
  set(ADMIN.userName, { isAdmin: true, roles: ['_SEED_ADMIN_ROLE'] })
  set('breakglass@example.com', { isAdmin: true, roles: ['_SEED_ADMIN_ROLE'] })
  set('grace@example.com', { isDelegatedAdmin: true, roles: ['_USER_MANAGEMENT_ADMIN_ROLE'] })
  set('ada@example.com', {
    aliases: ['ada.byron@example.com'],
    otherEmails: ['ada@home.example'],
    orgUnitPath: '/Engineering',
    isEnforcedIn2Sv: true,
    lastLoginTime: new Date(at(2)).toISOString(),
    organization: { costCenter: 'CC-42' },
    customSchemas: { Access: { badge: 'B-1815', floors: [{ value: '1' }, { value: '2' }] } },
    tokens: [
      { clientId: '111.apps.googleusercontent.com', displayText: 'Zoom', scopes: ['openid'] },
      { clientId: '222.apps.googleusercontent.com', displayText: 'Slack', scopes: ['openid'] },
    ],
    asps: [{ codeId: 1, name: 'Mail on an old phone' }],
  })
  const login = { application: 'login', actor: 'ada@example.com', type: 'login' } as const
  happened({ ...login, at: at(20), name: 'login_failure', parameters: { login_type: 'google_password' } })
  happened({ ...login, at: at(2), name: 'login_success', parameters: { login_type: 'google_password' } })
  happened({
    ...{ application: 'token', actor: 'ada@example.com', type: 'auth' },
    ...{ at: at(19), name: 'authorize', parameters: { app_name: 'Zoom' } },
  })
  happened({
    ...{ application: 'admin', actor: ADMIN.userName, type: 'USER_SETTINGS' },
    ...{ at: at(10), name: 'CHANGE_LAST_NAME', parameters: { USER_EMAIL: 'ada@example.com' } },
  })
  happened({
    ...{ application: 'admin', actor: 'grace@example.com', type: 'USER_SETTINGS' },
    ...{ at: at(5), name: 'CREATE_USER', parameters: { USER_EMAIL: 'alan@example.com' } },
  })
}
