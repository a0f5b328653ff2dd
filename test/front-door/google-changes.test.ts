// @module-tag long

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GoogleWorld, openGoogleWorld, writesFrom } from '../support/google-world.ts'

/** What is changed in a Google Workspace, and in what order. */
let world: GoogleWorld
beforeAll(async () => {
  // It is not known of every app that speaks SCIM whether it deletes whom it deactivates.
  world = await openGoogleWorld({ settings: { confirm: { deletes: 'ask' } } })
})
afterAll(() => world[Symbol.asyncDispose]())

const GOOGLE = { tenants: ['acme-google'], reason: 'left' }
const BOTH = { tenants: ['acme-google', 'acme-scim'], reason: 'left' }
const USERS = '/admin/directory/v1/users'
const credentials = () => ({
  tokens: [
    { clientId: '333.apps.googleusercontent.com', displayText: 'Zoom', scopes: ['openid'] },
    { clientId: '444.apps.googleusercontent.com', displayText: 'Slack', scopes: ['openid'] },
  ],
  asps: [{ codeId: 7, name: 'Old phone' }],
})
let next = 0
/** Somebody whom no other test uses, in both apps. */
function somebody() {
  const inIt = (world.google.group('IT').members ?? []).map(({ value }) => value)
  const users = world.google.users.filter(({ active, id }) => {
    const extras = world.google.extras(id)
    // Titles and groups of administrators ask for more than a question.
    const isAdmin = extras.isAdmin || extras.isDelegatedAdmin || inIt.includes(id)
    return active !== false && !isAdmin
  })
  const user = users[20 + next++]
  if (!user) throw new Error('nobody is left')
  return user
}
const mark = () => ({ google: world.google.writes.length, scim: world.scim.writes.length })

