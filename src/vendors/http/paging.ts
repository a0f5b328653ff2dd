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
  /** Whether an earlier page had this id. */
  known: (id: string) => boolean
}

/**
 * Whether there is more. `end` is the end of the list; `broken` says why the rest cannot be read. Apps count and page
 * in many ways (wso2/product-is#7320, scimmyjs#21, SCIM-SDK#131), so the received rows decide and the total is a hint.
 */
export function judgePage(page: PageSeen): { state: 'more' | 'end' } | { state: 'broken'; why: string } {
  const { start, before, ids, asked, total, known } = page
  if (ids.length === 0) {
    return total === undefined || total < start
      ? { state: 'end' }
      : broken(`The app reported ${total} rows but stopped after ${start - 1}.`)
  }
  const repeats = ids[0] !== undefined && ids[0] === before
  if (repeats || ids.every((id) => id !== undefined && known(id))) {
    return broken('The app repeats rows that it has already sent, so the rest cannot be read.')
  }
  const received = start - 1 + ids.length
  const isPageSize = total === ids.length && ids.length === asked
  return total === received && !isPageSize ? { state: 'end' } : { state: 'more' }
}

const broken = (why: string) => ({ state: 'broken', why }) as const
