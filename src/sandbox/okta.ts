import { openDirectory } from './directory.ts'
import { type Fault, type Faults, openFaults } from './faults.ts'
import { HTTP_FAULTS } from './http-faults.ts'
import { startApp } from './http-server.ts'
import type { Reply } from './http-types.ts'
import type { Limits } from './limit.ts'
import { guarded, newApiToken, type OktaToken, presented, refusal } from './okta/access.ts'
import { appRoutes, newApp, type OktaApp } from './okta/apps.ts'
import { OKTA_FAULTS } from './okta/faults.ts'
import { groupRoutes } from './okta/groups.ts'
import { type LogEvent, openLog } from './okta/log.ts'
import { openServiceApp, type ServiceApp, TOKEN_PATH } from './okta/oauth.ts'
import {
  firstRecords,
  type OktaPerson,
  type Organisation,
  openOrganisation,
  setState,
  stateOf,
} from './okta/organisation.ts'
import { fail } from './okta/reply.ts'
import { userRoutes } from './okta/users.ts'
import { type AccountHolder, peopleIn } from './people-in.ts'
import { type Tenant, tenantOf } from './tenant.ts'

export const OKTA_KINDS = { ...HTTP_FAULTS, ...OKTA_FAULTS }
type OktaFault = keyof typeof OKTA_KINDS

export interface OktaOptions {
  port?: number | undefined
  now?: (() => number) | undefined
  /** Of each part of the API; default: 600 a minute. */
  limits?: Limits | undefined
  people?: readonly AccountHolder[] | undefined
  token?: Partial<OktaToken> | undefined
  /** Whether profiles have the attribute `externalId`; default: yes. */
  externalId?: boolean | undefined
  /** How far the index that answers searches is behind, milliseconds; default: not at all. */
  searchLagMs?: number | undefined
  faults?: readonly (OktaFault | Fault<OktaFault>)[] | undefined
}

/** A simulated Okta organisation. Its records and tokens are live: changing one changes the organisation. */
export interface OktaTenant extends Tenant {
  readonly tokens: { api: OktaToken }
  readonly serviceApp: ServiceApp
  readonly faults: Faults<OktaFault>
  readonly log: LogEvent[]
  readonly rules: Organisation['rules']
  /** Adds an app, which is assigned to nobody yet. */
  addApp(label: string, features?: readonly string[]): OktaApp
  /** What Okta knows of somebody beside the profile, by login or id. */
  person(user: string): OktaPerson
  team(group: string): ReturnType<Organisation['team']>
  state(user: string): OktaPerson['state']
  putInState(user: string, state: OktaPerson['state']): void
  /** How far the index that answers searches is behind. */
  readonly lag: { ms: number }
}

/** Starts an organisation with its people and groups. Rejects when the port is taken. */
export async function startOkta(options: OktaOptions = {}): Promise<OktaTenant> {
  const { now = () => Date.now() } = options
  const directory = openDirectory(now, firstRecords(options.people ?? peopleIn('okta')))
  const organisation = openOrganisation(directory, { now, externalId: options.externalId ?? true })
  const log = openLog(now)
  const service = openServiceApp(now)
  const tokens = { api: newApiToken(options.token) }
  const apps = new Map<string, OktaApp>()
  const faults = openFaults(OKTA_KINDS)
  faults.set(options.faults ?? [])
  const lag = { ms: options.searchLagMs ?? 0 }
  const lagMs = () => lag.ms
  const live = () => [tokens.api, ...service.tokens()]
  const scoped = [
    ...userRoutes(organisation, { record: log.record, lagMs }),
    ...groupRoutes(organisation, { lagMs }),
    ...appRoutes(organisation, apps),
    ...log.routes,
  ]
  const app = await startApp({
    title: 'A simulated Okta organisation.',
    port: options.port,
    now,
    limits: options.limits ?? { perMinute: 600 },
    pool: ({ slot, path }) => `${slot} ${path.split('/')[3] ?? path}`,
    rateHeaders: 'x-rate-limit-epoch',
    tooMany: () => fail('E0000047'),
    tokens: live,
    presented,
    gate: (incoming) => (incoming.path === TOKEN_PATH ? undefined : refusal(incoming, live())),
    routes: [...service.routes, ...scoped.map(([scope, route]) => guarded(live, scope, route))],
    noRoute: NO_ROUTE,
    faults,
  })
  const tenant: OktaTenant = tenantOf(
    directory,
    app,
    {
      tokens,
      serviceApp: service.app,
      faults,
      log: log.events,
      rules: organisation.rules,
      addApp(label: string, features?: readonly string[]) {
        const added = newApp(label, features)
        apps.set(added.id, added)
        return added
      },
      lag,
      person: (user: string) => organisation.person(tenant.user(user).id),
      team: (group: string) => organisation.team(tenant.group(group).id),
      state: (user: string) => stateOf(organisation, tenant.user(user)),
      putInState: (user: string, state: OktaPerson['state']) =>
        setState(organisation, tenant.user(user), state),
    },
    ({ path }) => path === TOKEN_PATH,
  )
  return tenant
}

const NO_ROUTE: Reply = { status: 404, type: 'text/html', body: '<html><body>404 Not Found</body></html>' }
