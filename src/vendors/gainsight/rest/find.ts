import type { AskedNames, Found, RequestContext } from '../../../domain/operations.ts'
import { UUID } from '../../../domain/same.ts'
import { IdentityError } from '../../../errors.ts'
import type { AppMemory } from '../../../store/app-memory.ts'
import { sameText } from '../../../text/text.ts'
import { collect, type FetchedPage, inconclusive, MAX_PAGES_PER_CALL } from '../../http/collect.ts'
import type { FilterState } from '../../http/filtered.ts'
import { asWord, field } from '../../http/values.ts'
import { isMeant } from '../../scim/match.ts'
import { bearsName, notByName, partsOf } from '../../scim/names.ts'
import type { ScimUser } from '../../scim/read.ts'
import { GSID } from '../gsid.ts'
import type { Dialect } from './dialect.ts'
import { type AnyOf, anyCase } from './where.ts'

/** The users of a tenant, in its dialect. */
export interface RestUsers {
  dialect: Dialect
  memory: AppMemory
  pageSize: number
  maxPages: number
  read(row: unknown): ScimUser | undefined
  one(id: string): Promise<ScimUser | undefined>
  /** Pages of the list. With `recent`, those that were fetched a moment ago will do. */
  list(how: { recent: boolean }): (start: number) => Promise<FetchedPage>
}

/** Users by id in memory, from wherever they were found. */
type FoundUsers = Map<string, ScimUser>

const addTo = (found: FoundUsers, users: readonly ScimUser[]) => {
  for (const user of users) found.set(user.account.id, user)
}

/**
 * Every account whose user name, email or external id is one of the names, or whose id is `user`: one request where the
 * search of the app is known to work, else the list.
 */
export async function findAccounts(
  users: RestUsers,
  { user, also = [] }: AskedNames,
  context: RequestContext,
): Promise<Found> {
  const names = [user, ...also]
  const found: FoundUsers = new Map()
  let gap: IdentityError | undefined
  try {
    if ((await byId(users, user, found)) && also.length === 0) return asFound(found)
    const fetch = firstOnce(users.list({ recent: false }))
    const isAnswered = await bySearch(users, names, { fetch, found }, context)
    if (!isAnswered) await inList(users, names, { fetch, found })
  } catch (error) {
    // What was found stands, whatever became of the rest.
    if (found.size === 0 || !(error instanceof IdentityError)) throw error
    gap = error
  }
  return asFound(found, gap)
}

const asFound = (found: FoundUsers, gap?: IdentityError): Found => ({
  accounts: [...found.values()].map(({ account }) => account),
  ...(gap && { gap }),
})

/** Looks the id up. Answers whether that is the whole answer: somebody has the id, and nobody can have it as a name. */
async function byId({ dialect, one }: RestUsers, who: string, found: FoundUsers): Promise<boolean> {
  const isForm = GSID.test(who) || UUID.test(who)
  // A search looks for the id besides the names.
  if (!isForm && (dialect.search || /[\s@]/.test(who))) return false
  const user = await one(who)
  if (user) addTo(found, [user])
  return isForm && user !== undefined
}

/** Where a look-up reads the list, and what it has found. */
interface Looking {
  fetch: (start: number) => Promise<FetchedPage>
  found: FoundUsers
}

/** The first page is looked at twice. */
function firstOnce(fetch: Looking['fetch']): Looking['fetch'] {
  let first: Promise<FetchedPage> | undefined
  return (start) => {
    if (start !== 1) return fetch(start)
    first ??= fetch(1)
    return first
  }
}

const SEARCH_KEY = 'gainsight.search'
const SEARCH_TTL_MS = 24 * 60 * 60_000

/**
 * Searches for the names, unless the app is known not to search. As long as that is not known, the same request searches
 * for users of the list, who must come. Whether the answer is evidence.
 */
async function bySearch(
  { dialect, memory, pageSize, read }: RestUsers,
  names: readonly string[],
  { fetch, found }: Looking,
  context: RequestContext,
): Promise<boolean> {
  const known = await memory.get<FilterState>(SEARCH_KEY)
  if (!dialect.search || known === 'ignored' || known === 'refused') return false
  const note = (state: FilterState) => memory.set(SEARCH_KEY, state, SEARCH_TTL_MS)
  const samples = known === 'honoured' ? [] : samplesIn(dialect, (await fetch(1)).rows)
  if (!samples) return false
  const conditions = [...names.flatMap((name) => conditionsFor(dialect, name)), ...samples]
  const answer = await dialect.search(conditions, pageSize, context)
  if ('filterRefused' in answer) {
    if (answer.filterRefused.certain) await note('refused')
    return false
  }
  const users = answer.rows.flatMap((row) => read(row) ?? [])
  addTo(
    found,
    users.filter((user) => isMeant(user, names)),
  )
  // An app that ignores the search sends all users, or their first page; another may find nobody.
  const ignores =
    answer.rows.some((row) => !conditions.some((condition) => fits(row, condition))) ||
    samples.some((sample) => !answer.rows.some((row) => fits(row, sample)))
  const isWhole = users.length === (answer.total ?? answer.rows.length) && users.length === answer.rows.length
  if (ignores || (isWhole && known === undefined)) await note(ignores ? 'ignored' : 'honoured')
  return !ignores && isWhole
}

