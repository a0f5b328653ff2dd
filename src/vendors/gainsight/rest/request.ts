import type { RequestContext } from '../../../domain/operations.ts'
import { BadReply, type IdentityError } from '../../../errors.ts'
import type { AppMemory } from '../../../store/app-memory.ts'
import type { ApiClient, ApiRequest } from '../../http/client.ts'
import { type Effect, toError } from '../../http/errors.ts'
import { type Failure, type ParsedReply, parseReply } from '../../http/reply.ts'
import { asNumber, field } from '../../http/values.ts'
import { saysNoData } from '../envelope.ts'
import { gainsightError, isGateway } from '../errors.ts'
import type { GainsightSettings } from '../settings.ts'

/** The REST API of a tenant. */
export interface RestApp {
  tenant: string
  client: ApiClient
  settings: GainsightSettings
  memory: AppMemory
}

/** Sends one request. A refusal by the app is a return value; only a network failure throws. */
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
  gainsightError(failure, { surface: 'REST', effect, tokenKind: 'accessKey' }) ?? toError(failure, effect)

/** The failure means that the record does not exist, not that the address is wrong. */
export const isAbsent = (failure: Failure): boolean =>
  (failure.status === 404 && !isGateway(failure)) || saysNoData(failure)

/** One page of records. */
export interface RestRows {
  rows: readonly unknown[]
  total?: number
  /** The app refused the filter, so these are all users. */
  unfiltered?: boolean
}

/** Records of a list in either dialect; undefined when the answer is not a list. */
export function rowsIn(body: unknown): RestRows | undefined {
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
  // `result: true` without data means an empty list.
  if (!rows) return field(body, 'result') === true && (data ?? null) === null ? { rows: [] } : undefined
  return { rows, ...(total !== undefined && { total }) }
}

/** Records of an answer; "no data" is an empty list. Throws for any other failure. */
export function readRows(answer: ParsedReply): RestRows {
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
