import type { ScimGroup } from '../directory.ts'
import { type Incoming, parseJson, type Reply, type Route } from '../http-types.ts'
import type { Scoped } from './access.ts'
import { BadExpression, readExpression } from './filter.ts'
import { newGroupId, type Organisation, profileIn, toBody } from './organisation.ts'
import { fail, paged } from './reply.ts'

const MOST_GROUPS = 10_000
const MOST_MEMBERS = 1_000

export function groupRoutes(organisation: Organisation, { lagMs }: { lagMs: () => number }): Scoped[] {
  const { directory, team, now, rules } = organisation

  const bodyOf = ({ id, displayName, members = [] }: ScimGroup, expand?: string | null) => {
    const { type, roles } = team(id)
    const stats = { usersCount: members.length, appsCount: 0, hasAdminPrivilege: roles.length > 0 }
    return {
      id,
      created: '2026-01-01T00:00:00.000Z',
      objectClass: [type === 'APP_GROUP' ? 'okta:windows_security_principal' : 'okta:user_group'],
      type,
      profile: { name: displayName, description: null },
      ...(expand === 'stats' && { _embedded: { stats } }),
    }
  }

  function list(incoming: Incoming): Reply {
    const search = incoming.query.get('search')
    const records = search === null ? directory : directory.asOf(now() - lagMs())
    const groups = [...records.groups.values()]
    try {
      const test = search === null ? () => true : readExpression(search, { exact: false })
      const wanted = groups.filter((group) =>
        test((property) =>
          property === 'profile.name' ? [group.displayName] : property === 'id' ? [group.id] : undefined,
        ),
      )
      const expand = incoming.query.get('expand')
      return paged(incoming, wanted, { most: MOST_GROUPS, toBody: (group) => bodyOf(group, expand) })
    } catch (error) {
      if (error instanceof BadExpression) return fail('E0000031')
      throw error
    }
  }

  function create({ text }: Incoming): Reply {
    const name = profileIn(parseJson(text))?.name
    if (typeof name !== 'string') return fail('E0000001', 'name', ['name: The field cannot be left blank'])
    const isTaken = [...directory.groups.values()].some(
      ({ displayName }) => displayName.toLowerCase() === name.toLowerCase(),
    )
    if (isTaken) {
      return fail('E0000001', 'name', [
        'name: An object with this field already exists in the current organization',
      ])
    }
    const group = directory.putGroup({ id: newGroupId(), displayName: name, members: [] })
    return { status: 200, body: bodyOf(group) }
  }

  const one =
    (work: (group: ScimGroup, incoming: Incoming, user: string) => Reply): Route['run'] =>
    (incoming, id, user = '') => {
      const group = directory.groups.get(id)
      return group ? work(group, incoming, user) : fail('E0000007', `${id} (UserGroup)`)
    }

  const move = (isIn: boolean) =>
    one((group, _, user) => {
      if (!directory.users.has(user)) return fail('E0000007', `${user} (User)`)
      if (team(group.id).type !== 'OKTA_GROUP') return fail('E0000001', 'group', ['Cannot modify this group'])
      const others = (group.members ?? []).filter(({ value }) => value !== user)
      directory.putGroup({ ...group, members: isIn ? [...others, { value: user }] : others })
      return { status: 204 }
    })

  function members(group: ScimGroup, incoming: Incoming): Reply {
    const users = (group.members ?? []).flatMap(({ value }) => directory.users.get(value) ?? [])
    return paged(incoming, users, {
      most: MOST_MEMBERS,
      toBody: (user) => toBody(organisation, user, incoming.headers.host),
    })
  }

  const listRules = (incoming: Incoming): Reply =>
    paged(incoming, rules, {
      most: 200,
      toBody: ({ id, name, status, groups }) => ({
        id,
        type: 'group_rule',
        name,
        status,
        conditions: { expression: { type: 'urn:okta:expression:1.0', value: 'user.city == "Home"' } },
        actions: { assignUserToGroups: { groupIds: groups } },
      }),
    })

  const at = (method: string, path: string, run: Route['run']): Route => ({
    method,
    path: `/api/v1/groups${path}`,
    run,
  })
  return [
    ['okta.groups.read', at('GET', '', list)],
    ['okta.groups.manage', at('POST', '', create)],
    // Before `:id`, which would match it.
    ['okta.groups.read', at('GET', '/rules', listRules)],
    [
      'okta.groups.read',
      at(
        'GET',
        '/:id',
        one((group) => ({ status: 200, body: bodyOf(group) })),
      ),
    ],
    ['okta.groups.read', at('GET', '/:id/users', one(members))],
    ['okta.groups.manage', at('PUT', '/:id/users/:id', move(true))],
    ['okta.groups.manage', at('DELETE', '/:id/users/:id', move(false))],
    [
      'okta.roles.read',
      at(
        'GET',
        '/:id/roles',
        one(({ id }) => ({
          status: 200,
          body: team(id).roles.map((role) => ({ ...role, status: 'ACTIVE', assignmentType: 'GROUP' })),
        })),
      ),
    ],
  ]
}
