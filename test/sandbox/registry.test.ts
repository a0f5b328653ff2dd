import { describe, expect, test } from 'vitest'
import { DEFAULT_APPS, SANDBOX_APPS, type SandboxApp, startSandbox } from '../../src/sandbox/index.ts'

/** The apps whose records are in SCIM form. */
const SCIM_APPS = ['netskope', 'gainsight', 'mindtickle', 'scim'] as const

const openAll = async <const App extends SandboxApp>(apps: readonly App[]) => {
  const sandbox = await startSandbox({ apps, events: 10 })
  return { ...sandbox, [Symbol.asyncDispose]: () => sandbox.close() }
}

describe('a sandbox of several apps', () => {
  test('says how each is reached', async () => {
    await using sandbox = await openAll(SANDBOX_APPS)
    const { tenants } = sandbox
    expect(sandbox.settings.tenants).toEqual({
      'acme-netskope': {
        vendor: 'netskope',
        url: sandbox.url,
        tokens: { scim: 'env:SANDBOX_NETSKOPE_SCIM_TOKEN', rest: 'env:SANDBOX_NETSKOPE_REST_TOKEN' },
      },
      'acme-gainsight': {
        vendor: 'gainsight',
        url: tenants['acme-gainsight'].url,
        tokens: { accessKey: 'env:SANDBOX_GAINSIGHT_KEY', scim: 'env:SANDBOX_GAINSIGHT_SCIM_TOKEN' },
      },
      'acme-mindtickle': {
        vendor: 'mindtickle',
        url: `${tenants['acme-mindtickle'].url}/scim/v2`,
        tokens: { scim: 'env:SANDBOX_MINDTICKLE_TOKEN' },
      },
      'acme-scim': {
        vendor: 'scim',
        url: `${tenants['acme-scim'].url}/scim/v2`,
        tokens: { scim: 'env:SANDBOX_SCIM_TOKEN' },
      },
      'acme-okta': {
        vendor: 'okta',
        url: tenants['acme-okta'].url,
        tokens: { api: 'env:SANDBOX_OKTA_TOKEN' },
      },
      'acme-entra': {
        vendor: 'entra',
        url: tenants['acme-entra'].url,
        loginUrl: tenants['acme-entra'].url,
        directory: 'acme.onmicrosoft.com',
        clientId: tenants['acme-entra'].registration.clientId,
        tokens: { clientSecret: 'env:SANDBOX_ENTRA_SECRET' },
      },
      'acme-google': {
        vendor: 'google',
        url: tenants['acme-google'].url,
        domain: 'example.com',
        admin: 'admin@example.com',
        tokenUrl: `${tenants['acme-google'].url}/token`,
        tokens: { serviceAccount: 'env:SANDBOX_GOOGLE_SERVICE_ACCOUNT' },
      },
    })
    expect(sandbox.env).toMatchObject({
      SANDBOX_NETSKOPE_SCIM_TOKEN: sandbox.tokens.scim,
      SANDBOX_GAINSIGHT_KEY: tenants['acme-gainsight'].tokens.accessKey.value,
      SANDBOX_GAINSIGHT_SCIM_TOKEN: tenants['acme-gainsight'].tokens.scim.value,
      SANDBOX_MINDTICKLE_TOKEN: tenants['acme-mindtickle'].tokens.scim.value,
      SANDBOX_SCIM_TOKEN: tenants['acme-scim'].tokens.scim.value,
      SANDBOX_OKTA_TOKEN: tenants['acme-okta'].tokens.api.value,
      SANDBOX_ENTRA_SECRET: tenants['acme-entra'].registration.clientSecret,
    })
  })

  test('has Ada in all of them, under one name and by as many ids', async () => {
    await using sandbox = await openAll(SCIM_APPS)
    const all = Object.values(sandbox.tenants).map((tenant) => tenant.user('ada@example.com'))
    expect(new Set(all.map(({ userName }) => userName))).toEqual(new Set(['ada@example.com']))
    expect(new Set(all.map(({ externalId }) => externalId)).size).toBe(1)
    expect(new Set(all.map(({ id }) => id)).size).toBe(SCIM_APPS.length)
  })

  test('has people that differ a little from app to app', async () => {
    await using sandbox = await openAll(SCIM_APPS)
    const names = Object.values(sandbox.tenants).map(({ users }) => users.map(({ userName }) => userName))
    const [netskope = [], gainsight = [], mindtickle = []] = names
    const missing = (some: string[], others: string[]) => {
      const known = new Set(others.map((name) => name.toLowerCase()))
      return some.filter((name) => !known.has(name.toLowerCase()))
    }
    expect(netskope).toHaveLength(250)
    expect(missing(netskope, gainsight)).toHaveLength(25)
    expect(missing(netskope, mindtickle)).toHaveLength(49)
    expect(missing(netskope, [...gainsight, ...mindtickle])).toHaveLength(25)
    expect(missing(gainsight, [...netskope, ...mindtickle])).toHaveLength(3)
    expect(missing(mindtickle, [...netskope, ...gainsight])).toHaveLength(2)
    expect(gainsight.filter((name) => !netskope.includes(name)).length).toBeGreaterThan(20)
  })

  test('has some who left elsewhere, and some whom the identity provider does not know', async () => {
    await using sandbox = await openAll(SCIM_APPS)
    const {
      'acme-netskope': netskope,
      'acme-gainsight': gainsight,
      'acme-mindtickle': mindtickle,
    } = sandbox.tenants
    const gone = new Set(netskope.users.filter(({ active }) => !active).map(({ externalId }) => externalId))
    expect(
      gainsight.users.filter(({ active, externalId }) => active && gone.has(externalId)).length,
    ).toBeGreaterThan(3)
    expect(mindtickle.users.filter(({ externalId }) => externalId === undefined).length).toBeGreaterThan(10)
  })

  test('gives limits and time to all of them, and to one what is for it alone', async () => {
    await using sandbox = await startSandbox({
      apps: ['gainsight', 'mindtickle'],
      perMinute: 1,
      mindtickle: { limits: { perMinute: 2 } },
    }).then((opened) => ({ ...opened, [Symbol.asyncDispose]: () => opened.close() }))
    const statuses = async (url: string, token: string) => {
      const ask = async () => (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status
      return [await ask(), await ask(), await ask()]
    }
    const { 'acme-gainsight': gainsight, 'acme-mindtickle': mindtickle } = sandbox.tenants
    const base = `${gainsight.url}/v1/users/services/scim`
    expect(await statuses(`${base}/Users?count=1`, gainsight.tokens.scim.value)).toEqual([200, 429, 429])
    expect(await statuses(`${mindtickle.scimUrl}/Users?count=1`, mindtickle.tokens.scim.value)).toEqual([
      200, 200, 429,
    ])
  })

  test('leaves nothing running when one of its ports is taken', async () => {
    await using other = await openAll(SCIM_APPS)
    const port = Number(new URL(other.tenants['acme-scim'].url).port)
    await expect(startSandbox({ apps: ['gainsight', 'scim'], port: port - 1 })).rejects.toThrow('EADDRINUSE')
  })
})

test('starts those by default that it says, and refuses a fault that none of them knows', async () => {
  const sandbox = await startSandbox()
  await sandbox.close()
  expect(Object.keys(sandbox.tenants)).toEqual(DEFAULT_APPS.map((app) => `acme-${app}`))
  await expect(startSandbox({ apps: ['netskope'], faults: ['result-false'] })).rejects.toThrow(TypeError)
})
