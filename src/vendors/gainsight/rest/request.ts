import type { RequestContext } from '../../../domain/operations.ts'
import { BadReply, type IdentityError } from '../../../errors.ts'
import type { AppMemory } from '../../../store/app-memory.ts'
import { refusesFilter } from '../../http/classify.ts'
import type { ApiClient, ApiRequest } from '../../http/client.ts'
import type { FetchedPage } from '../../http/collect.ts'
import { type Effect, toError } from '../../http/errors.ts'
import { type FilterRefused, filterRefused } from '../../http/filtered.ts'
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
type RestRows = Pick<FetchedPage, 'rows' | 'total'>

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

/**
 * A page of a list. An app can refuse the filter, or a page behind the last one: the filter on the first page, since an
 * app that took it once takes it.
 */
export function readPage(
  answer: ParsedReply,
  { page, filtered }: { page: number; filtered: boolean },
): FetchedPage | FilterRefused {
  if (!answer.ok && filtered && page === 0 && refusesFilter(answer.failure))
    return filterRefused(answer.failure)
  const mayBeBehindEnd = page > 0 && !answer.ok && [400, 404].includes(answer.failure.status)
  if (mayBeBehindEnd && !saysNoData(answer.failure))
    return { rows: [], refused: refusal(answer.failure, 'reads') }
  return readRows(answer)
}
