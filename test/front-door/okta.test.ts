import { afterEach, describe, expect, test } from 'vitest'
import type { Arrival, OktaTenant, ScimApp } from '../../src/sandbox/index.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld, type World, type WorldOptions } from '../support/world.ts'

const OKTA = 'acme-okta'
const SCIM = 'acme-scim'
const ADA = 'ada@example.com'
const REASON = 'left the company'

const openOkta = (more: Record<string, unknown> = {}, options: WorldOptions = {}) =>
  openWorld({
    ...options,
    sandbox: { apps: ['netskope', 'okta', 'scim'], events: 1, ...options.sandbox },
    tenants: (own) => ({
      [OKTA]: { ...own[OKTA], maxRetries: 0, verifyWindowMs: 200, ...more },
      [SCIM]: { ...own[SCIM], verifyWindowMs: 200, deactivateMeans: 'reversible' },
    }),
  })
const oktaOf = ({ sandbox }: World): OktaTenant => sandbox.tenants[OKTA]
const scimOf = ({ sandbox }: World): ScimApp => sandbox.tenants[SCIM]

const shared = shareWorld(() => openOkta())
const okta = () => oktaOf(shared())
const call = (tool: string, input: object) => shared().call(tool, input)
afterEach(() => okta().faults.clear())

let newcomers = 0
/** Somebody whom no other test uses. */
const newcomer = (more: Partial<Parameters<OktaTenant['addUser']>[0]> = {}) => {
  newcomers += 1
  const userName = more.userName ?? `newcomer-${newcomers}@example.com`
  const emails = [{ value: userName, primary: true }]
  return okta().addUser({
    id: `00u0newcomer${newcomers}`,
    userName,
    emails,
    name: { familyName: 'New' },
    ...more,
  })
}
const writesSince = (app: { writes: readonly Arrival[] }) => {
  const before = app.writes.length
  return () => app.writes.slice(before).map(({ method, path }) => `${method} ${path.replace('/api/v1', '')}`)
}

describe('find_user', () => {
  test('finds by login, second email, external id and id', async () => {
    const { id } = newcomer({
      userName: 'many.names@example.com',
      externalId: 'hr-4711',
      emails: [{ value: 'first@example.com', primary: true }, { value: 'second@example.com' }],
    })
    for (const user of ['Many.Names@example.com', 'first@example.com', 'SECOND@example.com', 'hr-4711', id]) {
      expect(await call('find_user', { user, tenants: [OKTA] })).toMatchObject({
        people: [{ accounts: [{ id, userName: 'many.names@example.com' }] }],
        complete: true,
      })
    }
  })

  test.each(['me', 'user7', '../groups', 'a?b', 'nobody@example.com'])(
    'does not take %s for somebody',
    async (user) => {
      if (user === 'user7') newcomer({ userName: 'user7@example.com' })
      expect(await call('find_user', { user, tenants: [OKTA] })).toMatchObject({
        people: [],
        searched: [{ outcome: 'absent' }],
      })
    },
  )

  test.each(['slash/in@example.com', 'mark?in@example.com', 'hash#in@example.com', 'per%2Fcent@example.com'])(
    'finds the login %s, which no path can have',
    async (userName) => {
      const { id } = newcomer({ userName })
      expect(await call('find_user', { user: userName, tenants: [OKTA] })).toMatchObject({
        people: [{ accounts: [{ id }] }],
      })
    },
  )

  test('finds a login that the index does not know yet, and not the one that it still knows', async () => {
    await using world = await openOkta({}, { sandbox: { okta: { searchLagMs: 60_000 } } })
    const app = oktaOf(world)
    const { id } = app.addUser({ userName: 'new/name@example.com' })
    for (const userName of ['new/name@example.com', 'just.renamed@example.com']) {
      app.renameUser(id, userName)
      expect(await world.call('find_user', { user: userName, tenants: [OKTA] })).toMatchObject({
        people: [{ accounts: [{ id, userName }] }],
      })
    }
  })

  test('finds people in an organisation without the external id, and asks for it once', async () => {
    await using world = await openOkta({}, { sandbox: { okta: { externalId: false } } })
    const app = oktaOf(world)
    const refused = () => app.arrivals.filter(({ status }) => status === 400).length
    for (const user of [ADA, 'grace@example.com']) {
      expect(await world.call('find_user', { user, tenants: [OKTA] })).toMatchObject({
        people: [{ accounts: [{ userName: user }] }],
        complete: true,
      })
    }
    expect(refused()).toBe(1)
  })
})

