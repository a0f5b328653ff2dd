import type { RequestContext } from '../../domain/operations.ts'
import type { ApiClient } from '../http/client.ts'
import { isListResponse, type Probe, probe } from '../http/probe.ts'
import { parseReply } from '../http/reply.ts'
import { type DialectName, PROBES } from './rest/find-dialect.ts'
import { ask, rowsIn } from './rest/request.ts'

/** The result of probing one surface with one token. */
export interface SurfaceProbe extends Probe {
  surface: string
  /** The surface is optional. */
  extra?: boolean
}

/** Probes SCIM with the smallest reads; groups only when the token can read users. */
export async function tryScim(client: ApiClient, context: RequestContext): Promise<SurfaceProbe[]> {
  const probePath = (path: string) =>
    probe(async () => parseReply(await client.send({ path, query: { count: 1 } }, context)), isListResponse)
  const users = { surface: 'SCIM users', ...(await probePath('/Users')) }
  if (users.outcome !== 'ok') return [users]
  return [users, { surface: 'SCIM groups', extra: true, ...(await probePath('/Groups')) }]
}

/** Probes the REST API in the configured dialect, or in each dialect until one exists: first in the one found before. */
export async function tryRest(
  client: ApiClient,
  { dialect, spoken }: { dialect: DialectName | 'auto'; spoken: DialectName | undefined },
  context: RequestContext,
): Promise<SurfaceProbe> {
  const probes = PROBES.filter(({ name }) => dialect === 'auto' || dialect === name).sort(
    (a, b) => Number(b.name === spoken) - Number(a.name === spoken),
  )
  let found: SurfaceProbe = { surface: 'REST users', outcome: 'wrong_address' }
  for (const { request } of probes) {
    found = {
      surface: 'REST users',
      ...(await probe(
        () => ask(client, request, context),
        (body) => rowsIn(body) !== undefined,
      )),
    }
    if (found.outcome !== 'wrong_address') break
  }
  return found
}
