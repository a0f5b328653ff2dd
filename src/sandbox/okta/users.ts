import type { ScimUser } from '../directory.ts'
import { type Incoming, parseJson, type Reply, type Route } from '../http-types.ts'
import type { Scoped } from './access.ts'
import { BadExpression, readExpression } from './filter.ts'
import type { Record as LogRecord } from './log.ts'
import {
  ATTRIBUTES,
  newUserId,
  type OktaState,
  type Organisation,
  profileIn,
  profileOf,
  setState,
  stateOf,
  toBody,
  withProfile,
} from './organisation.ts'
import { fail, paged } from './reply.ts'

const MOST = 200

export function userRoutes(
  organisation: Organisation,
  { record, lagMs }: { record: LogRecord; lagMs: () => number },
): Scoped[] {
  const { directory, person, now } = organisation
  const ofHost =
    ({ headers }: Incoming) =>
    (user: ScimUser) =>
      toBody(organisation, user, headers.host)

  /** By id, login or the part of a login before the @. */
  function named(incoming: Incoming, name: string): ScimUser | undefined {
    // Okta cannot take a slash in a path, however it is written.
    if (/[/?]/.test(name)) return undefined
    const users = [...directory.users.values()]
    if (name === 'me') return incoming.slot === 'api' ? users[0] : undefined
    const byLogin = users.find(({ userName }) => userName.toLowerCase() === name.toLowerCase())
    const short = users.filter(({ userName }) => userName.split('@')[0]?.toLowerCase() === name.toLowerCase())
    return directory.users.get(name) ?? byLogin ?? (short.length === 1 ? short[0] : undefined)
  }

  const one =
    (work: (user: ScimUser, incoming: Incoming, other: string) => Reply): Route['run'] =>
    (incoming, name, other = '') => {
      const user = named(incoming, name)
      return user ? work(user, incoming, other) : fail('E0000007', `${name} (User)`)
    }

  function list(incoming: Incoming): Reply {
    const search = incoming.query.get('search')
    const filter = incoming.query.get('filter')
    // The index that answers searches is behind the records.
    const records = search === null ? directory : directory.asOf(now() - lagMs())
    const users = [...records.users.values()]
    try {
      const test =
        search !== null
          ? readExpression(search, { exact: false })
          : filter !== null
            ? readExpression(filter, { exact: true })
            : undefined
      const searched = search !== null
      const wanted = test
        ? users.filter((user) => test((property) => valuesOf(user, property, searched)))
        : users.filter((user) => stateOf(organisation, user) !== 'DEPROVISIONED')
      return paged(incoming, wanted, { most: MOST, toBody: ofHost(incoming) })
    } catch (error) {
      if (error instanceof BadExpression) return fail('E0000031')
      throw error
    }
  }

  /** developer.okta.com, "List all users": a filter knows few properties, a search all. */
  function valuesOf(user: ScimUser, property: string, searched: boolean): readonly string[] | undefined {
    if (property === 'status') return [stateOf(organisation, user)]
    if (property === 'id') return [user.id]
    const name = /^profile\.(\w+)$/.exec(property)?.[1]
    const known = searched
      ? [...ATTRIBUTES, ...(organisation.externalId ? ['externalId'] : [])]
      : ['login', 'email', 'firstName', 'lastName']
    if (name === undefined || !known.includes(name)) return undefined
    const value = profileOf(organisation, user)[name]
    return typeof value === 'string' ? [value] : []
  }

  function create(incoming: Incoming): Reply {
    const profile = profileIn(parseJson(incoming.text))
    if (!profile) return fail('E0000001', 'profile', ['profile: The field cannot be left blank'])
    const { login } = profile
    if (typeof login !== 'string') return fail('E0000001', 'login', ['login: The field cannot be left blank'])
    const problem = problemIn(profile)
    if (problem) return problem
    const isActive = incoming.query.get('activate') !== 'false'
    const user = withProfile(organisation, { id: newUserId(), userName: login }, profile)
    directory.putUser(user)
    Object.assign(person(user.id), {
      created: now(),
      updated: now(),
      sessions: 0,
      refreshTokens: 0,
      factors: [],
    })
    setState(organisation, user, isActive ? 'PROVISIONED' : 'STAGED')
    record(incoming, 'user.lifecycle.create', 'Create Okta user', user)
    return { status: 200, body: ofHost(incoming)(user) }
  }

  function problemIn(profile: globalThis.Record<string, unknown>, self?: ScimUser): Reply | undefined {
    const unknown = Object.keys(profile).filter(
      (name) => !ATTRIBUTES.includes(name) && !(name === 'externalId' && organisation.externalId),
    )
    if (unknown.length > 0) return fail('E0000001', unknown[0], [`${unknown[0]}: Unknown property`])
    const { login } = profile
    const taken =
      typeof login === 'string' &&
      [...directory.users.values()].some(
        ({ id, userName }) => id !== self?.id && userName.toLowerCase() === login.toLowerCase(),
      )
    return taken
      ? fail('E0000001', 'login', [
          'login: An object with this field already exists in the current organization',
        ])
      : undefined
  }

  function update(user: ScimUser, incoming: Incoming): Reply {
    const profile = profileIn(parseJson(incoming.text)) ?? {}
    if (['ACTIVE_DIRECTORY', 'LDAP'].includes(person(user.id).provider)) {
      return fail('E0000001', 'user', [
        'Operation failed because user profile is mastered under another system',
      ])
    }
    const problem = problemIn(profile, user)
    if (problem) return problem
    const updated = directory.putUser(withProfile(organisation, user, profile))
    person(user.id).updated = now()
    record(incoming, 'user.account.update_profile', 'Update user profile for Okta', updated)
    return { status: 200, body: ofHost(incoming)(updated) }
  }

  const OK: Reply = { status: 200, body: {} }

  function step(user: ScimUser, incoming: Incoming, name: string): Reply {
    const state = stateOf(organisation, user)
    const go = (to: OktaState, said: string): Reply => {
      setState(organisation, user, to)
      record(incoming, `user.lifecycle.${name}`, said, user)
      return OK
    }
    switch (name) {
      case 'suspend':
        return state === 'ACTIVE'
          ? go('SUSPENDED', 'Suspend Okta user')
          : fail('E0000001', 'suspendUser', ['Cannot suspend a user that is not active'])
      case 'unsuspend':
        return state === 'SUSPENDED'
          ? go('ACTIVE', 'Unsuspend Okta user')
          : fail('E0000001', 'unsuspendUser', ['Cannot unsuspend a user that is not suspended'])
      case 'deactivate':
        return state === 'DEPROVISIONED' ? fail('E0000006') : go('DEPROVISIONED', 'Deactivate Okta user')
      case 'activate':
        return state === 'STAGED' || state === 'DEPROVISIONED'
          ? go('PROVISIONED', 'Activate Okta user')
          : fail('E0000016')
      default:
        return fail('E0000007', name)
    }
  }

  function endSessions(user: ScimUser, incoming: Incoming): Reply {
    const about = person(user.id)
    about.sessions = 0
    if (incoming.query.get('oauthTokens') === 'true') about.refreshTokens = 0
    record(incoming, 'user.session.clear', 'Clear user session', user)
    return { status: 204 }
  }

  /** Only who has a role of their own; the link to the next page stands in the body. */
  function listAssignees(incoming: Incoming): Reply {
    const assigned = [...directory.users.values()].filter(({ id }) => person(id).roles.length > 0)
    const toBody = ({ id }: ScimUser) => ({ id, orn: `orn:okta:directory:sandbox:users:${id}` })
    const { headers = {}, body } = paged(incoming, assigned, { most: 100, toBody })
    const [, next] = /<([^>]+)>; rel="next"/.exec(headers.link ?? '') ?? []
    return {
      status: 200,
      body: { value: body, ...(next !== undefined && { _links: { next: { href: next } } }) },
    }
  }

  const groupsOf = (user: ScimUser) =>
    [...directory.groups.values()].filter(({ members = [] }) =>
      members.some(({ value }) => value === user.id),
    )

  const at = (method: string, path: string, run: Route['run']): Route => ({
    method,
    path: `/api/v1${path}`,
    run,
  })
  return [
    ['okta.users.read', at('GET', '/users', list)],
    ['okta.users.manage', at('POST', '/users', create)],
    [
      'okta.users.read',
      at(
        'GET',
        '/users/:id',
        one((user, incoming) => ({ status: 200, body: ofHost(incoming)(user) })),
      ),
    ],
    ['okta.users.manage', at('POST', '/users/:id', one(update))],
    ['okta.users.manage', at('POST', '/users/:id/lifecycle/:id', one(step))],
    ['okta.users.manage', at('DELETE', '/users/:id/sessions', one(endSessions))],
    [
      'okta.users.read',
      at(
        'GET',
        '/users/:id/groups',
        one((user) => ({
          status: 200,
          body: groupsOf(user).map(({ id, displayName }) => ({
            id,
            type: organisation.team(id).type,
            objectClass: ['okta:user_group'],
            profile: { name: displayName },
          })),
        })),
      ),
    ],
    [
      'okta.users.read',
      at(
        'GET',
        '/users/:id/factors',
        one(({ id }) => ({ status: 200, body: person(id).factors })),
      ),
    ],
    [
      'okta.roles.read',
      at(
        'GET',
        '/users/:id/roles',
        one((user) => ({
          status: 200,
          body: [
            ...person(user.id).roles.map((role) => ({ ...role, status: 'ACTIVE', assignmentType: 'USER' })),
            ...groupsOf(user).flatMap(({ id }) =>
              organisation
                .team(id)
                .roles.map((role) => ({ ...role, status: 'ACTIVE', assignmentType: 'GROUP' })),
            ),
          ],
        })),
      ),
    ],
    ['okta.roles.read', at('GET', '/iam/assignees/users', listAssignees)],
  ]
}