describe('lists', () => {
  test('list_users narrows down, and shows who is deprovisioned', async () => {
    const { id } = newcomer({ title: 'Keeper of the seal', active: true })
    okta().putInState(id, 'DEPROVISIONED')
    const match = { title: 'keeper of the SEAL' }
    expect(await call('list_users', { tenant: OKTA, match })).toMatchObject({
      accounts: [{ id, status: 'inactive', state: 'DEPROVISIONED' }],
      complete: true,
    })
    const active = { ...match, status: 'active' }
    expect(await call('list_users', { tenant: OKTA, match: active })).toMatchObject({
      accounts: [],
      complete: true,
    })
  })

  test('list_users shows everybody, page by page', async () => {
    const seen = new Set<string>()
    for (let cursor: unknown, calls = 0; calls < 20; calls++) {
      const page = await call('list_users', { tenant: OKTA, limit: 60, ...(cursor ? { cursor } : {}) })
      for (const { id } of page.accounts as { id: string }[]) seen.add(id)
      cursor = page.nextCursor
      if (!cursor) break
    }
    expect(seen.size).toBe(okta().users.length)
  })

  test('list_groups shows all groups, and one with its members', async () => {
    const { groups, complete } = await call('list_groups', { tenant: OKTA, limit: 100 })
    expect((groups as unknown[]).length).toBe(okta().groups.length)
    expect(complete).toBe(true)
    const sales = okta().group('Sales')
    expect(await call('list_groups', { tenant: OKTA, group: 'sales', limit: 200 })).toMatchObject({
      groups: [{ id: sales.id, name: 'Sales', memberCount: sales.members?.length }],
      complete: true,
    })
  })

  test('a next page at another host is not asked for', async () => {
    okta().faults.set(['link-elsewhere'])
    const before = okta().arrivals.length
    const answer = await call('list_users', { tenant: OKTA })
    expect(answer.error?.code).toBe('bad_reply')
    expect(okta().arrivals.length).toBe(before + 1)
  })
})

const STATES = [
  ['STAGED', 'inactive', 'already_inactive'],
  ['PROVISIONED', 'active', 'refused'],
  ['ACTIVE', 'active', 'deactivated'],
  ['RECOVERY', 'active', 'refused'],
  ['PASSWORD_EXPIRED', 'active', 'refused'],
  ['LOCKED_OUT', 'active', 'refused'],
  ['SUSPENDED', 'inactive', 'already_inactive'],
  ['DEPROVISIONED', 'inactive', 'already_inactive'],
] as const

