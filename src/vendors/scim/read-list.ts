import type { RequestContext } from '../../domain/operations.ts'
import { saysNothingFound } from '../http/classify.ts'
import type { ApiRequest } from '../http/client.ts'
import type { Failure, ParsedReply } from '../http/reply.ts'
import { asList, asNumber, field } from '../http/values.ts'
import type { FilterAttribute, LearnedCapabilities } from './capabilities.ts'
import { spelling } from './filter.ts'
import { ask, listRefusal, notScim, type ScimApp, type ScimRequestInfo, type ScimRows } from './request.ts'
import { withToldEnd } from './told-end.ts'

type Query = NonNullable<ApiRequest['query']>

/** Whether a filter by this attribute of users is worth a request, given what is known. */
export function canFilter({ known, settings }: ScimApp, attribute: FilterAttribute): boolean {
  const state = known?.now.filters?.[attribute]
  return spelling(settings, attribute) !== false && state !== 'ignored' && state !== 'refused'
}

/** Rows of a list response. Throws `BadReply` for anything else. */
export function rowsOf(body: unknown): ScimRows {
  const total = asNumber(field(body, 'totalResults'))
  // An empty list can lack `Resources` (RFC 7644 §3.4.2).
  const rows = asList(field(body, 'Resources')) ?? (total === undefined ? undefined : [])
  if (!rows) throw notScim()
  const nextCursor = field(body, 'nextCursor')
  const startIndex = asNumber(field(body, 'startIndex'))
  return {
    rows,
    ...(total !== undefined && { total }),
    ...(startIndex !== undefined && { startIndex }),
    ...(typeof nextCursor === 'string' && nextCursor !== '' && { nextCursor }),
  }
}

/** Rows of a list request, or its failure for the caller to handle. */
export async function readList(
  app: ScimApp,
  collection: ScimRequestInfo['collection'],
  query: Query,
  context: RequestContext,
): Promise<ScimRows | { failure: Failure }> {
  const answer = await askPage(app, collection, query, context)
  if (!answer.ok) {
    return saysNothingFound(answer.failure) ? { rows: [], total: 0 } : { failure: answer.failure }
  }
  const { nextCursor, ...page } = rowsOf(answer.body)
  // Such an app sends a cursor and does not read it.
  if (nextCursor !== undefined && app.known?.now.paging !== 'index') return { ...page, nextCursor }
  const place = {
    isFirst: query.startIndex === 1 && app.known?.now.paging !== 'cursor',
    isFiltered: query.filter !== undefined,
    count: asNumber(query.count),
  }
  return withToldEnd(app, collection, page, place, async (startIndex, count = place.count) => {
    const asked = { ...query, startIndex, ...(count !== undefined && { count }) }
    const answer = await askPage(app, collection, asked, context)
    if (answer.ok) return rowsOf(answer.body).rows
    // Any other failure is how some apps say that there is no such page.
    if (PASSING.has(answer.failure.status)) throw await listRefusal(app, answer.failure, collection, context)
    return undefined
  })
}

/** What an app answers for a while, whatever it is asked. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Asks for a page in the way that the app is known to take, else in other ways once it refuses how it was asked. */
export async function askPage(
  app: ScimApp,
  collection: ScimRequestInfo['collection'],
  query: Query,
  context: RequestContext,
): Promise<ParsedReply> {
  const send = (one: Query) => ask(app, { path: `/${collection}`, query: one }, context)
  const first = await send(known(query, app.known?.now))
  if (first.ok || !refusesPaging(first.failure)) return first
  const isFirstPage = query.cursor === undefined && (query.startIndex ?? 1) === 1
  const ways = otherWays(query, app.known?.now)
  // Behind the first page only the number of rows can be another one than before.
  const isOpen = (way: LearnedCapabilities) =>
    isFirstPage || (way.paging === undefined && refusesCount(first.failure))
  for (const learned of ways.filter(isOpen)) {
    const answer = await send(known(query, { ...app.known?.now, ...learned }))
    if (answer.ok) {
      await app.known?.note(learned)
      return answer
    }
    if (!refusesPaging(answer.failure)) break
  }
  return first
}

/** The query in the way that the app takes. RFC 9865 §2: an empty cursor asks for the first page. */
function known(query: Query, { paging, noCount, pageMaximum }: LearnedCapabilities = {}): Query {
  const { count, startIndex, ...rest } = query
  const byCursor = paging === 'cursor' && startIndex === 1 && rest.cursor === undefined
  return {
    ...rest,
    ...(byCursor ? { cursor: '' } : startIndex !== undefined && { startIndex }),
    ...(count !== undefined &&
      !noCount && { count: Math.min(Number(count), pageMaximum ?? Number.POSITIVE_INFINITY) }),
  }
}

/** The app refuses how a page is asked for (RFC 9865 §2.2 names some of these errors). */
const refusesPaging = ({ status, scimType, said }: Failure): boolean =>
  status === 400 &&
  (scimType === 'invalidCount' ||
    scimType === 'invalidCursor' ||
    (scimType !== 'invalidFilter' && /\b(count|start_?index|cursor|pag(e|es|ing|ination))\b/i.test(said)))

const refusesCount = ({ scimType, said }: Failure): boolean =>
  scimType === 'invalidCount' || (/\bcount\b/i.test(said) && !/\b(start_?index|cursor)\b/i.test(said))

/** Page sizes that apps are known to take at most: Atlassian, AWS, and some that say nothing. */
const SMALLER_PAGES = [100, 50, 20]

/** What may be true of an app that refused a page, in the order in which it is tried. */
function otherWays({ count }: Query, now: LearnedCapabilities = {}): LearnedCapabilities[] {
  const asked = Math.min(Number(count ?? 0), now.pageMaximum ?? Number.POSITIVE_INFINITY)
  const sized: LearnedCapabilities[] = now.noCount
    ? []
    : SMALLER_PAGES.filter((size) => size < asked).map((pageMaximum) => ({ pageMaximum }))
  const without: LearnedCapabilities[] = asked > 0 && !now.noCount ? [{ noCount: true }] : []
  return now.paging === 'cursor'
    ? [...sized, ...without, { paging: 'index' }]
    : [
        ...sized,
        ...without,
        { paging: 'cursor' },
        ...(asked > 0 ? [{ paging: 'cursor', noCount: true } as const] : []),
      ]
}
