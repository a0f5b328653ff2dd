// @module-tag long

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CannedReply, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { allRows, rowsOf } from '../support/rows.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

const MOST = 8_000
const bytesOf = (answer: unknown) => Buffer.byteLength(JSON.stringify(answer))

interface Row {
  id: string
  [field: string]: unknown
}

/** A world with one tenant more, `acme-app`, whose app answers what the test at hand says. */
let reply: (request: ReceivedRequest) => CannedReply = () => ({ status: 500, body: {} })
const shared = shareWorld(async () => {
  const app = await serveCanned((request) => reply(request))
  const world = await openWorld({
    tenants: (own) => ({
      ...own,
      'acme-app': {
        vendor: 'scim',
        url: app.url,
        tokens: { scim: 'env:APP_TOKEN' },
        pageSize: 50,
        budget: { perMinute: 1_000_000 },
        maxRetries: 0,
      },
    }),
    env: { APP_TOKEN: 'app-token' },
  })
  return {
    ...world,
    app,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await app[Symbol.asyncDispose]()
    },
  }
})
const call = (tool: string) => (args: Record<string, unknown>) => shared().call(tool, args)

/** An app that pages as RFC 7644 §3.4.2.4 says. */
const pagesOf =
  <Row extends { id: string }>(rows: readonly Row[]) =>
  ({ path, query }: ReceivedRequest): CannedReply => {
    const one = rows.find(({ id }) => path.endsWith(`/${id}`))
    if (one) return { body: one }
    const [start, count] = [Number(query.startIndex ?? 1), Number(query.count ?? 100)]
    const Resources = rows.slice(start - 1, start - 1 + count)
    return {
      body: { totalResults: rows.length, startIndex: start, itemsPerPage: Resources.length, Resources },
    }
  }

const userAt = (index: number, name: string) => ({
  id: `u${index}`,
  userName: `user${index}@example.com`,
  displayName: name,
  active: true,
  emails: [{ value: `user${index}@example.com`, primary: true }],
})

