import type { Account } from '../../domain/account.ts'
import type { FullAccount, ListPosition, Match, Page, RequestContext } from '../../domain/operations.ts'
import { sameText } from '../../text/text.ts'
import { refusesFilter } from '../http/classify.ts'
import { path } from '../http/client.ts'
import { collect, MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { asId } from '../http/values.ts'
import { fieldsOf } from './fields.ts'
import { and, eq, type Filter } from './filter.ts'
import { readRow } from './find.ts'
import { matcher } from './match.ts'
import { type ScimUser, toUser } from './read.ts'
import { canFilter, listRefusal, notScim, readList, readOne, type ScimApp, type ScimRows } from './request.ts'

/** The account with this id; undefined if it does not exist. */
export const readAccount = async (
  app: ScimApp,
  id: string,
  context: RequestContext,
): Promise<Account | undefined> => (await readUser(app, id, context))?.account

/** The account with this id and all its fields; undefined if it does not exist. */
export async function readFields(
  app: ScimApp,
  id: string,
  context: RequestContext,
): Promise<FullAccount | undefined> {
  const user = await readUser(app, id, context)
  return user && { account: user.account, fields: fieldsOf(user) }
}

async function readUser(app: ScimApp, id: string, context: RequestContext): Promise<ScimUser | undefined> {
  if (asId(id) === undefined) return undefined
  const raw = await readOne(app, { path: path`/Users/${id}` }, 'Users', context)
  if (!raw) return undefined
  const user = toUser(app, raw)
  if (!user || !sameText(user.account.id, id)) throw notScim()
  return user
}

/** Accounts by index, filtered by the app if possible, and always compared again here. */
export async function listAccounts(
  app: ScimApp,
  { match = {}, limit, at }: { match?: Match; limit: number; at?: ListPosition },
  context: RequestContext,
): Promise<Page<Account, ListPosition>> {
  const { pageSize, maxPages } = app.settings
  const { keep, note } = matcher(match)
  const wanted = filterFor(match)
  let filter = canFilter(app) ? wanted : undefined
  let unfiltered = wanted && !filter ? NOT_FILTERED : undefined
  const fetch = async (startIndex: number): Promise<ScimRows> => {
    const query = { filter: filter?.text, startIndex, count: pageSize }
    const list = await readList(app, 'Users', query, context)
    if (!('failure' in list)) return list
    if (!filter || !refusesFilter(list.failure)) throw await listRefusal(app, list.failure, 'Users', context)
    filter = undefined
    unfiltered = NOT_FILTERED
    return fetch(startIndex)
  }
  const page = await collect<ScimUser>({
    fetch,
    read: (row) => readRow(app, row),
    keep,
    pageSize,
    maxPages: Math.min(MAX_PAGES_PER_CALL, maxPages),
    limit,
    at,
  })
  const notes = [page.note, unfiltered, note()].filter((text) => text !== undefined)
  return {
    ...page,
    items: page.items.map(({ account }) => account),
    ...(notes.length > 0 && { note: notes.join(' ') }),
  }
}

const NOT_FILTERED = 'The app cannot filter by this, so this server compared its users one by one.'

/** The part of `match` that apps can usually filter by. */
function filterFor({ userName, email, externalId, status }: Match): Filter | undefined {
  const [first, ...others] = [
    ...(userName === undefined ? [] : [eq('userName', userName)]),
    ...(email === undefined ? [] : [eq('emails.value', email)]),
    ...(externalId === undefined ? [] : [eq('externalId', externalId)]),
    ...(status === undefined ? [] : [eq('active', status === 'active')]),
  ]
  return first && and(first, ...others)
}
