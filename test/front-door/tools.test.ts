import { describe, expect, test } from 'vitest'
import type { NetskopeFault } from '../../src/sandbox/netskope.ts'
import { CLIENTS } from '../support/clients.ts'
import { allRows, rowsOf } from '../support/rows.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

const ADA = 'ada@example.com'

const shared = shareWorld(() => openWorld())
/** The world that tests share, with these faults of the app until `using` is over, and what has happened since. */
function scene(...faults: NetskopeFault[]) {
  const world = shared()
  world.netskope.faults.set(faults)
  return { world, ...world.since(), [Symbol.dispose]: () => world.netskope.faults.set([]) }
}

interface Listing {
  accounts: { id: string; userName: string; status: string }[]
  nextCursor?: string
  complete: boolean
  note?: string
}

describe.each(CLIENTS)('for a %s client', (client) => {
  test('every tool is listed, and answers with an object that its schema allows', async () => {
    await using world = await openWorld({ client })
    const names = (await world.client.listTools()).map(({ name }) => name)
    expect(names).toEqual([
      'list_tenants',
      'find_user',
      'list_users',
      'list_groups',
      'compare_users',
      'pull_audit',
      'list_changes',
      'explain_access',
      'check_token',
      'create_user',
      'update_user',
      'onboard',
      'create_group',
      'update_group_members',
      'deactivate_user',
      'offboard',
      'deactivate_users',
      'get_run',
      'cancel_run',
      'reactivate_user',
      'undo_change',
    ])
    // The clients hold each answer against the tool's output schema, and throw when it does not fit.
    const tenant = 'acme-netskope'
    expect(await world.call('list_tenants')).toMatchObject({
      tenants: [{ tenant, vendor: 'netskope', readOnly: false }],
    })
    expect(await world.call('find_user', { user: ADA })).toMatchObject({
      people: [{ email: ADA, name: 'Ada Lovelace', accounts: [{ tenant, userName: ADA, status: 'active' }] }],
      searched: [{ tenant, outcome: 'found' }],
      complete: true,
    })
    expect(await world.call('list_users', { tenant, limit: 5 })).toMatchObject({ complete: false })
    expect(await world.call('list_groups', { tenant })).toMatchObject({ complete: true })
    expect(await world.call('pull_audit', { tenant, limit: 5 })).toMatchObject({ order: 'newest_first' })
    expect(await world.call('check_token')).toMatchObject({
      checks: [
        { token: 'scim', verdict: 'ok' },
        { token: 'rest', verdict: 'ok' },
      ],
    })
    expect(await world.call('create_group', { tenant, name: 'Sales' })).toMatchObject({
      outcome: 'already_exists',
    })
    expect(
      await world.call('reactivate_user', { user: ADA, tenants: [tenant], reason: 'is back' }),
    ).toMatchObject({
      status: 'unchanged',
      results: [{ outcome: 'already_active', verified: true }],
    })
    const { change } = await world.call('update_user', { tenant, user: ADA, set: { familyName: 'Byron' } })
    expect(await world.call('undo_change', { change, reason: 'a mistake' })).toMatchObject({
      status: 'done',
      results: [{ tenant, outcome: 'restored', verified: true }],
    })
  })
})

describe('find_user', () => {
  test('spends one request once it knows the filters of the app, and compares without case', async () => {
    const { world, arrivals } = scene()
    await world.call('find_user', { user: ADA })
    const before = arrivals().length
    expect(await world.call('find_user', { user: 'ADA@Example.com' })).toMatchObject({
      people: [{ email: ADA }],
    })
    expect(arrivals().length - before).toBe(1)
  })

  test('finds by external id and by id', async () => {
    const { world } = scene()
    const ada = world.netskope.user(ADA)
    for (const user of [ada?.id, ada?.externalId]) {
      expect(await world.call('find_user', { user })).toMatchObject({ people: [{ email: ADA }] })
    }
  })

  test('says absent only for what was searched', async () => {
    const { world } = scene()
    expect(await world.call('find_user', { user: 'nobody@example.com' })).toEqual({
      people: [],
      searched: [{ tenant: 'acme-netskope', outcome: 'absent' }],
      complete: true,
    })
  })

  test('does not believe a filter that the app ignored', async () => {
    using faulty = scene('filter-ignored')
    const { world } = faulty
    expect(await world.call('find_user', { user: 'nobody@example.com' })).toMatchObject({
      people: [],
      complete: true,
    })
    expect(await world.call('find_user', { user: ADA })).toMatchObject({
      people: [{ accounts: [{ userName: ADA }] }],
    })
  })

  test('shows both accounts that match, and refuses to change either', async () => {
    using faulty = scene('duplicate-user')
    const { world, writes } = faulty
    const found = await world.call('find_user', { user: ADA })
    expect(found).toMatchObject({ people: [{ accounts: [{}, {}] }] })
    const refused = await world.call('deactivate_user', {
      user: ADA,
      tenants: ['acme-netskope'],
      reason: 'left',
    })
    expect(refused.error).toMatchObject({ code: 'ambiguous', candidates: [{}, {}] })
    expect(writes()).toEqual([])
  })

  describe('of an app that fails', () => {
    // A tenant each: one that has failed a few times is left alone for a while.
    const faults = ['html-errors', 'reset', 'bad-gateway', 'empty-reply', 'sso-inactive'] as const
    const failing = shareWorld(() =>
      openWorld({
        tenants: ({ 'acme-netskope': acme }) => Object.fromEntries(faults.map((fault) => [fault, acme])),
      }),
    )

    test.each(faults)('says that one with %s was not searched', async (fault) => {
      const { netskope, call } = failing()
      netskope.faults.set([fault])
      const found = await call('find_user', { user: ADA, tenants: [fault] })
      expect(found).toMatchObject({ people: [], searched: [{ outcome: 'not_searched' }], complete: false })
    })
  })

  test('answers in time when the app never does', async () => {
    await using world = await openWorld({
      tenant: { timeoutMs: 300, maxRetries: 0 },
      sandbox: { faults: [{ fault: 'hang' }] },
    })
    expect(await world.call('find_user', { user: ADA })).toMatchObject({
      searched: [{ outcome: 'not_searched', code: 'timeout' }],
    })
  })

  test('reports a spent budget with the time to come back, at once', async () => {
    await using world = await openWorld({ tenant: { budget: { perMinute: 6 } } })
    const answers = []
    for (let count = 0; count < 4; count += 1) answers.push(await world.call('find_user', { user: ADA }))
    expect(answers[2]).toMatchObject({ complete: true })
    expect(answers[3]).toMatchObject({ searched: [{ outcome: 'not_searched', code: 'rate_limited' }] })
    const { searched } = answers[3] as unknown as { searched: { retryAt: string }[] }
    expect(Date.parse(searched[0]?.retryAt ?? '')).toBeGreaterThan(Date.now())
    // Three of them tested the lists and filters of the app.
    expect(world.netskope.arrivals).toHaveLength(6)
  })
})