describe('deactivate_user', () => {
  test('ends sessions, OAuth tokens and application passwords before any other write in any app', async () => {
    const user = somebody()
    Object.assign(world.google.extras(user.id), credentials())
    const [from, began] = [mark(), Date.now()]
    const answer = await world.call('deactivate_user', { user: user.userName, ...BOTH })
    expect(answer).toMatchObject({
      status: 'done',
      results: [
        { tenant: 'acme-google', outcome: 'deactivated', sessions: 'ended', verified: true },
        { tenant: 'acme-scim', outcome: 'deactivated', verified: true },
      ],
    })
    const at = `${USERS}/${user.id}`
    const writes = writesFrom(world.google, from.google)
    expect(writes[0]).toBe(`POST ${at}/signOut`)
    expect(writes.slice(1, 4).toSorted()).toEqual([
      `DELETE ${at}/asps/7`,
      `DELETE ${at}/tokens/333.apps.googleusercontent.com`,
      `DELETE ${at}/tokens/444.apps.googleusercontent.com`,
    ])
    expect(writes.slice(4)).toEqual([`PATCH ${at}`])
    const ending = world.google.writes.slice(from.google, from.google + 4)
    const others = [...world.google.writes.slice(from.google + 4), ...world.scim.writes.slice(from.scim)]
    expect(others).toHaveLength(2)
    const lastEnding = Math.max(...ending.map((write) => write.at))
    expect(lastEnding).toBeGreaterThanOrEqual(began)
    for (const { at } of others) expect(at).toBeGreaterThanOrEqual(lastEnding)
    expect(world.google.user(user.id).active).toBe(false)
    expect(world.google.extras(user.id)).toMatchObject({ signOuts: 1, tokens: [], asps: [] })
    expect(world.asked.at(-1)).toMatch(/End every session of .* in Google Workspace/)
  })

  test.each([
    ['the sign-out is refused', { fault: 'server-error', path: 'signOut', status: 403 }, 'failed'],
    ['the sign-out fails at Google', { fault: 'server-error', path: 'signOut', status: 500 }, 'unknown'],
    [
      'a token cannot be deleted',
      { fault: 'server-error', method: 'DELETE', path: '/tokens/', status: 403 },
      'unknown',
    ],
    [
      'tokens cannot be listed',
      { fault: 'server-error', method: 'GET', path: '/tokens', status: 403 },
      'unknown',
    ],
  ] as const)('is partial where %s, and suspends all the same', async (_, fault, sessions) => {
    const user = somebody()
    Object.assign(world.google.extras(user.id), credentials())
    world.google.faults.set([fault])
    const answer = await world.call('deactivate_user', { user: user.userName, ...GOOGLE })
    world.google.faults.clear()
    expect(answer).toMatchObject({
      status: 'partial',
      results: [{ outcome: 'deactivated', sessions, note: expect.stringContaining('Sessions: ') }],
    })
    expect(world.google.user(user.id).active).toBe(false)
  })

  test('is partial where an app let itself in again meanwhile', async () => {
    const user = somebody()
    const extras = Object.assign(world.google.extras(user.id), credentials())
    // Google accepts the deletion, and still lists the token.
    Object.defineProperty(extras, 'tokens', { get: () => credentials().tokens, set: () => {} })
    const answer = await world.call('deactivate_user', { user: user.userName, ...GOOGLE })
    expect(answer).toMatchObject({
      status: 'partial',
      results: [{ sessions: 'unknown', note: expect.stringContaining('still shows 2 sessions or tokens') }],
    })
  })

  test('is partial where the scope for sessions is missing, names it, and suspends all the same', async () => {
    await using poor = await openGoogleWorld()
    poor.google.oauth.delegated = poor.google.oauth.delegated.filter((one) => !one.endsWith('user.security'))
    const answer = await poor.call('deactivate_user', { user: 'ada@example.com', ...GOOGLE })
    expect(answer).toMatchObject({
      status: 'partial',
      results: [
        {
          outcome: 'deactivated',
          sessions: 'failed',
          note: expect.stringContaining('auth/admin.directory.user.security'),
        },
      ],
    })
    expect(poor.google.user('ada@example.com').active).toBe(false)
    expect(poor.google.extras('ada@example.com').signOuts).toBeUndefined()
  })

  test('leaves sessions alone where the settings say so', async () => {
    await using calm = await openGoogleWorld({ tenant: { endSessions: false } })
    const answer = await calm.call('deactivate_user', { user: 'ada@example.com', ...GOOGLE })
    expect(answer).toMatchObject({ status: 'done', results: [{ outcome: 'deactivated' }] })
    expect(writesFrom(calm.google)).toEqual([`PATCH ${USERS}/${calm.google.user('ada@example.com').id}`])
  })

  test('asks nobody about somebody who is suspended or archived', async () => {
    world.google.extras('ivan.lind@example.com').archived = true
    for (const user of ['alan@example.com', 'ivan.lind@example.com']) {
      const from = mark()
      expect(await world.call('deactivate_user', { user, ...GOOGLE })).toMatchObject({
        status: 'unchanged',
        results: [{ outcome: 'already_inactive' }],
      })
      expect(writesFrom(world.google, from.google)).toEqual([])
    }
  })
})

describe('end_sessions', () => {
  test('signs out and deletes what lets apps in, and nothing else', async () => {
    const user = somebody()
    Object.assign(world.google.extras(user.id), credentials())
    expect(await world.call('end_sessions', { user: user.userName, ...GOOGLE })).toMatchObject({
      status: 'done',
      results: [{ outcome: 'ended', verified: true }],
    })
    expect(world.google.extras(user.id)).toMatchObject({ signOuts: 1, tokens: [], asps: [] })
    expect(world.google.user(user.id).active).toBe(true)
  })

  test('says what it did where a lost reply hides it', async () => {
    const user = somebody()
    world.google.faults.set([{ fault: 'lost-reply', path: 'signOut' }])
    const from = mark()
    const answer = await world.call('end_sessions', { user: user.userName, ...GOOGLE })
    world.google.faults.clear()
    expect(answer).toMatchObject({ status: 'failed', results: [{ outcome: 'unknown', verified: false }] })
    expect(writesFrom(world.google, from.google)).toEqual([`POST ${USERS}/${user.id}/signOut`])
  })
})

