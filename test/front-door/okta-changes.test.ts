// @module-tag long

import { describe, expect, test } from 'vitest'
import type { OktaTenant } from '../../src/sandbox/index.ts'
import { OKTA, oktaOf, openOkta, shareOkta, writesSince } from '../support/okta-world.ts'

const ADA = 'ada@example.com'
const REASON = 'left the company'

const { okta, call, asked, newcomer } = shareOkta()

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
    const before = asked().length
    const { error } = await call(tool, input(userName))
    expect(error?.code).toBe('refused')
    expect(error?.hint).toMatch(provider === 'LDAP' ? /LDAP directory/ : /Active Directory/)
    expect([writes(), asked().length]).toEqual([[], before])
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
    const before = asked().length
    const { error } = await call('update_group_members', { tenant: OKTA, group, add: [userName] })
    expect(error).toMatchObject({
      code: 'refused',
      message: expect.stringMatching(why),
      hint: expect.stringMatching(where),
    })
    expect([writes(), asked().length]).toEqual([[], before])
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
    expect(asked().at(-1)).toMatch(/administrators: .Help Desk Administrator/)
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
  expect(asked().at(-1)).toMatch(/is an administrator is not known: the token may not read roles/)
})

describe('administrators', () => {
  const role = { id: 'ra1', label: 'Help Desk Administrator', type: 'HELP_DESK_ADMIN' }
  const namesIn = ({ accounts }: Record<string, unknown>) =>
    (accounts as { userName: string }[]).map(({ userName }) => userName)
  const [ALAN, GRACE] = ['alan@example.com', 'grace@example.com']
  /** Makes these people, and no others, the members of a group with a role. */
  const byGroup = (app: OktaTenant, ...people: string[]) => {
    const group = app.group('Sales')
    group.members = people.map((user) => ({ value: app.user(user).id }))
    app.team(group.id).roles = [role]
  }

  test('are listed, those by a group and those behind the first page too', async () => {
    await using world = await openOkta()
    const app = oktaOf(world)
    byGroup(app, GRACE)
    const own = app.users.slice(0, 103)
    for (const { id } of own) app.person(id).roles.push(role)
    const listed: string[] = []
    const list = (cursor?: unknown) =>
      world.call('list_users', { tenant: OKTA, match: { admin: true }, ...(cursor ? { cursor } : {}) })
    let page = await list()
    for (; page.nextCursor; page = await list(page.nextCursor)) listed.push(...namesIn(page))
    expect(page.complete).toBe(true)
    const expected = new Set([...own.map(({ userName }) => userName), GRACE])
    expect([...listed, ...namesIn(page)].toSorted()).toEqual([...expected].toSorted())
    app.faults.set(['no-stats'])
    byGroup(app, GRACE)
    for (const { id } of own) app.person(id).roles = []
    expect(await list()).toMatchObject({ complete: false })
    expect((await list()).nextCursor).toBeUndefined()
  })

  test('the last active one is not deactivated, and one of two by a group is', async () => {
    await using world = await openOkta({}, { settings: { confirm: { admins: 'ask' } } })
    const app = oktaOf(world)
    byGroup(app, GRACE)
    const leaves = () => world.call('deactivate_user', { user: GRACE, tenants: [OKTA], reason: REASON })
    expect((await leaves()).error).toMatchObject({ code: 'protected' })
    app.putInState(ALAN, 'ACTIVE')
    byGroup(app, GRACE, ALAN)
    expect(await leaves()).toMatchObject({ status: 'done' })
  })
})
