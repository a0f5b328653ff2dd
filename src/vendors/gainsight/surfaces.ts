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

/** The dialect that was probed last, and how many users its list says that there are. */
interface RestProbe extends SurfaceProbe {
  dialect?: DialectName
  total?: number | undefined
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
): Promise<RestProbe> {
  const probes = PROBES.filter(({ name }) => dialect === 'auto' || dialect === name).sort(
    (a, b) => Number(b.name === spoken) - Number(a.name === spoken),
  )
  let found: RestProbe = { surface: 'REST users', outcome: 'wrong_address' }
  for (const { name, request } of probes) {
    let total: number | undefined
    const probed = await probe(
      () => ask(client, request, context),
      (body) => {
        const list = rowsIn(body)
        total = list?.total
        return list !== undefined
      },
    )
    found = { surface: 'REST users', dialect: name, total, ...probed }
    if (found.outcome !== 'wrong_address') break
  }
  return found
}
