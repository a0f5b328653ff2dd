import type { ScimGroup } from '../directory.ts'
import { isObject, parseJson, type Route } from '../http-types.ts'
import { GoogleError, invalid, notFound } from './errors.ts'
import { DIRECTORY, type Google, json, NOTHING, paged, routeOf } from './gate.ts'
import { matcherFor } from './query.ts'
import { userAt } from './users-api.ts'
import { groupAddress, groupByKey, userByKey } from './workspace.ts'

const READ = ['admin.directory.group.readonly', 'admin.directory.group']
const MEMBERS = ['admin.directory.group.member', 'admin.directory.group']

export function groupsApi(google: Google): Route[] {
  const { directory, domain } = google
  const record = (group: ScimGroup) => ({
    kind: 'admin#directory#group',
    id: group.id,
    etag: `"${group.id}"`,
    email: groupAddress(group, domain),
    name: group.displayName,
    directMembersCount: String(group.members?.length ?? 0),
    description: '',
    adminCreated: true,
  })
  const groupAt = (key: string): ScimGroup => {
    const group = groupByKey(google, key)
    if (!group) throw notFound('groupKey')
    return group
  }
  const member = (id: string) => {
    const user = directory.users.get(id)
    const group = user ? undefined : directory.groups.get(id)
    return {
      kind: 'admin#directory#member',
      id,
      etag: `"${id}"`,
      email: user?.userName ?? (group && groupAddress(group, domain)),
      role: 'MEMBER',
      type: group ? 'GROUP' : 'USER',
      ...(user && { status: user.active === false ? 'SUSPENDED' : 'ACTIVE' }),
    }
  }
  const groups = `${DIRECTORY}/groups`
  return [
    routeOf(
      google,
      {
        method: 'GET',
        path: groups,
        scopes: READ,
        query: ['customer', 'domain', 'userKey', 'query', 'maxResults', 'pageToken', 'orderBy', 'sortOrder'],
      },
      ({ query }) => {
        const key = query.get('userKey')
        if (key === null && !query.has('customer') && !query.has('domain')) throw invalid('customer')
        const user = key === null ? undefined : userAt(google, key)
        const fits = matcherFor(query.get('query'), 'groups')
        const rows = [...directory.groups.values()]
          .filter(({ members = [] }) => !user || members.some(({ value }) => value === user.id))
          .map(record)
          .filter(fits)
        return paged(rows, query, { kind: 'admin#directory#groups', key: 'groups', most: 200, usual: 200 })
      },
    ),
    routeOf(google, { method: 'GET', path: `${groups}/:id`, scopes: READ }, ({ ids: [key = ''] }) =>
      json(record(groupAt(key))),
    ),
    routeOf(
      google,
      {
        method: 'GET',
        path: `${groups}/:id/members`,
        scopes: [...READ, ...MEMBERS],
        query: ['maxResults', 'pageToken', 'roles', 'includeDerivedMembership'],
      },
      ({ ids: [key = ''], query }) => {
        const rows = (groupAt(key).members ?? []).map(({ value }) => member(value))
        return paged(rows, query, { kind: 'admin#directory#members', key: 'members', most: 200, usual: 200 })
      },
    ),
    routeOf(
      google,
      { method: 'POST', path: `${groups}/:id/members`, scopes: MEMBERS },
      ({ ids: [key = ''], text, admin }) => {
        const group = groupAt(key)
        const body = parseJson(text)
        const given = isObject(body) ? (body.id ?? body.email) : undefined
        const user = typeof given === 'string' ? userByKey(google, given) : undefined
        if (!user) throw notFound('memberKey')
        const members = group.members ?? []
        if (members.some(({ value }) => value === user.id)) {
          throw new GoogleError(409, 'duplicate', 'Member already exists.')
        }
        directory.putGroup({ ...group, members: [...members, { value: user.id }] })
        google.log(admin.userName, 'ADD_GROUP_MEMBER', {
          USER_EMAIL: user.userName,
          GROUP_EMAIL: groupAddress(group, domain),
        })
        return json(member(user.id))
      },
    ),
    routeOf(
      google,
      { method: 'DELETE', path: `${groups}/:id/members/:id`, scopes: MEMBERS },
      ({ ids: [key = '', memberKey = ''], admin }) => {
        const group = groupAt(key)
        const user = userByKey(google, memberKey)
        const members = group.members ?? []
        const left = members.filter(({ value }) => value !== (user?.id ?? memberKey))
        if (left.length === members.length) throw notFound('memberKey')
        directory.putGroup({ ...group, members: left })
        google.log(admin.userName, 'REMOVE_GROUP_MEMBER', {
          ...(user && { USER_EMAIL: user.userName }),
          GROUP_EMAIL: groupAddress(group, domain),
        })
        return NOTHING
      },
    ),
  ]
}
