import type { ListPosition, Match, Page } from '../../domain/operations.ts'
import { BadReply } from '../../errors.ts'
import { collect, type FetchedPage, type Listing } from './collect.ts'
import { judgePage } from './paging.ts'
import type { Failure } from './reply.ts'

/** What an app does with a filter by one field; absent means unknown. */
export type FilterState = 'honoured' | 'ignored' | 'refused'
export type FilterStates = Partial<Record<keyof Match, FilterState>>

/** The filter that an app is asked to apply, and what shows whether it does. */
export interface AppFilter<Item> {
  /** The fields of the filter. */
  by: readonly (keyof Match)[]
  known: FilterStates
  /** Whether the item has the wanted value of this field; undefined if the row does not tell. */
  fits(item: Item, field: keyof Match): boolean | undefined
  /** Whether an item that came shows that all of the filter was read; by default any does. */
  isShownBy?(item: Item): boolean
  /**
   * Asks with the values of an item that exists. Whether the app then shows it; undefined if the item does not tell
   * enough to ask. `total` is how many rows the app has without a filter.
   */
  shows(item: Item, total: number | undefined): Promise<boolean | undefined>
  /** How much an item shows of whether the filter works; the one that shows most is asked with. */
  worth?(item: Item): number
  learn(states: FilterStates): Promise<void>
}

interface FilteredListing<Item> extends Omit<Listing<Item>, 'fetch'> {
  fetch(start: number, cursor: string | undefined, filtered: boolean): Promise<FetchedPage | FilterRefused>
  filter?: AppFilter<Item> | undefined
}

/** The app cannot apply the filter; `certain` if it said so and did not merely fail. */
export interface FilterRefused {
  filterRefused: { certain: boolean }
}

export const filterRefused = ({ status }: Failure): FilterRefused => ({
  filterRefused: { certain: status !== 500 },
})

/**
 * Whether an app that finds nobody by one status keeps somebody from us: the page is of those with the other status, of
 * whom there are fewer than the app has users (`all`). A total that is the number of the rows may be the size of the page
 * (wso2/product-is#7320).
 */
export const keepsSome = ({ rows, total }: FetchedPage, all: number | undefined): boolean =>
  total !== undefined && all !== undefined && total > rows.length && total < all

/** A page that was asked for without a filter. */
export function unfiltered(page: FetchedPage | FilterRefused): FetchedPage {
  if ('filterRefused' in page) throw new TypeError('a filter was refused that was not sent')
  return page
}

/** Whether a filter by these fields is worth a request, given what is known. */
const isUsable = ({ by, known }: Pick<AppFilter<unknown>, 'by' | 'known'>): boolean =>
  by.every((field) => known[field] !== 'ignored' && known[field] !== 'refused')

/**
 * A listing that the app filters as far as it does. Some apps ignore a filter (Cogtrix#124) or find nobody by it
 * (snipe-it#13948), so an answer without rows counts only if the filter is known to work.
 */
export async function collectFiltered<Item>(
  listing: FilteredListing<Item>,
): Promise<Page<Item, ListPosition> & { compared: boolean }> {
  const { filter, at } = listing
  // A listing goes on as it began: filtered and not, the index counts different rows.
  let filtered = filter !== undefined && (at ? !at.plain : isUsable(filter))

  const plain = async (start: number, cursor?: string): Promise<FetchedPage> => {
    filtered = false
    return unfiltered(await listing.fetch(start, cursor, false))
  }
  const fetch = async (start: number, cursor?: string): Promise<FetchedPage> => {
    if (!filter || !filtered) return plain(start, cursor)
    const page = await listing.fetch(start, cursor, true)
    const isFirst = start === 1 && cursor === undefined
    if ('filterRefused' in page) {
      if (!isFirst) throw filterLost()
      if (page.filterRefused.certain) await learnOne(filter, 'refused')
      return plain(1)
    }
    if (!isFirst || page.refused || filter.by.every((field) => filter.known[field] === 'honoured'))
      return page
    const items = readable(listing, page)
    const ignored = filter.by.filter((field) => items.some((item) => filter.fits(item, field) === false))
    if (ignored.length > 0) {
      await filter.learn(Object.fromEntries(ignored.map((field) => [field, 'ignored' as const])))
      return plain(1)
    }
    if (page.rows.length > 0 && (!filter.isShownBy || items.some(filter.isShownBy))) return page
    const all = await plain(1)
    if (!(await isWorking(listing, filter, all))) return all
    filtered = true
    return page
  }

  const page = await collect({ ...listing, fetch })
  const compared = filter !== undefined && !filtered
  if (!compared) return { ...page, compared }
  const plainly = (place: ListPosition): ListPosition => ({ ...place, plain: true })
  const behind = page.behind.map(plainly)
  return { ...page, behind, ...(page.next && { next: plainly(page.next) }), compared }
}

/** Whether a filter that found nobody certainly works, by the first page of the whole list. */
async function isWorking<Item>(
  listing: FilteredListing<Item>,
  filter: AppFilter<Item>,
  all: FetchedPage,
): Promise<boolean> {
  const items = readable(listing, all)
  if (items.some((item) => filter.by.every((field) => filter.fits(item, field)))) {
    await learnOne(filter, 'ignored')
    return false
  }
  const ids = all.rows.map((row) => listing.read(row)?.id)
  const { state } = judgePage({ ...all, start: 1, ids, asked: listing.pageSize, known: () => false })
  // The page is the whole list, which proves more than the filter does.
  if (state !== 'more') return false
  const { worth = () => 0 } = filter
  for (const item of items.toSorted((one, other) => worth(other) - worth(one))) {
    const shown = await filter.shows(item, all.total)
    if (shown === undefined) continue
    await (shown
      ? filter.learn(Object.fromEntries(filter.by.map((field) => [field, 'honoured' as const])))
      : learnOne(filter, 'ignored'))
    return shown
  }
  return false
}

/** Of several fields it is not known which one the app does not filter by. */
async function learnOne(
  { by: [field, ...others], learn }: Pick<AppFilter<unknown>, 'by' | 'learn'>,
  state: FilterState,
): Promise<void> {
  if (field !== undefined && others.length === 0) await learn({ [field]: state })
}

const readable = <Item>({ read }: Pick<Listing<Item>, 'read'>, { rows }: FetchedPage): Item[] =>
  rows.flatMap((row) => read(row)?.item ?? [])

const filterLost = () =>
  new BadReply(
    'The app refuses in the middle of a list what it accepted at its start.',
    'Start again without a cursor.',
  )
