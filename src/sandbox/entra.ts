import type { IncomingHttpHeaders } from 'node:http'
import {
  type EntraApp,
  type EntraGroup,
  type EntraRecords,
  type EntraUser,
  firstRecords,
  newGroup,
  newUser,
  ROLES,
} from './entra/directory.ts'
import { ENTRA_FAULTS } from './entra/faults.ts'
import { denied, graphError } from './entra/graph-error.ts'
import { type AppRegistration, openLogin } from './entra/login.ts'
import { audit, type EntraLogs, provisioned, signIn } from './entra/logs.ts'
import { mayAsk } from './entra/permissions.ts'
import { graphRoutes } from './entra/routes.ts'
import { openUnits } from './entra/units.ts'
import { type Fault, type Faults, openFaults } from './faults.ts'
import { ECHOES_BODY, HTTP_FAULTS } from './http-faults.ts'
import { type App, startApp } from './http-server.ts'
import type { Arrival, Incoming, Reply } from './http-types.ts'
import type { Limits } from './limit.ts'
import { uuidOf } from './people.ts'
import { type AccountHolder, peopleIn } from './people-in.ts'

export const ENTRA_KINDS = { ...HTTP_FAULTS, ...ECHOES_BODY, ...ENTRA_FAULTS }
type EntraFault = keyof typeof ENTRA_KINDS

const DIRECTORY = 'acme.onmicrosoft.com'
const TENANT_ID = '0f7c1d1e-8f3b-4a55-9d0c-7a4f3a1b2c3d'

/** All that this server can make use of, save what tells which apps somebody is assigned to. */
export const ALL_PERMISSIONS = [
  ...['User.Read.All', 'User.EnableDisableAccount.All', 'User.ReadWrite.All', 'User.RevokeSessions.All'],
  ...['GroupMember.Read.All', 'GroupMember.ReadWrite.All', 'RoleManagement.Read.Directory'],
  ...['AuditLog.Read.All', 'ProvisioningLog.Read.All', 'UserAuthenticationMethod.Read.All'],
  'Organization.Read.All',
]

export interface EntraOptions {
  port?: number | undefined
  now?: (() => number) | undefined
  limits?: Limits | undefined
  /** Resource units in 10 seconds; default: 3,500, as at a small directory. */
  resourceUnits?: number | undefined
  people?: readonly AccountHolder[] | undefined
  permissions?: readonly string[] | undefined
  faults?: readonly (EntraFault | Fault<EntraFault>)[] | undefined
}

/** A simulated directory of Microsoft Entra ID, with its token endpoint and Microsoft Graph. Its records are live. */
export interface EntraTenant extends App, EntraRecords {
  readonly directory: string
  readonly registration: AppRegistration
  readonly logs: EntraLogs
  /** Sign-in methods by user id. */
  readonly methods: Map<string, string[]>
  readonly faults: Faults<EntraFault>
  /** All write requests to Graph, including refused ones. */
  readonly writes: Arrival[]
  /** Finds a user by user principal name or id. Throws if there is none. */
  user(name: string): EntraUser
  /** Finds a group by name or id. Throws if there is none. */
  group(name: string): EntraGroup
  addUser(user: Partial<EntraUser> & { userPrincipalName: string }): EntraUser
  addGroup(group: Partial<EntraGroup> & { displayName: string }): EntraGroup
  /** Adds an app with these provisioning jobs, which is assigned to nobody yet. */
  addApp(displayName: string, jobs?: EntraApp['jobs']): EntraApp
  /** Gives a directory role to a user or group, or lets them activate it. */
  assignRole(principalId: string, role?: string, how?: 'now' | 'eligible'): void
  audit(entry: Parameters<typeof audit>[0]): void
  signIn(entry: Parameters<typeof signIn>[0]): void
  provisioned(entry: Parameters<typeof provisioned>[0]): void
}