describe('reactivate_user', () => {
  test('takes a suspension back', async () => {
    const user = somebody()
    user.active = false
    expect(await world.call('reactivate_user', { user: user.userName, ...GOOGLE })).toMatchObject({
      status: 'done',
      results: [{ outcome: 'reactivated', verified: true }],
    })
    expect(world.google.user(user.id).active).toBe(true)
  })

  test('says where an archived account is brought back', async () => {
    const user = somebody()
    world.google.extras(user.id).archived = true
    const from = mark()
    const { error } = await world.call('reactivate_user', { user: user.userName, ...GOOGLE })
    expect(error).toMatchObject({ code: 'refused', hint: expect.stringContaining('Admin console') })
    expect(writesFrom(world.google, from.google)).toEqual([])
  })
})

describe('update_user', () => {
  const update = (user: string, set: Record<string, unknown>) =>
    world.call('update_user', { tenant: 'acme-google', user, set, reason: 'asked for' })

  test('changes what was asked, and keeps the rest of each list', async () => {
    const user = somebody()
    Object.assign(world.google.extras(user.id), {
      organization: { costCenter: 'CC-7' },
      otherOrganizations: [{ title: 'Trustee', name: 'Charity' }],
    })
    const set = {
      title: 'Director',
      department: 'Support',
      givenName: 'Newname',
      manager: 'ada@example.com',
      externalId: 'E-4711',
      phone: '+44 20 7946 0000',
    }
    const answer = await update(user.userName, set)
    expect(answer).toMatchObject({ status: 'done', verified: true, after: set })
    expect(world.google.user(user.id)).toMatchObject({ title: 'Director', externalId: 'E-4711' })
    expect(world.google.extras(user.id)).toMatchObject({
      organization: { costCenter: 'CC-7' },
      otherOrganizations: [{ title: 'Trustee', name: 'Charity' }],
    })
  })

  test('renames, and finds the person by the old address', async () => {
    const user = somebody()
    const old = user.userName
    const answer = await update(old, { email: 'renamed@example.com' })
    expect(answer).toMatchObject({ status: 'done', verified: true })
    expect(await world.call('find_user', { user: old, tenants: ['acme-google'] })).toMatchObject({
      people: [{ accounts: [{ userName: 'renamed@example.com' }] }],
    })
  })

  test.each([
    ['an address that somebody has', { email: 'grace@example.com' }, 'conflict'],
    ['an address that is no address', { email: 'no-address' }, /invalid_input|refused/],
    ['two addresses', { email: 'one@example.com', userName: 'two@example.com' }, 'refused'],
    ['a field that Google does not have', { licence: 'Full' }, 'unsupported'],
    ['a time zone', { timezone: 'Europe/London' }, 'unsupported'],
  ])('refuses %s', async (_, set, code) => {
    const user = somebody()
    const before = structuredClone(user)
    const answer = await update(user.userName, set)
    expect(answer.error?.code ?? answer.code).toMatch(code)
    expect(world.google.user(user.id)).toEqual(before)
  })
})

describe('update_group_members', () => {
  const update = (more: Record<string, unknown>) =>
    world.call('update_group_members', {
      tenant: 'acme-google',
      group: 'Contractors',
      reason: 'asked for',
      ...more,
    })
  const members = () => (world.google.group('Contractors').members ?? []).map(({ value }) => value)

  test('puts somebody in, then takes them out, and leaves everybody else', async () => {
    const user = world.google.users.find(({ id, active }) => active !== false && !members().includes(id))
    const before = members()
    expect(await update({ add: [user?.userName] })).toMatchObject({
      status: 'done',
      members: [{ outcome: 'added' }],
      verified: true,
    })
    expect(members()).toEqual([...before, user?.id])
    expect(await update({ remove: [user?.userName] })).toMatchObject({
      status: 'done',
      members: [{ outcome: 'removed' }],
      verified: true,
    })
    expect(members()).toEqual(before)
  })

  test('says so where a part of a change is made', async () => {
    const before = members()
    const [one = '', other = ''] = before.filter((id) => world.google.user(id).active)
    world.google.faults.set([{ fault: 'server-error', path: `/members/${other}`, status: 403 }])
    const answer = await update({ remove: [one, other] })
    world.google.faults.clear()
    expect(answer.status).toBe('partial')
    expect(members()).toEqual(before.filter((id) => id !== one))
  })
})
