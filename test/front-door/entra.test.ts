// @module-tag long

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type EntraWorld, openEntra } from '../support/entra-world.ts'

const ENTRA = ['acme-entra']
const ADA = 'ada@example.com'
const leaves = (user: string, tenants = ENTRA) => ({ user, tenants, reason: 'left the company' })

let world: EntraWorld
beforeAll(async () => {
  world = await openEntra({
    also: ['scim'],
    // Everything is asked about through the client, and none of it outside.
    settings: { confirm: { deletes: 'ask', admins: 'ask' } },
  })
})
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(() => world.entra.faults.clear())

let newcomers = 0
/** Somebody whom no other test uses, in Entra ID. */
function newcomer(more: Parameters<EntraWorld['entra']['addUser']>[0] | object = {}) {
  const userPrincipalName = `newcomer-${++newcomers}@example.com`
  return world.entra.addUser({ userPrincipalName, mail: userPrincipalName, ...more })
}

interface Found {
  people: { accounts: Record<string, unknown>[] }[]
  complete: boolean
}
const find = async (user: string, tenants = ENTRA) =>
  (await world.call('find_user', { user, tenants })) as unknown as Found

describe('find_user', () => {
  test.each([
    ['the user principal name', 'finder@example.com'],
    ['the user principal name in other letters', 'Finder@Example.COM'],
    ['the email', 'finder.mail@example.com'],
    ['an alias', 'finder.alias@example.com'],
    ['another email', 'finder@home.example.net'],
    ['the employee id', "E-10'27"],
    ['the immutable id', 'q83vEjRWeJA='],
  ])('finds somebody by %s', async (_, name) => {
    const known = world.entra.users.find(
      ({ userPrincipalName }) => userPrincipalName === 'finder@example.com',
    )
    const user =
      known ??
      world.entra.addUser({
        userPrincipalName: 'finder@example.com',
        mail: 'finder.mail@example.com',
        proxyAddresses: ['SMTP:finder.mail@example.com', 'smtp:finder.alias@example.com', 'SIP:finder'],
        otherMails: ['finder@home.example.net'],
        employeeId: "E-10'27",
        onPremisesImmutableId: 'q83vEjRWeJA=',
      })
    const { people, complete } = await find(name)
    expect(complete).toBe(true)
    expect(people.flatMap(({ accounts }) => accounts)).toMatchObject([
      { id: user.id, userName: 'finder@example.com', email: 'finder.mail@example.com', status: 'active' },
    ])
  })

  test('finds somebody by id and by name', async () => {
    const { id } = world.entra.user(ADA)
    expect(await find(id)).toMatchObject({ people: [{ accounts: [{ userName: ADA }] }] })
    const named = await find('Lovelace Ada')
    expect(named.people.flatMap(({ accounts }) => accounts)).toMatchObject([{ id }])
  })

  test.each(['nobody@example.com', 'x', "o'nobody", '00000000-0000-4000-8000-000000000000'])(
    'finds nobody by %s, on evidence',
    async (name) => {
      expect(await find(name)).toMatchObject({ people: [], complete: true })
    },
  )

  test('says of a guest that it is one, and of a synchronised account where it is kept', async () => {
    const guest = newcomer({
      userPrincipalName: 'eve_partner.example#EXT#@acme.onmicrosoft.com',
      mail: 'eve@partner.example',
      userType: 'Guest',
      externalUserState: 'Accepted',
    })
    expect(await find('eve@partner.example')).toMatchObject({
      people: [{ accounts: [{ id: guest.id, userName: guest.userPrincipalName, userType: 'Guest' }] }],
    })
    const synced = newcomer({ onPremisesSyncEnabled: true, onPremisesDomainName: 'corp.example.com' })
    expect(await find(synced.userPrincipalName)).toMatchObject({
      people: [
        { accounts: [{ custom: { onPremisesSyncEnabled: true, onPremisesDomainName: 'corp.example.com' } }] },
      ],
    })
  })
})

