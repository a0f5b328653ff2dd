import type { FetchedPage } from '../../http/collect.ts'
import type { FilterRefused } from '../../http/filtered.ts'

/** One page by its number, starting at 0. */
type ReadPage = (page: number, size: number) => Promise<FetchedPage | FilterRefused>

/**
 * Rows by index from an app that pages by number. If the app sends a short page although there are more rows, it has a
 * smaller maximum page size; reading continues with that size.
 */
export function byIndex(
  readPage: ReadPage,
  pageSize: number,
): (start: number) => Promise<FetchedPage | FilterRefused> {
  let size = pageSize
  return async (start) => {
    for (;;) {
      const page = Math.floor((start - 1) / size)
      const fetched = await readPage(page, size)
      if ('filterRefused' in fetched || fetched.refused) return fetched
      const { rows, ...more } = fetched
      const before = page * size
      const clamped = rows.length > 0 && rows.length < size && (more.total ?? 0) > before + rows.length
      const asked = size
      if (clamped && page === 0) size = rows.length
      // With smaller pages the requested row can be on a different page.
      if (size !== asked && start > rows.length) continue
      return { ...more, rows: rows.slice(start - 1 - before) }
    }
  }
}
