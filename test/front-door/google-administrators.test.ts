// @module-tag long

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GoogleWorld, openGoogleWorld, writesFrom } from '../support/google-world.ts'

/** Who is an administrator of a Google Workspace, and what is not done to them here. */
let world: GoogleWorld
beforeAll(async () => {
  world = await openGoogleWorld()
  // A role that came through a group does not show in the record of the user.
  world.google.extras('bo.ferrari@example.com').roles = ['_GROUPS_ADMIN_ROLE']
  for (const user of ['breakglass@example.com', 'grace@example.com'])
    world.google.extras(user).tokens = [{ clientId: 'z', displayText: 'Zoom', scopes: [] }]
})
afterAll(() => world[Symbol.asyncDispose]())

const GOOGLE = { tenants: ['acme-google'], reason: 'left' }
const UPDATE = { tenant: 'acme-google', set: { title: 'Chief' }, reason: 'asked for' }
const ADMINISTRATORS = [
  ['a super administrator', 'breakglass@example.com'],
  ['a delegated administrator', 'grace@example.com'],
  ['an administrator by a role of a group', 'bo.ferrari@example.com'],
  ['the administrator that the service account acts for', 'admin@example.com'],
] as const
const CHANGES = [
  ['deactivate_user', GOOGLE],
  ['end_sessions', GOOGLE],
  ['update_user', UPDATE],
] as const

describe.each(ADMINISTRATORS)('%s', (_, user) => {
  test.each(CHANGES)('is not changed by %s, and the answer says where it is done', async (tool, more) => {
    const asked = world.asked.length
    const { error } = await world.call(tool, { user, ...more })
    expect(error).toMatchObject({ code: 'refused', hint: expect.stringContaining('Admin console') })
    expect(writesFrom(world.google)).toEqual([])
    expect(world.asked).toHaveLength(asked)
  })
})

describe('a list of administrators', () => {
  const listed = async ({ call }: Pick<GoogleWorld, 'call'>, admin: boolean) => {
    const { accounts, complete, note } = await call('list_users', {
      tenant: 'acme-google',
      match: { admin },
      limit: 200,
    })
    const names = (accounts as { userName: string }[]).map(({ userName }) => userName)
    return { names, complete, note }
  }

  test('has those whose role came through a group, and the others are none', async () => {
    await using own = await openGoogleWorld()
    own.google.giveRole('Contractors', '_HELP_DESK_ADMIN_ROLE')
    const group = own.google.group('Contractors').members ?? []
    const byGroup = group.map(({ value }) => own.google.user(value).userName)
    const administrators = await listed(own, true)
    expect(byGroup).not.toEqual([])
    expect(administrators).toMatchObject({ names: expect.arrayContaining(byGroup), complete: true })
    const others = await listed(own, false)
    expect(others.names).not.toEqual([])
    expect(others.names.filter((name) => administrators.names.includes(name))).toEqual([])
  })

  test('without the right to read roles is not called complete, and nobody is known to be none', async () => {
    await using own = await openGoogleWorld()
    own.google.oauth.delegated = own.google.oauth.delegated.filter((one) => !one.includes('rolemanagement'))
    expect(await listed(own, true)).toMatchObject({ complete: false, note: expect.stringContaining('admin') })
    expect(await listed(own, false)).toMatchObject({ names: [], complete: false })
  })
})

test('reactivates no administrator', async () => {
  world.google.user('breakglass@example.com').active = false
  const { error } = await world.call('reactivate_user', { user: 'breakglass@example.com', ...GOOGLE })
  expect(error).toMatchObject({ code: 'refused', hint: expect.stringContaining('Admin console') })
  expect(writesFrom(world.google)).toEqual([])
  world.google.user('breakglass@example.com').active = true
})

test('whoever became an administrator after the question is left alone', async () => {
  await using late = await openGoogleWorld({
    answer: () => {
      late.google.extras('ada@example.com').isDelegatedAdmin = true
      return { action: 'accept', content: { confirm: true } }
    },
  })
  const answer = await late.call('deactivate_user', { user: 'ada@example.com', ...GOOGLE })
  expect(answer.error?.code ?? answer.status).toMatch(/approval_void|refused|failed/)
  expect(writesFrom(late.google)).toEqual([])
  expect(late.google.user('ada@example.com').active).toBe(true)
})

describe('where the settings let administrators be changed', () => {
  const open = (admin: string) =>
    openGoogleWorld({ tenant: { adminWrites: true, admin }, settings: { confirm: { admins: 'ask' } } })

  test('a super administrator’s tokens do it', async () => {
    await using bold = await open('admin@example.com')
    const answer = await bold.call('deactivate_user', { user: 'grace@example.com', ...GOOGLE })
    expect(answer).toMatchObject({ status: 'done', results: [{ outcome: 'deactivated' }] })
    expect(bold.google.user('grace@example.com').active).toBe(false)
  })

  test('a delegated administrator’s tokens do not, and no write leaves', async () => {
    await using bold = await open('grace@example.com')
    const answer = await bold.call('deactivate_user', { user: 'breakglass@example.com', ...GOOGLE })
    expect(answer).toMatchObject({
      status: 'failed',
      results: [{ outcome: 'failed', code: 'refused', note: expect.stringContaining('Admin console') }],
    })
    expect(writesFrom(bold.google)).toEqual([])
  })

  test('the account that the tokens act for stays out of reach', async () => {
    await using bold = await open('admin@example.com')
    const { error } = await bold.call('deactivate_user', { user: 'admin@example.com', ...GOOGLE })
    expect(error).toMatchObject({ code: 'refused' })
    expect(writesFrom(bold.google)).toEqual([])
  })
})

test('a delegated administrator’s tokens change everybody else', async () => {
  await using helpdesk = await openGoogleWorld({ tenant: { admin: 'grace@example.com' } })
  const answer = await helpdesk.call('deactivate_user', { user: 'ada@example.com', ...GOOGLE })
  expect(answer).toMatchObject({ status: 'done', results: [{ sessions: 'ended', verified: true }] })
})
