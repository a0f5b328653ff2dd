import type { RequestContext } from '../../domain/operations.ts'
import type { ApiClient } from '../http/client.ts'
import { type Probe, probe } from '../http/probe.ts'
import { parseReply } from '../http/reply.ts'
import { field } from '../http/values.ts'
import { type DialectName, PROBES } from './rest/find-dialect.ts'
import { ask, rowsIn } from './rest/request.ts'

/** One surface as one token found it. */
export interface Found extends Probe {
  surface: string
  /** The token is good for its work without it. */
  extra?: boolean
}

const isList = (body: unknown) =>
  Array.isArray(field(body, 'Resources')) || field(body, 'totalResults') !== undefined

/** Tries a token on SCIM by the smallest reads there are; on groups only where it may read users. */
export async function tryScim(client: ApiClient, context: RequestContext): Promise<Found[]> {
  const tried = (path: string) =>
    probe(async () => parseReply(await client.send({ path, query: { count: 1 } }, context)), isList)
  const users = { surface: 'SCIM users', ...(await tried('/Users')) }
  if (users.seen !== 'ok') return [users]
  return [users, { surface: 'SCIM groups', extra: true, ...(await tried('/Groups')) }]
}

/** Tries a token on the REST API in the dialect that is set, or in each until one is served. */
export async function tryRest(
  client: ApiClient,
  dialect: DialectName | 'auto',
  context: RequestContext,
): Promise<Found> {
  const probes = PROBES.filter(({ name }) => dialect === 'auto' || dialect === name)
  let found: Found = { surface: 'REST users', seen: 'wrong_address' }
  for (const { request } of probes) {
    found = {
      surface: 'REST users',
      ...(await probe(
        () => ask(client, request, context),
        (body) => rowsIn(body) !== undefined,
      )),
    }
    if (found.seen !== 'wrong_address') break
  }
  return found
}
