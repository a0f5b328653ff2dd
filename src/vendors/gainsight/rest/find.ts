import type { AskedNames, Found, RequestContext } from '../../../domain/operations.ts'
import { UUID } from '../../../domain/same.ts'
import { IdentityError } from '../../../errors.ts'
import { type FetchedPage, inconclusive, MAX_PAGES_PER_CALL } from '../../http/collect.ts'
import { searchList } from '../../scim/list-search.ts'
import { isMeant } from '../../scim/match.ts'
import type { ScimUser } from '../../scim/read.ts'
import type { UserList } from '../../scim/user-scan.ts'
import { GSID } from '../gsid.ts'
import {
  addTo,
  asFound,
  type FoundUsers,
  firstOnce,
  type Looking,
  listingOf,
  type RestUsers,
} from './rest-users.ts'
import { bySearch } from './search.ts'

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
    const fetch = firstOnce(listFrom(users, context))
    const isAnswered = await bySearch(users, names, { fetch, found }, context)
    if (!isAnswered) await inList(users, names, { fetch, found }, context)
  } catch (error) {
    // What was found stands, whatever became of the rest.
    if (found.size === 0 || !(error instanceof IdentityError)) throw error
    gap = error
  }
  return asFound(found, gap)
}

/** Looks the id up. Answers whether that is the whole answer: somebody has the id, and nobody can have it as a name. */
async function byId({ dialect, one }: RestUsers, who: string, found: FoundUsers): Promise<boolean> {
  const isForm = GSID.test(who) || UUID.test(who)
  // A search looks for the id besides the names.
  if (!isForm && (dialect.search || /[\s@]/.test(who))) return false
  const user = await one(who)
  if (user) addTo(found, [user])
  return isForm && user !== undefined
}

/** The list as it is now. */
function listFrom({ list, scan, paying }: RestUsers, context: RequestContext): Looking['fetch'] {
  const fetch = list({ recent: false })
  return async (start) =>
    fetch(start).catch(async (error) => {
      throw await scan.later(error, paying, context)
    })
}

/** Looks through the whole list. Throws unless it was read to its end and tells the emails, if one is looked for. */
async function inList(
  users: RestUsers,
  names: readonly string[],
  { fetch, found }: Looking,
  context: RequestContext,
): Promise<void> {
  const { scan, maxPages } = users
  const most = found.size > 0 ? Math.min(MAX_PAGES_PER_CALL, maxPages) : maxPages
  const list = { ...listOf(users, names, await fetch(1)), found: (user: ScimUser) => addTo(found, [user]) }
  const searched = await searchList(scan, list, most, context)
  addTo(found, searched.users)
  // Everybody has an email in Gainsight: a list without any hides them.
  const isHidden = searched.sample !== undefined && !searched.shows.has('emails.value')
  if (isHidden && names.some((name) => name.includes('@')))
    throw inconclusive('The list does not tell the emails.')
}

function listOf(users: RestUsers, names: readonly string[], first: FetchedPage): UserList {
  const { dialect, pageSize, paying, list, one } = users
  // A page of this size has as many rows as are asked for, so that each can be asked for by its number.
  const size = first.rows.length === 0 ? pageSize : Math.min(first.rows.length, pageSize)
  const { read, idIn } = listingOf(users)
  return {
    first,
    read,
    idIn,
    pageSize,
    paying,
    isMeant: (user) => isMeant(user, names),
    pages(at) {
      const fetch = list({ recent: at !== undefined, size })
      return async (start) => (start === 1 ? first : fetch(start))
    },
    async readAgain({ id, place }) {
      if (!dialect.search) return one(id)
      // Without a search that works, nobody can be read by id.
      const { rows } = await list({ recent: false, size })(place)
      return rows.map((row) => read(row)?.item).find((user) => user?.account.id === id)
    },
  }
}
