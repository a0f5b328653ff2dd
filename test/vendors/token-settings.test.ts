import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { SettingsError } from '../../src/config/problems.ts'
import { parseSettings } from '../../src/config/settings.ts'
import { vendors } from '../../src/vendors/index.ts'

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const ENV = {
  TOKEN: 'a-token-of-ours',
  SECRET: 'a-client-secret',
  REFRESH: 'a-refresh-token',
  KEY: pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  SMALL_KEY: pem(generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey),
  OTHER_CURVE: pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
  ED_KEY: pem(generateKeyPairSync('ed25519').privateKey),
}
const SECRET = { clientSecret: 'env:SECRET' }
const KEY = { privateKey: 'env:KEY' }
const CLIENT = { tokenUrl: 'https://login.example.com/token', clientId: 'client-7' }

function problemIn(tenant: object): string {
  const raw = { tenants: { acme: { vendor: 'scim', url: 'https://app.example.com/scim', ...tenant } } }
  try {
    parseSettings(raw, vendors, ENV, 'here')
  } catch (error) {
    if (error instanceof SettingsError) return error.message
    throw error
  }
  return ''
}

describe('settings of tokens that are fetched', () => {
  test.each<[string, object]>([
    ['a fixed token', { tokens: { scim: 'env:TOKEN' } }],
    ['a secret', { ...CLIENT, tokens: SECRET }],
    ['a secret in the body', { ...CLIENT, clientAuth: 'body', tokens: SECRET }],
    ['a key', { ...CLIENT, keyId: 'k', audience: 'urn:app', tokens: KEY }],
    [
      'a refresh token of a client with a secret',
      { ...CLIENT, tokens: { ...SECRET, refreshToken: 'env:REFRESH' } },
    ],
    ['a refresh token of a client without one', { ...CLIENT, tokens: { refreshToken: 'env:REFRESH' } }],
    [
      'a refresh token of a client with a key',
      { ...CLIENT, tokens: { ...KEY, refreshToken: 'env:REFRESH' } },
    ],
    ['an account', { ...CLIENT, grant: 'account_credentials', accountId: 'a', tokens: SECRET }],
    ['an assertion', { ...CLIENT, grant: 'jwt_bearer', subject: 'ada@example.com', tokens: KEY }],
    ['an endpoint on this machine', { ...CLIENT, tokenUrl: 'http://127.0.0.1:8080/token', tokens: SECRET }],
    ['an app that knows its endpoint', { app: 'zoom', clientId: 'c', accountId: 'a', tokens: SECRET }],
    ['an app that knows its endpoint, and a fixed token', { app: 'zoom', tokens: { scim: 'env:TOKEN' } }],
  ])('%s is accepted', (_, tenant) => {
    expect(problemIn(tenant)).toBe('')
  })

  test.each<[string, object, string]>([
    [
      'nothing',
      { tokens: {} },
      'acme.tokens.scim: is missing; or set one of clientSecret, privateKey, refreshToken',
    ],
    [
      'a token and a secret',
      { tokens: { scim: 'env:TOKEN', ...SECRET } },
      'tokens.clientSecret: fetches tokens, and `scim` is one',
    ],
    [
      'a token and a client',
      { clientId: 'c', tokens: { scim: 'env:TOKEN' } },
      'acme.clientId: is for tokens that are fetched',
    ],
    [
      'no client',
      { tokenUrl: CLIENT.tokenUrl, tokens: SECRET },
      'acme.clientId: is missing: `tokens.clientSecret` needs it',
    ],
    [
      'no endpoint',
      { clientId: 'c', tokens: SECRET },
      'acme.tokenUrl: is missing: `tokens.clientSecret` needs it',
    ],
    [
      'an endpoint in clear',
      { ...CLIENT, tokenUrl: 'http://login.example.com/token', tokens: SECRET },
      'acme.tokenUrl: must be https',
    ],
    [
      'an endpoint with a query',
      { ...CLIENT, tokenUrl: 'https://login.example.com/token?a=b', tokens: SECRET },
      'acme.tokenUrl: must not hold',
    ],
    [
      'a secret and a key',
      { ...CLIENT, tokens: { ...SECRET, ...KEY } },
      'tokens.privateKey: proves who the client is',
    ],
    [
      'no account',
      { ...CLIENT, grant: 'account_credentials', tokens: SECRET },
      'acme.accountId: is missing: the grant account_credentials needs it',
    ],
    [
      'an account for nothing',
      { ...CLIENT, accountId: 'a', tokens: SECRET },
      'acme.accountId: is for the grant account_credentials',
    ],
    [
      'no refresh token',
      { ...CLIENT, grant: 'refresh_token', tokens: SECRET },
      'tokens.refreshToken: is missing',
    ],
    [
      'a refresh token for nothing',
      { ...CLIENT, grant: 'client_credentials', tokens: { ...SECRET, refreshToken: 'env:REFRESH' } },
      'tokens.refreshToken: is not for the grant client_credentials',
    ],
    [
      'an assertion by nobody',
      { ...CLIENT, grant: 'jwt_bearer', subject: 's', tokens: SECRET },
      'tokens.privateKey: is missing: the grant jwt_bearer needs it',
    ],
    [
      'an assertion for nobody',
      { ...CLIENT, grant: 'jwt_bearer', tokens: KEY },
      'acme.subject: is missing: the grant jwt_bearer needs it',
    ],
    [
      'an audience of nothing',
      { ...CLIENT, audience: 'a', tokens: SECRET },
      'acme.audience: is of what `tokens.privateKey` signs',
    ],
    ['a name of no key', { ...CLIENT, keyId: 'k', tokens: SECRET }, 'acme.keyId: names `tokens.privateKey`'],
    [
      'a secret as it is',
      { ...CLIENT, tokens: { clientSecret: 'a-client-secret' } },
      'tokens.clientSecret: must be env:NAME, file:/path or keychain:NAME',
    ],
    [
      'a key that is none',
      { ...CLIENT, tokens: { privateKey: 'env:SECRET' } },
      'tokens.privateKey: is not a private key in PEM form',
    ],
    [
      'a key that is too small',
      { ...CLIENT, tokens: { privateKey: 'env:SMALL_KEY' } },
      'tokens.privateKey: is not a private key in PEM form',
    ],
    [
      'a key on another curve',
      { ...CLIENT, tokens: { privateKey: 'env:OTHER_CURVE' } },
      'tokens.privateKey: is not a private key in PEM form',
    ],
    [
      'a key of another kind',
      { ...CLIENT, tokens: { privateKey: 'env:ED_KEY' } },
      'tokens.privateKey: is not a private key in PEM form',
    ],
    [
      'an app without its blank',
      { app: 'salesforce', url: 'https://sf.example.com', clientId: 'c', tokens: SECRET },
      'acme.tokenUrl: is missing',
    ],
  ])('%s is refused by name', (_, tenant, said) => {
    const problem = problemIn(tenant)
    expect(problem).toContain(said)
    for (const secret of Object.values(ENV)) expect(problem).not.toContain(secret)
  })
})

