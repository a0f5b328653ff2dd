import type { AskedNames, Found, ListPosition, RequestContext } from '../../domain/operations.ts'
import { sameAddress, UUID } from '../../domain/same.ts'
import { BadReply, IdentityError, Unsupported } from '../../errors.ts'
import { inQuotes } from '../../text/text.ts'
import { refusesFilter } from '../http/classify.ts'
import { path } from '../http/client.ts'
import { inconclusive, type Listing, MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { asId } from '../http/values.ts'
import { askEach, askTogether, isProven, note, recordOf } from './evidence.ts'
import { areFiltersTested } from './filter-tests.ts'
import { notShown } from './hidden.ts'
import { searchList } from './list-search.ts'
import { listing } from './listing.ts'
import { type Term, termsFor, valuesOf } from './look-up.ts'
import { isMeant } from './match.ts'
import { readRow, type ScimUser, toUser } from './read.ts'
import { readList } from './read-list.ts'
import { ask, listRefusal, recordIn, type ScimApp, type ScimRows } from './request.ts'
import { type Scanned, shownBy, type UserList, userScan } from './user-scan.ts'

/**
 * Every account whose user name, email or external id is one of the names, or whose id is `user`: one request where the
 * app takes `or`. If the answers of the app prove nothing, its list is read.
 */
export async function findAccounts(
  app: ScimApp,
  { user, also = [] }: AskedNames,
  context: RequestContext,
): Promise<Found> {
  const found = new Map<string, ScimUser>()
  const add = (users: readonly ScimUser[]) => {
    for (const user of users) found.set(user.account.id, user)
  }
  let gap: IdentityError | undefined
  try {
    await search({ app, user, names: [user, ...also], context, add, hasFound: () => found.size > 0 })
  } catch (error) {
    // What was found stands, whatever became of the rest.
    if (found.size === 0 || !(error instanceof IdentityError)) throw error
    gap = error
  }
  return { accounts: [...found.values()].map(({ account }) => account), ...(gap && { gap }) }
}

interface Search {
  app: ScimApp
  user: string
  /** `user` first. */
  names: readonly string[]
  context: RequestContext
  add: (users: readonly ScimUser[]) => void
  hasFound: () => boolean
}

async function search(wanted: Search): Promise<void> {
  const { app, user, names, context, add } = wanted
  const byId = async () => {
    const found = await userById(app, user, context)
    if (found) add([found])
    return found !== undefined
  }
  const isId = UUID.test(user) || app.idForm?.test(user) === true
  // No other account has an id of this form as its name.
  if (isId && (await byId()) && names.length === 1) return
  // Learned with the filters.
  const canBeId = () => !isId && (!user.includes('@') || app.known?.now.idsWithAt !== false)
  await byAttributes(wanted).catch(async (error) => {
    // An account can be read by its id even where the list cannot.
    if (canBeId() && error instanceof Unsupported) await byId()
    throw error
  })
  if (canBeId()) await byId()
}

/** An answer to a list after which a filter would get the same. */
const REFUSES_ALL: readonly number[] = [401, 429, 503]

async function byAttributes({ app, names, context, add, hasFound }: Search): Promise<void> {
  let page = areFiltersTested(app) ? undefined : await app.testFilters?.(context)
  if (page && 'failure' in page && REFUSES_ALL.includes(page.failure.status)) {
    throw await listRefusal(app, page.failure, 'Users', context)
  }
  const whole = page && !('failure' in page) && (await wholeList(app, names, page, context))
  if (whole) return add(whole)
  const terms = termsFor(names)
  const answered = (await askTogether(app, terms, context)) ?? (await askEach(app, terms, context))
  add(answered.users)
  const open = terms.filter((term) => !isProven(app, term, answered))
  if (open.length === 0 || (hasFound() && isFarFetched(app, open))) return
  const firstPage = { startIndex: 1, count: app.settings.pageSize }
  page ??= await readList(app, 'Users', firstPage, context).catch(async (error) => {
    throw (await app.scan?.later(error, app.client.paying, context)) ?? error
  })
  if ('failure' in page) throw await listRefusal(app, page.failure, 'Users', context)
  const { maxPages } = app.settings
  const most = hasFound() ? Math.min(MAX_PAGES_PER_CALL, maxPages) : maxPages
  return inList({ app, names, context, add }, page, most)
}

/** Whether only somebody else's external id could be an address too, in an app where nobody's was seen to be one. */
const isFarFetched = ({ known }: ScimApp, terms: readonly Term[]): boolean =>
  known?.now.idsWithAt === false && terms.every(({ by, value }) => by === 'externalId' && value.includes('@'))

/** The user with this id. An id that the app rejects as malformed matches no user. */
async function userById(app: ScimApp, who: string, context: RequestContext): Promise<ScimUser | undefined> {
  const id = asId(who)
  if (id === undefined) return undefined
  const answer = await ask(app, { path: path`/Users/${id}` }, context)
  // Of an id in the usual form, a 500 is an outage.
  const malformed =
    !answer.ok && refusesFilter(answer.failure) && (!UUID.test(id) || answer.failure.status === 400)
  if (malformed) return undefined
  const user = toUser(app, await recordIn(app, answer, 'Users', context))
  return user && isMeant(user, [who]) ? user : undefined
}

/** The users that are meant, if this page is the whole list and tells enough to know; else undefined. */
async function wholeList(
  app: ScimApp,
  names: readonly string[],
  { rows, total, nextCursor }: ScimRows,
  context: RequestContext,
): Promise<ScimUser[] | undefined> {
  const users = rows.map((row) => toUser(app, row)).filter((user) => user !== undefined)
  const isWhole =
    nextCursor === undefined &&
    total === rows.length &&
    users.length === rows.length &&
    total < app.settings.pageSize
  const shown = shownBy(users)
  if (!isWhole || (await unshown(app, names, shown, context))) return undefined
  const meant = users.filter((user) => isMeant(user, names))
  if (meant.length === 0) mustNotMention(names, shown)
  return meant
}

/** Looks through the whole list, of which this is the first page. Throws unless it was read to its end and tells enough to know. */
async function inList(
  { app, names, context, add }: Pick<Search, 'app' | 'names' | 'context' | 'add'>,
  first: ScimRows,
  maxPages: number,
): Promise<void> {
  const { scan = userScan() } = app
  const list: UserList = {
    first,
    pages: (at) => pagesOf(app, first, at, context),
    read: (row) => readRow(app, row),
    pageSize: app.settings.pageSize,
    paying: app.client.paying,
    isMeant: (user) => isMeant(user, names),
    readAgain: ({ id }) => userById(app, id, context),
  }
  const listed = await searchList(scan, list, maxPages, context)
  add(listed.users)
  const lacking = await unshown(app, names, listed, context)
  if (lacking) throw inconclusive(lacking)
  if (listed.users.length === 0) mustNotMention(names, listed)
  // Where an address stands in an attribute of the app's own, none of the known ones has to bear it.
  if (listed.mentioning.length > 0) return
  const { filters = {} } = app.known?.now ?? {}
  const unborne = termsFor(names).flatMap(({ by }) =>
    filters[by] === 'untested' && !listed.shows.has(by) ? [by] : [],
  )
  await note(app, unborne, 'unborne')
}

/** Whoever bears the name elsewhere may be meant: a person has to look, and nobody is absent. */
function mustNotMention(names: readonly string[], { mentioning }: Pick<Scanned, 'mentioning'>): void {
  for (const { account, mentions = [] } of mentioning) {
    const at = mentions.find(({ address }) => names.some((name) => sameAddress(name, address)))
    if (!at) continue
    throw new BadReply(
      `The search is inconclusive: the record ${inQuotes(account.id, 64)} has that address in \`${at.in}\`, which is not known to name its user.`,
      'Look the record up by its id, and ask a person whether it is the one.',
    )
  }
}

/** Fetches pages of the list, of which the first is there already. */
function pagesOf(
  app: ScimApp,
  first: ScimRows,
  at: ListPosition | undefined,
  context: RequestContext,
): Listing<ScimUser>['fetch'] {
  const pages = listing(app, 'Users', {}, context, at, at ? undefined : first)
  return async (start, cursor) => {
    if (!at && start === 1 && cursor === undefined) return first
    const list = await pages(start, cursor)
    if ('failure' in list) throw await listRefusal(app, list.failure, 'Users', context)
    return list
  }
}

/**
 * Why the list is no evidence about these names, if it is none: records have an attribute that no row shows
 * (wso2/product-is#7372) or shows whole, or none can be read to tell.
 */
async function unshown(
  app: ScimApp,
  names: readonly string[],
  { shows, sample }: Pick<Scanned, 'shows' | 'sample'>,
  context: RequestContext,
): Promise<string | undefined> {
  const asked = termsFor(names).map(({ by }) => by)
  const cut = asked.find((by) => app.known?.now.hidden?.includes(by))
  if (cut) return notShown(cut)
  const unseen = asked.filter((by) => !shows.has(by))
  if (unseen.length === 0 || !sample) return undefined
  const record = await recordOf(app, sample, context)
  if (!record)
    return `The list does not show ${unseen[0]}, and the app does not show the record of somebody in it.`
  const lacking = unseen.find((by) => valuesOf(record, by).length > 0)
  return lacking && `The list does not show ${lacking}, and the records do.`
}
