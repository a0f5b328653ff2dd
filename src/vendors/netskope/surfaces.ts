import type { RequestContext } from '../../domain/operations.ts'
import type { ApiClient, ApiRequest } from '../http/client.ts'
import { type Probe, probe } from '../http/probe.ts'
import { parseReply } from '../http/reply.ts'
import { field } from '../http/values.ts'
import type { Clients, Kind } from './clients.ts'

/** A surface of the API as a token is tried on it: the smallest read there is. */
export interface Tried {
  surface: string
  kind: Kind
  endpoint: string
  /** What a token should be granted for all that is done here. */
  grant: 'Read' | 'Read + Write'
  request: ApiRequest
  looksRight: (body: unknown) => boolean
}

const isList = (body: unknown) =>
  Array.isArray(field(body, 'Resources')) || field(body, 'totalResults') !== undefined
const isEvents = (body: unknown) => Array.isArray(field(body, 'result')) || Array.isArray(field(body, 'data'))

export const surfacesOf = ({ users, groups, audit }: Clients['paths']): readonly Tried[] => [
  {
    surface: 'SCIM users',
    kind: 'scim',
    endpoint: users,
    grant: 'Read + Write',
    request: { path: '/Users', query: { count: 1 } },
    looksRight: isList,
  },
  {
    surface: 'SCIM groups',
    kind: 'scim',
    endpoint: groups,
    grant: 'Read + Write',
    request: { path: '/Groups', query: { count: 1 } },
    looksRight: isList,
  },
  {
    surface: 'audit log',
    kind: 'rest',
    endpoint: audit,
    grant: 'Read',
    request: { path: audit, query: { limit: 1 } },
    looksRight: isEvents,
  },
]

export const tryOut = (
  { request, looksRight }: Tried,
  client: ApiClient,
  context: RequestContext,
): Promise<Probe> => probe(async () => parseReply(await client.send(request, context)), looksRight)
