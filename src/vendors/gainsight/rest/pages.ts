import type { FetchedPage } from '../../http/collect.ts'
import type { FilterRefused } from '../../http/filtered.ts'

/** One page by its number, starting at 0. */
type ReadPage = (page: number, size: number) => Promise<FetchedPage | FilterRefused>

/**
 * Rows by index from lists of an app that pages by number. A page can be shorter than asked for, so each begins where the one
 * before it ended; reading that begins in the middle of a list trusts in whole pages only as long as they are whole.
 */
export function byIndex(
  pageSize: number,
  /** Whether the app was seen to send as many rows as were asked for. */
  isGenerous = false,
): (readPage: ReadPage) => (start: number) => Promise<FetchedPage | FilterRefused> {
  return (readPage) => {
    /** The index, from 0, of the first row of each page that is known. */
    const begins = new Map([[0, 0]])
    const placeOf = (index: number) => {
      const known = [...begins].filter(([, begin]) => begin <= index)
      const jump = Math.floor(index / pageSize)
      return known.length === 1 && jump > 0 ? [jump, jump * pageSize] : known.at(-1)
    }
    const isLast = async (page: number) => {
      const next = await readPage(page + 1, pageSize)
      return 'filterRefused' in next || next.rows.length === 0
    }
    return async (start) => {
      const index = start - 1
      let [page = 0, begin = 0] = placeOf(index) ?? []
      for (;;) {
        const fetched = await readPage(page, pageSize)
        if ('filterRefused' in fetched || fetched.refused) return fetched
        const { rows, ...more } = fetched
        const end = begin + rows.length
        isGenerous ||= rows.length === pageSize
        // A last page and one that is cut can have as many rows.
        const isWhole = async () =>
          rows.length === pageSize || (more.total === end && (isGenerous || (await isLast(page))))
        if (!begins.has(page) && !(await isWhole())) {
          page = begin = 0
          continue
        }
        begins.set(page, begin)
        if (rows.length > 0) begins.set(page + 1, end)
        if (rows.length === 0 || index < end) return { ...more, rows: rows.slice(index - begin) }
        page++
        begin = end
      }
    }
  }
}
