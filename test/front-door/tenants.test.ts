import { expect, test } from 'vitest'
import { startSandbox } from '../../src/sandbox/index.ts'
import { startScimApp } from '../../src/sandbox/scim-app.ts'
import { openWorld } from '../support/world.ts'

const ADA = 'ada@example.com'
const QUIET = { confirm: { removes: 'none' } }

/** A world with a second tenant, `beta-netskope`, at an app of its own, and a third where nobody answers. */
async function openThree() {
  const beta = await startSandbox()
  const tokens = { scim: 'env:BETA_SCIM', rest: 'env:BETA_REST' }
  const world = await openWorld({
    settings: QUIET,
    tenants: ({ 'acme-netskope': acme }) => ({
      'acme-netskope': acme,
      'beta-netskope': { vendor: 'netskope', url: beta.url, tokens },
      'gone-netskope': { vendor: 'netskope', url: 'http://127.0.0.1:9', tokens, maxRetries: 0 },
    }),
    env: { BETA_SCIM: beta.tokens.scim, BETA_REST: beta.tokens.rest },
  })
  return {
    call: world.call,
    world,
    beta: beta.tenants['acme-netskope'],
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await beta.close()
    },
  }
}

test('a person is found in every app at once, and an app that is down is named', async () => {
  await using three = await openThree()
  const found = await three.call('find_user', { user: ADA })
  expect(found).toMatchObject({
    complete: false,
    people: [{ email: ADA, accounts: [{ tenant: 'acme-netskope' }, { tenant: 'beta-netskope' }] }],
    searched: [
      { tenant: 'acme-netskope', outcome: 'found' },
      { tenant: 'beta-netskope', outcome: 'found' },
      { tenant: 'gone-netskope', outcome: 'not_searched', code: 'unavailable' },
    ],
  })
})

test('an error that comes of one app names the tenant', async () => {
  await using three = await openThree()
  const tenant = 'gone-netskope'
  for (const [tool, input] of [
    ['list_users', { tenant }],
    ['list_groups', { tenant }],
    ['update_user', { tenant, user: ADA, set: { givenName: 'Augusta' } }],
  ] as const) {
    expect((await three.call(tool, input)).error).toMatchObject({ code: 'unavailable', tenant })
  }
})

test('a search stays useful when apps are slow, out of budget or closed to the token', async () => {
  const apps = [await startScimApp(), await startScimApp({ faults: ['hang'] }), await startScimApp()] as const
  const [quick, slow, spent] = apps.map(({ scimUrl }, index) => ({
    vendor: 'scim',
    url: scimUrl,
    tokens: { scim: `env:TOKEN_${index}` },
    maxRetries: 0,
  }))
  const tenants = {
    quick,
    slow: { ...slow, timeoutMs: 300 },
    spent: { ...spent, budget: { perHour: 1 } },
    closed: { ...quick, tokens: { scim: 'env:TOKEN_2' } },
  }
  const env = Object.fromEntries(apps.map(({ tokens }, index) => [`TOKEN_${index}`, tokens.scim.value]))
  await using world = await openWorld({ settings: { tenants }, env })
  await world.call('find_user', { user: ADA, tenants: ['spent'] })
  expect(await world.call('find_user', { user: ADA })).toMatchObject({
    complete: false,
    people: [{ email: ADA, accounts: [{ tenant: 'quick' }] }],
    searched: [
      { tenant: 'quick', outcome: 'found' },
      { tenant: 'slow', outcome: 'not_searched', code: 'timeout' },
      { tenant: 'spent', outcome: 'not_searched', code: 'rate_limited', retryAt: expect.any(String) },
      { tenant: 'closed', outcome: 'not_searched', code: 'unauthorized' },
    ],
  })
  await Promise.all(apps.map((app) => app.close()))
})

test('a deactivation tells what came of it, tenant by tenant', async () => {
  await using three = await openThree()
  const ada = three.beta.user(ADA)
  ada.active = false
  const tenants = ['acme-netskope', 'beta-netskope', 'gone-netskope']
  const answer = (await three.call('deactivate_user', { user: ADA, tenants, reason: 'left' })) as unknown as {
    status: string
    results: { tenant: string; outcome: string; code?: string }[]
  }
  expect(answer.status).toBe('partial')
  expect(Object.fromEntries(answer.results.map(({ tenant, outcome }) => [tenant, outcome]))).toEqual({
    'acme-netskope': 'deactivated',
    'beta-netskope': 'already_inactive',
    'gone-netskope': 'failed',
  })
  expect(answer.results.find(({ outcome }) => outcome === 'failed')?.code).toBe('unavailable')
})

test('an account that is missing in one of two apps is a row, and no error', async () => {
  await using three = await openThree()
  const user = 'only.at.acme@example.com'
  three.world.netskope.addUser({ userName: user, active: true })
  const tenants = ['acme-netskope', 'beta-netskope']
  expect(await three.call('deactivate_user', { user, tenants, reason: 'left' })).toMatchObject({
    status: 'done',
    results: [
      { tenant: 'acme-netskope', outcome: 'deactivated' },
      { tenant: 'beta-netskope', outcome: 'absent' },
    ],
  })
})
