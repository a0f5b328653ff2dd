import type { RequestContext } from '../../domain/operations.ts'
import { path } from '../http/client.ts'
import { asId, asText, field, type Rec } from '../http/values.ts'
import { quoted } from './api.ts'
import type { Connection } from './clients.ts'
import { allRows } from './rows.ts'

const ASSIGNMENTS = '/roleManagement/directory/roleAssignments'

/** More names in one filter are refused (learn.microsoft.com/graph/filter-query-parameter: 15 expressions with `in`). */
const MAX_IN_FILTER = 15

/**
 * The directory roles that somebody has now, of their own or by a role-assignable group; those can have no groups in them
 * (learn.microsoft.com/entra/identity/role-based-access-control/groups-concept). Roles that are only eligible (PIM) are
 * not among them.
 */
export async function rolesOf(
  connection: Connection,
  id: string,
  groups: readonly Rec[],
  context: RequestContext,
): Promise<string[]> {
  const principals = [
    id,
    ...groups.flatMap((group) => (group.isAssignableToRole ? (asId(group.id) ?? []) : [])),
  ]
  const assignments = await Promise.all(
    principals.map((principal) =>
      allRows(
        connection,
        {
          path: ASSIGNMENTS,
          query: { $filter: `principalId eq ${quoted(principal)}`, $expand: 'roleDefinition' },
          right: 'roles',
        },
        context,
      ),
    ),
  )
  const names = assignments
    .flat()
    .map(
      (one) => asText(field(one.roleDefinition, 'displayName')) ?? asText(one.roleDefinitionId) ?? 'a role',
    )
  return [...new Set(names)]
}

/**
 * Everybody with a directory role. What holds a role and is no user, such as an app, is a row without a name, so that the
 * list counts as incomplete.
 */
export async function administrators(
  connection: Connection,
  select: string,
  context: RequestContext,
): Promise<Rec[]> {
  const assignments = await allRows(connection, { path: ASSIGNMENTS, right: 'roles' }, context)
  const direct = new Set(assignments.flatMap((one) => asId(one.principalId) ?? []))
  const groups = await allRows(
    connection,
    {
      path: '/groups',
      query: { $filter: 'isAssignableToRole eq true', $select: 'id', $top: connection.pageSize },
      right: 'groups',
    },
    context,
  )
  const holding = groups.flatMap((group) => (direct.has(String(group.id)) ? [String(group.id)] : []))
  const members = await Promise.all(
    holding.map((id) =>
      allRows(
        connection,
        {
          path: path`/groups/${id}/members`,
          query: { $select: 'id', $top: connection.pageSize },
          right: 'groups',
        },
        context,
      ),
    ),
  )
  const principals = [...direct].filter((id) => !holding.includes(id))
  const ids = [...new Set([...principals, ...members.flat().map(({ id }) => String(id))])]
  const users = (
    await Promise.all(
      chunks(ids).map((some) =>
        allRows(
          connection,
          {
            path: '/users',
            query: { $filter: `id in (${some.map(quoted).join(',')})`, $select: select },
            right: 'users',
          },
          context,
        ),
      ),
    )
  ).flat()
  const found = new Set(users.map(({ id }) => id))
  return [
    ...users.map((user) => ({ ...user, administrator: true })),
    ...ids.filter((id) => !found.has(id)).map((id) => ({ id })),
  ]
}

const chunks = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / MAX_IN_FILTER) }, (_, index) =>
    ids.slice(index * MAX_IN_FILTER, (index + 1) * MAX_IN_FILTER),
  )
