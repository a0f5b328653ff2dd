import type { AskedNames, Match, RequestContext } from '../../domain/operations.ts'
import { isComparedAlike, spellingsOf, UUID } from '../../domain/same.ts'
import { path } from '../http/client.ts'
import { asId, definedOnly, field, type Rec } from '../http/values.ts'
import type { RecordSource } from '../records/source.ts'
import { ask, pageOf } from './api.ts'
import type { Connection } from './clients.ts'
import { bearing, filterFor, searchFor } from './filters.ts'
import { asScim, otherIdsOf, readMore, SELECT, TAKES } from './profile.ts'
import { administrators, rolesOf } from './roles.ts'
import { allRows, ifAllowed, MAX_PAGES } from './rows.ts'

/** The users of a directory. */
export const entraUsers = (connection: Connection, tenant: string): RecordSource => ({
  origin: { tenant, vendor: 'entra', more: readMore, tells: ['admin'] },
  takes: TAKES,
  pageSize: connection.pageSize,
  maxPages: MAX_PAGES,
  asScim,
  otherIdsOf,
  one: (id, context) => wholeUser(connection, id, context),
  // A record that is found is read whole, which tells more, also of what was asked for by itself.
  named: async (asked, context) => ({ direct: [], searched: await bearers(connection, asked, context) }),
  again: (id, context) => wholeUser(connection, id, context),
  called: async (name, context) => {
    const $search = searchFor(name)
    if ($search === undefined) return { rows: [] }
    const query = { $search, $select: SELECT, $top: connection.pageSize }
    return pageOf(connection, { first: { path: '/users', query, right: 'users', advanced: true } }, context)
  },
  async page({ match, cursor }, context) {
    if (match.admin === true) return { rows: await administrators(connection, SELECT, context) }
    const query = { $select: SELECT, $top: connection.pageSize, $filter: filterFor(match) }
    const page = await pageOf(
      connection,
      { first: { path: '/users', query, right: 'users' }, cursor },
      context,
    )
    return {
      ...page,
      rows: page.rows.map((row) => (showsAddresses(row, match) ? row : { id: field(row, 'id') })),
    }
  },
  searchesEmail: true,
})

/** An address that is compared here alone can be one that the app may not see; Graph tells of one that is not there, too. */
const showsAddresses = (row: unknown, { email }: Match): boolean =>
  email === undefined ||
  isComparedAlike(email) ||
  ['mail', 'otherMails', 'proxyAddresses'].every((name) => field(row, name) !== undefined)

/** The user with this id or user principal name; undefined if there is none. */
export async function rawUser(
  connection: Connection,
  name: string,
  context: RequestContext,
  select = SELECT,
): Promise<Rec | undefined> {
  // Anything else is neither of the two, or needs an escape that is not specified: a filter finds it.
  if (asId(name) === undefined || !(UUID.test(name) || /^[^\s/\\?$'%]+@[^\s/\\?'%]+$/.test(name)))
    return undefined
  const query = { $select: select, $expand: 'manager($select=id,displayName)' }
  return ask(connection, { path: path`/users/${name}`, query, right: 'users' }, context)
}

/** The groups of a user, not those around them. A cast is an advanced query. */
export const groupsOf = (connection: Connection, id: string, context: RequestContext): Promise<Rec[]> =>
  allRows(
    connection,
    {
      path: `${path`/users/${id}/memberOf`}/microsoft.graph.group`,
      query: { $select: 'id,displayName,isAssignableToRole', $top: connection.pageSize },
      right: 'groups',
      advanced: true,
    },
    context,
  )

/** The user with its groups, whether it is an administrator and its last sign-in, as far as they may be known. */
async function wholeUser(
  connection: Connection,
  id: string,
  context: RequestContext,
): Promise<Rec | undefined> {
  if (!UUID.test(id)) return undefined
  const user = await rawUser(connection, id, context)
  if (!user) return undefined
  const [{ groups, roles, eligible = [] }, activity] = await Promise.all([
    groupsAndRoles(connection, id, context),
    ifAllowed(() => signInActivity(connection, id, context)),
  ])
  return {
    ...user,
    ...activity,
    ...definedOnly({
      groups: groups?.map((group) => ({ value: group.id, display: group.displayName })),
      administrator: eligible.length > 0 || (roles && roles.length > 0),
    }),
  }
}

/** Without the groups it is not known which roles come with them. */
export async function groupsAndRoles(
  connection: Connection,
  id: string,
  context: RequestContext,
): Promise<{ groups?: Rec[]; roles?: string[]; eligible?: string[] }> {
  const groups = await ifAllowed(() => groupsOf(connection, id, context))
  const held = await ifAllowed(() => rolesOf(connection, id, groups ?? [], context))
  const told = (roles: string[] | undefined) => (groups || (roles && roles.length > 0) ? roles : undefined)
  return definedOnly({ groups, roles: told(held?.now), eligible: told(held?.eligible) })
}

/** Needs a right of its own and a licence, and is told by id alone (learn.microsoft.com/graph/api/resources/signinactivity). */
const signInActivity = (connection: Connection, id: string, context: RequestContext) =>
  ask(
    connection,
    { path: path`/users/${id}`, query: { $select: 'id,signInActivity' }, right: 'signIns' },
    context,
  )

/**
 * Who bears the names. The id or user principal name is asked for by itself, too: an index answers a filter, and can be
 * behind (learn.microsoft.com/graph/aad-advanced-queries).
 */
async function bearers(
  connection: Connection,
  { user, also = [] }: AskedNames,
  context: RequestContext,
): Promise<Rec[]> {
  const found = await Promise.all(
    [user, ...also].flatMap((name) => [
      ...spellingsOf(name).map(async (spelled) => (await rawUser(connection, spelled, context)) ?? []),
      allRows(
        connection,
        {
          path: '/users',
          query: { $filter: bearing(name), $select: SELECT, $top: connection.pageSize },
          right: 'users',
        },
        context,
      ),
    ]),
  )
  return found.flat()
}

/** The id of the only user that bears a name; undefined if there is none, or more than one. */
export async function idOf(
  connection: Connection,
  name: string,
  context: RequestContext,
): Promise<string | undefined> {
  const ids = new Set((await bearers(connection, { user: name }, context)).map(({ id }) => asId(id)))
  const [id] = ids
  return ids.size === 1 ? id : undefined
}
