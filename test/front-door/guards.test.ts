import { expect, test } from 'vitest'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }
const QUIET = { confirm: { removes: 'none' } }
const shared = shareWorld(() => openWorld())

test.each([
  ['an unknown argument', { ...LEAVES, confirm: true }],
  ['a missing argument', { user: ADA, tenants: ['acme-netskope'] }],
  ['no tenants at all', { ...LEAVES, tenants: [] }],
  ['an argument of another kind', { ...LEAVES, tenants: 'acme-netskope' }],
])('declared-only refuses %s', async (_, args) => {
  const { call, since } = shared()
  const { arrivals, events } = since()
  const { error } = await call('deactivate_user', args)
  expect(error).toMatchObject({ code: 'invalid_input', retryable: false })
  expect(arrivals()).toEqual([])
  expect(events()).toEqual(['refused'])
})

test('access refuses a tenant that nobody configured, and names those there are', async () => {
  const { call, since } = shared()
  const { arrivals } = since()
  const { error } = await call('deactivate_user', { ...LEAVES, tenants: ['acme-netskope', 'acme-zoom'] })
  expect(error).toMatchObject({ code: 'unknown_tenant' })
  expect(error?.hint).toContain('acme-netskope')
  expect(arrivals()).toEqual([])
})

test.each([
  ['--read-only', { args: ['--read-only'] }],
  ['the settings', { settings: { readOnly: true } }],
  ['the tenant', { tenant: { allowWrites: false } }],
])('read-only by %s lists no changing tool and refuses one that is called', async (_, options) => {
  await using world = await openWorld(options)
  const names = (await world.client.listTools()).map(({ name }) => name)
  expect(names).not.toContain('deactivate_user')
  expect(names).not.toContain('reactivate_user')
  expect((await world.call('deactivate_user', LEAVES)).error?.code).toBe('read_only')
  expect(world.netskope.arrivals).toEqual([])
})

test.each(['ada@example.com', 'ADA@EXAMPLE.COM', '*@example.com', 'ada@*'])(
  'protected accounts match %s',
  async (pattern) => {
    await using world = await openWorld({
      settings: { ...QUIET, protected: ['breakglass@example.org', pattern] },
    })
    expect((await world.call('deactivate_user', LEAVES)).error?.code).toBe('protected')
    expect(world.asked).toEqual([])
    expect(world.netskope.writes).toEqual([])
  },
)

test('removals are limited per hour, and the count outlives the server', async () => {
  await using world = await openWorld({ settings: { ...QUIET, limits: { removesPerHour: 2 } } })
  const people = world.netskope.users.filter(({ active }) => active).map(({ userName }) => userName)
  for (const user of people.slice(0, 2)) {
    expect(await world.call('deactivate_user', { ...LEAVES, user })).toMatchObject({ status: 'done' })
  }
  await world.close()
  const later = await world.open()
  const { error } = await later.call('deactivate_user', { ...LEAVES, user: people[2] })
  expect(error).toMatchObject({ code: 'limit_reached', retryable: true })
  expect(Date.parse(error?.retryAt ?? '')).toBeGreaterThan(Date.now() + 3_000_000)
  expect(world.netskope.writes).toHaveLength(2)
})

test('what was only asked about does not count against the limit', async () => {
  await using world = await openWorld({ answer: 'decline', settings: { limits: { removesPerHour: 1 } } })
  await world.call('deactivate_user', LEAVES)
  expect((await world.call('deactivate_user', LEAVES)).error?.code).toBe('declined')
})

test('a budget for changes alone is told beside the one for all requests', async () => {
  const budget = { perMinute: 100, write: { perMinute: 5 } }
  await using world = await openWorld({ tenant: { budget }, settings: { confirm: { removes: 'none' } } })
  const { userName: user } = world.newcomer()
  await world.call('deactivate_user', { user, tenants: ['acme-netskope'], reason: 'left the company' })
  const { checks } = (await world.call('check_token')) as unknown as {
    checks: { budget: { window: string; of?: string; limit: number; left: number }[] }[]
  }
  const [all, changes] = checks[0]?.budget ?? []
  expect(all).toMatchObject({ window: 'minute', limit: 100 })
  expect(all?.left).toBeLessThan(96)
  expect(changes).toEqual({ window: 'minute', of: 'changes', limit: 5, left: 4 })
  expect((await world.run(['check'])).stdout).toContain('4 of 5 changes left this minute')
})

test('budgets are shared by all servers on one data folder', async () => {
  await using world = await openWorld({ tenant: { budget: { perMinute: 7 } } })
  const other = await world.open()
  for (const server of [world, other, world, other]) {
    expect(await server.call('find_user', { user: ADA })).toMatchObject({ complete: true })
  }
  expect(await other.call('find_user', { user: ADA })).toMatchObject({ searched: [{ code: 'rate_limited' }] })
  // Three of them tested the lists and filters of the app, once for both servers.
  expect(world.netskope.arrivals).toHaveLength(7)
})

test('a refusal of ours says what to do and never how to get round it', async () => {
  await using world = await openWorld({ settings: { protected: [ADA] } })
  const { error } = await world.call('deactivate_user', LEAVES)
  expect(`${error?.message} ${error?.hint}`).not.toMatch(/settings|config|protected list|--/i)
})
