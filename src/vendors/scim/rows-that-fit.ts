import { ReplyTooLarge } from '../http/decode.ts'
import type { ScimApp, ScimRequestInfo } from './request.ts'

/** How many rows of a collection are asked for at once. */
interface RowsThatFit {
  readonly count: number
  /** Fetches a page of `count` rows, or of half as many for as long as it is too large for one reply. */
  page<Page extends object>(fetch: (count: number) => Promise<Page>): Promise<Page>
}

/** As many rows as the settings say, or as are known to fit into one reply of this app. */
export function rowsThatFit(
  { settings, known }: ScimApp,
  collection: ScimRequestInfo['collection'],
): RowsThatFit {
  let count = Math.min(settings.pageSize, known?.now.rowsThatFit?.[collection] ?? Number.POSITIVE_INFINITY)
  const learn = async () => known?.note({ rowsThatFit: { ...known.now.rowsThatFit, [collection]: count } })
  return {
    get count() {
      return count
    },
    async page(fetch) {
      for (let isSmaller = false; ; isSmaller = true) {
        try {
          const page = await fetch(count)
          if (isSmaller && !('failure' in page)) await learn()
          return page
        } catch (error) {
          // An app that is not told how many rows to send would send as many again.
          if (!(error instanceof ReplyTooLarge) || count === 1 || known?.now.noCount) throw error
          count = Math.ceil(count / 2)
        }
      }
    },
  }
}
