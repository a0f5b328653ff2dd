import { openDirectory, type ScimUser } from './directory.ts'
import { type Fault, type Faults, openFaults } from './faults.ts'
import { HTTP_FAULTS } from './http-faults.ts'
import { startApp } from './http-server.ts'
import type { Route } from './http-types.ts'
import type { Limits } from './limit.ts'
import { type AuditEvent, askEvents, eventOf, makeEvents } from './netskope/audit.ts'
import { NETSKOPE_FAULTS } from './netskope/faults.ts'
import {
  AUDIT,
  type NetskopeToken,
  newToken,
  presented,
  refusal,
  SCIM,
  TOKEN_FORMS,
  type TokenForm,
} from './netskope/tokens.ts'
import { makePeople, type Person, TEAMS, uuidOf } from './people.ts'
import { SCIM_FAULTS } from './scim/faults.ts'
import { ENTERPRISE, USER } from './scim/schema.ts'
import { scimRoutes } from './scim.ts'
import { type Tenant, tenantOf } from './tenant.ts'

export const NETSKOPE_KINDS = { ...HTTP_FAULTS, ...SCIM_FAULTS, ...NETSKOPE_FAULTS }
export type NetskopeFault = keyof typeof NETSKOPE_KINDS

export interface NetskopeOptions {
  port?: number | undefined
  now?: (() => number) | undefined
  /** Default: 300 a minute for each token. */
  limits?: Limits | undefined
  people?: readonly Person[] | undefined
  /** The number of events in the audit log at the start. */
  events?: number | undefined
  tokens?: { scim?: Partial<NetskopeToken>; rest?: Partial<NetskopeToken> } | undefined
  /** The forms in which it accepts a token; default: all. */
  forms?: readonly TokenForm[] | undefined
  /** The paging parameter of the audit log; the other one is ignored. */
  auditOffset?: 'offset' | 'skip' | undefined
  faults?: readonly (NetskopeFault | Fault<NetskopeFault>)[] | undefined
}

/** A simulated Netskope tenant. Its records and tokens are live: changing one changes the tenant. */
export interface NetskopeTenant extends Tenant {
  readonly tokens: { scim: NetskopeToken; rest: NetskopeToken }
  readonly faults: Faults<NetskopeFault>
  /** The audit log, oldest first. */
  readonly events: readonly AuditEvent[]
}

/** Starts a tenant with its people, groups and audit log. Rejects when the port is taken. */
export async function startNetskope(options: NetskopeOptions = {}): Promise<NetskopeTenant> {
  const { now = () => Date.now(), limits = { perMinute: 300 }, forms = TOKEN_FORMS } = options
  const tokens = {
    scim: newToken('scim', options.tokens?.scim),
    rest: newToken('rest', options.tokens?.rest),
  }
  const directory = openDirectory(now, firstRecords(options.people ?? makePeople()))
  const events = makeEvents(options.events ?? 1_500, now())
  const faults = openFaults(NETSKOPE_KINDS)
  faults.set(options.faults ?? [])
  const app = await startApp({
    title: 'A simulated Netskope tenant.',
    port: options.port,
    now,
    limits,
    tokens: () => Object.values(tokens),
    presented: (headers) => presented(headers, forms),
    gate: (incoming) => refusal(incoming, Object.values(tokens), now()),
    routes: [
      ...scimRoutes(directory, {
        ...NETSKOPE_SCIM,
        onChange: (change, { slot }) => events.push(eventOf(change, `api-token-${slot}`, now())),
      }),
      auditRoute(events, options.auditOffset ?? 'offset'),
    ],
    // The reply of Kong, the gateway of the real app (netskopeoss/netskope-cli, CHANGELOG 1.3.1).
    noRoute: { status: 404, body: { message: 'no Route matched with those values' } },
    faults,
  })
  return tenantOf(directory, app, { tokens, faults, events })
}

// From the tests of netskopeoss/netskope-py-sdk, which cite the vendor's OpenAPI.
const NETSKOPE_SCIM = {
  base: SCIM,
  user: {
    externalId: USER.externalId,
    userName: USER.userName,
    active: USER.active,
    name: USER.name,
    displayName: USER.displayName,
    emails: USER.emails,
    [ENTERPRISE]: USER[ENTERPRISE],
  },
  errorType: 'application/json',
  patchReply: { User: 'empty', Group: 'empty' },
  defaultCount: 100,
  largestCount: 200,
  startIndexAsText: true,
  leavesOutEmpty: true,
} as const

const userOf = (person: Person): ScimUser => ({
  id: uuidOf(`netskope user ${person.userName}`),
  externalId: person.externalId,
  userName: person.userName,
  active: person.active,
  name: { givenName: person.givenName, familyName: person.familyName },
  emails: [{ type: 'work', value: person.email, primary: true }],
  [ENTERPRISE]: { department: person.department },
})

const firstRecords = (people: readonly Person[]) => ({
  users: people.map(userOf),
  groups: TEAMS.map(({ name, has }) => ({
    id: uuidOf(`netskope group ${name}`),
    displayName: name,
    members: people.filter(has).map((person) => ({ value: userOf(person).id })),
  })),
})

const auditRoute = (events: readonly AuditEvent[], offsetName: 'offset' | 'skip'): Route => ({
  method: 'GET',
  path: AUDIT,
  run({ query }) {
    const result = askEvents(events, query, offsetName)
    if (typeof result === 'string') return { status: 400, body: { error: result } }
    return { status: 200, body: { ok: 1, result } }
  },
})
