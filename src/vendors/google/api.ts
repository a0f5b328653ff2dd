import type { RequestContext } from '../../domain/operations.ts'
import { BadReply, Forbidden } from '../../errors.ts'
import type { ApiRequest } from '../http/client.ts'
import type { FetchedPage } from '../http/collect.ts'
import { parseReply } from '../http/reply.ts'
import { asWord, field, isRecord } from '../http/values.ts'
import { everyRow } from '../records/reads.ts'
import type { Clients } from './clients.ts'
import { noSuchRecord, reasonIn, refusal } from './refusals.ts'
import type { Scope } from './scopes.ts'

/** Where the Directory API is (developers.google.com/workspace/admin/directory/reference/rest). */
export const DIRECTORY = '/admin/directory/v1'
/** The account of a customer that the token is of. */
export const CUSTOMER = 'my_customer'

export interface GoogleApi {
  clients: Clients
  /** The administrator that the tokens act for. */
  admin: string
}

/** What a request answered with. */
interface Answer {
  body: unknown
}

/** Sends one request. Undefined if there is no such record; any other refusal is thrown. */
export async function ask(
  { clients, admin }: GoogleApi,
  scope: Scope,
  request: ApiRequest,
  context: RequestContext,
): Promise<Answer | undefined> {
  const reply = await clients(scope).client.send(request, context)
  const parsed = parseReply(reply)
  if (parsed.ok) return { body: parsed.body }
  const reason = reasonIn(reply.text)
  // A 404 without it is of whoever answers at a wrong address.
  if (parsed.failure.status === 404 && reason === 'notFound') return undefined
  const effect = request.effect ?? ((request.method ?? 'GET') === 'GET' ? 'reads' : 'writes')
  throw refusal(parsed.failure, { reason, effect, scope, admin })
}

/** Throws `NotFound` where there is no such record. */
export async function mustAsk(...asked: Parameters<typeof ask>): Promise<Answer> {
  const answer = await ask(...asked)
  if (answer) return answer
  throw noSuchRecord()
}

/** A list of the API: where it is, the key of its rows, and how many a page has at most. */
export interface List {
  scope: Scope
  path: string
  query?: ApiRequest['query']
  rows: string
  /** Absent for a list that has no pages. */
  pageSize?: number
}

/** One page of a list. Google leaves the key of the rows out when there are none. */
export async function pageOf(
  api: GoogleApi,
  { scope, path, query, rows: key, pageSize }: List,
  cursor: string | undefined,
  context: RequestContext,
): Promise<FetchedPage> {
  const request = { path, query: { ...query, maxResults: pageSize, pageToken: cursor } }
  const { body } = await mustAsk(api, scope, request, context)
  const rows = field(body, key) ?? []
  const isList = isRecord(body) && (key in body || typeof body.kind === 'string')
  if (!isList || !Array.isArray(rows)) {
    throw new BadReply(
      'Google answered with something that is not the list asked for.',
      'Check `url` of this tenant.',
    )
  }
  const nextCursor = asWord(field(body, 'nextPageToken'))
  return { rows, ...(nextCursor ? { nextCursor } : { last: true }) }
}

const MAX_PAGES = 100
/** More than a list without pages has. */
const MAX_ROWS = 10_000

/** Every row of a list; throws unless it was read to its end. */
export const everyRowOf = (
  api: GoogleApi,
  list: List,
  idOf: (row: unknown) => string | undefined,
  context: RequestContext,
): Promise<unknown[]> =>
  everyRow<unknown>({
    fetch: (_, cursor) => pageOf(api, list, cursor, context),
    read(row) {
      const id = idOf(row)
      return id === undefined ? undefined : { id, item: row }
    },
    pageSize: list.pageSize ?? MAX_ROWS,
    maxPages: MAX_PAGES,
  })

/** What the token may not read is not known. */
export async function ifAllowed<Told>(work: () => Promise<Told>): Promise<Told | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Forbidden) return undefined
    throw error
  }
}
