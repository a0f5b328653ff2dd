import type { ListPosition, RequestContext } from '../../domain/operations.ts'
import { InvalidInput } from '../../errors.ts'
import type { FetchedPage } from '../http/collect.ts'
import { causeOf } from '../http/errors.ts'
import type { Failure } from '../http/reply.ts'
import { readList, refusal, type ScimApp, type ScimRequestInfo } from './request.ts'

type Fetched = FetchedPage | { failure: Failure }

/**
 * Fetches the pages of a collection, by index or by the app's cursor (RFC 9865). `at` is where the listing goes on; the
 * failure of a page that may be behind the end is part of the page.
 */
export function listing(
  app: ScimApp,
  collection: ScimRequestInfo['collection'],
  query: { filter?: string | undefined; excludedAttributes?: string | undefined },
  context: RequestContext,
  at?: ListPosition,
): (start: number, cursor?: string) => Promise<Fetched> {
  const fetch = async (start: number, cursor?: string): Promise<Fetched> => {
    const place = cursor === undefined ? { startIndex: start } : { cursor }
    const list = await readList(
      app,
      collection,
      { ...query, ...place, count: app.settings.pageSize },
      context,
    )
    if (!('failure' in list)) return list
    const { failure } = list
    if (cursor !== undefined && failure.status === 400) throw cursorLost(failure)
    const mayBeBehindEnd = start > 1 && (failure.status === 400 || failure.status === 404)
    if (!mayBeBehindEnd) return list
    return { rows: [], refused: await refusal(app, failure, { collection, effect: 'reads' }, context) }
  }
  return app.pages?.over(JSON.stringify([collection, query]), fetch, at !== undefined) ?? fetch
}

/** RFC 9865 §2.2: a cursor can expire. */
const cursorLost = (failure: Failure) =>
  new InvalidInput('The app no longer knows where this listing was.', 'Start again without a cursor.', {
    cause: causeOf(failure),
  })
