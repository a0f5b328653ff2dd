import type { RequestContext } from '../../domain/operations.ts'
import { path } from '../http/client.ts'
import { nextIn } from '../http/links.ts'
import { asId, asWord, field, isRecord, type Rec } from '../http/values.ts'
import { everyRow } from '../records/reads.ts'
import { mustAsk, type OktaApi, pagesOf } from './api.ts'
import { equals } from './search.ts'

const GROUPS = 'okta.groups.read'
const ASSIGNEES_PER_PAGE = 100
const PER_PAGE = 200
const MAX_PAGES = 500
/** Users asked for in one filter: an address must not become too long. */
const MAX_IDS_IN_FILTER = 25

/**
 * Everybody with an administrator role, of their own or by a group. Okta lists who has one of their own; that it lists
 * those by a group too is not documented, so the groups with privileges are read. Whom it does not tell is a row without a
 * name, so that the list counts as incomplete.
 */
export async function administrators(api: OktaApi, context: RequestContext): Promise<Rec[]> {
  const [assigned, byGroup] = await Promise.all([
    assignees(api, context),
    membersWithPrivileges(api, context),
  ])
  const known = new Map(byGroup.map((user) => [user.id, user]))
  const others = assigned.filter((id) => !known.has(id))
  for (const user of await usersWith(api, others, context)) known.set(user.id, user)
  return [
    ...[...known.values()].map((user) => ({ ...user, administrator: true })),
    ...others.filter((id) => !known.has(id)).map((id) => ({ id })),
  ]
}

/** Ids of users with roles of their own (developer.okta.com, "List all users with role assignments"). */
async function assignees(api: OktaApi, context: RequestContext): Promise<string[]> {
  const first = { path: '/iam/assignees/users', query: { limit: ASSIGNEES_PER_PAGE } }
  return everyRow({
    async fetch(_, cursor) {
      const request = cursor === undefined ? first : { path: cursor }
      const { body } = await mustAsk(api, 'okta.roles.read', request, context)
      const rows = field(body, 'value')
      const next = nextIn(field(field(field(body, '_links'), 'next'), 'href'), api.base)
      return {
        rows: Array.isArray(rows) ? rows : [undefined],
        ...(next !== undefined && { nextCursor: next }),
      }
    },
    read: withId((id) => id),
    pageSize: ASSIGNEES_PER_PAGE,
    maxPages: MAX_PAGES,
  })
}

/** Users in groups with administrator roles: `expand=stats` tells which groups have some (reported, not documented). */
async function membersWithPrivileges(api: OktaApi, context: RequestContext): Promise<Rec[]> {
  const groups = await rowsOf(
    api,
    GROUPS,
    { path: '/groups', query: { limit: PER_PAGE, expand: 'stats' } },
    context,
  )
  const told = groups.map(({ id, ...group }) => ({
    id: String(id),
    has: field(field(field(group, '_embedded'), 'stats'), 'hasAdminPrivilege'),
  }))
  const members = await Promise.all(
    told
      .filter(({ has }) => has === true)
      .map(({ id }) =>
        rowsOf(api, GROUPS, { path: path`/groups/${id}/users`, query: { limit: PER_PAGE } }, context),
      ),
  )
  const untold = told.filter(({ has }) => typeof has !== 'boolean').map(({ id }) => ({ id }))
  return [...members.flat(), ...untold]
}

const rowsOf = (
  api: OktaApi,
  scope: 'okta.users.read' | 'okta.groups.read',
  first: { path: string; query: Record<string, string | number> },
  context: RequestContext,
): Promise<Rec[]> =>
  everyRow<Rec>({
    fetch: pagesOf(api, scope, first, context),
    read: withId((_, row) => row),
    pageSize: PER_PAGE,
    maxPages: MAX_PAGES,
  })

async function usersWith(api: OktaApi, ids: readonly string[], context: RequestContext): Promise<Rec[]> {
  const parts = Array.from({ length: Math.ceil(ids.length / MAX_IDS_IN_FILTER) }, (_, index) =>
    ids.slice(index * MAX_IDS_IN_FILTER, (index + 1) * MAX_IDS_IN_FILTER),
  )
  const found = await Promise.all(
    parts.map((part) => {
      // A filter answers from the records, a search from an index that can be behind.
      const query = { limit: PER_PAGE, filter: part.map((id) => equals('id', id)).join(' or ') }
      return rowsOf(api, 'okta.users.read', { path: '/users', query }, context)
    }),
  )
  return found.flat().filter(({ id }) => ids.includes(asWord(id) ?? ''))
}

const withId =
  <Item>(item: (id: string, row: Rec) => Item) =>
  (row: unknown) => {
    const id = asId(field(row, 'id'))
    return id !== undefined && isRecord(row) ? { id, item: item(id, row) } : undefined
  }
