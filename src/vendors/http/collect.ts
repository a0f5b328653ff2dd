import type { ListPosition, Page } from '../../domain/operations.ts'
import { BadReply, type IdentityError } from '../../errors.ts'
import { inQuotes } from '../../text/text.ts'
import { judgePage, watchShortening } from './paging.ts'
import { asId, field } from './values.ts'

/** Maximum pages per call: a listing with few matches must answer before its caller times out. */
export const MAX_PAGES_PER_CALL = 10

/** One page of a list, as the app sent it. */
export interface FetchedPage {
  rows: readonly unknown[]
  /** The first row of the app's page, if these are only the rest of it. */
  beganWith?: unknown
  /** Only a hint: some apps put the page size here (wso2/product-is#7320). */
  total?: number
  /** The app's cursor for the next page; absent on the last one (RFC 9865 §2). */
  nextCursor?: string
  /** By which cursor the page was asked for, if not by the given one. */
  askedBy?: { cursor?: string }
  /** Id by which to notice that the list begins again, where it is not that of the first row. */
  before?: string
  /** The app pages by cursor alone, and gave none: the list ends here. */
  last?: true
  /** The app refused the page; it may be one behind the end. */
  refused?: IdentityError
}

/** A paged listing. */
export interface Listing<Item> {
  /** The page that starts at this index, or the one of the app's cursor. */
  fetch(start: number, cursor?: string): Promise<FetchedPage>
  /** Undefined for an unreadable row. */
  read(row: unknown): { id: string; item: Item } | undefined
  /** The id of a row, read or not. Default: its `id`. */
  idIn?(row: unknown): unknown
  keep?(item: Item): boolean
  /** Rows per request. */
  pageSize: number
  maxPages: number
  /** Maximum rows to return. */
  limit: number
  at?: ListPosition | undefined
  /** Called behind each page that was read to its end. */
  reached?(at: ListPosition): void
}

/** Reads until it has kept `limit` rows, reached the end or read `maxPages`. Never returns a row twice. */
export async function collect<Item>(listing: Listing<Item>): Promise<Page<Item, ListPosition>> {
  const { limit, maxPages, keep = () => true, idIn = (row) => field(row, 'id') } = listing
  const seen = new Set<string>()
  const items: Item[] = []
  const behind: ListPosition[] = []
  const unreadable: string[] = []
  let at: ListPosition = listing.at ?? { start: 1 }
  let total = at.total
  const shortening = watchShortening(total)
  let isAgain = false

  const page = (more: { next?: ListPosition; ended?: boolean; why?: string }): Page<Item, ListPosition> => {
    const notes = [more.why, unreadableNote(unreadable)].filter((text) => text !== undefined)
    return {
      items,
      behind,
      complete: more.ended === true && unreadable.length === 0,
      ...(unreadable.length > 0 && { unreadable: unreadable.length }),
      ...(more.next && { next: more.next }),
      ...(notes.length > 0 && { note: notes.join(' ') }),
    }
  }

  for (let read = 0; read < maxPages; read++) {
    const { skip = 0 } = at
    const fetched = await listing.fetch(at.start - skip, at.cursor)
    const { cursor } = fetched.askedBy ?? at
    if (fetched.refused) {
      // Some apps refuse a page behind the last one (scimmyjs#102).
      if (total !== undefined && total === at.start - 1) return page({ ended: true })
      // An app that tells no total: what was read stands, and whether there is more is open.
      if (read > 0 && total === undefined) return page({ why: REFUSED_PAGE })
      throw fetched.refused
    }
    total = fetched.total ?? total
    const isByIndex = cursor === undefined && fetched.nextCursor === undefined && !fetched.last
    const back = isByIndex ? shortening.before(at.start, total) : 0
    if (back > 0) {
      at = { start: Math.max(1, at.start - back), ...(total !== undefined && { total }) }
      isAgain = true
      continue
    }
    const raw = fetched.rows.slice(skip)
    const rows = raw.map(listing.read)
    const ids = rows.map((row) => row?.id)
    const verdict = judgePage({
      ...fetched,
      ...at,
      cursor,
      nextCursor: fetched.nextCursor,
      ids,
      asked: listing.pageSize,
      known: (id) => !isAgain && seen.has(id),
      total,
    })
    isAgain = false
    if (verdict.state === 'broken') return page({ why: verdict.why })
    // Of the app's page, since an app that ignores the index sends that one again.
    const began = fetched.beganWith === undefined ? ids[0] : listing.read(fetched.beganWith)?.id
    const first = fetched.before ?? began
    const before = at.before
    const positionOf = (index: number): ListPosition => ({
      start: at.start + index,
      ...beforeIs(verdict.byCursor ? before : first),
      ...(total !== undefined && !verdict.byCursor && { total }),
      ...(verdict.byCursor && { skip: skip + index, ...(cursor !== undefined && { cursor }) }),
    })
    const { nextCursor } = fetched
    const behindPage =
      nextCursor === undefined
        ? positionOf(rows.length)
        : { start: at.start + rows.length, cursor: nextCursor, ...beforeIs(first) }
    for (const [index, row] of rows.entries()) {
      if (!row) unreadable.push(describe(idIn(raw[index]), at.start + index))
      else if (!seen.has(row.id)) {
        const wanted = keep(row.item)
        if (wanted && items.length >= limit) return page({ next: positionOf(index) })
        seen.add(row.id)
        if (wanted) {
          items.push(row.item)
          behind.push(index + 1 < rows.length ? positionOf(index + 1) : behindPage)
        }
      }
    }
    if (verdict.state === 'end') return page({ ended: true })
    at = behindPage
    listing.reached?.(at)
    if (items.length >= limit) return page({ next: at })
  }
  return page({ next: at, why: `There are more than the ${maxPages} pages read.` })
}

const beforeIs = (before: string | undefined) => (before === undefined ? {} : { before })

const REFUSED_PAGE = 'The app refuses the next page, so it is not known whether there are more.'

/** The error of a search that proves nothing. */
export const inconclusive = (why = ''): BadReply =>
  new BadReply(
    `The search is inconclusive: the app does not filter, and not all rows could be read. ${why}`.trim(),
    'Raise `maxPages` of this tenant if it has more rows, or look in the app’s console.',
  )

const MAX_ROWS_NAMED = 5

/** An unreadable row by its id, or by its place in the list. */
function describe(id: unknown, place: number): string {
  const usable = asId(id)
  return usable === undefined ? `row ${place} (no usable id)` : `${inQuotes(usable, 64)} (no usable name)`
}

function unreadableNote(rows: readonly string[]): string | undefined {
  if (rows.length === 0) return undefined
  const more = rows.length - MAX_ROWS_NAMED
  const named = [...rows.slice(0, MAX_ROWS_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ')
  return `${rows.length === 1 ? '1 row' : `${rows.length} rows`} could not be read: ${named}.`
}
