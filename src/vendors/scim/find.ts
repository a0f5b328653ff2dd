import type { Account } from '../../domain/account.ts'
import type { Found, RequestContext } from '../../domain/operations.ts'
import { sameText } from '../../text/text.ts'
import { refusesFilter } from '../http/classify.ts'
import { path } from '../http/client.ts'
import { collectAll } from '../http/collect.ts'
import { asId } from '../http/values.ts'
import { eq } from './filter.ts'
import { isMeant } from './match.ts'
import { type ScimUser, toUser } from './read.ts'
import { ask, canFilter, listRefusal, readList, readOne, recordIn, type ScimApp } from './request.ts'

type LookUp = 'userName' | 'emails.value' | 'externalId' | 'id'

/** The usual form of ids. */
export const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** The look-ups worth a request, the most likely first. */
function lookUpsFor(who: string): readonly { by: LookUp; value: string }[] {
  const by = (...lookUps: LookUp[]) => lookUps.map((one) => ({ by: one, value: who }))
  if (!who.includes('@')) {
    return UUID.test(who) ? by('id', 'userName', 'externalId') : by('userName', 'externalId', 'id')
  }
  // Some apps store user names in lower case and compare case-sensitively (langfuse#13528).
  const lower = who.toLowerCase()
  const again = lower === who ? [] : [{ by: 'userName' as const, value: lower }]
  return [...by('userName'), ...again, ...by('emails.value', 'externalId')]
}

/** Every account that matches `who`. One request if the first look-up finds it. */
export async function findAccounts(app: ScimApp, who: string, context: RequestContext): Promise<Found> {
  for (const [index, { by, value }] of lookUpsFor(who).entries()) {
    if (by !== 'id' && !canFilter(app)) return searchAll(app, who, context)
    const found =
      by === 'id'
        ? await userById(app, value, index === 0, context)
        : await usersByFilter(app, by, value, context)
    if (found === 'not filtered') return searchAll(app, who, context)
    if (found.length > 0) return { accounts: accountsOf(found) }
  }
  return { accounts: [] }
}

/** An id that the app rejects as malformed matches no user. */
async function userById(
  app: ScimApp,
  who: string,
  first: boolean,
  context: RequestContext,
): Promise<ScimUser[]> {
  const id = asId(who)
  if (id === undefined) return []
  const answer = await ask(app, { path: path`/Users/${id}` }, context)
  const malformed = !answer.ok && refusesFilter(answer.failure) && (!first || answer.failure.status === 400)
  if (malformed) return []
  const user = toUser(app, await recordIn(app, answer, 'Users', context))
  return user && isMeant(user, who) ? [user] : []
}

/**
 * Users by one attribute. Some apps return every row for a filter that they do not understand (Cogtrix#124), so each
 * row is compared again. Only the user name must be searchable.
 */
async function usersByFilter(
  app: ScimApp,
  attribute: Exclude<LookUp, 'id'>,
  who: string,
  context: RequestContext,
): Promise<ScimUser[] | 'not filtered'> {
  const list = await readList(app, 'Users', { filter: eq(attribute, who).text }, context)
  if ('failure' in list) {
    const { status, scimType } = list.failure
    if (attribute !== 'userName' && refusesFilter(list.failure)) return []
    // Only if the filter is certainly the problem: during an outage this must not start a full search.
    if (status === 501 || scimType === 'invalidFilter') return 'not filtered'
    throw await listRefusal(app, list.failure, 'Users', context)
  }
  const users = await Promise.all(
    list.rows.map((row, index) => inFull(app, toUser(app, row), attribute, index, context)),
  )
  const fits = (user: ScimUser | undefined): user is ScimUser =>
    user !== undefined && valuesOf(user, attribute).some((value) => sameText(value, who))
  return users.every(fits) ? users : 'not filtered'
}

const valuesOf = (user: ScimUser, attribute: Exclude<LookUp, 'id'>): readonly string[] => {
  if (attribute === 'emails.value') return user.emails
  const value = attribute === 'userName' ? user.userName : user.account.externalId
  return value === undefined ? [] : [value]
}

const MAX_ROWS_REREAD = 3

/** List rows can be incomplete. Reads the first few rows again if they lack the attribute. */
async function inFull(
  app: ScimApp,
  user: ScimUser | undefined,
  attribute: Exclude<LookUp, 'id'>,
  index: number,
  context: RequestContext,
): Promise<ScimUser | undefined> {
  if (!user || index >= MAX_ROWS_REREAD || valuesOf(user, attribute).length > 0) return user
  const raw = await readOne(app, { path: path`/Users/${user.account.id}` }, 'Users', context)
  return toUser(app, raw) ?? user
}

/** Checks every user, since the app does not filter. */
async function searchAll(app: ScimApp, who: string, context: RequestContext): Promise<Found> {
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
  return { accounts: accountsOf(users) }
}

/** Reads a row of a user list, for `collect`. */
export function readRow(app: ScimApp, row: unknown): { id: string; item: ScimUser } | undefined {
  const user = toUser(app, row)
  return user && { id: user.account.id, item: user }
}

const accountsOf = (users: readonly ScimUser[]): Account[] => [
  ...new Map(users.map(({ account }) => [account.id, account])).values(),
]
