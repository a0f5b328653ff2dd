import type { Account } from '../../domain/account.ts'
import type { Found, ListPosition, Match, Page, Reads, RequestContext } from '../../domain/operations.ts'
import { isComparedAlike, sameAddress, sameId } from '../../domain/same.ts'
import { BadReply, type IdentityError } from '../../errors.ts'
import { collect, type FetchedPage, inconclusive, MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { asId, field, isRecord, type Rec } from '../http/values.ts'
import { fieldsOf } from '../scim/fields.ts'
import { isMeant, matcher } from '../scim/match.ts'
import { bearsName, notByName } from '../scim/names.ts'
import { type ScimUser, toUser } from '../scim/read.ts'
import { neverTold, untoldIn } from '../scim/users.ts'
import type { NamedRecords, RecordSource } from './source.ts'

type RecordReads = Required<
  Pick<Reads, 'findAccounts' | 'findByName' | 'readAccount' | 'readFields' | 'listAccounts'>
>

/** The reads of users that every app with records of its own has in common. */
export function recordReads(source: RecordSource): RecordReads {
  return {
    findAccounts: (ask, context) => findAccounts(source, ask, context),
    findByName: ({ name }, context) => findByName(source, name, context),
    readAccount: async ({ id }, context) => (await readUser(source, id, context))?.account,
    async readFields({ id }, context) {
      const user = await readUser(source, id, context)
      return user && { account: user.account, fields: fieldsOf(source, user) }
    },
    listAccounts: (ask, context) => listAccounts(source, ask, context),
  }
}

const userIn = ({ origin, asScim }: RecordSource, raw: unknown): ScimUser | undefined =>
  toUser(origin, asScim(raw))

/** The user with this id; undefined if there is none. */
export async function readUser(
  source: RecordSource,
  id: string,
  context: RequestContext,
): Promise<ScimUser | undefined> {
  if (asId(id) === undefined) return undefined
  const raw = await source.one(id, context)
  if (raw === undefined) return undefined
  const user = userIn(source, raw)
  if (!user || !sameId(user.account.id, id)) throw notThatRecord()
  return user
}

async function findAccounts(
  source: RecordSource,
  asked: { user: string; also?: readonly string[] },
  context: RequestContext,
): Promise<Found> {
  const [user = '', ...also] = [asked.user, ...(asked.also ?? [])].map((name) => name.trim())
  const names = [user, ...also]
  const { direct, searched } = await source.named({ user, also }, context)
  const rows = [...direct, ...(await asTheyAreNow(source, { direct, searched, names }, context))]
  const users = new Map<string, ScimUser>()
  let unreadable = 0
  for (const row of rows) {
    const one = userIn(source, row)
    if (!one) unreadable++
    // The first is the surest: what a search found can be out of date.
    else if (!users.has(one.account.id) && bearsOneOf(source, row, names)) users.set(one.account.id, one)
  }
  const lost = new BadReply(
    `${unreadable} of the records that the app answered with could not be read.`,
    'Look in the app’s console.',
  )
  return found(source, [...users.values()], unreadable === 0 ? undefined : lost, context)
}

/** More people than one name finds; each is a request. */
const MAX_READ_AGAIN = 5

/**
 * What a search found, read again by id: an index can be behind. Undefined for a record that cannot be relied on: it does
 * not show what it was found by, since the token may not see that, or the app does not have it any more, or not yet.
 */
async function asTheyAreNow(
  source: RecordSource,
  { direct, searched, names }: NamedRecords & { names: readonly string[] },
  context: RequestContext,
): Promise<readonly unknown[]> {
  const { again } = source
  const idOf = (row: unknown) => userIn(source, row)?.account.id
  const known = new Set(direct.map(idOf))
  const ids = new Set(searched.map(idOf))
  const rows = searched.map((row) => (bearsOneOf(source, row, names) ? row : undefined))
  if (!again || ids.size > MAX_READ_AGAIN) return rows
  const now = [...ids].flatMap((id) => (id === undefined || known.has(id) ? [] : again(id, context)))
  return [...(await Promise.all(now)), ...rows.filter((row) => row === undefined)]
}

function bearsOneOf(source: RecordSource, row: unknown, names: readonly string[]): boolean {
  const user = userIn(source, row)
  return user !== undefined && (isMeant(user, names) || bearsOtherId(source, row, names))
}

/** What a look-up found, with what is to be known of it. */
async function found(
  { standing }: RecordSource,
  users: readonly ScimUser[],
  lost: IdentityError | undefined,
  context: RequestContext,
): Promise<Found> {
  const { note, gap = lost } = (await standing?.(context)) ?? {}
  if (users.length === 0 && gap) throw gap
  return {
    accounts: users.map(({ account }) => account),
    ...(gap && { gap }),
    ...(note !== undefined && { note }),
  }
}

const bearsOtherId = ({ otherIdsOf }: RecordSource, row: unknown, names: readonly string[]): boolean =>
  otherIdsOf?.(row).some((id) => names.some((name) => sameId(id, name))) ?? false

/**
 * Candidates: who bears each word of the name. An app that can is searched for it; who does not come by that can bear it all
 * the same, in another spelling or in an address, so that only a list that was read to its end shows that nobody does.
 */
async function findByName(source: RecordSource, name: string, context: RequestContext): Promise<Found> {
  const { called } = source
  const read = (fetch: Parameters<typeof byCursor>[0], maxPages: number) =>
    collect<ScimUser>({
      ...listingOf(source),
      fetch: byCursor(fetch),
      keep: (user) => bearsName(user, name),
      maxPages,
      limit: Number.POSITIVE_INFINITY,
    })
  const gapOf = ({ complete }: { complete: boolean }) => (complete ? undefined : notByName(undefined))
  const searched = called && (await read(() => called(name, context), 1))
  if (searched && searched.items.length > 0) return found(source, searched.items, gapOf(searched), context)
  const page = await read(
    (start, cursor) => source.page({ match: {}, start, ...(cursor !== undefined && { cursor }) }, context),
    Math.min(MAX_PAGES_PER_CALL, source.maxPages),
  )
  return found(source, page.items, gapOf(page), context)
}

const listingOf = (source: RecordSource) => ({
  read(row: unknown) {
    const user = userIn(source, row)
    return user && { id: user.account.id, item: user }
  },
  pageSize: source.pageSize,
})

/** Accounts page by page; what the app narrowed down is compared again here. */
async function listAccounts(
  source: RecordSource,
  { match = {}, limit, at }: { match?: Match; limit: number; at?: ListPosition },
  context: RequestContext,
): Promise<Page<Account, ListPosition>> {
  const untold = untoldIn(match, source.origin)
  if (untold.length > 0) return { items: [], behind: [], complete: false, note: neverTold(untold) }
  const { keep, note } = matcher(match)
  const page = await collect<ScimUser>({
    ...listingOf(source),
    fetch: byCursor(async (start, cursor) => {
      const found = await source.page({ match, start, ...(cursor !== undefined && { cursor }) }, context)
      const isShown = (row: unknown) => !isFoundBy(source, match) || showsEmail(userIn(source, row), match)
      return { ...found, rows: found.rows.map((row) => (isShown(row) ? row : { id: field(row, 'id') })) }
    }),
    keep,
    maxPages: Math.min(MAX_PAGES_PER_CALL, source.maxPages),
    limit,
    at,
  })
  const standing = (await source.standing?.(context)) ?? {}
  const notes = [page.note, note(), standing.note].filter((text) => text !== undefined)
  return {
    ...page,
    items: page.items.map(({ account }) => account),
    complete: page.complete && note() === undefined && !standing.gap,
    ...(notes.length > 0 && { note: notes.join(' ') }),
  }
}

/** Whether each row of a list is there because the app found it by the email. */
const isFoundBy = ({ searchesEmail }: RecordSource, { email, admin }: Match): boolean =>
  searchesEmail === true && email !== undefined && isComparedAlike(email) && admin !== true

/** A token can lack the right to see an address by which the app finds somebody: then it is not known whose it is. */
const showsEmail = (user: ScimUser | undefined, { email = '' }: Match): boolean =>
  user?.emails.some((one) => sameAddress(one, email)) === true

/** Pages of an app that pages by cursor, or by index with a total: without either, a page is the last one. */
export const byCursor =
  (fetch: (start: number, cursor?: string) => Promise<FetchedPage>): typeof fetch =>
  async (start, cursor) => {
    const page = await fetch(start, cursor)
    return page.nextCursor === undefined && page.total === undefined ? { ...page, last: true } : page
  }

/** Reads every row of a list; throws unless it was read to its end. */
export async function everyRow<Row>(
  listing: Pick<Parameters<typeof collect<Row>>[0], 'fetch' | 'read' | 'pageSize' | 'maxPages'>,
): Promise<Row[]> {
  const page = await collect<Row>({
    ...listing,
    fetch: byCursor(listing.fetch),
    limit: Number.POSITIVE_INFINITY,
  })
  if (!page.complete) throw inconclusive(page.note)
  return page.items
}

/** The record in the answer of an app that has one; throws for what is none. */
export function recordIn(answer: { body: unknown } | undefined): Rec | undefined {
  if (answer === undefined) return undefined
  if (isRecord(answer.body) && asId(answer.body.id) !== undefined) return answer.body
  throw notThatRecord()
}

const notThatRecord = () =>
  new BadReply(
    'The app answered with something that is not the record that was asked for.',
    'Check `url` of this tenant.',
  )