describe('the state of an account', () => {
  test.each(STATES)('%s is %s, and a deactivation that suspends is %s', async (state, status, outcome) => {
    const { id, userName } = newcomer()
    okta().putInState(id, state)
    const writes = writesSince(okta())
    const [explained] = (await call('explain_access', { user: userName, tenants: [OKTA] })).people as {
      facts: { status: string; state: string }[]
    }[]
    expect(explained?.facts[0]).toMatchObject({ status, state: expect.stringMatching(`^${state}: `) })
    const answer = await call('deactivate_user', { user: userName, tenants: [OKTA], reason: REASON })
    if (outcome === 'refused') expect(answer.error).toMatchObject({ code: 'refused', tenant: OKTA })
    else expect(answer).toMatchObject({ results: [{ outcome }] })
    expect(writes()).toEqual(
      outcome === 'deactivated'
        ? [`DELETE /users/${id}/sessions`, `POST /users/${id}/lifecycle/suspend`]
        : [],
    )
  })

  test('a deactivation that removes the apps takes whoever may sign in', async () => {
    await using world = await openOkta({ deactivateMeans: 'deactivate' })
    const app = oktaOf(world)
    for (const [state, status] of STATES) {
      app.putInState('grace@example.com', state)
      const answer = await world.call('deactivate_user', {
        user: 'grace@example.com',
        tenants: [OKTA],
        reason: REASON,
      })
      expect(answer).toMatchObject({
        results: [{ outcome: status === 'active' ? 'deactivated' : 'already_inactive' }],
      })
      if (status === 'active') expect(app.state('grace@example.com')).toBe('DEPROVISIONED')
    }
    expect(world.asked[0]).toMatch(/app assignments/)
  })

  test.each([
    ['SUSPENDED', 'ACTIVE', 'unsuspend', undefined],
    ['STAGED', 'PROVISIONED', 'activate', 'email'],
    ['DEPROVISIONED', 'PROVISIONED', 'activate', 'email'],
  ] as const)('%s becomes %s by a reactivation', async (from, to, step, said) => {
    const { id, userName } = newcomer()
    okta().putInState(id, from)
    const writes = writesSince(okta())
    const asked = shared().asked.length
    expect(
      await call('reactivate_user', { user: userName, tenants: [OKTA], reason: 'came back' }),
    ).toMatchObject({ status: 'done', results: [{ outcome: 'reactivated', verified: true }] })
    expect(okta().state(id)).toBe(to)
    expect(writes()).toEqual([`POST /users/${id}/lifecycle/${step}`])
    if (said) expect(shared().asked[asked]).toContain(said)
  })
})

describe('sessions', () => {
  test('end in every app that can before anything else is changed in any app', async () => {
    const [oktaApp, scimApp] = [okta(), scimOf(shared())]
    const person = oktaApp.person(ADA)
    Object.assign(person, { sessions: 3, refreshTokens: 2 })
    oktaApp.faults.set([{ fault: 'slow', method: 'DELETE', ms: 300 }])
    const before = [oktaApp.writes.length, scimApp.writes.length] as const
    expect(await call('deactivate_user', { user: ADA, tenants: [SCIM, OKTA], reason: REASON })).toMatchObject(
      {
        status: 'done',
        results: [
          { tenant: SCIM, outcome: 'deactivated', verified: true },
          { tenant: OKTA, outcome: 'deactivated', sessions: 'ended', verified: true },
        ],
      },
    )
    const [ended, suspended] = oktaApp.writes.slice(before[0])
    const [elsewhere] = scimApp.writes.slice(before[1])
    expect([ended?.method, ended?.query]).toEqual(['DELETE', 'oauthTokens=true'])
    expect(person).toMatchObject({ sessions: 0, refreshTokens: 0 })
    for (const other of [suspended, elsewhere]) expect(other?.at).toBeGreaterThan((ended?.at ?? 0) + 250)
  })

  test('that should have ended and did not make the answer partial', async () => {
    const { userName, id } = newcomer()
    okta().faults.set(['sessions-stay'])
    expect(await call('deactivate_user', { user: userName, tenants: [OKTA], reason: REASON })).toMatchObject({
      status: 'partial',
      results: [{ outcome: 'deactivated', sessions: 'failed', note: expect.stringContaining('Sessions') }],
    })
    expect(okta().state(id)).toBe('SUSPENDED')
  })

  test('end by themselves, and the answer does not claim that none is left', async () => {
    const { userName, id } = newcomer()
    expect(
      await call('end_sessions', { user: userName, tenants: [OKTA], reason: 'lost laptop' }),
    ).toMatchObject({
      results: [{ outcome: 'ended', verified: false }],
    })
    expect(okta().person(id)).toMatchObject({ sessions: 0, refreshTokens: 0 })
    expect(okta().state(id)).toBe('ACTIVE')
  })

  test('are left alone where the tenant says so', async () => {
    await using world = await openOkta({ endSessions: false })
    const writes = writesSince(oktaOf(world))
    await world.call('deactivate_user', { user: ADA, tenants: [OKTA], reason: REASON })
    expect(writes()).toEqual([expect.stringContaining('/lifecycle/suspend')])
  })
})

