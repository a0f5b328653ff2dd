import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openHttpWorld } from '../support/http-world.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld, type WorldOptions } from '../support/world.ts'

// What a person is asked about by default, and what is refused before anybody is asked.

const [NETSKOPE, GAINSIGHT, SCIM] = ['acme-netskope', 'acme-gainsight', 'acme-scim'] as const
const ADA = 'ada@example.com'
const GRACE = 'grace@example.com'
const LIN = 'omar.dubois@example.com'
const KATHERINE = 'Katherine.Johnson@Example.com'
const reason = 'as agreed with the team'
const IN_ALL: Pick<WorldOptions, 'tenants' | 'sandbox'> = {
  tenants: (own) => own,
  sandbox: { apps: ['netskope', 'gainsight', 'mindtickle', 'scim'] },
}

const everywhere = shareWorld(() => openWorld({ ...IN_ALL, answer: 'decline' }))

describe('by default a person is asked before', () => {
  test.each<[string, string, Record<string, unknown>]>([
    ['somebody is deactivated', 'deactivate_user', { user: LIN, tenants: [NETSKOPE], reason }],
    [
      'somebody is taken out of a group',
      'update_group_members',
      { tenant: SCIM, group: 'Engineering', remove: [ADA] },
    ],
    [
      'somebody is put into a group',
      'update_group_members',
      { tenant: NETSKOPE, group: 'Sales', add: [LIN] },
    ],
    ['a group is made with members', 'create_group', { tenant: NETSKOPE, name: 'Night', members: [LIN] }],
    ['an email is changed', 'update_user', { tenant: NETSKOPE, user: LIN, set: { email: 'x@evil.example' } }],
    [
      'a user name is changed',
      'update_user',
      { tenant: SCIM, user: LIN, set: { userName: 'x@evil.example' } },
    ],
    ['an external id is changed', 'update_user', { tenant: SCIM, user: LIN, set: { externalId: 'other' } }],
    [
      'a login is changed together with a harmless field',
      'update_user',
      { tenant: SCIM, user: LIN, set: { title: 'Lead', email: 'x@evil.example' } },
    ],
    ['a licence is lowered', 'update_user', { tenant: GAINSIGHT, user: ADA, set: { licence: 'Viewer' } }],
    ['a licence is raised', 'update_user', { tenant: GAINSIGHT, user: KATHERINE, set: { licence: 'Full' } }],
    ['a role is changed', 'update_user', { tenant: SCIM, user: LIN, set: { role: 'Approver of invoices' } }],
    [
      'an account is made with a role',
      'create_user',
      {
        tenant: SCIM,
        email: 'new@example.com',
        givenName: 'New',
        familyName: 'Person',
        attributes: { role: 'Approver of invoices' },
      },
    ],
  ])('%s', async (_, tool, args) => {
    const world = everywhere()
    const before = world.asked.length
    const answer = await world.call(tool, args)
    expect(answer.error?.code).toBe('declined')
    expect(world.asked.length).toBe(before + 1)
  })

  test('access is given back', async () => {
    const world = everywhere()
    const { userName: user } = world.newcomer()
    world.netskope.user(user).active = false
    const answer = await world.call('reactivate_user', { user, tenants: [NETSKOPE], reason })
    expect(answer.error?.code).toBe('declined')
    expect(world.netskope.user(user).active).toBe(false)
  })

  test.each<[string, Record<string, unknown>]>([
    ['update_user', { tenant: SCIM, user: GRACE, set: { title: 'Lead', phone: '+46 1 23' } }],
    ['create_user', { tenant: NETSKOPE, email: 'plain@example.com', givenName: 'P', familyName: 'Lain' }],
    ['create_group', { tenant: NETSKOPE, name: 'Empty' }],
  ])('but not by %s with %o', async (tool, args) => {
    const world = everywhere()
    const before = world.asked.length
    const answer = await world.call(tool, args)
    expect(answer.status).toBe('done')
    expect(world.asked).toHaveLength(before)
  })

  test('and the README says so in its first paragraph', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8').replace(/\s+/g, ' ')
    expect(readme).toContain(
      'Before access is taken or given, or a login is changed, a person is asked, on whatever client the agent runs',
    )
  })
})

