import type { Account } from '../../domain/account.ts'
import type { FullAccount, ListPosition, Match, Page, RequestContext } from '../../domain/operations.ts'
import { sameId } from '../../domain/same.ts'
import { refusesFilter } from '../http/classify.ts'
import { path } from '../http/client.ts'
import { MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { collectFiltered, filterRefused } from '../http/filtered.ts'
import { asId } from '../http/values.ts'
import type { FilterAttribute } from './capabilities.ts'
import { fieldsOf } from './fields.ts'
import { hiddenIn, NAMES, notShown } from './hidden.ts'
import { listing } from './listing.ts'
import { matcher } from './match.ts'
import { type Origin, readRow, type ScimUser, toUser } from './read.ts'
import { listRefusal, notScim, readOne, type ScimApp } from './request.ts'
import { filterFor, userFilter } from './user-filter.ts'

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
  return user && { account: user.account, fields: fieldsOf(app.mapping, user) }
}

async function readUser(app: ScimApp, id: string, context: RequestContext): Promise<ScimUser | undefined> {
  if (asId(id) === undefined) return undefined
  const raw = await readOne(app, { path: path`/Users/${id}` }, 'Users', context)
  if (!raw) {
    await app.scan?.gone(id)
    return undefined
  }
  const user = toUser(app, raw)
  if (!user || !sameId(user.account.id, id)) throw notScim()
  await app.scan?.seen(user)
  await app.forms?.seen(user)
  return user
}

/** Accounts by index, filtered by the app if possible, and always compared again here. */
export async function listAccounts(
  app: ScimApp,
  { match = {}, limit, at }: { match?: Match; limit: number; at?: ListPosition },
  context: RequestContext,
): Promise<Page<Account, ListPosition>> {
  const untold = untoldIn(match, app)
  if (untold.length > 0) return { items: [], behind: [], complete: false, note: neverTold(untold) }
  const { pageSize, maxPages } = app.settings
  const { keep, note } = matcher(match)
  const users: ScimUser[] = []
  const text = filterFor(app, match)?.text
  const filter = userFilter(app, match, context)
  const fetches = {
    plain: listing(app, 'Users', {}, context, at),
    filtered: listing(app, 'Users', { filter: text }, context, at),
  }
  const page = await collectFiltered<ScimUser>({
    async fetch(start, cursor, filtered) {
      const list = await fetches[filtered ? 'filtered' : 'plain'](start, cursor)
      if (!('failure' in list)) return list
      const { failure } = list
      if (!filtered || !refusesFilter(failure)) throw await listRefusal(app, failure, 'Users', context)
      return filterRefused(failure)
    },
    filter,
    read: (row) => readRow(app, row),
    keep(user) {
      users.push(user)
      return keep(user)
    },
    pageSize,
    maxPages: Math.min(MAX_PAGES_PER_CALL, maxPages),
    limit,
    at,
  })
  const here = NAMES.filter(
    (by) => match[FIELD_OF[by]] !== undefined && (page.compared || !filter?.by.includes(FIELD_OF[by])),
  )
  const unshown = await unshownNote(app, here, users, context)
  const unjudged = [note(), hiddenNote(app, match), unshown].filter((text) => text).join(' ')
  return accountsPage(page, unjudged || undefined)
}

/** Why comparing what a list shows of these is no evidence; undefined if it is. */
async function unshownNote(
  app: ScimApp,
  compared: readonly FilterAttribute[],
  [first, ...others]: readonly ScimUser[],
  context: RequestContext,
): Promise<string | undefined> {
  if (compared.length === 0 || !first) return undefined
  if (!app.known?.now.hidden) {
    const { hidden } = await hiddenIn(app, [first, ...others], context)
    await app.known?.note({ hidden })
  }
  const cut = compared.find((by) => app.known?.now.hidden?.includes(by))
  return cut && notShown(cut)
}

const FIELD_OF = { userName: 'userName', 'emails.value': 'email', externalId: 'externalId' } as const

/** Why a list of inactive users of this app is not whole; undefined if it may be. */
const hiddenNote = ({ settings: { hides } }: ScimApp, { status }: Match): string | undefined =>
  status === 'inactive' && hides?.includes('inactive')
    ? 'The app leaves inactive users out of its lists, so that there may be others.'
    : undefined

/** A page of accounts, with what may be missing. */
export function accountsPage(
  { compared, note, ...page }: Awaited<ReturnType<typeof collectFiltered<ScimUser>>>,
  unjudged: string | undefined,
): Page<Account, ListPosition> {
  const notes = [note, compared ? NOT_FILTERED : undefined, unjudged].filter((text) => text !== undefined)
  return {
    ...page,
    items: page.items.map(({ account }) => account),
    complete: page.complete && unjudged === undefined,
    ...(notes.length > 0 && { note: notes.join(' ') }),
  }
}

const NOT_FILTERED =
  'The app’s own filter could not be relied on, so this server compared its users one by one.'

/** Fields that only some vendors' apps tell. */
const UNTOLD = ['admin', 'licence'] as const

/** The fields of a match that no record of this app tells. */
export const untoldIn = (match: Match, { tells = [] }: Pick<Origin, 'tells'>) =>
  UNTOLD.filter((name) => match[name] !== undefined && !tells.includes(name))

export const neverTold = (fields: readonly string[]) =>
  `This app does not tell ${fields.join(', ')} of any user, so nobody can be judged by it.`