describe('update_user', () => {
  test('changes what it is told to, custom attributes too, and nothing else', async () => {
    const { id, userName } = newcomer({ title: 'Clerk' })
    const set = { department: 'Finance', custom: { employeeNumber: '17' } }
    expect(await call('update_user', { tenant: OKTA, user: userName, set })).toMatchObject({
      status: 'done',
      outcome: 'updated',
      verified: true,
    })
    expect(okta().user(id).title).toBe('Clerk')
    expect(okta().person(id).more).toEqual({ employeeNumber: '17' })
    expect(okta().writes.at(-1)?.body).toEqual({ profile: { department: 'Finance', employeeNumber: '17' } })
  })

  test.each([
    'login',
    'Login',
    'email',
    'secondEmail',
    'mobilePhone',
    'primaryPhone',
    'oktaProvider',
    'externalId',
    '__x y',
  ])('takes no custom attribute %s: it lets somebody in, or has a field of its own', async (name) => {
    const { userName } = newcomer()
    const writes = writesSince(okta())
    const set = { custom: { [name]: 'evil@example.com' } }
    const { error } = await call('update_user', { tenant: OKTA, user: userName, set })
    expect(['unsupported', 'invalid_input']).toContain(error?.code)
    expect(writes()).toEqual([])
  })
})

describe('an account that is synchronised from a directory', () => {
  const CHANGES = [
    ['update_user', (user: string) => ({ tenant: OKTA, user, set: { title: 'CEO' } })],
    ['deactivate_user', (user: string) => ({ tenants: [OKTA], user, reason: REASON })],
    ['reactivate_user', (user: string) => ({ tenants: [OKTA], user, reason: REASON })],
  ] as const
  test.each(
    (['ACTIVE_DIRECTORY', 'LDAP'] as const).flatMap((provider) =>
      CHANGES.map(([tool, input]) => [provider, tool, input] as const),
    ),
  )('%s is not written to by %s, and nobody is asked', async (provider, tool, input) => {
    const { id, userName } = newcomer()
    okta().person(id).provider = provider
    if (tool === 'reactivate_user') okta().putInState(id, 'SUSPENDED')
    const writes = writesSince(okta())
    const asked = shared().asked.length
    const { error } = await call(tool, input(userName))
    expect(error?.code).toBe('refused')
    expect(error?.hint).toMatch(provider === 'LDAP' ? /LDAP directory/ : /Active Directory/)
    expect([writes(), shared().asked.length]).toEqual([[], asked])
  })

  test('is said to be so, and its sessions can be ended', async () => {
    const { id, userName } = newcomer()
    okta().person(id).provider = 'ACTIVE_DIRECTORY'
    const { people } = await call('explain_access', { user: userName, tenants: [OKTA] })
    expect(people).toMatchObject([{ facts: [{ provisionedBy: 'Active Directory' }] }])
    expect(await call('end_sessions', { user: userName, tenants: [OKTA], reason: 'lost' })).toMatchObject({
      results: [{ outcome: 'ended' }],
    })
  })
})

