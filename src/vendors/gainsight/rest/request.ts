import type { RequestContext } from '../../../domain/operations.ts'
import { BadReply, type IdentityError } from '../../../errors.ts'
import type { AppMemory } from '../../../store/app-memory.ts'
import type { ApiClient, ApiRequest } from '../../http/client.ts'
import { type Effect, toError } from '../../http/errors.ts'
import { type Failure, type ParsedReply, parseReply } from '../../http/reply.ts'
import { asNumber, field } from '../../http/values.ts'
import { saysNoData } from '../envelope.ts'
import { explain, isGateway } from '../errors.ts'
import type { GainsightSettings } from '../settings.ts'

/** The REST API of a tenant, and how it is reached. */
export interface RestApp {
  tenant: string
  client: ApiClient
  settings: GainsightSettings
  memory: AppMemory
}

/** Sends one request. What the app says against it is a value; only a lost connection throws. */
export async function ask(
  client: ApiClient,
  request: ApiRequest,
  context: RequestContext,
): Promise<ParsedReply> {
  const json = request.body !== undefined && { headers: { 'content-type': 'application/json' } }
  return parseReply(await client.send({ ...request, ...json }, context))
}

/** The error to throw for a failure. */
export const refusal = (failure: Failure, effect: Effect): IdentityError =>
  explain(failure, { surface: 'REST', effect, made: 'accessKey' }) ?? toError(failure, effect)

/** The failure says that there is no such record, and not that nobody is there. */
export const isAbsent = (failure: Failure): boolean =>
  (failure.status === 404 && !isGateway(failure)) || saysNoData(failure)

/** One page of records. */
export interface Rows {
  rows: readonly unknown[]
  total?: number
  /** The app refused the condition, so that these are everybody. */
  unfiltered?: boolean
}

/** Records of a list in either dialect; undefined when the answer is none. */
export function rowsIn(body: unknown): Rows | undefined {
  const data = field(body, 'data')
  const rows = [data, field(data, 'records')].find(Array.isArray)
  const total = [
    field(body, 'totalCount'),
    field(data, 'totalCount'),
    field(data, 'totalRecords'),
    field(data, 'total'),
  ]
    .map(asNumber)
    .find((one) => one !== undefined)
  // With `result: true` and no data there is nobody.
  if (!rows) return field(body, 'result') === true && (data ?? null) === null ? { rows: [] } : undefined
  return { rows, ...(total !== undefined && { total }) }
}

/** Records of an answer, where no data is an empty list; throws for any other failure. */
export function readRows(answer: ParsedReply): Rows {
  if (!answer.ok) {
    if (saysNoData(answer.failure)) return { rows: [], total: 0 }
    throw refusal(answer.failure, 'reads')
  }
  const rows = rowsIn(answer.body)
  if (rows) return rows
  throw new BadReply(
    'Gainsight answered with something that is not a list of users.',
    'Check `url` and `restDialect` of this tenant.',
  )
}
