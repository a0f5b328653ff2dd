import type { ListPosition, RequestContext } from '../../domain/operations.ts'
import { InvalidInput } from '../../errors.ts'
import type { FetchedPage } from '../http/collect.ts'
import { causeOf } from '../http/errors.ts'
import { alignedPage, type PageRows } from '../http/paging.ts'
import type { Failure } from '../http/reply.ts'
import { asId, field } from '../http/values.ts'
import { pagesByCursor } from './config.ts'
import { readList } from './read-list.ts'
import { refusal, type ScimApp, type ScimRequestInfo } from './request.ts'
import { rowsThatFit } from './rows-that-fit.ts'

type Fetched = FetchedPage | { failure: Failure }

/**
 * Fetches the pages of a collection, by index or by the app's cursor (RFC 9865), whichever the app is seen to follow.
 * `at` is where the listing goes on; the failure of a page that may be behind the end is part of the page.
 */
export function listing(
  app: ScimApp,
  collection: ScimRequestInfo['collection'],
  query: { filter?: string | undefined; excludedAttributes?: string | undefined },
  context: RequestContext,
  at?: ListPosition,
  /** The first page, if it was read before. */
  begun?: PageRows,
): (start: number, cursor?: string) => Promise<Fetched> {
  const rows = rowsThatFit(app, collection)
  const ask = (place: { startIndex: number } | { cursor: string }) =>
    rows.page((count) => readList(app, collection, { ...query, ...place, count }, context))
  /** Id of the first row of the list, as far as this listing knows. */
  let first = begun ? firstIdOf(begun) : at?.before

  const byIndex = async (start: number): Promise<Fetched> => {
    const list = await ask({ startIndex: start })
    if ('failure' in list) return list
    if (start === 1) first = firstIdOf(list)
    const { count } = rows
    const isFirst = first !== at?.before
    const page = alignedPage(list, { start, before: first, isFirst, count, idIn })
    return page ?? (await byCursorInstead(start)) ?? list
  }
  /** The page at `start` of an app that ignores the index and says that it pages by cursor. */
  const byCursorInstead = async (start: number): Promise<Fetched | undefined> => {
    const { paging } = app.known?.now ?? {}
    const isByCursor = paging === 'cursor' || (paging === undefined && (await pagesByCursor(app, context)))
    if (!isByCursor) return undefined
    const begin = await ask({ cursor: '' })
    const follows = !('failure' in begin) && begin.nextCursor !== undefined && begin.rows.length === start - 1
    if (!follows || begin.nextCursor === undefined) return undefined
    await app.known?.note({ paging: 'cursor' })
    const { nextCursor: cursor } = begin
    return { ...(await ask({ cursor })), askedBy: { cursor } }
  }
  const byCursor = async (start: number, cursor: string): Promise<Fetched> => {
    const list = await ask({ cursor })
    if ('failure' in list) {
      if (list.failure.status === 400) throw cursorLost(list.failure)
      return list
    }
    const repeats = first !== undefined && firstIdOf(list) === first
    if (!repeats || start === 1) return list
    // The app sends a cursor, and ignores the one that it gets.
    await app.known?.note({ paging: 'index' })
    return { ...(await byIndex(start)), askedBy: {} }
  }
  const fetch = async (start: number, cursor?: string): Promise<Fetched> => {
    const list = await (cursor === undefined ? byIndex(start) : byCursor(start, cursor))
    if (!('failure' in list)) return list
    const { failure } = list
    const mayBeBehindEnd =
      start > 1 && cursor === undefined && (failure.status === 400 || failure.status === 404)
    if (!mayBeBehindEnd) return list
    return { rows: [], refused: await refusal(app, failure, { collection, effect: 'reads' }, context) }
  }
  return app.pages?.over(JSON.stringify([collection, query]), fetch, at !== undefined) ?? fetch
}

const idIn = (row: unknown): string | undefined => asId(field(row, 'id'))
const firstIdOf = ({ rows: [row] }: PageRows): string | undefined => idIn(row)

/** RFC 9865 §2: a cursor can expire. */
const cursorLost = (failure: Failure) =>
  new InvalidInput('The app no longer knows where this listing was.', 'Start again without a cursor.', {
    cause: causeOf(failure),
  })
