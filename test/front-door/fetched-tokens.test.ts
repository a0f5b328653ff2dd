// @module-tag long

import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TokenServer, TokenServerOptions } from '../../src/sandbox/token-server.ts'
import { openWorld, type WorldOptions } from '../support/world.ts'

const TENANT = 'acme-scim'
const ADA = { user: 'ada@example.com' }
const textsOf = ({ publicKey, privateKey }: KeyPairKeyObjectResult) => ({
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
})
const RSA = textsOf(generateKeyPairSync('rsa', { modulusLength: 2_048 }))
const EC = textsOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
const OTHER = textsOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }))

interface Fetching {
  /** What the simulated endpoint is to expect. */
  server?: TokenServerOptions
  /** What the settings say besides. */
  settings?: Record<string, unknown>
  tokens?: Record<string, string>
  env?: Record<string, string>
}

/** A tenant whose tokens are fetched at another address than the app's. */
async function openFetching(
  { server = {}, settings, tokens, env = {} }: Fetching = {},
  options: Omit<WorldOptions, 'sandbox' | 'tenants' | 'env'> = {},
) {
  const world = await openWorld({
    ...options,
    sandbox: { apps: ['scim'], scim: { oauth: server } },
    env: { IDENTITY_MCP_LOG: 'info', ...env },
    tenants: ({ [TENANT]: own }) => ({
      [TENANT]: {
        ...own,
        budget: { perMinute: 10_000 },
        deactivateMeans: 'reversible',
        ...settings,
        ...(tokens && { tokens }),
      },
    }),
    settings: { confirm: { removes: 'none' }, ...options.settings },
  })
  const app = world.sandbox.tenants[TENANT]
  // It was asked for.
  const oauth = app.oauth as TokenServer
  return { world, app, oauth, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

const found = { people: [{}], complete: true }
const REFRESH = { refreshToken: 'env:REFRESH', clientSecret: 'env:SANDBOX_SCIM_CLIENT_SECRET' }

const GRANTS: [name: string, fetching: Fetching, sent: object][] = [
  ['a secret in the header', {}, { grant_type: 'client_credentials' }],
  [
    'a secret in the body, with scopes',
    {
      server: { client: 'body', scopes: ['scim:read', 'scim:write'] },
      settings: { clientAuth: 'body', scope: 'scim:read scim:write' },
    },
    { grant_type: 'client_credentials', client_id: 'sandbox-oauth-client', scope: 'scim:read scim:write' },
  ],
  [
    'a key of RSA',
    {
      server: { client: { publicKey: RSA.publicKey } },
      tokens: { privateKey: 'env:KEY' },
      env: { KEY: RSA.privateKey },
    },
    { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' },
  ],
  [
    'an elliptic key on one line, with its name and an audience',
    {
      server: { client: { publicKey: EC.publicKey, keyId: 'key-7' }, audience: 'https://issuer.example.com' },
      settings: { keyId: 'key-7', audience: 'https://issuer.example.com' },
      tokens: { privateKey: 'env:KEY' },
      env: { KEY: EC.privateKey.replaceAll('\n', '\\n') },
    },
    { client_id: 'sandbox-oauth-client' },
  ],
  [
    'credentials of an account',
    {
      server: { grant: 'account_credentials' },
      settings: { grant: 'account_credentials', accountId: 'sandbox-account' },
    },
    { grant_type: 'account_credentials', account_id: 'sandbox-account' },
  ],
  [
    'an assertion for somebody',
    {
      server: { grant: 'jwt_bearer', client: { publicKey: RSA.publicKey } },
      settings: { grant: 'jwt_bearer', subject: 'integration@example.com' },
      tokens: { privateKey: 'env:KEY' },
      env: { KEY: RSA.privateKey },
    },
    { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' },
  ],
]

describe.each(GRANTS)('a token fetched with %s', (_, fetching, sent) => {
  test('serves reads and changes, and is fetched once', async () => {
    await using fetched = await openFetching(fetching)
    const { world, app, oauth } = fetched
    const finds = await Promise.all([1, 2, 3].map(() => world.call('find_user', ADA)))
    for (const answer of finds) expect(answer).toMatchObject(found)
    const change = { ...ADA, tenants: [TENANT], reason: 'left' }
    expect(await world.call('deactivate_user', change)).toMatchObject({ status: 'done' })
    expect(oauth.granted).toEqual([expect.objectContaining(sent)])
    expect(app.user(ADA.user).active).toBe(false)
    expect(await world.call('check_token')).toMatchObject({
      checks: [{ verdict: 'ok', expiresAt: expect.any(String), surfaces: [{ ok: true }, { ok: true }] }],
    })
  })
})

describe('a refresh token', () => {
  test.each([false, true])('is used, and the one that replaces it too, replaced: %s', async (rotates) => {
    await using fetched = await openFetching({
      server: { grant: 'refresh_token', rotates },
      env: { REFRESH: 'first-refresh-token' },
      tokens: REFRESH,
    })
    const { world, oauth } = fetched
    oauth.refreshToken = 'first-refresh-token'
    expect(await world.call('find_user', ADA)).toMatchObject(found)
    oauth.revoke()
    expect(await world.call('find_user', ADA)).toMatchObject(found)
    const used = oauth.granted.map(({ refresh_token }) => refresh_token)
    expect(used).toHaveLength(2)
    expect(new Set(used).size).toBe(rotates ? 2 : 1)
    // Whoever starts anew has only the one of the settings.
    const next = await world.open()
    const code = rotates ? 'unauthorized' : undefined
    expect((await next.call('list_users', { tenant: TENANT })).error?.code).toBe(code)
  })

  test('that is put into its file is used instead of the one that is refused', async () => {
    await using fetched = await openFetching({
      server: { grant: 'refresh_token', rotates: true },
      env: { REFRESH: 'first-refresh-token' },
      tokens: REFRESH,
    })
    const { world, oauth } = fetched
    const file = join(world.folder, 'refresh')
    writeFileSync(file, 'refused-refresh-token')
    world.rewrite({
      tenants: {
        [TENANT]: {
          ...world.sandbox.settings.tenants[TENANT],
          tokens: { ...REFRESH, refreshToken: `file:${file}` },
        },
      },
    })
    const other = await world.open()
    expect((await other.call('list_users', { tenant: TENANT })).error).toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('refresh token is no longer accepted'),
    })
    writeFileSync(file, oauth.refreshToken)
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expect(await other.call('find_user', ADA)).toMatchObject(found)
  })
})

test('a token that the app no longer accepts is fetched anew once, and a change is not sent twice', async () => {
  await using fetched = await openFetching()
  const { world, app, oauth } = fetched
  expect(await world.call('find_user', ADA)).toMatchObject(found)
  oauth.revoke()
  expect(await world.call('find_user', ADA)).toMatchObject(found)
  expect(oauth.granted).toHaveLength(2)
  app.faults.set([{ fault: 'server-error', status: 401, method: 'PATCH' }])
  const change = { ...ADA, tenants: [TENANT], reason: 'left' }
  expect(await world.call('deactivate_user', change)).toMatchObject({
    results: [{ outcome: 'failed', code: 'unauthorized' }],
  })
  expect(app.writes).toHaveLength(1)
})

test('a token is renewed ahead of its end, and one that cannot be renewed serves until then', async () => {
  // Half of it is 3 s.
  await using fetched = await openFetching({ server: { lifetime: 6 } })
  const { world, oauth } = fetched
  const find = () => world.call('list_users', { tenant: TENANT, limit: 1 })
  await find()
  await new Promise((resolve) => setTimeout(resolve, 3_200))
  oauth.faults.set([{ fault: 'server-error', status: 500 }])
  expect((await find()).error).toBeUndefined()
  oauth.faults.clear()
  expect((await find()).error).toBeUndefined()
  expect(oauth.granted).toHaveLength(2)
  expect(oauth.arrivals.length).toBeGreaterThan(2)
})

const KEY = { tokens: { privateKey: 'env:KEY' }, env: { KEY: OTHER.privateKey } }
test.each<[said: RegExp, verdict: string, fetching: Fetching, change?: (oauth: TokenServer) => unknown]>([
  [
    /does not accept the client/,
    'rejected',
    {},
    (oauth) => Object.assign(oauth, { clientSecret: 'another-secret' }),
  ],
  [/does not accept the client/, 'rejected', { server: { client: 'body' } }],
  [/does not accept the client/, 'rejected', { server: { client: { publicKey: EC.publicKey } }, ...KEY }],
  [/does not give the scope/, 'missing_grant', { server: { scopes: ['scim'] }, settings: { scope: 'all' } }],
  [/by this grant/, 'missing_grant', { server: { grant: 'account_credentials' } }],
  [
    /does not accept the grant/,
    'rejected',
    {
      server: { grant: 'account_credentials' },
      settings: { grant: 'account_credentials', accountId: 'another' },
    },
  ],
  [
    /refuses the audience/,
    'rejected',
    {
      server: { client: { publicKey: EC.publicKey }, audience: 'https://issuer.example.com' },
      tokens: { privateKey: 'env:KEY' },
      env: { KEY: EC.privateKey },
    },
  ],
  [
    /refresh token is no longer accepted/,
    'rejected',
    { server: { grant: 'refresh_token' }, tokens: REFRESH, env: { REFRESH: 'an-old-refresh-token' } },
  ],
])('check_token tells in words: %s', async (said, verdict, fetching, change) => {
  await using fetched = await openFetching(fetching)
  const { world, oauth, app } = fetched
  change?.(oauth)
  expect(await world.call('check_token')).toMatchObject({
    checks: [
      { verdict, surfaces: [{ surface: 'OAuth token', ok: false, meaning: expect.stringMatching(said) }] },
    ],
  })
  // The app itself is not asked without a token.
  expect(app.arrivals.filter(({ path }) => path.startsWith('/scim'))).toEqual([])
})

test('check_token tells an address that is no token endpoint', async () => {
  await using fetched = await openFetching()
  const { world, app } = fetched
  const own = world.sandbox.settings.tenants[TENANT]
  world.rewrite({ tenants: { [TENANT]: { ...own, tokenUrl: `${app.url}/none` } } })
  expect(await (await world.open()).call('check_token')).toMatchObject({
    checks: [
      {
        verdict: 'wrong_address',
        surfaces: [{ meaning: expect.stringMatching(/no token endpoint at .*\/none/) }],
      },
    ],
  })
})

test('neither a secret, nor a token, nor what signs is in an answer, the log or a file', async () => {
  await using fetched = await openFetching({ server: { client: 'body' }, settings: { clientAuth: 'body' } })
  const { world, oauth, app } = fetched
  const said: unknown[] = []
  for (const fault of [undefined, 'html-errors', 'bad-gateway', 'oversized'] as const) {
    oauth.faults.set(fault ? [{ fault }] : [])
    app.faults.set(fault ? [{ fault }] : [])
    oauth.revoke()
    said.push(await world.call('find_user', ADA), await world.call('check_token'))
  }
  const files = readdirSync(world.dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
  const all = [JSON.stringify(said), world.stderr(), ...files].join('\n')
  expect(oauth.granted.length).toBeGreaterThan(0)
  for (const secret of [oauth.clientSecret, 'sandbox-oauth-access', 'sandbox-oauth-secret']) {
    expect(all).not.toContain(secret)
  }
})

test('a redirect of the token endpoint is not followed, with what authenticates the client', async () => {
  await using fetched = await openFetching()
  const { world, oauth } = fetched
  oauth.faults.set(['redirect-elsewhere'])
  expect((await world.call('list_users', { tenant: TENANT })).error?.code).toBe('bad_reply')
  expect(oauth.granted).toEqual([])
})

test('token requests are paid for', async () => {
  await using fetched = await openFetching({ settings: { budget: { perMinute: 2 } } })
  const { world, oauth } = fetched
  // Each is refused, so each asks again.
  oauth.clientSecret = 'another-secret'
  const codes: unknown[] = []
  for (let time = 0; time < 4; time++)
    codes.push((await world.call('list_users', { tenant: TENANT })).error?.code)
  expect(codes).toEqual(['unauthorized', 'unauthorized', 'rate_limited', 'rate_limited'])
  expect(oauth.arrivals).toHaveLength(2)
})