const SEARCHED = ['userName', 'email', 'id'] as const

/** The conditions that find `who`, in the letter cases that an app may keep. */
const conditionsFor = ({ names }: Dialect, who: string): AnyOf =>
  SEARCHED.flatMap((field) => {
    const name = names[field]
    if (name === undefined || (field === 'id' && who.includes('@'))) return []
    return field === 'id' ? [{ name, value: who }] : anyCase(name, who)
  })

const fits = (row: unknown, { name, value }: AnyOf[number]): boolean =>
  sameText(asWord(field(row, name)), String(value))

/**
 * A condition for each field that somebody in these rows bears, each with a user of its own: else the answer would not
 * show that all conditions were read. Undefined if there are too few users.
 */
function samplesIn({ names }: Dialect, rows: readonly unknown[]): AnyOf | undefined {
  const left = new Set(rows)
  const samples: AnyOf[number][] = []
  for (const by of SEARCHED) {
    const name = names[by]
    if (name === undefined || rows.every((row) => asWord(field(row, name)) === undefined)) continue
    const row = [...left].find((one) => asWord(field(one, name)) !== undefined)
    const value = asWord(field(row, name))
    if (value === undefined) return undefined
    left.delete(row)
    samples.push({ name, value })
  }
  return samples.length > 0 ? samples : undefined
}

/** Reads the list. Throws unless it was read to its end. */
async function inList(
  { maxPages, ...users }: RestUsers,
  names: readonly string[],
  { fetch, found }: Looking,
): Promise<void> {
  const most = found.size > 0 ? Math.min(MAX_PAGES_PER_CALL, maxPages) : maxPages
  const { total = 0 } = await fetch(1)
  if (total > most * users.pageSize) throw inconclusive(`It has ${total} users.`)
  const page = await collect<ScimUser>({
    ...listingOf(users),
    fetch,
    keep: (user) => isMeant(user, names),
    maxPages: most,
    limit: Number.POSITIVE_INFINITY,
  })
  addTo(found, page.items)
  if (!page.complete) throw inconclusive(page.note)
}

/** How a list is read, for `collect`. */
export const listingOf = ({ dialect, pageSize, read }: Pick<RestUsers, 'dialect' | 'pageSize' | 'read'>) => ({
  read(row: unknown) {
    const user = read(row)
    return user && { id: user.account.id, item: user }
  },
  idIn: (row: unknown) => field(row, dialect.names.id),
  pageSize,
})

/** A twentieth of an hour's requests: what this finds are candidates, and often was only a name mistyped. */
const MAX_PAGES_BY_NAME = 5

/**
 * Users who bear a name. Reads the list if it is short. A long one is searched where the app can, which shows some and
 * proves nothing.
 */
export async function findByName(users: RestUsers, name: string, context: RequestContext): Promise<Found> {
  const { dialect, pageSize, maxPages, read } = users
  // A look-up that found nobody has often just read it.
  const fetch = firstOnce(users.list({ recent: true }))
  const most = Math.min(MAX_PAGES_BY_NAME, maxPages)
  const { total } = await fetch(1)
  const found: FoundUsers = new Map()
  if ((total ?? 0) <= most * pageSize) {
    const keep = (user: ScimUser) => bearsName(user, name)
    const page = await collect<ScimUser>({
      ...listingOf(users),
      fetch,
      keep,
      maxPages: most,
      limit: Number.POSITIVE_INFINITY,
    })
    addTo(found, page.items)
    if (page.complete) return asFound(found)
  }
  const answer = await dialect.search?.(namesIn(dialect, name), pageSize, context)
  const rows = answer && 'rows' in answer ? answer.rows : []
  addTo(
    found,
    rows.flatMap((row) => read(row) ?? []).filter((user) => bearsName(user, name)),
  )
  if (found.size === 0) throw notByName(total)
  return asFound(found, notByName(total))
}

/** Conditions for the parts of a name. */
function namesIn({ names }: Dialect, name: string): AnyOf {
  const { family, given } = partsOf(name)
  const parts = [
    [names.familyName, family],
    [names.givenName, given],
  ] as const
  return parts.flatMap(([by, value]) =>
    by !== undefined && value !== undefined ? [{ name: by, value }] : [],
  )
}
