import type { RequestContext } from '../../domain/operations.ts'
import { path } from '../http/client.ts'
import { asId, asText, field, type Rec } from '../http/values.ts'
import { type GraphRequest, quoted } from './api.ts'
import type { Connection } from './clients.ts'
import { allRows, ifAllowed } from './rows.ts'

const ASSIGNMENTS = '/roleManagement/directory/roleAssignments'

/** More names in one filter are refused (learn.microsoft.com/graph/filter-query-parameter: 15 expressions with `in`). */
const MAX_IN_FILTER = 15

/** Roles that somebody can activate, which makes them an administrator (Privileged Identity Management). */
const ELIGIBLE = '/roleManagement/directory/roleEligibilityScheduleInstances'

/**
 * The directory roles that somebody has now or can activate, of their own or by a role-assignable group; those can have no
 * groups in them (learn.microsoft.com/entra/identity/role-based-access-control/groups-concept). `eligible` is absent where
 * it cannot be known.
 */
export async function rolesOf(
  connection: Connection,
  id: string,
  groups: readonly Rec[],
  context: RequestContext,
): Promise<{ now: string[]; eligible?: string[] }> {
  const principals = [
    id,
    ...groups.flatMap((group) => (group.isAssignableToRole ? (asId(group.id) ?? []) : [])),
  ]
  const heldBy = async (request: Pick<GraphRequest, 'path' | 'right'>) => {
    const held = await Promise.all(
      principals.map((principal) => {
        const query = { $filter: `principalId eq ${quoted(principal)}`, $expand: 'roleDefinition' }
        return allRows(connection, { ...request, query }, context)
      }),
    )
    return [...new Set(held.flat().map(nameOf))]
  }
  const [now, eligible] = await Promise.all([
    heldBy({ path: ASSIGNMENTS, right: 'roles' }),
    ifAllowed(() => heldBy({ path: ELIGIBLE, right: 'eligible' })),
  ])
  return { now, ...(eligible && { eligible }) }
}

const nameOf = (one: Rec): string =>
  asText(field(one.roleDefinition, 'displayName')) ?? asText(one.roleDefinitionId) ?? 'a role'

/**
 * Everybody with a directory role, and who can activate one as far as that may be known. What holds a role and is no user,
 * such as an app, is a row without a name, so that the list counts as incomplete.
 */
export async function administrators(
  connection: Connection,
  select: string,
  context: RequestContext,
): Promise<Rec[]> {
  const [assignments, eligible = []] = await Promise.all([
    allRows(connection, { path: ASSIGNMENTS, right: 'roles' }, context),
    ifAllowed(() => allRows(connection, { path: ELIGIBLE, right: 'eligible' }, context)),
  ])
  const direct = new Set([...assignments, ...eligible].flatMap((one) => asId(one.principalId) ?? []))
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
