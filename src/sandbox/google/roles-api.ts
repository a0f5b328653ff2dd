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
        const users = key === null ? [...google.directory.users.values()] : [userAt(google, key)]
        const rows = users.flatMap((user) =>
          (extrasOf(google, user).roles ?? []).map((name) => ({
            kind: 'admin#directory#roleAssignment',
            roleAssignmentId: `${roleId(name)}${user.id.slice(-6)}`,
            roleId: roleId(name),
            assignedTo: user.id,
            scopeType: 'CUSTOMER',
          })),
        )
        const form = { kind: 'admin#directory#roleAssignments', key: 'items', most: 200, usual: 100 }
        return paged(rows, query, form)
      },
    ),
  ]
}
