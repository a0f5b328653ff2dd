import type { RequestContext } from '../../domain/operations.ts'
import type { ApiClient, ApiRequest } from '../http/client.ts'
import { isListResponse, type Probe, probe } from '../http/probe.ts'
import { parseReply } from '../http/reply.ts'
import { field } from '../http/values.ts'
import type { Clients, Kind } from './clients.ts'

/** A surface of the API, and the smallest read that probes it. */
export interface Surface {
  surface: string
  kind: Kind
  endpoint: string
  /** The grant that this server needs. */
  grant: 'Read' | 'Read + Write'
  request: ApiRequest
  looksRight: (body: unknown) => boolean
}

const isEvents = (body: unknown) => Array.isArray(field(body, 'result')) || Array.isArray(field(body, 'data'))

export const surfacesOf = ({ users, groups, audit }: Clients['paths']): readonly Surface[] => [
  {
    surface: 'SCIM users',
    kind: 'scim',
    endpoint: users,
    grant: 'Read + Write',
    request: { path: '/Users', query: { count: 1 } },
    looksRight: isListResponse,
  },
  {
    surface: 'SCIM groups',
    kind: 'scim',
    endpoint: groups,
    grant: 'Read + Write',
    request: { path: '/Groups', query: { count: 1 } },
    looksRight: isListResponse,
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

export const probeSurface = (
  { request, looksRight }: Surface,
  client: ApiClient,
  context: RequestContext,
): Promise<Probe> => probe(async () => parseReply(await client.send(request, context)), looksRight)
