import type { Found, RequestContext } from '../../domain/operations.ts'
import { wordsOf } from '../../domain/same.ts'
import { type IdentityError, Unsupported } from '../../errors.ts'
import { refusesFilter } from '../http/classify.ts'
import { collect, type FetchedPage, MAX_PAGES_PER_CALL } from '../http/collect.ts'
import type { FilterAttribute } from './capabilities.ts'
import { eq } from './filter.ts'
import { readRow } from './find.ts'
import { listing } from './listing.ts'
import { type ScimUser, toUser } from './read.ts'
import { listRefusal, readList, type ScimApp } from './request.ts'

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
  if ((first.total ?? 0) > maxPages * pageSize) return byFilters(app, name, tooMany(first.total), context)
  const read = await collect<ScimUser>({
    fetch: async (start, cursor) => (start === 1 && cursor === undefined ? first : fetch(start, cursor)),
    read: (row) => readRow(app, row),
    keep: (user) => bearsName(user, name),
    pageSize,
    maxPages,
    limit: Number.POSITIVE_INFINITY,
  })
  if (!read.complete) return byFilters(app, name, tooMany(first.total), context, read.items)
  return { accounts: read.items.map(({ account }) => account) }
}

const tooMany = (total: number | undefined): IdentityError =>
  new Unsupported(
    `The app cannot be searched by name: ${total === undefined ? 'not all of its users' : `its ${total} users`} can be read.`,
    'Look the person up by email, user name or id.',
  )

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

/** "Ada Lovelace", "Lovelace, Ada" or one of the two. */
function filtersFor(name: string): [FilterAttribute, string][] {
  const [family, given] = name.includes(',') ? name.split(',', 2) : []
  const words = name.split(/\s+/)
  const last = (family ?? words.at(-1) ?? name).trim()
  const inOrder = given === undefined ? name : `${given.trim()} ${last}`
  return [
    ['displayName', inOrder],
    ['name.familyName', last],
    ...(words.length === 1 ? ([['name.givenName', name]] as [FilterAttribute, string][]) : []),
  ]
}

/** Whether each word of a name is in the user's name, or in an address before the @. */
function bearsName({ account, userName, emails, givenName, familyName, names }: ScimUser, name: string) {
  const own = [account.name, givenName, familyName, ...names, ...[userName, ...emails].map(localPart)]
  const words = new Set(own.flatMap((one) => (one === undefined ? [] : wordsOf(one))))
  const wanted = wordsOf(name)
  return wanted.length > 0 && wanted.every((word) => words.has(word))
}

const localPart = (address: string): string => address.split('@')[0] ?? address
