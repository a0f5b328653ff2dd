import type { Account } from '../../domain/account.ts'
import type { RequestContext } from '../../domain/operations.ts'
import { sameText } from '../../text/text.ts'
import { refusesFilter } from '../http/classify.ts'
import { path } from '../http/client.ts'
import { collectAll } from '../http/collect.ts'
import { asId } from '../http/values.ts'
import { eq } from './filter.ts'
import { isMeant } from './match.ts'
import { type ScimUser, toUser } from './read.ts'
import { ask, filters, listRefusal, readList, readOne, recordIn, type ScimApp } from './request.ts'

type LookUp = 'userName' | 'emails.value' | 'externalId' | 'id'

/** How most apps make their ids. */
export const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** The look-ups worth a request, the likeliest first. */
function lookUpsFor(who: string): readonly { by: LookUp; value: string }[] {
  const by = (...lookUps: LookUp[]) => lookUps.map((one) => ({ by: one, value: who }))
  if (!who.includes('@')) {
    return UUID.test(who) ? by('id', 'userName', 'externalId') : by('userName', 'externalId', 'id')
  }
  // Some apps keep user names in lower case and compare them as they are asked for (langfuse#13528).
  const lower = who.toLowerCase()
  const again = lower === who ? [] : [{ by: 'userName' as const, value: lower }]
  return [...by('userName'), ...again, ...by('emails.value', 'externalId')]
}

/** Every account that is meant by `who`; one request where the first look-up finds it. */
export async function findAccounts(app: ScimApp, who: string, context: RequestContext): Promise<Account[]> {
  for (const [index, { by, value }] of lookUpsFor(who).entries()) {
    if (by !== 'id' && !filters(app)) return search(app, who, context)
    const found =
      by === 'id' ? await byId(app, value, index === 0, context) : await byFilter(app, by, value, context)
    if (found === 'not filtered') return search(app, who, context)
    if (found.length > 0) return accountsOf(found)
  }
  return []
}

/** An id that the app finds malformed belongs to nobody. */
async function byId(app: ScimApp, who: string, first: boolean, context: RequestContext): Promise<ScimUser[]> {
  const id = asId(who)
  if (id === undefined) return []
  const answer = await ask(app, { path: path`/Users/${id}` }, context)
  const malformed = !answer.ok && refusesFilter(answer.failure) && (!first || answer.failure.status === 400)
  if (malformed) return []
  const user = toUser(app, await recordIn(app, answer, 'Users', context))
  return user && isMeant(user, who) ? [user] : []
}

/**
 * Users by one attribute. Some apps answer a filter that they do not parseReply with every row (Cogtrix#124), so each
 * row is compared again; only the user name must be searchable.
 */
async function byFilter(
  app: ScimApp,
  attribute: Exclude<LookUp, 'id'>,
  who: string,
  context: RequestContext,
): Promise<ScimUser[] | 'not filtered'> {
  const list = await readList(app, 'Users', { filter: eq(attribute, who).text }, context)
  if ('failure' in list) {
    const { status, scimType } = list.failure
    if (attribute !== 'userName' && refusesFilter(list.failure)) return []
    // Only where it is the filter for sure: in an outage nobody is to be looked for page by page.
    if (status === 501 || scimType === 'invalidFilter') return 'not filtered'
    throw await listRefusal(app, list.failure, 'Users', context)
  }
  const users = await Promise.all(
    list.rows.map((row, index) => inFull(app, toUser(app, row), attribute, index, context)),
  )
  const fits = (user: ScimUser | undefined): user is ScimUser =>
    user !== undefined && told(user, attribute).some((value) => sameText(value, who))
  return users.every(fits) ? users : 'not filtered'
}

const told = (user: ScimUser, attribute: Exclude<LookUp, 'id'>): readonly string[] => {
  if (attribute === 'emails.value') return user.emails
  const value = attribute === 'userName' ? user.userName : user.account.externalId
  return value === undefined ? [] : [value]
}

const FEW = 3

/** Lists may tell less than the record itself; the few rows that a filter brings are read again where it matters. */
async function inFull(
  app: ScimApp,
  user: ScimUser | undefined,
  attribute: Exclude<LookUp, 'id'>,
  index: number,
  context: RequestContext,
): Promise<ScimUser | undefined> {
  if (!user || index >= FEW || told(user, attribute).length > 0) return user
  const raw = await readOne(app, { path: path`/Users/${user.account.id}` }, 'Users', context)
  return toUser(app, raw) ?? user
}

/** Looks at every user, since the app does not filter. */
async function search(app: ScimApp, who: string, context: RequestContext): Promise<Account[]> {
  const { pageSize, maxPages } = app.settings
  const users = await collectAll<ScimUser>({
    async fetch(startIndex) {
      const list = await readList(app, 'Users', { startIndex, count: pageSize }, context)
      if ('failure' in list) throw await listRefusal(app, list.failure, 'Users', context)
      return list
    },
    read: (row) => readRow(app, row),
    keep: (user) => isMeant(user, who),
    pageSize,
    maxPages,
  })
  return accountsOf(users)
}

/** A user by its row, for `collect`. */
export function readRow(app: ScimApp, row: unknown): { id: string; item: ScimUser } | undefined {
  const user = toUser(app, row)
  return user && { id: user.account.id, item: user }
}

const accountsOf = (users: readonly ScimUser[]): Account[] => [
  ...new Map(users.map(({ account }) => [account.id, account])).values(),
]
