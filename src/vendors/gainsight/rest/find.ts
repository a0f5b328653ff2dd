import type { AskedNames, Found, RequestContext } from '../../../domain/operations.ts'
import { UUID } from '../../../domain/same.ts'
import { IdentityError } from '../../../errors.ts'
import { collect, inconclusive, MAX_PAGES_PER_CALL } from '../../http/collect.ts'
import { isMeant } from '../../scim/match.ts'
import type { ScimUser } from '../../scim/read.ts'
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

/** Looks the id up. Answers whether that is the whole answer: somebody has the id, and nobody can have it as a name. */
async function byId({ dialect, one }: RestUsers, who: string, found: FoundUsers): Promise<boolean> {
  const isForm = GSID.test(who) || UUID.test(who)
  // A search looks for the id besides the names.
  if (!isForm && (dialect.search || /[\s@]/.test(who))) return false
  const user = await one(who)
  if (user) addTo(found, [user])
  return isForm && user !== undefined
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
  // Everybody has an email in Gainsight: a list without any hides them.
  let hidden: boolean | undefined
  const page = await collect<ScimUser>({
    ...listingOf(users),
    fetch,
    keep(user) {
      hidden = (hidden ?? true) && user.emails.length === 0
      return isMeant(user, names)
    },
    maxPages: most,
    limit: Number.POSITIVE_INFINITY,
  })
  addTo(found, page.items)
  if (!page.complete) throw inconclusive(page.note)
  if (hidden && names.some((name) => name.includes('@')))
    throw inconclusive('The list does not tell the emails.')
}
