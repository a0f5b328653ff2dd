import { type Incoming, isObject, parseJson, type Reply, type Route } from '../http-types.ts'
import { appRoutes } from './apps.ts'
import { created } from './create.ts'
import { type EntraGroup, type EntraRecords, type EntraUser, ROLES } from './directory.ts'
import { badRequest, denied, notFound, Refusal } from './graph-error.ts'
import { listReply, projected } from './lists.ts'
import { audit, type EntraLogs } from './logs.ts'

interface GraphState {
  now: () => number
  records: EntraRecords
  logs: EntraLogs
  /** Sign-in methods by user id, as types of learn.microsoft.com/graph/api/resources/authenticationmethods-overview. */
  methods: Map<string, string[]>
  /** Whether the app itself may change administrators. */
  mayChangeAdministrators(): boolean
  /** A user as another replica still has it. */
  asOf(user: EntraUser, at: number): EntraUser
  /** Called before a user changes. */
  changes(user: EntraUser): void
}

type Row = Record<string, unknown>

/** What Graph sends of a user without `$select` (learn.microsoft.com/graph/api/resources/user). */
const STANDARD = [
  ...['id', 'businessPhones', 'displayName', 'givenName', 'jobTitle', 'mail', 'mobilePhone'],
  ...['officeLocation', 'preferredLanguage', 'surname', 'userPrincipalName'],
]
const NO_CONTENT: Reply = { status: 204 }