describe('list_users', () => {
  interface Listed {
    accounts: { userName: string }[]
    complete: boolean
    nextCursor?: string
    note?: string
  }
  const list = async (match: object, more: object = {}) =>
    (await world.call('list_users', { tenant: 'acme-entra', match, ...more })) as unknown as Listed

  test.each([
    [{ department: 'Engineering', status: 'inactive' }, 'department'],
    [{ title: 'Site Reliability Engineer' }, 'jobTitle'],
    [{ familyName: "O'Brien" }, 'surname'],
    [{ email: ADA }, 'mail'],
    [{ externalId: 'idp-none' }, 'employeeId'],
  ])('lets Graph narrow the list down by %o', async (match, property) => {
    const from = world.entra.arrivals.length
    const { accounts, complete } = await list(match)
    expect(complete).toBe(true)
    const [asked] = world.entra.arrivals.slice(from).filter(({ path }) => path === '/v1.0/users')
    const filter = new URLSearchParams(asked?.query).get('$filter') ?? ''
    expect(filter).toContain(property)
    const wanted = world.entra.users.filter((user) => {
      const held = { ...match } as Record<string, string>
      return (
        (held.department === undefined || user.department === held.department) &&
        (held.status === undefined || user.accountEnabled === (held.status === 'active')) &&
        (held.title === undefined || user.jobTitle === held.title) &&
        (held.familyName === undefined || user.surname === held.familyName) &&
        (held.email === undefined || user.mail === held.email) &&
        (held.externalId === undefined || user.employeeId === held.externalId)
      )
    })
    expect(accounts.map(({ userName }) => userName).toSorted()).toEqual(
      wanted.map(({ userPrincipalName }) => userPrincipalName).toSorted(),
    )
  })

  test('reads on where it stopped, and tells everybody once', async () => {
    const names: string[] = []
    let cursor: string | undefined
    do {
      const page = await list({ status: 'active' }, { limit: 60, ...(cursor && { cursor }) })
      names.push(...page.accounts.map(({ userName }) => userName))
      cursor = page.nextCursor
    } while (cursor)
    const active = world.entra.users.filter(({ accountEnabled }) => accountEnabled)
    expect(names.toSorted()).toEqual(active.map(({ userPrincipalName }) => userPrincipalName).toSorted())
  })
})

test('list_groups tells groups with their members, and which of those are groups', async () => {
  const nested = world.entra.group('Contractors')
  const group = world.entra.addGroup({
    displayName: 'Mixed',
    members: [world.entra.user(ADA).id, nested.id, 'a-device'],
  })
  const { groups } = (await world.call('list_groups', {
    tenant: 'acme-entra',
    group: 'Mixed',
  })) as unknown as {
    groups: { id: string; memberCount: number; members: unknown[] }[]
  }
  expect(groups).toMatchObject([{ id: group.id, memberCount: 3 }])
  expect(groups[0]?.members).toMatchObject([
    { userName: ADA },
    { id: nested.id, type: 'group', name: 'Contractors' },
    { id: 'a-device' },
  ])
})