describe('no answer is longer than 8 kB, and its cursor goes on exactly behind its last row', () => {
  const names = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '漢', '"'), maxLength: 250 }), {
    maxLength: 130,
  })
  const limits = fc.integer({ min: 1, max: 200 })

  test('of users, whatever their names are', async () => {
    await fc.assert(
      fc.asyncProperty(names, limits, fc.boolean(), async (given, limit, chooses) => {
        const users = given.map((name, index) => userAt(index, name))
        reply = pagesOf(users)
        const args = { tenant: 'acme-app', limit, ...(chooses && { fields: ['name', 'groups', 'email'] }) }
        const { rows, pages } = await allRows<Row>(call('list_users'), 'accounts', args)
        expect(rows.map(({ id }) => id)).toEqual(users.map(({ id }) => id))
        for (const page of pages) {
          expect(bytesOf(page)).toBeLessThanOrEqual(MOST)
          expect(page.complete).toBe(page.nextCursor === undefined)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('of groups and of the members of one', async () => {
    await fc.assert(
      fc.asyncProperty(names, limits, async (given, limit) => {
        const groups = given.map((name, index) => ({ id: `g${index}`, displayName: `g ${name}` }))
        reply = pagesOf(groups)
        const listed = await allRows<Row>(call('list_groups'), 'groups', { tenant: 'acme-app', limit })
        expect(listed.rows.map(({ id }) => id)).toEqual(groups.map(({ id }) => id))
        const members = given.map((name, index) => ({ value: `m${index}`, display: `m ${name}` }))
        const whole = { id: 'g1', displayName: 'All', members }
        reply = ({ path }) =>
          path === '/Groups' ? { body: { totalResults: 1, Resources: [whole] } } : { body: whole }
        const one = await allRows<Row>(call('list_groups'), 'groups', {
          tenant: 'acme-app',
          group: 'All',
          limit,
        })
        expect(one.rows.flatMap((row) => row.members as Row[]).map(({ id }) => id)).toEqual(
          members.map(({ value }) => value),
        )
        for (const page of [...listed.pages, ...one.pages]) expect(bytesOf(page)).toBeLessThanOrEqual(MOST)
      }),
      { numRuns: 25 },
    )
  })

  test('of events', async () => {
    const since = new Date(Date.now() - 30 * 86_400_000).toISOString()
    const args = { tenant: 'acme-netskope', first: { since, limit: 5_000 } }
    const { rows, pages } = await allRows<Row>(call('pull_audit'), 'events', args)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    expect(rows.length).toBeGreaterThan(1_000)
    for (const page of pages) expect(bytesOf(page)).toBeLessThanOrEqual(MOST)
    const counted = await allRows(call('pull_audit'), 'events', {
      tenant: 'acme-netskope',
      first: { since },
      count: true,
    })
    expect(counted.pages.at(-1)).toMatchObject({ events: [], count: rows.length })
  })

  test.each([1, 70])('of a person whom %i tenants have', async (more) => {
    await using app = await serveCanned(pagesOf([userAt(1, 'One')]))
    const names = Array.from({ length: more }, (_, index) => `acme-workspace-${index}`)
    const tenant = {
      vendor: 'scim',
      url: app.url,
      tokens: { scim: 'env:APP_TOKEN' },
      budget: { perMinute: 1_000_000 },
      // All of them answer, however slow this machine is.
      timeoutMs: 120_000,
    }
    await using world = await openWorld({
      settings: { tenants: Object.fromEntries(names.map((name) => [name, tenant])) },
      env: { APP_TOKEN: 'app-token' },
    })
    const find = (args: Record<string, unknown>) => world.call('find_user', args)
    const { rows, pages } = await allRows<Row>(find, 'searched', { user: 'user1@example.com' })
    expect(rows.map(({ tenant }) => tenant)).toEqual(names)
    const accounts = pages.flatMap((page) =>
      rowsOf<{ accounts: Row[] }>(page, 'people').flatMap((one) => one.accounts),
    )
    expect(accounts.map(({ tenant }) => tenant)).toEqual(names)
    for (const page of pages) {
      expect(bytesOf(page)).toBeLessThanOrEqual(MOST)
      expect(page.complete).toBe(page.nextCursor === undefined)
    }
  })
})

test.each(['acme-netskope', 'acme-gainsight', 'acme-mindtickle'])(
  'a page of 50 users of %s is one answer',
  async (tenant) => {
    const answer = await shared().call('list_users', { tenant })
    expect(answer.accounts).toHaveLength(50)
    expect(bytesOf(answer)).toBeLessThanOrEqual(MOST)
    expect(answer.note).toContain('`fields`')
    expect(answer.shared).toMatchObject({ tenant })
  },
)

test('an account in 5,000 groups fills no answer, and its groups are counted', async () => {
  const groups = Array.from({ length: 5_000 }, (_, at) => ({
    value: `g${at}`,
    display: `Group number ${at} of all`,
  }))
  const one = { ...userAt(1, 'One'), groups }
  reply = ({ path }) =>
    path === '/Users'
      ? { body: { totalResults: 1, Resources: [one] } }
      : path.startsWith('/Users/')
        ? { body: one }
        : { status: 404, body: {} }
  const found = await shared().call('find_user', { user: one.userName, tenants: ['acme-app'] })
  const listed = await shared().call('list_users', { tenant: 'acme-app' })
  const explained = await shared().call('explain_access', { user: one.userName, tenants: ['acme-app'] })
  const updated = await shared().call('update_user', {
    tenant: 'acme-app',
    user: one.userName,
    set: { displayName: 'One' },
  })
  for (const answer of [found, listed, explained, updated]) {
    const [account] = JSON.stringify(answer).match(/"groups":\[.*?\],"moreGroups":\d+/) ?? []
    const { groups: shown, moreGroups } = JSON.parse(`{${account}}`) as {
      groups: string[]
      moreGroups: number
    }
    expect(shown.length + moreGroups).toBe(5_000)
    expect(bytesOf(answer)).toBeLessThan(4_000)
  }
})

describe('fields', () => {
  test.each(['list_users', 'find_user'])(
    'of %s are those that were asked for, and what names the account',
    async (tool) => {
      reply = pagesOf([{ ...userAt(1, 'One'), title: 'Clerk', locale: 'en' }])
      const asked =
        tool === 'find_user' ? { user: 'user1@example.com', tenants: ['acme-app'] } : { tenant: 'acme-app' }
      const answer = await shared().call(tool, { ...asked, fields: ['title', 'locale'] })
      const [row] =
        tool === 'find_user'
          ? rowsOf<{ accounts: Row[] }>(answer, 'people').flatMap(({ accounts }) => accounts)
          : rowsOf<Row>(answer, 'accounts')
      const { matchedBy: _, ...account } = row ?? { id: '' }
      expect(account).toEqual({
        tenant: 'acme-app',
        vendor: 'scim',
        id: 'u1',
        userName: 'user1@example.com',
        title: 'Clerk',
        locale: 'en',
      })
    },
  )

  test('that there are not are refused with those that there are', async () => {
    for (const [tool, args] of [
      ['find_user', { user: 'x' }],
      ['list_users', { tenant: 'acme-app' }],
    ] as const) {
      const { error } = await shared().call(tool, { ...args, fields: ['password'] })
      expect(error).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('"department"') })
    }
  })
})

describe('count', () => {
  test('counts users and groups over as many pages as it takes, and shows none', async () => {
    reply = pagesOf(
      Array.from({ length: 730 }, (_, index) => ({ ...userAt(index, 'x'), active: index % 2 === 0 })),
    )
    for (const [match, count] of [
      [undefined, 730],
      [{ status: 'inactive' }, 365],
    ] as const) {
      const args = { tenant: 'acme-app', count: true, ...(match && { match }) }
      const { pages, rows } = await allRows(call('list_users'), 'accounts', args)
      expect(pages.length).toBeGreaterThan(1)
      expect(rows).toEqual([])
      expect(pages.at(-1)).toMatchObject({ count, complete: true })
    }
    reply = pagesOf(
      Array.from({ length: 730 }, (_, index) => ({ id: `g${index}`, displayName: `g${index}` })),
    )
    const { pages } = await allRows(call('list_groups'), 'groups', { tenant: 'acme-app', count: true })
    expect(pages.at(-1)).toMatchObject({ count: 730, groups: [], complete: true })
  })

  test('of one group is that of its members', async () => {
    const members = Array.from({ length: 120 }, (_, index) => ({ value: `m${index}` }))
    const whole = { id: 'g1', displayName: 'All', members }
    reply = ({ path }) =>
      path === '/Groups' ? { body: { totalResults: 1, Resources: [whole] } } : { body: whole }
    const answer = await shared().call('list_groups', { tenant: 'acme-app', group: 'All', count: true })
    expect(answer).toMatchObject({ count: 120, groups: [{ name: 'All', memberCount: 120 }], complete: true })
    expect(bytesOf(answer)).toBeLessThan(500)
  })
})

test('access at 60 apps, some of which do not answer, is one answer', async () => {
  const groups = Array.from({ length: 60 }, (_, at) => ({
    value: `g${at}`,
    display: `Group number ${at} of all`,
  }))
  const one = { ...userAt(1, 'One'), groups, title: 'Clerk of the works' }
  await using app = await serveCanned(({ path }) => {
    if (path.startsWith('/gone/')) return { status: 501, body: {} }
    return path.endsWith('/Users')
      ? { body: { totalResults: 1, Resources: [one] } }
      : path.includes('/Users/')
        ? { body: one }
        : { status: 404, body: {} }
  })
  const budget = { perMinute: 1_000_000 }
  const names = Array.from({ length: 60 }, (_, at) => `acme-workspace-${at}`)
  const tenantAt = (at: number) => ({
    ...{ vendor: 'scim', tokens: { scim: 'env:APP_TOKEN' }, budget, maxRetries: 0 },
    url: `${app.url}/${at % 3 === 0 ? 'gone/' : ''}${at}`,
  })
  await using world = await openWorld({
    settings: { tenants: Object.fromEntries(names.map((name, at) => [name, tenantAt(at)])) },
    env: { APP_TOKEN: 'app-token' },
  })
  const answer = await world.call('explain_access', { user: one.userName })
  expect(bytesOf(answer)).toBeLessThanOrEqual(MOST)
  expect(answer.complete).toBe(false)
  const facts = rowsOf<{ facts: { tenant: string; groups: string[]; moreGroups: number }[] }>(
    answer,
    'people',
  ).flatMap((person) => person.facts)
  expect(facts.length).toBeGreaterThan(1)
  for (const { groups: shown, moreGroups } of facts) expect(shown.length + moreGroups).toBe(60)
  // Each app is either told of or named among what is not known.
  const unknown = rowsOf<{ tenant: string }>(answer, 'unknown').flatMap(({ tenant }) => tenant.split(', '))
  for (const name of names) expect([...facts.map(({ tenant }) => tenant), ...unknown]).toContain(name)
})

test('the tokens of 40 tenants are checked page by page, and each once', async () => {
  await using app = await serveCanned(() => ({ status: 401, body: {} }))
  const names = Array.from({ length: 40 }, (_, index) => `acme-workspace-${index}`)
  const budget = { perMinute: 1_000_000 }
  const tenant = { vendor: 'scim', url: app.url, tokens: { scim: 'env:APP_TOKEN' }, budget, maxRetries: 0 }
  await using world = await openWorld({
    settings: { tenants: Object.fromEntries(names.map((name) => [name, tenant])) },
    env: { APP_TOKEN: 'app-token' },
  })
  const { rows, pages } = await allRows<Row>((args) => world.call('check_token', args), 'checks', {})
  expect(rows.map((row) => row.tenant)).toEqual(names)
  expect(pages.length).toBeGreaterThan(1)
  for (const page of pages) {
    expect(bytesOf(page)).toBeLessThanOrEqual(MOST)
    expect(page.complete).toBe(page.nextCursor === undefined)
  }
})

describe('list_tenants', () => {
  /** As many tenants of each kind of app. */
  const openFleet = (each: number) =>
    openWorld({
      tenants: (own) =>
        Object.fromEntries(
          Object.entries(own).flatMap(([name, tenant]) =>
            Array.from({ length: each }, (_, index) => [`${name}-${index}`, tenant]),
          ),
        ),
    })

  test('says once what 60 tenants can do', async () => {
    await using few = await openFleet(1)
    await using many = await openFleet(20)
    const whole = rowsOf<Row & { tenant: string }>(await few.call('list_tenants'), 'tenants')
    for (const { can } of whole) expect(can).toContain('find_user')
    const answer = await many.call('list_tenants')
    expect(bytesOf(answer)).toBeLessThanOrEqual(MOST)
    const rows = rowsOf<Row & { tenant: string; like?: string }>(answer, 'tenants')
    expect(rows).toHaveLength(60)
    for (const { like, ...row } of rows) {
      expect(row).toMatchObject({ vendor: expect.any(String), readOnly: false })
      const one = { ...rows.find(({ tenant }) => tenant === like), ...row }
      const kind = whole.find(({ tenant }) => row.tenant.startsWith(tenant.replace(/0$/, '')))
      expect({ ...one, like: undefined }).toEqual({ ...kind, tenant: row.tenant, like: undefined })
    }
  })
})
