import type { RequestContext } from '../../domain/operations.ts'
import { asId, asText, field } from '../http/values.ts'
import { CUSTOMER, DIRECTORY, everyRowOf, type GoogleApi, type List } from './api.ts'

/** The most that a page can have (developers.google.com, "roleAssignments.list", "roles.list"). */
const ASSIGNMENTS_PER_PAGE = 200
const ROLES_PER_PAGE = 100

const list = (what: 'roleassignments' | 'roles', pageSize: number, query?: List['query']): List => ({
  scope: 'admin.directory.rolemanagement.readonly',
  path: `${DIRECTORY}/customer/${CUSTOMER}/${what}`,
  ...(query && { query }),
  rows: 'items',
  pageSize,
})

/** The ids of the administrator roles of a user, of its own and through groups. */
export async function rolesOf(api: GoogleApi, user: string, context: RequestContext): Promise<string[]> {
  const assignments = list('roleassignments', ASSIGNMENTS_PER_PAGE, {
    userKey: user,
    includeIndirectRoleAssignments: 'true',
  })
  const idOf = (row: unknown) => asId(field(row, 'roleAssignmentId')) ?? asId(field(row, 'roleId'))
  const rows = await everyRowOf(api, assignments, idOf, context)
  return rows.flatMap((row) => asId(field(row, 'roleId')) ?? [])
}

/** The names of the administrator roles of a user. */
export async function roleNamesOf(api: GoogleApi, user: string, context: RequestContext): Promise<string[]> {
  const ids = await rolesOf(api, user, context)
  if (ids.length === 0) return []
  const idOf = (row: unknown) => asId(field(row, 'roleId'))
  const roles = await everyRowOf(api, list('roles', ROLES_PER_PAGE), idOf, context)
  return [...new Set(ids)].map(
    (id) =>
      asText(
        field(
          roles.find((role) => idOf(role) === id),
          'roleName',
        ),
      ) ?? `role ${id}`,
  )
}
