import type { ListPosition, Page } from '../../domain/operations.ts'
import { BadReply } from '../../errors.ts'
import { judgePage } from './paging.ts'

/** Maximum pages per call: a listing with few matches must answer before its caller times out. */
export const MAX_PAGES_PER_CALL = 10

/** A paged listing. */
export interface Listing<Item> {
  fetch(start: number): Promise<{ rows: readonly unknown[]; total?: number }>
  /** Undefined for an unreadable row. */
  read(row: unknown): { id: string; item: Item } | undefined
  keep?(item: Item): boolean
  /** Rows per request. */
  pageSize: number
  maxPages: number
  /** Maximum rows to return. */
  limit: number
  at?: ListPosition | undefined
}

/** Reads until it has kept `limit` rows, reached the end or read `maxPages`. Never returns a row twice. */
export async function collect<Item>(listing: Listing<Item>): Promise<Page<Item, ListPosition>> {
  const { limit, maxPages, keep = () => true } = listing
  const seen = new Set<string>()
  const items: Item[] = []
  let at: ListPosition = listing.at ?? { start: 1 }
  let unreadable = 0
  let total: number | undefined

  const page = (more: { next?: ListPosition; ended?: boolean; why?: string }): Page<Item, ListPosition> => {
    const notes = [
      ...(more.why ? [more.why] : []),
      ...(unreadable > 0 ? [`${unreadable} rows were unreadable and are left out.`] : []),
    ]
    return {
      items,
      complete: more.ended === true && unreadable === 0,
      ...(more.next && { next: more.next }),
      ...(notes.length > 0 && { note: notes.join(' ') }),
    }
  }

  for (let read = 0; read < maxPages; read++) {
    const fetched = await listing.fetch(at.start)
    total = fetched.total ?? total
    const rows = fetched.rows.map(listing.read)
    const ids = rows.map((row) => row?.id)
    const verdict = judgePage({ ...at, ids, asked: listing.pageSize, total, known: (id) => seen.has(id) })
    if (verdict.state === 'broken') return page({ why: verdict.why })
    const first = ids[0]
    const positionOf = (index: number): ListPosition => ({
      start: at.start + index,
      ...(first !== undefined && { before: first }),
    })
    for (const [index, row] of rows.entries()) {
      if (!row) unreadable++
      else if (!seen.has(row.id)) {
        const wanted = keep(row.item)
        if (wanted && items.length >= limit) return page({ next: positionOf(index) })
        seen.add(row.id)
        if (wanted) items.push(row.item)
      }
    }
    if (verdict.state === 'end') return page({ ended: true })
    at = positionOf(rows.length)
    if (items.length >= limit) return page({ next: at })
  }
  return page({ next: at, why: `There are more than the ${maxPages} pages read.` })
}

/** Every kept row. Throws `BadReply` unless it certainly saw all rows. */
export async function collectAll<Item>(listing: Omit<Listing<Item>, 'limit' | 'at'>): Promise<Item[]> {
  const page = await collect({ ...listing, limit: Number.POSITIVE_INFINITY })
  if (page.complete) return page.items
  throw inconclusive(page.note)
}

/** The error of a search that proves nothing. */
export const inconclusive = (why = ''): BadReply =>
  new BadReply(
    `The search is inconclusive: the app does not filter, and not all rows could be read. ${why}`.trim(),
    'Raise `maxPages` of this tenant if it has more rows, or look in the app’s console.',
  )