describe('deactivate_user', () => {
  test('ends sessions before any other write, in any app', async () => {
    const user = newcomer()
    const scim = world.sandbox.tenants['acme-scim']
    scim.addUser({ userName: user.userPrincipalName })
    const [fromEntra, fromScim] = [world.entra.arrivals.length, scim.arrivals.length]
    const before = user.signInSessionsValidFromDateTime
    const answer = await world.call(
      'deactivate_user',
      leaves(user.userPrincipalName, ['acme-scim', 'acme-entra']),
    )
    expect(answer).toMatchObject({
      status: 'done',
      results: [
        { tenant: 'acme-scim', outcome: 'deactivated', verified: true },
        { tenant: 'acme-entra', outcome: 'deactivated', verified: true, sessions: 'ended' },
      ],
    })
    expect(world.entra.user(user.id).accountEnabled).toBe(false)
    expect(world.entra.user(user.id).signInSessionsValidFromDateTime).not.toBe(before)
    const writes = [...world.entra.arrivals.slice(fromEntra), ...scim.arrivals.slice(fromScim)]
      .filter(({ method, path }) => method !== 'GET' && !path.endsWith('/token'))
      .toSorted((a, b) => a.at - b.at)
    expect(writes.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`)[0]).toBe(
      'POST revokeSignInSessions',
    )
    expect(writes).toHaveLength(3)
  })

  test('is partial where the sessions could not be ended', async () => {
    const user = newcomer()
    world.entra.faults.set([{ fault: 'server-error', path: '/revokeSignInSessions', status: 403 }])
    expect(await world.call('deactivate_user', leaves(user.userPrincipalName))).toMatchObject({
      status: 'partial',
      results: [{ outcome: 'deactivated', verified: true, sessions: 'failed' }],
    })
    expect(user.accountEnabled).toBe(false)
  })

  test('of a guest is partial: another directory keeps the sessions, which the question says', async () => {
    const user = newcomer({ userType: 'Guest' })
    const from = world.asked.length
    expect(await world.call('deactivate_user', leaves(user.userPrincipalName))).toMatchObject({
      status: 'partial',
      results: [{ outcome: 'deactivated', sessions: 'failed' }],
    })
    expect(world.asked.slice(from).join()).toContain('sessions are kept by another directory')
    expect(world.entra.writes.some(({ path }) => path.includes(user.id) && path.endsWith('Sessions'))).toBe(
      false,
    )
  })

  test('waits out replicas that lag behind', async () => {
    const user = newcomer()
    world.entra.faults.set([{ fault: 'replica-lag', ms: 250 }])
    expect(await world.call('deactivate_user', leaves(user.userPrincipalName))).toMatchObject({
      results: [{ outcome: 'deactivated', verified: true }],
    })
  })

  test('does not call verified what no replica shows in time', async () => {
    const user = newcomer()
    world.entra.faults.set([{ fault: 'replica-lag', ms: 60_000 }])
    expect(await world.call('deactivate_user', leaves(user.userPrincipalName))).toMatchObject({
      status: 'partial',
      results: [{ outcome: 'deactivated', verified: false }],
    })
  })

  test('never repeats a write whose reply was lost', async () => {
    const user = newcomer()
    const from = world.entra.writes.length
    world.entra.faults.set([{ fault: 'lost-reply', method: 'PATCH' }])
    expect(await world.call('deactivate_user', leaves(user.userPrincipalName))).toMatchObject({
      results: [{ outcome: 'deactivated', verified: true, note: expect.stringContaining('reply was lost') }],
    })
    expect(world.entra.writes.slice(from).filter(({ method }) => method === 'PATCH')).toHaveLength(1)
  })
})

test('an account elsewhere that Entra ID provisions is said to be so, with where to make a lasting change', async () => {
  const user = newcomer()
  world.sandbox.tenants['acme-scim'].addUser({ userName: user.userPrincipalName, externalId: user.id })
  const from = world.asked.length
  await world.call('deactivate_user', leaves(user.userPrincipalName, ['acme-scim']))
  expect(world.asked.slice(from).join()).toMatch(/acme-entra provisions .* in acme-scim/)
})

test('end_sessions ends them, and reads that back', async () => {
  const user = newcomer()
  expect(await world.call('end_sessions', leaves(user.userPrincipalName))).toMatchObject({
    status: 'done',
    results: [{ outcome: 'ended', verified: true }],
  })
  expect(user.accountEnabled).toBe(true)
})

test('reactivate_user enables the account again', async () => {
  const user = newcomer({ accountEnabled: false })
  expect(await world.call('reactivate_user', leaves(user.userPrincipalName))).toMatchObject({
    status: 'done',
    results: [{ outcome: 'reactivated', verified: true }],
  })
  expect(user.accountEnabled).toBe(true)
})

describe('update_user', () => {
  const update = (user: string, set: object) =>
    world.call('update_user', { tenant: 'acme-entra', user, set, reason: 'moved' })

  test('sets properties by their own names', async () => {
    const user = newcomer({ companyName: null })
    const set = {
      title: 'Auditor',
      familyName: 'Nguyen',
      externalId: 'E-7',
      custom: { companyName: 'Acme' },
    }
    expect(await update(user.userPrincipalName, set)).toMatchObject({ status: 'done', verified: true })
    expect(user).toMatchObject({
      jobTitle: 'Auditor',
      surname: 'Nguyen',
      employeeId: 'E-7',
      companyName: 'Acme',
    })
  })

  test.each([
    { email: 'other@example.com' },
    { phone: '+15550100' },
    { custom: { onPremisesImmutableId: 'x' } },
    { manager: 'x' },
  ])('refuses %o before anybody is asked', async (attributes) => {
    const user = newcomer()
    const from = world.asked.length
    expect((await update(user.userPrincipalName, attributes)).error?.code).toBe('unsupported')
    expect(world.asked).toHaveLength(from)
  })
})

describe('what Active Directory keeps', () => {
  test.each([
    ['deactivate_user', {}],
    ['reactivate_user', { accountEnabled: false }],
    ['end_sessions', {}],
  ])(
    '%s refuses a synchronised account before anybody is asked, and says where it is done',
    async (tool, more) => {
      const user = newcomer({
        ...more,
        onPremisesSyncEnabled: true,
        onPremisesDomainName: 'corp.example.com',
      })
      const [asked, writes] = [world.asked.length, world.entra.writes.length]
      const { error } = await world.call(tool, leaves(user.userPrincipalName))
      expect(error).toMatchObject({ code: 'refused', hint: expect.stringContaining('Active Directory') })
      expect(error?.message).toContain('corp.example.com')
      expect(world.asked).toHaveLength(asked)
      expect(world.entra.writes).toHaveLength(writes)
    },
  )

  test('update_user refuses it too', async () => {
    const user = newcomer({ onPremisesSyncEnabled: true })
    const writes = world.entra.writes.length
    const { error } = await world.call('update_user', {
      tenant: 'acme-entra',
      user: user.userPrincipalName,
      set: { title: 'Auditor' },
      reason: 'moved',
    })
    expect(error?.code).toBe('refused')
    expect(world.entra.writes).toHaveLength(writes)
  })

  test('a synchronisation that begins after the yes is seen before the write', async () => {
    const user = newcomer()
    await using other = await world
      .open({
        answer: () => {
          user.onPremisesSyncEnabled = true
          return { action: 'accept', content: { confirm: true } }
        },
      })
      .then((opened) => Object.assign(opened, { [Symbol.asyncDispose]: async () => {} }))
    const writes = world.entra.writes.length
    const answer = await other.call('deactivate_user', leaves(user.userPrincipalName))
    expect(JSON.stringify(answer)).toMatch(/Active Directory|changed/)
    expect(world.entra.writes).toHaveLength(writes)
    expect(user.accountEnabled).toBe(true)
  })
})

describe('update_group_members', () => {
  const change = (group: string, add: string[], remove: string[] = []) =>
    world.call('update_group_members', {
      tenant: 'acme-entra',
      group,
      add,
      ...(remove.length > 0 && { remove }),
      reason: 'new team',
    })

  test('adds and removes by reference, and deletes nobody', async () => {
    const [joins, goes] = [newcomer(), newcomer()]
    const group = world.entra.addGroup({ displayName: 'Moving', members: [goes.id] })
    const users = world.entra.users.length
    expect(await change('Moving', [joins.userPrincipalName], [goes.userPrincipalName])).toMatchObject({
      status: 'done',
      verified: true,
    })
    expect(group.members).toEqual([joins.id])
    expect(world.entra.users).toHaveLength(users)
    const paths = world.entra.writes.filter(({ path }) => path.includes(group.id)).map(({ path }) => path)
    expect(paths.every((path) => path.endsWith('/$ref'))).toBe(true)
  })

  test.each([
    ['All engineers', /rule/],
    ['Domain staff', /corp\.example\.com/],
    ['Announcements', /Exchange/],
  ])('refuses %s before anybody is asked, and says who keeps it', async (group, who) => {
    const user = newcomer()
    const [asked, writes] = [world.asked.length, world.entra.writes.length]
    const { error } = await change(group, [user.userPrincipalName])
    expect(error).toMatchObject({ code: 'refused', message: expect.stringMatching(who) })
    expect(world.asked).toHaveLength(asked)
    expect(world.entra.writes).toHaveLength(writes)
  })

  test('says of a group that can have roles what joining it means', async () => {
    const from = world.asked.length
    await change('Helpdesk admins', [newcomer().userPrincipalName])
    expect(world.asked.slice(from).join()).toContain('can become an administrator')
  })

  test('names the groups of one name by id', async () => {
    const ids = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
    for (const id of ids) world.entra.addGroup({ id, displayName: 'Twins' })
    const { error } = await change('Twins', [newcomer().userPrincipalName])
    expect(error?.code).toBe('ambiguous')
    expect(error?.candidates?.map(({ id }) => id)).toEqual(ids)
  })
})

describe('administrators', () => {
  test('are known by directory roles, also those of a role-assignable group and those that they can activate', async () => {
    const [own, byGroup, none] = [newcomer(), newcomer(), newcomer()]
    const [eligible, byEligibleGroup] = [newcomer(), newcomer()]
    world.entra.assignRole(own.id, 'Global Reader')
    const group = world.entra.addGroup({
      displayName: 'Admins',
      isAssignableToRole: true,
      members: [byGroup.id],
    })
    world.entra.assignRole(group.id)
    const activating = world.entra.addGroup({
      displayName: 'Admins on call',
      isAssignableToRole: true,
      members: [byEligibleGroup.id],
    })
    world.entra.assignRole(eligible.id, 'Global Administrator', 'eligible')
    world.entra.assignRole(activating.id, 'User Administrator', 'eligible')
    for (const [user, admin] of [
      [eligible, true],
      [byEligibleGroup, true],
      [own, true],
      [byGroup, true],
      [none, false],
    ] as const) {
      const explained = await world.call('explain_access', { user: user.userPrincipalName, tenants: ENTRA })
      expect(explained).toMatchObject({ people: [{ facts: [{ account: { admin } }] }] })
    }
    const listed = await world.call('list_users', { tenant: 'acme-entra', match: { admin: true } })
    const names = (listed as unknown as { accounts: { userName: string }[] }).accounts.map(
      ({ userName }) => userName,
    )
    expect(names).toEqual(
      expect.arrayContaining(
        [own, byGroup, eligible, byEligibleGroup].map(({ userPrincipalName }) => userPrincipalName),
      ),
    )
    expect(names).not.toContain(none.userPrincipalName)
    const { people } = await world.call('explain_access', {
      user: eligible.userPrincipalName,
      tenants: ENTRA,
    })
    expect(JSON.stringify(people)).toContain('Global Administrator (can be activated)')
  })

  test('cannot be changed by an app without a directory role, which the answer says', async () => {
    const admin = newcomer()
    world.entra.assignRole(admin.id)
    world.entra.assignRole(newcomer().id)
    expect(await world.call('deactivate_user', leaves(admin.userPrincipalName))).toMatchObject({
      results: [{ outcome: 'failed', code: 'forbidden', note: expect.stringContaining('directory role') }],
    })
  })
})

test('without a licence to activate roles, administrators are those of now, and the rest is said not to be known', async () => {
  await using other = await openEntra({ entra: { faults: ['no-governance'] } })
  const user = other.entra.addUser({ userPrincipalName: 'unlicensed@example.com' })
  other.entra.assignRole(user.id, 'Global Reader')
  const { people, unknown } = await other.call('explain_access', {
    user: user.userPrincipalName,
    tenants: ENTRA,
  })
  expect(people).toMatchObject([{ facts: [{ account: { admin: true }, roles: ['Global Reader'] }] }])
  expect(JSON.stringify(unknown)).toContain('roles that can be activated')
})

test('without the right to read roles, the question says that it is not known who is an administrator', async () => {
  const permissions = ['User.Read.All', 'User.EnableDisableAccount.All', 'User.RevokeSessions.All']
  await using other = await openEntra({ entra: { permissions } })
  expect(await other.call('deactivate_user', leaves(ADA))).toMatchObject({ status: 'done' })
  expect(other.asked.join()).toMatch(/administrator.*not known: RoleManagement\.Read\.Directory is missing/)
})

test('explain_access tells state, roles, methods, sessions, source and last sign-in, and what is not told', async () => {
  const user = newcomer({
    employeeId: 'E-99',
    onPremisesSyncEnabled: true,
    onPremisesDomainName: 'corp.example.com',
    signInActivity: {
      lastSignInDateTime: '2026-03-02T10:00:00Z',
      lastSuccessfulSignInDateTime: '2026-03-01T10:00:00Z',
    },
  })
  world.entra.methods.set(user.id, ['password', 'fido2'])
  world.entra.group('Contractors').members.push(user.id)
  world.entra.audit({ at: Date.now() - 60_000, action: 'Reset password', by: world.entra.user(ADA), user })
  const answer = await world.call('explain_access', { user: user.userPrincipalName, tenants: ENTRA })
  expect(answer).toMatchObject({
    people: [
      {
        facts: [
          {
            tenant: 'acme-entra',
            status: 'active',
            state: 'enabled: sign-in is allowed',
            groups: ['Contractors'],
            roles: [],
            factors: ['password', 'fido2'],
            lastSignIn: '2026-03-01T10:00:00.000Z',
            provisionedBy: expect.stringContaining('corp.example.com'),
            sessions: expect.stringContaining('2024-02-01'),
            changes: [{ action: 'Reset password: success', actor: ADA }],
          },
        ],
      },
    ],
    unknown: expect.arrayContaining([expect.objectContaining({ what: 'open sessions' })]),
    complete: false,
  })
})
