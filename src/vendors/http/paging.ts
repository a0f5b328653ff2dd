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
