import type { FetchedPage } from './collect.ts'

type Fetch<Failed> = (start: number, cursor?: string) => Promise<FetchedPage | Failed>

/** Pages of an app's lists that were just fetched. */
export interface RecentPages {
  /**
   * `fetch` for one list, which is named by its query. A listing that goes on takes the rest of a page from here, since
   * a request may be one of a hundred an hour; a listing that begins always asks the app.
   */
  over<Failed extends object>(list: string, fetch: Fetch<Failed>, goesOn: boolean): Fetch<Failed>
  /** After a change, the rows are those of before. */
  forget(): void
}

// Long enough for an agent to come back for more, too short for a list to have aged.
export const RECENT_MS = 2 * 60_000
const MAX_PAGES = 4

/** The rest of a page, which remembers the row that the whole page begins with. */
const restOf = (page: FetchedPage, from: number): FetchedPage =>
  from === 0 ? page : { ...page, rows: page.rows.slice(from), beganWith: page.rows[0] }

/** Keeps pages in this process. A page that is gone is fetched again, so nothing depends on it. */
export function recentPages(now: () => number = Date.now): RecentPages {
  let kept: { list: string; start: number; cursor: string | undefined; page: FetchedPage; until: number }[] =
    []
  return {
    over(list, fetch, goesOn) {
      if (!goesOn) kept = kept.filter((one) => one.list !== list)
      return async (start, cursor) => {
        kept = kept.filter(({ until }) => until > now())
        const held = kept.find(
          (one) =>
            one.list === list &&
            one.cursor === cursor &&
            one.start <= start &&
            start < one.start + one.page.rows.length,
        )
        if (held) return restOf(held.page, start - held.start)
        const page = await fetch(start, cursor)
        if (!('rows' in page)) return page
        // The list has changed since, and with it what is where.
        kept = kept.filter((one) => one.list !== list || one.page.total === page.total)
        if (page.rows.length > 0) {
          kept = [...kept, { list, start, cursor, page, until: now() + RECENT_MS }].slice(-MAX_PAGES)
        }
        return page
      }
    },
    forget() {
      kept = []
    },
  }
}
