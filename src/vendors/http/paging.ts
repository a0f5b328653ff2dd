/** What one page shows of how the app pages. */
export interface PageSeen {
  /** 1-based index that was asked for. */
  start: number
  /** First id of the page before. */
  before?: string | undefined
  /** Ids of this page in order; undefined where a row had none that can be used. */
  ids: readonly (string | undefined)[]
  /** Number of rows that was asked for. */
  asked: number
  total?: number | undefined
  /** Whether this id came with an earlier page. */
  known: (id: string) => boolean
}

/**
 * Whether there is more. `end` is the app's own end, `broken` says why the rest can't be had. Apps count and page in
 * many mapping (wso2/product-is#7320, scimmyjs#21, SCIM-SDK#131), so rows received decide and the total is a hint.
 */
export function judge(page: PageSeen): { state: 'more' | 'end' } | { state: 'broken'; why: string } {
  const { start, before, ids, asked, total, known } = page
  if (ids.length === 0) {
    return total === undefined || total < start
      ? { state: 'end' }
      : broken(`The app speaks of ${total} rows and stopped after ${start - 1}.`)
  }
  const repeats = ids[0] !== undefined && ids[0] === before
  if (repeats || ids.every((id) => id !== undefined && known(id))) {
    return broken('The app sends again what it has already sent, so that the rest can not be read.')
  }
  const received = start - 1 + ids.length
  const isPageSize = total === ids.length && ids.length === asked
  return total === received && !isPageSize ? { state: 'end' } : { state: 'more' }
}

const broken = (why: string) => ({ state: 'broken', why }) as const