describe('update_group_members', () => {
  test('puts somebody into a group of Okta and takes them out', async () => {
    const { id, userName } = newcomer()
    const group = okta().group('Sales').id
    const input = { tenant: OKTA, group: 'Sales' }
    expect(await call('update_group_members', { ...input, add: [userName] })).toMatchObject({
      status: 'done',
      members: [{ outcome: 'added' }],
      verified: true,
    })
    expect(await call('update_group_members', { ...input, remove: [userName] })).toMatchObject({
      status: 'done',
      members: [{ outcome: 'removed' }],
    })
    expect(
      okta()
        .writes.slice(-2)
        .map(({ method, path }) => [method, path]),
    ).toEqual([
      ['PUT', `/api/v1/groups/${group}/users/${id}`],
      ['DELETE', `/api/v1/groups/${group}/users/${id}`],
    ])
  })

  test.each([
    ['Remote access', /rule "Remote workers"/i, /Groups > Rules/],
    ['Imported: Contractors of the directory', /imported/, /Active Directory/],
    ['Everyone', /Okta itself/, /by hand/],
  ])('leaves %s alone, before anybody is asked, and says where it is done', async (group, why, where) => {
    const { userName } = newcomer()
    const writes = writesSince(okta())
    const asked = shared().asked.length
    const { error } = await call('update_group_members', { tenant: OKTA, group, add: [userName] })
    expect(error).toMatchObject({
      code: 'refused',
      message: expect.stringMatching(why),
      hint: expect.stringMatching(where),
    })
    expect([writes(), shared().asked.length]).toEqual([[], asked])
  })

  test('leaves a group alone where the token may not see the rules', async () => {
    const { userName } = newcomer()
    const writes = writesSince(okta())
    okta().faults.set([{ fault: 'server-error', status: 403, path: '/groups/rules' }])
    const { error } = await call('update_group_members', { tenant: OKTA, group: 'Sales', add: [userName] })
    expect(error?.code).toBe('forbidden')
    expect(writes()).toEqual([])
  })

  test('says that members of a group become administrators', async () => {
    const { userName } = newcomer()
    const team = okta().team('Marketing')
    team.roles.push({ id: 'ra1', label: 'Help Desk Administrator', type: 'HELP_DESK_ADMIN' })
    await call('update_group_members', { tenant: OKTA, group: 'Marketing', add: [userName] })
    expect(shared().asked.at(-1)).toMatch(/administrators: .Help Desk Administrator/)
  })
})

test('an administrator is deactivated only with an approval from outside', async () => {
  const { id, userName } = newcomer()
  okta().person(id).roles.push({ id: 'ra1', label: 'Super Administrator', type: 'SUPER_ADMIN' })
  const writes = writesSince(okta())
  expect(await call('deactivate_user', { user: userName, tenants: [OKTA], reason: REASON })).toMatchObject({
    status: 'approval_required',
  })
  expect(writes()).toEqual([])
})

test('explain_access tells groups, roles, factors and the last changes, and what Okta does not tell', async () => {
  const { id, userName } = newcomer()
  okta().person(id).roles.push({ id: 'ra1', label: 'Read-only Administrator', type: 'READ_ONLY_ADMIN' })
  await call('update_user', { tenant: OKTA, user: userName, set: { title: 'Poet' } })
  const answer = await call('explain_access', { user: userName, tenants: [OKTA] })
  expect(answer).toMatchObject({
    people: [
      {
        facts: [
          {
            tenant: OKTA,
            status: 'active',
            state: 'ACTIVE: can sign in',
            groups: [],
            roles: ['Read-only Administrator'],
            factors: ['push (OKTA, ACTIVE)'],
            lastSignIn: expect.any(String),
          },
        ],
      },
    ],
    complete: false,
  })
  const unknown = (answer.unknown as { what: string }[]).map(({ what }) => what)
  expect(unknown.filter((what) => what.includes('sessions'))).toEqual(['sessions'])
})

