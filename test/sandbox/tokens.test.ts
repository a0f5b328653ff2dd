import { expect, test } from 'vitest'
import { GRANTS } from '../../src/sandbox/index.ts'
import { AUDIT, openSandbox } from './asking.ts'

test.each([
  ['header', (token: string) => ({ 'Netskope-Api-Token': token })],
  ['bearer', (token: string) => ({ authorization: `Bearer ${token}` })],
  ['authorization-token', (token: string) => ({ authorization: `Netskope-Api-Token ${token}` })],
] as const)('takes a token by %s, unless it is told to take other forms only', async (form, headers) => {
  await using open = await openSandbox()
  await using closed = await openSandbox({ forms: form === 'header' ? ['bearer'] : ['header'] })
  const status = async ({ url, tokens }: typeof open) =>
    (await fetch(`${url}/api/v2/scim/Users?count=1`, { headers: headers(tokens.scim) })).status
  expect(await status(open)).toBe(200)
  expect(await status(closed)).toBe(401)
})

test.each([
  ['/api/v2/scim/Users', 'rest'],
  ['/api/v2/scim/ServiceProviderConfig', 'rest'],
  [AUDIT, 'scim'],
] as const)('answers 403 without a word at %s for a %s token', async (path, token) => {
  await using sandbox = await openSandbox()
  const { status, text } = await sandbox.ask('GET', path, { token })
  expect([status, text]).toEqual([403, ''])
})

test('takes one token for both, where it was granted both', async () => {
  await using sandbox = await openSandbox({
    tokens: { rest: { grants: { ...GRANTS.scim, ...GRANTS.rest } } },
  })
  expect((await sandbox.ask('GET', '/api/v2/scim/Users', { token: 'rest' })).status).toBe(200)
  expect((await sandbox.ask('GET', AUDIT, { token: 'rest' })).status).toBe(200)
})

test('keeps a token to the endpoints it was granted', async () => {
  await using sandbox = await openSandbox({ tokens: { scim: { grants: { '/api/v2/scim/Users': 'rw' } } } })
  expect((await sandbox.scim('GET', '/Users')).status).toBe(200)
  expect((await sandbox.scim('GET', '/Groups')).status).toBe(403)
})

test('lets a token that may only read write nothing', async () => {
  await using sandbox = await openSandbox({ tokens: { scim: { grants: { '/api/v2/scim/Users': 'r' } } } })
  const { id } = sandbox.netskope.user('ada@example.com')
  expect((await sandbox.scim('GET', `/Users/${id}`)).status).toBe(200)
  expect((await sandbox.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: false })).status).toBe(
    403,
  )
  expect((await sandbox.scim('DELETE', `/Users/${id}`)).status).toBe(403)
  expect(sandbox.netskope.user('ada@example.com').active).toBe(true)
})

test.each([
  ['none', {}],
  ['unknown', { 'netskope-api-token': 'made-up' }],
])('answers 401 when the token is %s', async (token, headers) => {
  await using sandbox = await openSandbox()
  expect((await fetch(`${sandbox.url}/api/v2/scim/Users`, { headers })).status).toBe(401)
  expect(sandbox.netskope.arrivals).toMatchObject([{ token, status: 401 }])
})

test('says of an expired token that it has expired', async () => {
  await using sandbox = await openSandbox()
  sandbox.netskope.tokens.scim.expiresAt = Date.now() - 1
  const { status, json } = await sandbox.scim('GET', '/Users')
  expect(status).toBe(401)
  expect(json.message).toContain('expired')
})

test('takes tokens that are chosen, and makes up others for each run', async () => {
  await using chosen = await openSandbox({ tokens: { scim: { value: 'chosen' } } })
  await using other = await openSandbox()
  expect(chosen.env).toEqual({
    SANDBOX_NETSKOPE_SCIM_TOKEN: 'chosen',
    SANDBOX_NETSKOPE_REST_TOKEN: chosen.tokens.rest,
  })
  expect(chosen.tokens.rest).not.toBe(other.tokens.rest)
})

test.each([
  '/',
  '/scim/v2/Users',
  '/api/v2/scim',
  '/api/v2/scim/Users/1/more',
  '/api/v2/events/datasearch/audit',
  '//x',
])('answers like a gateway at %s, where there is nothing', async (path) => {
  await using sandbox = await openSandbox()
  const { status, json } = await sandbox.ask('GET', path)
  expect([status, json]).toEqual([404, { message: 'no Route matched with those values' }])
})

test('refuses a method that an endpoint lacks', async () => {
  await using sandbox = await openSandbox()
  const { status, headers } = await sandbox.scim('DELETE', '/Users')
  expect([status, headers.get('allow')]).toEqual([405, 'GET, POST'])
})