describe('refused before anybody is asked', () => {
  const shared = shareWorld(() =>
    openWorld({ settings: { protected: ['breakglass@example.com', 'robot-*', '*@robots.example.com'] } }),
  )

  test.each<[string, (user: string, other: string) => Record<string, unknown>, string]>([
    ['the email of another', (_, other) => ({ email: other }), 'conflict'],
    ['the user name of another', (_, other) => ({ userName: other, email: other }), 'conflict'],
    ['the second email of another', (_, other) => ({ email: `second.${other}` }), 'conflict'],
    ['the external id of another', (_, other) => ({ externalId: `ext-${other}` }), 'conflict'],
    ['a protected address', () => ({ email: 'x@robots.example.com' }), 'protected'],
    ['a protected external id', () => ({ externalId: 'robot-7' }), 'protected'],
  ])('an account that is given %s', async (_, setFor, code) => {
    const world = shared()
    const [{ userName: user }, other] = [world.newcomer(), world.newcomer()]
    other.externalId = `ext-${other.userName}`
    other.emails = [...(other.emails ?? []), { type: 'home', value: `second.${other.userName}` }]
    const { writes, asked } = world.since()
    const set = setFor(user, other.userName)
    expect((await world.call('update_user', { tenant: NETSKOPE, user, set })).error?.code).toBe(code)
    expect([writes(), asked()]).toEqual([[], []])
  })

  test('a new account with the external id of another, or a protected name', async () => {
    const world = shared()
    const other = world.newcomer()
    other.externalId = `ext-${other.userName}`
    const { writes, asked } = world.since()
    const made = { tenant: NETSKOPE, email: 'fresh@example.com', givenName: 'F', familyName: 'Resh' }
    const stolen = await world.call('create_user', { ...made, attributes: { externalId: other.externalId } })
    expect(stolen.error?.code).toBe('conflict')
    const robot = await world.call('create_user', { ...made, email: 'r2@robots.example.com' })
    expect(robot.error?.code).toBe('protected')
    expect([writes(), asked()]).toEqual([[], []])
  })

  test.each([
    ['an invisible letter', 'Ad\u200bmin'],
    ['a reversed text', '\u202enimda'],
    ['a line break', 'Lead\nApproved'],
    ['blanks in a row', 'Lead          of everything'],
    ['a blank that is none', 'Lead\u00a0'.concat('x')],
    ['marks on top of each other', `L${'\u0301'.repeat(9)}ead`],
  ])('text with %s, in every field that is written', async (_, text) => {
    const world = shared()
    const { userName: user } = world.newcomer()
    const { writes } = world.since()
    const sets = [
      { familyName: text },
      { externalId: text },
      { title: text },
      { role: text },
      { custom: { a: text } },
    ]
    for (const set of [...sets, { custom: { a: [text] } }]) {
      const answer = await world.call('update_user', { tenant: NETSKOPE, user, set })
      expect(answer.error?.code).toBe('invalid_input')
    }
    const named = { tenant: NETSKOPE, email: 'seen@example.com', givenName: text, familyName: 'X' }
    expect((await world.call('create_user', named)).error?.code).toBe('invalid_input')
    expect((await world.call('create_group', { tenant: NETSKOPE, name: text })).error?.code).toBe(
      'invalid_input',
    )
    expect(writes()).toEqual([])
  })
})

describe('the record is judged, not the row of a list', () => {
  const hiding = () =>
    openWorld({
      settings: { protected: ['breakglass@example.com'], confirm: { removes: 'none', gives: 'none' } },
      sandbox: { faults: ['rows-sparse'] },
    })

  test.each<[string, (user: string) => Record<string, unknown>]>([
    ['deactivate_user', (user) => ({ user, tenants: [NETSKOPE], reason })],
    ['update_user', (user) => ({ tenant: NETSKOPE, user, set: { familyName: 'Changed' } })],
    ['update_group_members', (user) => ({ tenant: NETSKOPE, group: 'Contractors', add: [user] })],
    ['create_group', (user) => ({ tenant: NETSKOPE, name: 'With them', members: [user] })],
  ])('%s refuses whom only the record shows to be protected', async (tool, args) => {
    await using world = await hiding()
    const hidden = world.newcomer()
    hidden.emails = [
      { type: 'work', value: hidden.userName, primary: true },
      { type: 'other', value: 'breakglass@example.com' },
    ]
    expect((await world.call(tool, args(hidden.userName))).error?.code).toBe('protected')
    expect(world.netskope.writes).toEqual([])
  })
})