describe('undo_change', () => {
  test('takes a suspension back, though sessions that were ended stay ended', async () => {
    const { id, userName } = newcomer()
    const { change } = await call('deactivate_user', { user: userName, tenants: [OKTA], reason: REASON })
    expect(okta().state(id)).toBe('SUSPENDED')
    const answer = await call('undo_change', { change, reason: 'wrong person' })
    expect(answer.error).toBeUndefined()
    expect(okta().state(id)).toBe('ACTIVE')
    expect(okta().person(id)).toMatchObject({ sessions: 0, refreshTokens: 0 })
  })

  test('gives a profile its former values back', async () => {
    const { id, userName } = newcomer({ title: 'Clerk' })
    const { change } = await call('update_user', { tenant: OKTA, user: userName, set: { title: 'CEO' } })
    expect((await call('undo_change', { change, reason: 'by mistake' })).error).toBeUndefined()
    expect(okta().user(id).title).toBe('Clerk')
  })
})

test('create_user makes an account once, and says that Okta writes to the person', async () => {
  const input = { tenant: OKTA, email: 'brand.new@example.com', givenName: 'Brand', familyName: 'New' }
  expect(await call('create_user', input)).toMatchObject({
    outcome: 'created',
    verified: true,
    account: { userName: input.email, state: 'PROVISIONED', status: 'active' },
  })
  expect(await call('create_user', input)).toMatchObject({ outcome: 'already_exists' })
})

test('create_group makes a group with its members, and read back is what counts', async () => {
  const { id, userName } = newcomer()
  const answer = await call('create_group', { tenant: OKTA, name: 'Harbour watch', members: [userName] })
  expect(answer).toMatchObject({ outcome: 'created', verified: true, group: { members: [{ id }] } })
  okta().faults.set([{ fault: 'server-error', status: 403, method: 'PUT' }])
  const other = await call('create_group', { tenant: OKTA, name: 'Harbour night', members: [userName] })
  expect(other).toMatchObject({ verified: false })
  expect(other.status).not.toBe('done')
})

describe('what changes while a person is asked', () => {
  const CHANGES = [
    ['its login', (app: OktaTenant) => app.renameUser(ADA, 'ada.byron@example.com')],
    ['its state', (app: OktaTenant) => app.putInState(ADA, 'LOCKED_OUT')],
    ['who keeps it', (app: OktaTenant) => Object.assign(app.person(ADA), { provider: 'LDAP' })],
    ['that it is there', (app: OktaTenant) => app.removeUser(ADA)],
  ] as const
  test.each(CHANGES)('%s: nothing is written to the account', async (_, spoil) => {
    let app: OktaTenant | undefined
    await using world = await openOkta(
      {},
      {
        answer() {
          if (app) spoil(app)
          return { action: 'accept', content: { confirm: true } }
        },
      },
    )
    app = oktaOf(world)
    const { status, error } = await world.call('deactivate_user', {
      user: ADA,
      tenants: [OKTA],
      reason: REASON,
    })
    expect(error ?? status).not.toBe('done')
    expect(app.writes).toEqual([])
  })

  test('right before the change is sent, too: each write looks at the account first', async () => {
    await using world = await openOkta()
    const app = oktaOf(world)
    app.faults.set([{ fault: 'slow', method: 'DELETE', ms: 400 }])
    const call = world.call('deactivate_user', { user: ADA, tenants: [OKTA], reason: REASON })
    await expect.poll(() => app.writes.length, { timeout: 5_000 }).toBe(1)
    app.renameUser(ADA, 'ada.byron@example.com')
    expect(await call).toMatchObject({
      status: 'partial',
      results: [{ outcome: 'failed', code: 'conflict' }],
    })
    expect(app.writes.map(({ method }) => method)).toEqual(['DELETE'])
    expect(app.state('ada.byron@example.com')).toBe('ACTIVE')
  })
})

test('a user whose roles the token may not read is not said to be no administrator', async () => {
  const { userName } = newcomer()
  okta().faults.set([{ fault: 'server-error', status: 403, path: '/roles' }])
  await call('deactivate_user', { user: userName, tenants: [OKTA], reason: REASON })
  expect(shared().asked.at(-1)).toMatch(/is an administrator is not known: the token may not read roles/)
})
