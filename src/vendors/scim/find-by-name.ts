import type { Found, RequestContext } from '../../domain/operations.ts'
import type { IdentityError } from '../../errors.ts'
import { refusesFilter } from '../http/classify.ts'
import { collect, type FetchedPage, MAX_PAGES_PER_CALL } from '../http/collect.ts'
import type { FilterAttribute } from './capabilities.ts'
import { eq } from './filter.ts'
import { listing } from './listing.ts'
import { bearsName, notByName, partsOf } from './names.ts'
import { readRow, type ScimUser, toUser } from './read.ts'
import { readList } from './read-list.ts'
import { listRefusal, type ScimApp } from './request.ts'

/**
 * Users who bear a name: each of its words is in their name, or in an address before the @. Reads the list if it is
 * short. A long one is asked by filters, which show some and prove nothing.
 */
export async function findByName(app: ScimApp, name: string, context: RequestContext): Promise<Found> {
  const { pageSize } = app.settings
  const pages = listing(app, 'Users', {}, context)
  const fetch = async (start: number, cursor?: string): Promise<FetchedPage> => {
    const list = await pages(start, cursor)
    if ('failure' in list) throw await listRefusal(app, list.failure, 'Users', context)
    return list
  }
  const first = await fetch(1)
  const maxPages = Math.min(MAX_PAGES_PER_CALL, app.settings.maxPages)
  if ((first.total ?? 0) > maxPages * pageSize) return byFilters(app, name, notByName(first.total), context)
  const read = await collect<ScimUser>({
    fetch: async (start, cursor) => (start === 1 && cursor === undefined ? first : fetch(start, cursor)),
    read: (row) => readRow(app, row),
    keep: (user) => bearsName(user, name),
    pageSize,
    maxPages,
    limit: Number.POSITIVE_INFINITY,
  })
  if (!read.complete) return byFilters(app, name, notByName(first.total), context, read.items)
  return { accounts: read.items.map(({ account }) => account) }
}

/** Throws `gap` if the filters find nobody. */
async function byFilters(
  app: ScimApp,
  name: string,
  gap: IdentityError,
  context: RequestContext,
  known: readonly ScimUser[] = [],
): Promise<Found> {
  const found = new Map(known.map((user) => [user.account.id, user]))
  for (const [by, value] of filtersFor(name)) {
    const query = { filter: eq(by, value).text, count: app.settings.pageSize }
    const list = await readList(app, 'Users', query, context)
    if ('failure' in list) {
      if (refusesFilter(list.failure)) continue
      throw await listRefusal(app, list.failure, 'Users', context)
    }
    for (const row of list.rows) {
      const user = toUser(app, row)
      if (user && bearsName(user, name)) found.set(user.account.id, user)
    }
  }
  if (found.size === 0) throw gap
  return { accounts: [...found.values()].map(({ account }) => account), gap }
}

/** The attributes that can hold the name or a part of it. */
function filtersFor(name: string): [FilterAttribute, string][] {
  const { whole, family, given } = partsOf(name)
  return [
    ['displayName', whole],
    ['name.familyName', family],
    ...(given === undefined ? [] : ([['name.givenName', given]] as [FilterAttribute, string][])),
  ]
}