test('a call over several apps says app by app who refuses, and goes on without those', async () => {
  await using world = await openWorld({ ...IN_ALL, settings: { confirm: { admins: 'ask' } } })
  const tenants = [NETSKOPE, GAINSIGHT, 'acme-mindtickle']
  const fired = { user: GRACE, tenants, reason: 'was let go' }
  const { error } = await world.call('deactivate_user', fired)
  expect(error).toMatchObject({ code: 'refused' })
  expect(error?.message).toContain('Nothing was changed in any tenant. acme-gainsight: ')
  expect(error?.hint).toContain(
    'Leave acme-gainsight out, and the call can go on in acme-netskope, acme-mindtickle',
  )
  expect(world.netskope.writes).toEqual([])
  const rest = await world.call('deactivate_user', { ...fired, tenants: [NETSKOPE, 'acme-mindtickle'] })
  expect(rest.status).toBe('done')
})

test('twenty-one accounts are bulk work, whatever address they share', async () => {
  await using world = await openWorld({ settings: { confirm: { gives: 'none' } } })
  const users = Array.from({ length: 21 }, () => {
    const one = world.newcomer()
    one.emails = [{ type: 'work', value: 'shared@example.com', primary: true }]
    return one.userName
  })
  const answer = await world.call('update_group_members', {
    tenant: NETSKOPE,
    group: 'Contractors',
    add: users,
  })
  expect(answer.status).toBe('approval_required')
})

test('a member taken out counts as a removal', async () => {
  await using world = await openWorld({
    settings: { confirm: { removes: 'none' }, limits: { removesPerHour: 1 } },
  })
  const group = world.netskope.group('Contractors')
  const [one, two] = [world.newcomer(), world.newcomer()]
  group.members = [...(group.members ?? []), { value: one.id }, { value: two.id }]
  const out = (user: string) =>
    world.call('update_group_members', { tenant: NETSKOPE, group: 'Contractors', remove: [user] })
  expect((await out(one.userName)).status).toBe('done')
  expect((await out(two.userName)).error?.code).toBe('limit_reached')
})

test('a role that the settings name is an administrator’s', async () => {
  await using world = await openWorld({ ...IN_ALL, settings: { administrators: ['Keyholder'] } })
  const app = world.sandbox.tenants['acme-scim']
  Object.assign(app.user(ADA), { roles: [{ value: 'KEYHOLDER', primary: true }] })
  const change = { tenant: SCIM, user: ADA, set: { title: 'Lead' } }
  expect((await world.call('update_user', change)).status).toBe('approval_required')
  Object.assign(app.user(ADA), { roles: [{ value: 'Gatekeeper', primary: true }] })
  expect((await world.call('update_user', change)).status).toBe('done')
})

describe('a caller that may write and not remove', () => {
  test.each<[string, string, Record<string, unknown>, string]>([
    [
      'takes nobody out of a group',
      'update_group_members',
      { tenant: SCIM, group: 'Engineering', remove: [ADA] },
      'forbidden',
    ],
    ['lowers no role', 'update_user', { tenant: SCIM, user: ADA, set: { role: 'Reviewer' } }, 'forbidden'],
    ['changes a title', 'update_user', { tenant: SCIM, user: ADA, set: { title: 'Lead' } }, 'done'],
  ])('%s', async (_, tool, args, end) => {
    await using world = await openHttpWorld(IN_ALL)
    const guest = await world.guest({ token: await world.token('clerk', ['identity:write']) })
    const app = world.sandbox.tenants['acme-scim']
    Object.assign(app.user(ADA), { roles: [{ value: 'Approver', primary: true }] })
    const answer = await guest.call(tool, args)
    expect(answer.error?.code ?? answer.status).toBe(end)
    expect(app.writes).toHaveLength(end === 'done' ? 1 : 0)
  })
})
