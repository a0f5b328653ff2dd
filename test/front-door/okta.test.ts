// @module-tag long

import { describe, expect, test } from 'vitest'
import { OKTA, oktaOf, openOkta, SCIM, shareOkta, writesSince } from '../support/okta-world.ts'

const ADA = 'ada@example.com'
const REASON = 'left the company'

const { okta, scim, call, asked, newcomer } = shareOkta()

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
    // With the others, and then alone, which shows that it is the one that is lacking.
    expect(refused()).toBe(2)
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
    const before = asked().length
    expect(
      await call('reactivate_user', { user: userName, tenants: [OKTA], reason: 'came back' }),
    ).toMatchObject({ status: 'done', results: [{ outcome: 'reactivated', verified: true }] })
    expect(okta().state(id)).toBe(to)
    expect(writes()).toEqual([`POST /users/${id}/lifecycle/${step}`])
    if (said) expect(asked()[before]).toContain(said)
  })
})

describe('sessions', () => {
  test('end in every app that can before anything else is changed in any app', async () => {
    const [oktaApp, scimApp] = [okta(), scim()]
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
      status: 'done',
      results: [{ outcome: 'ended', sessions: 'ended', verified: false }],
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
