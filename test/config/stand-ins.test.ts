import { expect, test } from 'vitest'
import { secretFrom } from '../../src/config/reference.ts'
import { openSetup } from '../support/world.ts'

const readAs = (value: string, form?: 'token' | 'text') =>
  secretFrom({ TOKEN: value }, form && { form }).safeParse('env:TOKEN')

test.each([
  ['\x24{NETSKOPE_TOKEN}', /variable that nothing has replaced/],
  ['\x24{input:netskope-token}', /variable that nothing has replaced/],
  ['{{NETSKOPE_TOKEN}}', /variable that nothing has replaced/],
  ['<your-token>', /placeholder/],
  ['<your token>', /placeholder/],
  ['YOUR_TOKEN', /placeholder/],
  ['your-netskope-api-token-here', /placeholder/],
  ['REPLACE_WITH_SECRET', /placeholder/],
  ['"0123456789abcdef"', /quotes/],
  ["'0123456789abcdef'", /quotes/],
  ['env:NETSKOPE_TOKEN', /reference/],
  ['file:/run/secrets/netskope', /reference/],
  ['op://vault/netskope/token', /reference/],
])('no secret is %s, and the error says which setting and never what it holds', async (value, problem) => {
  for (const form of ['token', 'text'] as const) {
    const message = readAs(value, form).error?.issues[0]?.message ?? ''
    expect(message).toMatch(problem)
    expect(message).toMatch(/^env:TOKEN /)
    expect(message).not.toContain(value)
  }
})

test.each([
  '$ecret-0123456789',
  '\x24{half}a-password',
  'a-password-with-<angles>',
  'yourtokens0123456789',
  'YOUR0TOKEN',
  'your-very-own-0123456789',
  'the-secret',
  'my-own-secret',
  'a"quoted"password',
  '"begins-with-a-quote',
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  'xoxp-0123456789-token',
  'filet-mignon',
  '0123456789abcdef==',
])('what may be a secret is taken: %s', (value) => {
  expect(readAs(value).data?.reveal()).toBe(value)
})

test('a key in PEM form and a JSON document are taken whole', () => {
  const pem = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n'
  expect(readAs(pem, 'text').data?.reveal()).toBe(pem)
  expect(readAs('{"type":"service_account"}', 'text').data?.reveal()).toContain('service_account')
})

test('the command line names the tenant and the setting, and asks no app', async () => {
  const place = await openSetup({
    tenant: { tokens: { scim: 'env:ACME_TOKEN' } },
    env: { ACME_TOKEN: '<your-token>' },
  })
  const { code, stderr } = await place.run(['check'])
  expect(code).toBe(2)
  expect(stderr).toMatch(/tenants\.acme-netskope\.tokens\.scim: env:ACME_TOKEN holds a placeholder/)
  expect(place.netskope.arrivals).toEqual([])
  await place.close()
})