describe('list_users', () => {
  test('pages through everybody once, with a cursor that holds over a restart', async () => {
    const { world } = scene()
    const names = new Set<string>()
    let cursor: string | undefined
    let server: Pick<typeof world, 'call'> = world
    for (let page = 0; page < 10; page += 1) {
      const listed: Listing = (await server.call('list_users', {
        tenant: 'acme-netskope',
        limit: 100,
        ...(cursor && { cursor }),
      })) as unknown as Listing
      for (const { userName } of listed.accounts) names.add(userName)
      cursor = listed.nextCursor
      if (page === 0) server = await world.open()
      if (!cursor) {
        expect(listed.complete).toBe(true)
        break
      }
      expect(listed.complete).toBe(false)
    }
    expect(names.size).toBe(world.netskope.users.length)
  })

  test('takes equality over fields, re-checked here', async () => {
    const { world } = scene()
    const listed = (await world.call('list_users', {
      tenant: 'acme-netskope',
      match: { status: 'inactive' },
      limit: 200,
    })) as unknown as Listing
    expect(listed.accounts.length).toBe(world.netskope.users.filter(({ active }) => !active).length)
    expect(rowsOf(listed, 'accounts').every(({ status }) => status === 'inactive')).toBe(true)
  })

  test.each([
    ['altered', (cursor: string) => `A${cursor.slice(1)}`],
    ['another tool’s', (cursor: string) => cursor],
  ])('refuses a cursor that is %s', async (what, alter) => {
    const { world } = scene()
    const { nextCursor = '' } = (await world.call('list_users', {
      tenant: 'acme-netskope',
      limit: 2,
    })) as unknown as Listing
    const tool = what === 'altered' ? 'list_users' : 'pull_audit'
    const answer = await world.call(tool, { tenant: 'acme-netskope', cursor: alter(nextCursor) })
    expect(answer.error?.code).toBe('invalid_input')
  })

  test('notices an app that ignores paging, and says that the list is not complete', async () => {
    using faulty = scene('paging-ignored')
    const { world } = faulty
    const list = (args: object) => world.call('list_users', args)
    const { rows, pages } = await allRows(list, 'accounts', { tenant: 'acme-netskope', limit: 100 })
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    expect(pages.at(-1)).toMatchObject({ complete: false, note: expect.stringContaining('repeats rows') })
  })
})

describe('list_groups', () => {
  test('shows the members of one group', async () => {
    const { world } = scene()
    const [group] = world.netskope.groups
    const answer = await world.call('list_groups', { tenant: 'acme-netskope', group: group?.displayName })
    expect(answer).toMatchObject({
      groups: [{ name: group?.displayName, memberCount: group?.members?.length }],
    })
  })

  test('never takes members left out for none', async () => {
    using faulty = scene('members-hidden')
    const { world } = faulty
    const [group] = world.netskope.groups
    const answer = await world.call('list_groups', { tenant: 'acme-netskope', group: group?.displayName })
    expect(answer).toMatchObject({ complete: false })
    expect((answer.groups as object[])[0]).not.toHaveProperty('members')
  })
})