describe('an extra header', () => {
  const problemWith = (headers: object, more: object = {}) =>
    problemIn({ tokens: { scim: 'env:TOKEN' }, headers, ...more })

  test.each([{ 'X-Tealium-Account': 'acme' }, { 'x-key': 'env:SECRET' }, { 'X-Org': 'Acme Inc.' }])(
    '%o is accepted',
    (headers) => {
      expect(problemWith(headers)).toBe('')
    },
  )

  test.each([
    ...['Connection', 'keep-alive', 'Proxy-Authorization', 'TE', 'Trailer', 'Transfer-Encoding', 'upgrade'],
    ...['Host', 'authorization', 'Content-Length', 'content-type', 'Accept-Encoding', 'Accept', 'If-Match'],
    ...['User-Agent', 'X-HTTP-Method-Override', 'X Y', 'X:Y', 'X\r\nY', ''],
  ])('%j is refused', (name) => {
    expect(problemWith({ [name]: 'x' })).toContain('tenants.acme.headers')
  })

  test.each(['a\r\nb', 'a\nb', '', ' a', 'ä', 'env:NOT_SET'])('with the value %j is refused', (value) => {
    expect(problemWith({ 'X-Account': value })).toContain('tenants.acme.headers')
  })

  test('that carries the token is refused', () => {
    expect(problemWith({ 'x-api-key': 'x' }, { authHeader: 'X-Api-Key' })).toContain('carries the token')
  })
})
