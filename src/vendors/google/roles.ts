import type { RequestContext } from '../../domain/operations.ts'
import { fold } from '../../text/text.ts'
import { asId, asText, field } from '../http/values.ts'
import { CUSTOMER, DIRECTORY, everyRowOf, type GoogleApi, type List } from './api.ts'
import { membersOf } from './members.ts'

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

/**
 * The ids of everybody with an administrator role, of their own or through a group, also one inside another
 * (developers.google.com, "roleAssignments.list", "members.list").
 */
export async function administratorIds(
  api: GoogleApi,
  context: RequestContext,
): Promise<ReadonlySet<string>> {
  const idOf = (row: unknown) => asId(field(row, 'roleAssignmentId'))
  const rows = await everyRowOf(api, list('roleassignments', ASSIGNMENTS_PER_PAGE), idOf, context)
  const isGroup = (row: unknown) => fold(asText(field(row, 'assigneeType')) ?? '') === 'group'
  const groups = new Set(rows.flatMap((row) => (isGroup(row) ? (asId(field(row, 'assignedTo')) ?? []) : [])))
  const members = await Promise.all(
    [...groups].map((group) => membersOf(api, group, { derived: true }, context)),
  )
  // Who is no group is a user, or a service account that is in no list of users.
  return new Set([
    ...rows.flatMap((row) => asId(field(row, 'assignedTo')) ?? []),
    ...members.flat().flatMap((row) => asId(field(row, 'id')) ?? []),
  ])
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
