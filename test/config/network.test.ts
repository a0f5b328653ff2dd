import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { isExempt, type Route } from '../../src/config/network.ts'
import { SettingsError } from '../../src/config/problems.ts'
import { parseSettings } from '../../src/config/settings.ts'
import { vendors } from '../../src/vendors/index.ts'
import { AUTHORITY } from '../support/corporate-network.ts'

const APP = 'https://app.example/scim'

interface Given {
  env?: Record<string, string>
  all?: object
  tenant?: object
}

/** The route of a tenant, or what is wrong with the settings. */
function routeOf({ env = {}, all = {}, tenant = {} }: Given): Route | string {
  const acme = { vendor: 'scim', url: APP, tokens: { scim: 'env:TOKEN' }, ...tenant }
  try {
    const { routes } = parseSettings(
      { auth: 'none', tenants: { acme }, ...all },
      vendors,
      { TOKEN: 'a-token-of-acme', ...env },
      'settings',
    )
    return routes.get('acme') as Route
  } catch (error) {
    if (error instanceof SettingsError) return error.message.replace('settings: ', '')
    throw error
  }
}

function proxyOf(given: Given, url = APP): string | undefined {
  const route = routeOf(given)
  return typeof route === 'string' ? route : route.proxyFor(new URL(url))?.reveal()
}

const P = 'http://proxy.example:3128'
const Q = 'http://other.example:3128'

describe('the proxy of a request', () => {
  test.each<[Given, string | undefined]>([
    [{}, undefined],
    [{ env: { HTTPS_PROXY: P } }, P],
    [{ env: { https_proxy: P } }, P],
    [{ env: { https_proxy: P, HTTPS_PROXY: Q } }, P],
    [{ env: { HTTPS_PROXY: P, HTTP_PROXY: Q } }, P],
    [{ env: { HTTP_PROXY: P } }, P],
    [{ env: { http_proxy: P } }, P],
    [{ env: { HTTPS_PROXY: '', HTTP_PROXY: P } }, P],
    [{ env: { HTTPS_PROXY: 'proxy.example:3128' } }, P],
    [{ env: { HTTPS_PROXY: P, NO_PROXY: 'app.example' } }, undefined],
    [{ env: { HTTPS_PROXY: P, no_proxy: '.example' } }, undefined],
    [{ env: { HTTPS_PROXY: P, NO_PROXY: 'elsewhere' } }, P],
    [{ all: { proxy: P } }, P],
    [{ all: { proxy: P }, env: { HTTPS_PROXY: Q } }, P],
    [{ all: { proxy: 'none' }, env: { HTTPS_PROXY: Q } }, undefined],
    [{ all: { proxy: P }, tenant: { proxy: 'none' } }, undefined],
    [{ all: { proxy: P }, tenant: { proxy: Q } }, Q],
    [
      { tenant: { proxy: 'env:MINE' }, env: { MINE: 'http://u:p%40ss@proxy.example:3128' } },
      'http://u:p%40ss@proxy.example:3128',
    ],
  ])('%j leads to %s', (given, proxy) => {
    expect(proxyOf(given)).toBe(proxy)
  })

  test.each(['http://127.0.0.1:8080/', 'http://localhost/', 'http://[::1]:9/', 'https://localhost/'])(
    'is none for %s, on this machine, unless its own setting names one',
    (url) => {
      expect(proxyOf({ env: { HTTPS_PROXY: P, HTTP_PROXY: P }, all: { proxy: P } }, url)).toBeUndefined()
      expect(proxyOf({ tenant: { proxy: P } }, url)).toBe(P)
    },
  )

  test.each<[Given, RegExp]>([
    [{ all: { proxy: 'proxy.example:3128' } }, /^proxy: must be none/],
    [{ all: { proxy: 'socks5://proxy.example' } }, /^proxy: must be none/],
    [{ tenant: { proxy: 'http://u:pass-of-u@proxy.example' } }, /^tenants\.acme\.proxy: contains a password/],
    [{ tenant: { proxy: 'env:GONE' } }, /^tenants\.acme\.proxy: environment variable GONE is not set/],
    [{ all: { proxy: 'env:ODD' }, env: { ODD: 'not-an-address' } }, /^proxy: env:ODD is not an address/],
    [{ all: { ca: '/no/such.pem' } }, /^ca: file \/no\/such\.pem cannot be read/],
    [{ tenant: { ca: import.meta.filename } }, /^tenants\.acme\.ca: file .* is not a certificate/],
  ])('%j is told, without the password', (given, told) => {
    const problem = routeOf(given)
    expect(problem).toMatch(told)
    expect(problem).not.toContain('pass-of-u')
  })

  test('is printed without its password', () => {
    const route = routeOf({
      tenant: { proxy: 'env:MINE' },
      env: { MINE: 'http://u:pass-of-u@proxy.example' },
    })
    expect(inspect(route, { depth: 9 }) + inspect((route as Route).proxyFor(new URL(APP)))).not.toContain(
      'pass-of-u',
    )
  })
})

describe('NO_PROXY', () => {
  test.each([
    ['*', 'https://app.example', true],
    ['app.example', 'https://app.example', true],
    ['APP.example', 'https://app.example', true],
    ['example', 'https://app.example', true],
    ['.example', 'https://app.example', true],
    ['*.example', 'https://app.example', true],
    ['a.test, app.example', 'https://app.example', true],
    ['a.test app.example.', 'https://app.example', true],
    ['app.example:443', 'https://app.example', true],
    ['app.example:8443', 'https://app.example', false],
    ['app.example:8443', 'https://app.example:8443', true],
    ['pp.example', 'https://app.example', false],
    ['app.example.org', 'https://app.example', false],
    ['', 'https://app.example', false],
    [' , ', 'https://app.example', false],
    ['10.1.2.3', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/99', 'https://10.1.2.3', false],
    ['fd00::/8', 'https://[fd00::1]', true],
    ['[fd00::1]:443', 'https://[fd00::1]', true],
    ['fd00::1', 'https://[fd00::1]', true],
    ['fd00::2', 'https://[fd00::1]', false],
  ])('%s for %s: %s', (list, url, exempt) => {
    expect(isExempt(list, new URL(url))).toBe(exempt)
  })
})

test('authorities of the settings, of the tenant and of NODE_EXTRA_CA_CERTS are trusted together', () => {
  const count = (given: Given) => (routeOf(given) as Route).authorities.length
  expect(count({})).toBe(0)
  expect(
    count({ all: { ca: AUTHORITY }, tenant: { ca: AUTHORITY }, env: { NODE_EXTRA_CA_CERTS: AUTHORITY } }),
  ).toBe(3)
  // Node alone reads it then.
  expect(count({ env: { NODE_EXTRA_CA_CERTS: AUTHORITY } })).toBe(0)
  expect(count({ all: { ca: AUTHORITY }, env: { NODE_EXTRA_CA_CERTS: '/no/such.pem' } })).toBe(1)
})