/** Starts a directory with its people and groups. Rejects when the port is taken. */
export async function startEntra(options: EntraOptions = {}): Promise<EntraTenant> {
  const {
    port,
    now = () => Date.now(),
    limits = {},
    people = peopleIn('entra'),
    resourceUnits = 3_500,
  } = options
  const records = firstRecords(people)
  const logs: EntraLogs = { audits: [], signIns: [], provisioning: [] }
  const methods = new Map<string, string[]>()
  const login = openLogin(now, {
    directory: DIRECTORY,
    tenantId: TENANT_ID,
    permissions: options.permissions ?? ALL_PERMISSIONS,
  })
  const faults = openFaults(ENTRA_KINDS)
  faults.set(options.faults ?? [])
  const units = openUnits(resourceUnits)
  const past: { at: number; user: EntraUser }[] = []

  function gate(incoming: Incoming): Reply | undefined {
    if (!incoming.path.startsWith('/v1.0/')) return undefined
    const token = login.issued(incoming.presented)
    if (!token) {
      return graphError(401, 'InvalidAuthenticationToken', 'Access token is empty, expired or not valid.')
    }
    return (
      units.arrive(incoming) ??
      (mayAsk(incoming, incoming.path.slice('/v1.0'.length), token.permissions) ? undefined : denied())
    )
  }

  const app = await startApp({
    title: 'A simulated directory of Microsoft Entra ID.',
    port,
    now,
    limits,
    rateHeaders: 'none',
    retryAfter: 'seconds',
    tokens: login.secrets,
    presented: bearer,
    gate,
    routes: [
      ...login.routes,
      ...graphRoutes({
        now,
        records,
        logs,
        methods,
        mayChangeAdministrators: () => login.registration.roles.size > 0,
        asOf: (user, at) => past.find((one) => one.user.id === user.id && one.at > at)?.user ?? user,
        changes: (user) => void past.push({ at: now(), user: structuredClone(user) }),
      }),
    ],
    noRoute: graphError(400, 'BadRequest', 'Resource not found for the segment.'),
    faults,
  })
  const named = <Item extends { id: string }>(
    items: readonly Item[],
    name: string,
    nameOf: (item: Item) => string,
  ) => {
    const found = items.find((item) => item.id === name || nameOf(item).toLowerCase() === name.toLowerCase())
    if (!found) throw new Error(`The simulated directory has no ${name}.`)
    return found
  }
  return {
    ...app,
    ...records,
    directory: DIRECTORY,
    registration: login.registration,
    logs,
    methods,
    faults,
    get writes() {
      return app.arrivals.filter(({ method, path }) => method !== 'GET' && path.startsWith('/v1.0/'))
    },
    user: (name) => named(records.users, name, (user) => user.userPrincipalName),
    group: (name) => named(records.groups, name, (group) => group.displayName),
    addUser: (given) => added(records.users, newUser(given)),
    addGroup: (given) => added(records.groups, newGroup(given)),
    addApp: (displayName, jobs = ['Active']) =>
      added(records.apps, { id: uuidOf(`entra app ${displayName}`), displayName, jobs, assigned: [] }),
    assignRole: (principalId, role = 'User Administrator', how = 'now') => {
      const [roleDefinitionId] = Object.entries(ROLES).find(([, name]) => name === role) ?? []
      if (roleDefinitionId === undefined) throw new TypeError(`There is no role ${role}.`)
      const list = how === 'now' ? records.roleAssignments : records.roleEligibilities
      list.push({
        id: crypto.randomUUID(),
        principalId,
        roleDefinitionId,
        directoryScopeId: '/',
      })
    },
    audit: (entry) => void logs.audits.push(audit(entry)),
    signIn: (entry) => void logs.signIns.push(signIn(entry)),
    provisioned: (entry) => void logs.provisioning.push(provisioned(entry)),
  }
}

const bearer = ({ authorization }: IncomingHttpHeaders): string | undefined =>
  /^Bearer (.+)$/i.exec(authorization ?? '')?.[1]

function added<Item>(items: Item[], item: Item): Item {
  items.push(item)
  return item
}