/** The part of Microsoft Graph v1.0 that is about users, groups, roles and logs. */
export function graphRoutes(state: GraphState): Route[] {
  const { records, logs, now } = state
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()
  const userAt = (name: string): EntraUser =>
    records.users.find((user) => same(user.id, name) || same(user.userPrincipalName, name)) ??
    refuse(notFound(name))
  const groupAt = (id: string): EntraGroup =>
    records.groups.find((one) => same(one.id, id)) ?? refuse(notFound(id))
  const seen = (user: EntraUser, { asOf }: Incoming) => (asOf === undefined ? user : state.asOf(user, asOf))
  const isAdministrator = ({ id }: EntraUser) =>
    records.roleAssignments.some(
      ({ principalId }) =>
        principalId === id ||
        records.groups.some((group) => group.id === principalId && group.members.includes(id)),
    )
  const managerOf = (user: EntraUser): Row => {
    const manager = records.users.find(({ id }) => id === user.managerId)
    return manager ? { manager: { id: manager.id, displayName: manager.displayName } } : {}
  }
  const write = (user: EntraUser, action: string, values: Partial<EntraUser>) => {
    state.changes(user)
    Object.assign(user, values)
    logs.audits.unshift(audit({ at: now(), action, user }))
  }
  const nestedIn = (groupId: string) => records.groups.find(({ id }) => id === groupId)
  const memberRow = (id: string): Row => {
    const user = records.users.find((one) => one.id === id)
    if (user) return { '@odata.type': '#microsoft.graph.user', ...user }
    const group = nestedIn(id)
    return group
      ? { '@odata.type': '#microsoft.graph.group', id, displayName: group.displayName }
      : { '@odata.type': '#microsoft.graph.device', id, displayName: 'A device' }
  }

  function patchUser(incoming: Incoming, name: string): Reply {
    const user = userAt(name)
    const values = parseJson(incoming.text)
    if (!isObject(values)) return badRequest('Invalid JSON.')
    if (user.onPremisesSyncEnabled) return badRequest(ON_PREMISES)
    if (isAdministrator(user) && !state.mayChangeAdministrators()) return denied()
    const unknown = Object.keys(values).find((key) => !(key in user) && !OPTIONAL.includes(key))
    if (unknown !== undefined)
      return badRequest(`Property '${unknown}' does not exist on the type 'microsoft.graph.user'.`)
    const { userPrincipalName: renamed } = values
    if (
      typeof renamed === 'string' &&
      records.users.some((one) => one !== user && same(one.userPrincipalName, renamed))
    ) {
      return badRequest('Another object with the same value for property userPrincipalName already exists.')
    }
    write(user, values.accountEnabled === false ? 'Disable account' : 'Update user', values)
    return NO_CONTENT
  }

  function createUser(incoming: Incoming): Reply {
    const user = created(incoming, records)
    if (!('userPrincipalName' in user)) return user
    records.users.push(user)
    logs.audits.unshift(audit({ at: now(), action: 'Add user', user }))
    return { status: 201, body: projected(user, incoming, STANDARD) }
  }

  function revoke(_: Incoming, name: string): Reply {
    const user = userAt(name)
    if (user.userType !== 'Guest') {
      const at = `${new Date(now()).toISOString().slice(0, 19)}Z`
      write(user, 'Update StsRefreshTokenValidFrom Timestamp', { signInSessionsValidFromDateTime: at })
    }
    return {
      status: 200,
      body: { '@odata.context': 'http://sandbox/v1.0/$metadata#Edm.Boolean', value: true },
    }
  }

  const changeable = (group: EntraGroup) => {
    if (group.onPremisesSyncEnabled) refuse(badRequest(ON_PREMISES))
    if (group.groupTypes.includes('DynamicMembership'))
      refuse(badRequest('Insufficient privileges: the group has dynamic membership.'))
    if (group.mailEnabled && !group.groupTypes.includes('Unified'))
      refuse(badRequest('Cannot Update a mail-enabled security groups and or distribution list.'))
    return group
  }

  function addMember({ text }: Incoming, id: string): Reply {
    const group = changeable(groupAt(id))
    const body = parseJson(text)
    const [, member = ''] =
      /\/v1\.0\/directoryObjects\/([^/]+)$/.exec(isObject(body) ? String(body['@odata.id']) : '') ?? []
    const user = userAt(member)
    if (group.members.includes(user.id)) {
      return badRequest(
        "One or more added object references already exist for the following modified properties: 'members'.",
      )
    }
    group.members.push(user.id)
    logs.audits.unshift(
      audit({ at: now(), action: 'Add member to group', category: 'GroupManagement', user, group }),
    )
    return NO_CONTENT
  }

  function removeMember(_: Incoming, id: string, member = ''): Reply {
    const group = changeable(groupAt(id))
    const user = userAt(member)
    if (!group.members.includes(user.id)) return notFound(user.id)
    group.members.splice(group.members.indexOf(user.id), 1)
    logs.audits.unshift(
      audit({ at: now(), action: 'Remove member from group', category: 'GroupManagement', user, group }),
    )
    return NO_CONTENT
  }

  const users = { pageSize: 100, largest: 999, standard: STANDARD }
  const plain = { pageSize: 100, largest: 999 }
  const log = { pageSize: 1_000, largest: 1_000 }
  const get = (path: string, run: (incoming: Incoming, id: string) => Reply): Route => ({
    method: 'GET',
    path,
    run,
  })
  const routes: Route[] = [
    get('/users', (incoming) =>
      listReply(
        records.users.map((user) => ({ ...seen(user, incoming), ...managerOf(user) })),
        incoming,
        users,
      ),
    ),
    get('/users/:id', (incoming, name) => {
      const user = seen(userAt(name), incoming)
      return { status: 200, body: projected({ ...user, ...managerOf(user) }, incoming, STANDARD) }
    }),
    { method: 'POST', path: '/users', run: createUser },
    { method: 'PATCH', path: '/users/:id', run: patchUser },
    get('/organization', (incoming) => {
      const verifiedDomains = records.domains.map((name, index) => ({
        name,
        type: 'Managed',
        isInitial: index === 0,
        isDefault: index === 1,
      }))
      return listReply([{ id: 'sandbox', displayName: 'Acme', verifiedDomains }], incoming, plain)
    }),
    { method: 'POST', path: '/users/:id/revokeSignInSessions', run: revoke },
    // A cast to a type of directory object is an advanced query.
    get('/users/:id/memberOf/microsoft.graph.group', (incoming, name) => {
      const { id } = userAt(name)
      const groups = records.groups.filter(({ members }) => members.includes(id))
      return listReply(groups.map(groupRow), incoming, { ...plain, isAdvanced: true })
    }),
    get('/users/:id/authentication/methods', (incoming, name) => {
      const types = state.methods.get(userAt(name).id) ?? ['password']
      const rows = types.map((type, index) => ({
        '@odata.type': `#microsoft.graph.${type}AuthenticationMethod`,
        id: `method-${index}`,
      }))
      return listReply(rows, incoming, plain)
    }),
    get('/groups', (incoming) => listReply(records.groups.map(groupRow), incoming, plain)),
    get('/groups/:id', (incoming, id) => ({ status: 200, body: projected(groupRow(groupAt(id)), incoming) })),
    get('/groups/:id/members', (incoming, id) =>
      listReply(groupAt(id).members.map(memberRow), incoming, { ...plain, standard: STANDARD }),
    ),
    { method: 'POST', path: '/groups/:id/members/$ref', run: addMember },
    { method: 'DELETE', path: '/groups/:id/members/:id/$ref', run: removeMember },
    get('/roleManagement/directory/roleAssignments', (incoming) =>
      listReply(roleRows(records.roleAssignments, incoming), incoming, plain),
    ),
    get('/roleManagement/directory/roleEligibilityScheduleInstances', (incoming) =>
      listReply(roleRows(records.roleEligibilities, incoming), incoming, plain),
    ),
    ...appRoutes(records),
    get('/auditLogs/directoryAudits', (incoming) =>
      listReply(logs.audits, incoming, { ...log, orderBy: 'activityDateTime desc' }),
    ),
    get('/auditLogs/signIns', (incoming) =>
      listReply(logs.signIns, incoming, { ...log, orderBy: 'createdDateTime desc' }),
    ),
    get('/auditLogs/provisioning', (incoming) =>
      listReply(logs.provisioning, incoming, { ...log, orderBy: 'activityDateTime desc' }),
    ),
  ]
  return routes.map((route) => ({ ...route, path: `/v1.0${route.path}`, run: refusing(route.run) }))
}

const OPTIONAL = ['companyName', 'officeLocation', 'employeeType', 'usageLocation']
const ON_PREMISES =
  'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.'

const refuse = (reply: Reply): never => {
  throw new Refusal(reply)
}

const groupRow = ({ members: _, ...group }: EntraGroup): Row => ({ ...group })

const roleRows = (assignments: EntraRecords['roleAssignments'], { query }: Incoming): Row[] =>
  assignments.map((one) => ({
    ...one,
    ...(query.get('$expand')?.includes('roleDefinition') && {
      roleDefinition: { id: one.roleDefinitionId, displayName: ROLES[one.roleDefinitionId] },
    }),
  }))

/** A refusal that is thrown becomes the reply. */
const refusing =
  (run: Route['run']): Route['run'] =>
  (incoming, id, ...more) => {
    try {
      return run(incoming, id, ...more)
    } catch (error) {
      if (error instanceof Refusal) return error.reply
      throw error
    }
  }
