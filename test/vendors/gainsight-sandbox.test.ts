// @module-tag long

import { describe, expect, test } from 'vitest'
import { parseSettings } from '../../src/config/settings.ts'
import { openTenants } from '../../src/engine/tenants.ts'
import { storeLedger } from '../../src/limits/ledger.ts'
import {
  type GainsightOptions,
  type GainsightTenant,
  SCIM_BASES,
  startGainsight,
} from '../../src/sandbox/gainsight.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import gainsight from '../../src/vendors/gainsight.ts'
import { context } from '../support/canned.ts'
import { gainsightAt } from './gainsight-at.ts'

const ADA = 'ada@example.com'

/** Every way in which a tenant can be reached. */
const WAYS: readonly (readonly [
  string,
  GainsightOptions,
  (app: GainsightTenant) => Record<string, unknown>,
])[] = [
  ['a static bearer token', {}, ({ tokens }) => ({ tokens: { scim: tokens.scim.value } })],
  [
    'client credentials, at the other address of SCIM',
    { scimBases: ['/scim/v2'] },
    ({ oauth: { clientId, clientSecret } }) => ({ tokens: { clientId, clientSecret } }),
  ],
  [
    'a refresh token',
    {},
    ({ oauth: { clientId, clientSecret, refreshToken } }) => ({
      tokens: { clientId, clientSecret, refreshToken },
    }),
  ],
  ['REST, services', {}, ({ tokens }) => ({ tokens: { accessKey: tokens.accessKey.value } })],
  [
    'REST, users',
    { restDialects: ['users'] },
    ({ tokens }) => ({ tokens: { accessKey: tokens.accessKey.value } }),
  ],
  [
    'REST, users, where PUT replaces the whole user',
    { restDialects: ['users'], putUpdates: 'full' },
    ({ tokens }) => ({ tokens: { accessKey: tokens.accessKey.value } }),
  ],
]

const open = async (options: GainsightOptions, settingsOf: (typeof WAYS)[number][2]) => {
  const app = await startGainsight(options)
  return {
    app,
    operations: gainsightAt(app.url, settingsOf(app)),
    [Symbol.asyncDispose]: () => app.close(),
  }
}

describe.each(SCIM_BASES)('a probe of SCIM at %s', (base) => {
  const probe = async (options: GainsightOptions) => {
    const world = await open({ ...options, scimBases: [base] }, ({ tokens }) => ({
      tokens: { scim: tokens.scim.value },
    }))
    const { findings, proposes } = await world.operations.probeApp({}, context())
    const found = Object.fromEntries(findings.map((one) => [one.about, one.found]))
    const asked = world.app.arrivals.map(({ method, path }) => `${method} ${path}`)
    return { ...world, found, proposes, asked }
  }

  test('reads what it says of itself', async () => {
    await using probed = await probe({})
    expect(probed.found.configuration).toMatch(/patch yes, filter yes, etag no.*at most 1000 results/)
    expect(probed.found).toMatchObject({ filter: 'honoured', groups: 'there' })
    expect(probed.proposes).toEqual({})
    expect(probed.asked).toContain(`GET ${base}/ServiceProviderConfig`)
    expect(probed.asked.filter((line) => !line.startsWith('GET '))).toEqual([])
  })

  test('uses it: where PATCH is not offered, none is tried', async () => {
    await using probed = await probe({ faults: ['discovery-wrong'] })
    const { app, operations } = probed
    const { id } = app.user(ADA)
    await operations.deactivateAccount({ id, userName: ADA }, context())
    expect(app.writes.map(({ method }) => method)).toEqual(['PATCH'])
    // What was seen counts more than what was told: people are still found by the filter.
    expect(probed.found.filter).toBe('honoured')
  })
})