describe('pull_audit', () => {
  const monthAgo = () => new Date(Date.now() - 30 * 86_400_000).toISOString()

  test('pages through the whole span once, newest first', async () => {
    const { world } = scene()
    const since = monthAgo()
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = (await world.call('pull_audit', {
        tenant: 'acme-netskope',
        since,
        limit: 500,
        ...(cursor && { cursor, since: undefined }),
      })) as unknown as { events: { id: string; time: string }[]; nextCursor?: string; note: string }
      const times = page.events.map(({ time }) => time)
      expect(times).toEqual([...times].sort().reverse())
      expect(page.note).toContain('administrators')
      ids.push(...page.events.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor)
    expect(ids.length).toBeGreaterThan(1000)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('filters one user at the app and again here', async () => {
    const { world } = scene()
    const all = (await world.call('pull_audit', {
      tenant: 'acme-netskope',
      since: monthAgo(),
      limit: 50,
    })) as unknown as {
      events: { actor: string }[]
    }
    const user = all.events[0]?.actor ?? ''
    const own = (await world.call('pull_audit', {
      tenant: 'acme-netskope',
      since: monthAgo(),
      user,
      role: 'actor',
    })) as unknown as {
      events: { actor: string }[]
    }
    expect(own.events.length).toBeGreaterThan(0)
    expect(new Set(rowsOf(own, 'events').map(({ actor }) => actor))).toEqual(new Set([user]))
  })

  test('says that the last 24 hours were taken when no start was given', async () => {
    const { world } = scene()
    expect((await world.call('pull_audit', { tenant: 'acme-netskope' })).note).toContain('24 hours')
  })

  test('refuses a span that ends before it begins, and a user that could break out of the query', async () => {
    const { world, arrivals } = scene()
    const tenant = 'acme-netskope'
    const backwards = { tenant, since: '2026-02-01T00:00:00Z', until: '2026-01-01T00:00:00Z' }
    expect((await world.call('pull_audit', backwards)).error?.code).toBe('invalid_input')
    const breaking = { tenant, user: 'a" or user like "', role: 'actor' }
    expect((await world.call('pull_audit', breaking)).error?.code).toBe('invalid_input')
    expect((await world.call('pull_audit', { tenant, action: '→' })).error?.code).toBe('invalid_input')
    expect(arrivals()).toEqual([])
  })
})

describe('check_token', () => {
  const rightTokens = { scim: 'env:SANDBOX_NETSKOPE_SCIM_TOKEN', rest: 'env:SANDBOX_NETSKOPE_REST_TOKEN' }
  // The same app, which each of these tenants is set up to reach in another way.
  const tenants: Record<string, Record<string, unknown>> = {
    right: {},
    swapped: { tokens: { scim: rightTokens.rest, rest: rightTokens.scim } },
    single: { tokens: { scim: rightTokens.rest } },
    unknown: { tokens: { ...rightTokens, scim: 'env:UNKNOWN_TOKEN' } },
    nowhere: { url: 'http://127.0.0.1:9', maxRetries: 0 },
    misplaced: { scimBasePath: '/scim/v2' },
  }
  const shared = shareWorld(() =>
    openWorld({
      env: { UNKNOWN_TOKEN: 'not-a-token-of-this-tenant' },
      tenants: ({ 'acme-netskope': acme }) =>
        Object.fromEntries(Object.entries(tenants).map(([name, more]) => [name, { ...acme, ...more }])),
    }),
  )
  const checks = async (tenant: string) => {
    const world = shared()
    const answer = (await world.call('check_token', { tenant })) as unknown as {
      checks: { token: string; verdict: string; fingerprint: string; surfaces: { hint?: string }[] }[]
    }
    expect(JSON.stringify(answer)).not.toContain(world.tokens.scim)
    expect(world.netskope.writes).toEqual([])
    return answer.checks
  }

  test('tells tokens that stand in each other’s slots, and where the right one is made', async () => {
    const found = await checks('swapped')
    expect(found.map(({ verdict }) => verdict)).toEqual(['wrong_token', 'wrong_token'])
    expect(JSON.stringify(found)).toContain('Settings > ')
  })

  test('gives one token that stands for both slots one row with every surface', async () => {
    const { scim, rest } = shared().netskope.tokens
    const { grants } = rest
    rest.grants = { ...scim.grants, ...grants }
    expect(await checks('single')).toMatchObject([
      { token: 'scim', verdict: 'ok', surfaces: [{ ok: true }, { ok: true }, { ok: true }] },
    ])
    rest.grants = grants
  })

  test('tells a token that is unknown', async () => {
    expect((await checks('unknown')).map(({ verdict }) => verdict)).toEqual(['rejected', 'ok'])
  })

  test('tells that single sign-on is not active', async () => {
    const { faults } = shared().netskope
    faults.set(['sso-inactive'])
    expect((await checks('right'))[0]?.verdict).toBe('sso_not_active')
    faults.set([])
  })

  test('tells an address where nobody answers', async () => {
    const found = await checks('nowhere')
    expect(found.map(({ verdict }) => verdict)).toEqual(['unreachable', 'unreachable'])
  })

  test('tells a wrong base path', async () => {
    expect((await checks('misplaced'))[0]?.verdict).toBe('wrong_address')
  })
})
