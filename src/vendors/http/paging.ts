/** One page, as evidence of how the app pages. */
interface PageSeen {
  /** Requested index, 1-based. */
  start: number
  /** First id of the previous page. */
  before?: string | undefined
  /** Ids of this page in order; undefined for a row without a usable id. */
  ids: readonly (string | undefined)[]
  /** Requested number of rows. */
  asked: number
  total?: number | undefined
  /** The app's cursor of this page, and of the next one. */
  cursor?: string | undefined
  nextCursor?: string | undefined
  /** The app says that the list ends here. */
  last?: true | undefined
  /** Whether an earlier page had this id. */
  known: (id: string) => boolean
}

/** A page, and where the app says that it starts. */
export interface PageRows {
  rows: readonly unknown[]
  total?: number
  startIndex?: number
}

interface AskedPage {
  /** Requested index, 1-based. */
  start: number
  /** Id of the first row of a page before, which is that of the whole list if `isFirst`. */
  before: string | undefined
  isFirst: boolean
  /** Requested number of rows. */
  count: number
  idIn: (row: unknown) => string | undefined
}

/**
 * The rows from `start` on, of a page that may begin before it: some apps send the whole list whatever is asked for, or
 * the page that `start` is on. Undefined for a page that begins again and does not reach so far. The reply's own
 * `startIndex` alone is believed only where no common mistake explains it, such as counting from 0.
 */
export function alignedPage<Page extends PageRows>(
  page: Page,
  { start, before, isFirst, count, idIn }: AskedPage,
): (Page & { before?: string }) | undefined {
  const { rows, total, startIndex = start } = page
  if (startIndex > 1 && start - startIndex > 1) return reaching(page, startIndex, start) ?? page
  if (start === 1 || before === undefined || idIn(rows[0]) !== before) return page
  // A page before can have begun behind the first row, unless it had room for all rows so far.
  if (!isFirst && start - 1 > count && total !== rows.length) return undefined
  const reached = reaching(page, 1, start)
  if (reached) return { ...reached, before }
  // More rows than asked for, and all that there are: the app does not page, and has sent them before.
  const isAll = rows.length === start - 1 && rows.length > count && total === rows.length
  return isAll ? { ...page, rows: [] } : undefined
}

/** The rows from `start` on, of a page that begins at `from`; undefined if there are none. */
const reaching = <Page extends PageRows>(page: Page, from: number, start: number): Page | undefined =>
  from + page.rows.length > start ? { ...page, rows: page.rows.slice(start - from) } : undefined

/**
 * Watches for a list that becomes shorter while it is read by index: whoever was deleted moved those behind up, some of them
 * perhaps onto a page that was read before. `total` is what the app said before.
 */
export function watchShortening(total: number | undefined) {
  let [last, fewest] = [total, total ?? Number.POSITIVE_INFINITY]
  const seenAt = new Set<number>()
  return {
    /** How many rows before `start` are to be read again. An app whose totals go up and down is read again once at a place. */
    before(start: number, now: number | undefined): number {
      if (now === undefined) return 0
      const fewer = (last ?? now) - now
      const isNew = now < fewest || !seenAt.has(start)
      fewest = Math.min(fewest, now)
      last = now
      if (start === 1 || fewer <= 0 || !isNew) return 0
      seenAt.add(start)
      return fewer
    },
  }
}

type Judged = { state: 'more' | 'end'; byCursor?: true } | { state: 'broken'; why: string; byCursor?: true }

/**
 * Whether there is more. `end` is the end of the list; `broken` says why the rest cannot be read. Apps count and page
 * in many ways (wso2/product-is#7320, scimmyjs#21, SCIM-SDK#131), so the received rows decide and the total is a hint.
 */
export function judgePage(page: PageSeen): Judged {
  const { start, before, ids, asked, total, known, cursor, nextCursor, last } = page
  if (cursor !== undefined || nextCursor !== undefined || last) return judgeCursor(page)
  if (ids.length === 0) {
    return total === undefined || total < start
      ? { state: 'end' }
      : broken(`The app reported ${total} rows but stopped after ${start - 1}.`)
  }
  const repeats = ids[0] !== undefined && ids[0] === before
  if (repeats || ids.every((id) => id !== undefined && known(id))) {
    return broken(REPEATS)
  }
  const received = start - 1 + ids.length
  const isPageSize = total === ids.length && ids.length === asked
  return total === received && !isPageSize ? { state: 'end' } : { state: 'more' }
}

/** Longer ones do not fit into a cursor of ours. */
const MAX_CURSOR_LENGTH = 2_000

/** RFC 9865 §2: pages may be of any size, even empty; the last one has no next cursor. */
function judgeCursor({ ids, cursor, nextCursor, known }: PageSeen): Judged {
  if (nextCursor === undefined) return { state: 'end', byCursor: true }
  const repeats = ids.length > 0 && ids.every((id) => id !== undefined && known(id))
  if (repeats || nextCursor === cursor) return broken(REPEATS)
  if (nextCursor.length > MAX_CURSOR_LENGTH)
    return broken('The app’s cursor is too long, so the rest cannot be read.')
  return { state: 'more', byCursor: true }
}

const REPEATS = 'The app repeats rows that it has already sent, so the rest cannot be read.'

const broken = (why: string) => ({ state: 'broken', why }) as const
