import type { Found, RequestContext } from '../../../domain/operations.ts'
import { collect } from '../../http/collect.ts'
import { bearsName, notByName, partsOf } from '../../scim/names.ts'
import type { ScimUser } from '../../scim/read.ts'
import type { Dialect } from './dialect.ts'
import { addTo, asFound, type FoundUsers, firstOnce, listingOf, type RestUsers } from './rest-users.ts'
import type { AnyOf } from './where.ts'

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
