import type { Route } from '../http-types.ts'
import { notFound } from './errors.ts'
import { DIRECTORY, type Google, paged, routeOf } from './gate.ts'
import { userAt } from './users-api.ts'
import { extrasOf } from './workspace.ts'

const READ = ['admin.directory.rolemanagement.readonly', 'admin.directory.rolemanagement']

/** The prebuilt roles, by the names that the API gives them (support.google.com/a/answer/2405986). */
const ROLES = [
  '_SEED_ADMIN_ROLE',
  '_GROUPS_ADMIN_ROLE',
  '_USER_MANAGEMENT_ADMIN_ROLE',
  '_HELP_DESK_ADMIN_ROLE',
]
const roleId = (name: string) => String(21_000_000_000_001 + ROLES.indexOf(name))

export function rolesApi(google: Google): Route[] {
  const customer = `${DIRECTORY}/customer/:id`
  const mustBeMine = ([id]: readonly string[]) => {
    if (id !== 'my_customer') throw notFound('customer')
  }
  return [
    routeOf(
      google,
      {
        method: 'GET',
        path: `${customer}/roles`,
        scopes: READ,
        query: ['maxResults', 'pageToken'],
        superOnly: true,
      },
      ({ ids, query }) => {
        mustBeMine(ids)
        const rows = ROLES.map((name) => ({
          kind: 'admin#directory#role',
          roleId: roleId(name),
          roleName: name,
          isSystemRole: true,
          isSuperAdminRole: name === '_SEED_ADMIN_ROLE',
        }))
        return paged(rows, query, { kind: 'admin#directory#roles', key: 'items', most: 100, usual: 100 })
      },
    ),
    routeOf(
      google,
      {
        method: 'GET',
        path: `${customer}/roleassignments`,
        scopes: READ,
        query: ['maxResults', 'pageToken', 'userKey', 'roleId', 'includeIndirectRoleAssignments'],
        superOnly: true,
      },
      ({ ids, query }) => {
        mustBeMine(ids)
        const key = query.get('userKey')
        const user = key === null ? undefined : userAt(google, key)
        const users = user ? [user] : [...google.directory.users.values()]
        // Roles of a group are assigned to the group; of one user they are told only if they are asked for.
        const told = user === undefined || query.get('includeIndirectRoleAssignments') === 'true'
        const groups = [...google.directory.groups.values()].filter(
          ({ members = [] }) => told && (!user || members.some(({ value }) => value === user.id)),
        )
        const rows = [
          ...users.flatMap((one) => assigned(one.id, 'user', extrasOf(google, one).roles)),
          ...groups.flatMap(({ id }) => assigned(id, 'group', google.groupRoles.get(id))),
        ]
        const form = { kind: 'admin#directory#roleAssignments', key: 'items', most: 200, usual: 100 }
        return paged(rows, query, form)
      },
    ),
  ]
}

const assigned = (holder: string, assigneeType: 'user' | 'group', roles: readonly string[] = []) =>
  roles.map((name) => ({
    kind: 'admin#directory#roleAssignment',
    roleAssignmentId: `${roleId(name)}${holder.slice(-6)}`,
    roleId: roleId(name),
    assignedTo: holder,
    assigneeType,
    scopeType: 'CUSTOMER',
  }))