describe.each(WAYS)('by %s', (_, options, settingsOf) => {
  test('finds, changes, switches off and on again, and lists', async () => {
    await using world = await open(options, settingsOf)
    const { app, operations } = world
    const {
      accounts: [ada],
    } = await operations.findAccounts({ user: 'ADA@example.com' }, context())
    expect(ada).toMatchObject({ userName: ADA, status: 'active' })
    const target = { id: ada?.id ?? '', userName: ADA }
    const before = app.user(ADA)

    await operations.updateAccount(
      { ...target, set: { title: 'Lead', custom: { IsContractor: true } } },
      context(),
    )
    expect((await operations.readFields({ id: target.id }, context()))?.fields).toMatchObject({
      title: 'Lead',
      custom: { IsContractor: true },
    })
    await operations.deactivateAccount(target, context())
    expect(await operations.readAccount({ id: target.id }, context())).toMatchObject({ status: 'inactive' })
    await operations.reactivateAccount(target, context())
    expect(app.user(ADA)).toMatchObject({ active: true, title: 'Lead', name: before.name ?? {} })

    const everybody = await operations.listAccounts({ limit: 1_000 }, context())
    expect(everybody).toMatchObject({ complete: true })
    expect(everybody.items).toHaveLength(app.users.length)
    const off = await operations.listAccounts({ match: { status: 'inactive' }, limit: 1_000 }, context())
    expect(off.items).toHaveLength(app.users.filter(({ active }) => !active).length)
  })

  test('makes a user once', async () => {
    await using world = await open(options, settingsOf)
    const { operations } = world
    const named = { email: 'new@example.com', givenName: 'New', familyName: 'Person' }
    // The REST API `users` alone wants a role.
    const fields = options.restDialects ? { ...named, role: 'CSM' } : named
    await operations.createAccount({ fields }, context())
    expect((await operations.findAccounts({ user: 'new@example.com' }, context())).accounts).toMatchObject([
      { email: 'new@example.com', status: 'active', name: 'New Person' },
    ])
    await expect(operations.createAccount({ fields }, context())).rejects.toMatchObject({
      code: 'conflict',
    })
  })

  test('leaves super admins alone', async () => {
    await using world = await open(options, settingsOf)
    const { app, operations } = world
    const { id, userName } = app.user('grace@example.com')
    await expect(operations.deactivateAccount({ id, userName }, context())).rejects.toMatchObject({
      code: 'refused',
    })
    expect(app.writes).toEqual([])
  })

  test('finds its tokens well', async () => {
    await using world = await open(options, settingsOf)
    expect(await world.operations.checkTokens({}, context())).toMatchObject([{ verdict: 'ok' }])
  })
})

test('names tokens that stand in each other’s place', async () => {
  const app = await startGainsight()
  try {
    const { accessKey, scim } = app.tokens
    const tokens = { scim: accessKey.value, accessKey: scim.value }
    const checks = await gainsightAt(app.url, { tokens }).checkTokens({}, context())
    expect(checks).toMatchObject([{ verdict: 'wrong_token' }, { verdict: 'wrong_token' }])
  } finally {
    await app.close()
  }
})

test('goes on when its tokens are revoked', async () => {
  await using world = await open({}, ({ oauth: { clientId, clientSecret, refreshToken } }) => ({
    tokens: { clientId, clientSecret, refreshToken },
  }))
  const find = () => world.operations.findAccounts({ user: ADA }, context())
  await find()
  world.app.oauth.revoke()
  expect((await find()).accounts).toHaveLength(1)
  expect(world.app.oauth.fetched).toBe(2)
})

test('adds and removes members of a group', async () => {
  await using world = await open({}, ({ tokens }) => ({ tokens: { scim: tokens.scim.value } }))
  const { app, operations } = world
  const [group] = app.groups
  const { id, userName } = app.user(ADA)
  const team = { id: group?.id ?? '', name: group?.displayName ?? '' }
  const isIn = async () =>
    (await operations.readGroup({ group: team.id }, context()))?.members?.some((member) => member.id === id)
  const wasIn = await isIn()
  const [add, remove] = wasIn ? [[], [{ id, userName }]] : [[{ id, userName }], []]
  await operations.updateMembers({ group: team, add, remove }, context())
  expect(await isIn()).toBe(!wasIn)
})

test('spends one budget for tokens and questions, over all guards, and keeps it over restarts', async () => {
  const app = await startGainsight({ scimBases: ['/scim/v2'] })
  try {
    const env = { ID: app.oauth.clientId, SECRET: app.oauth.clientSecret }
    const tokens = { clientId: 'env:ID', clientSecret: 'env:SECRET' }
    const file = { tenants: { acme: { vendor: 'gainsight', url: app.url, tokens } } }
    const settings = parseSettings(file, [gainsight], env, 'settings')
    const store = memoryStore()
    const start = () =>
      openTenants(settings, [gainsight], { ledger: storeLedger(store), store }).get('acme').operations
    const find = (operations: ReturnType<typeof start>) => operations.findAccounts?.({ user: ADA }, context())
    const first = start()
    const found = await Promise.all([find(first), find(first), find(first)])
    expect(found.map((one) => one?.accounts.length)).toEqual([1, 1, 1])
    await find(start())
    expect(app.oauth.fetched).toBe(2)
    const [check] = (await start().checkTokens?.({}, context())) ?? []
    expect(check).toMatchObject({
      verdict: 'ok',
      budget: [
        { window: 'hour', limit: 100, left: 100 - app.arrivals.length },
        { window: 'day', limit: 1_000, left: 1_000 - app.arrivals.length },
      ],
    })
  } finally {
    await app.close()
  }
})
