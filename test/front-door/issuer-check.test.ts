import { expect, test } from 'vitest'
import { openTlsApp } from '../support/corporate-network.ts'
import { openHttpWorld } from '../support/http-world.ts'
import { openIssuer } from '../support/issuer.ts'
import { openSetup, type ToolAnswer } from '../support/world.ts'

type Issuer = Awaited<ReturnType<typeof openIssuer>>

/** What `check` says of the issuer that the settings name. */
async function check(jwt: object) {
  const audience = 'https://identity.example.com/mcp'
  const place = await openSetup({ settings: { auth: { jwt: { audience, ...jwt } } } })
  const { code, stdout } = await place.run(['check', '--json'])
  const shown = await place.run(['check'])
  await place.close()
  const { ok, issuer } = JSON.parse(stdout)
  expect(shown).toMatchObject({ code })
  return { code, ok, issuer, text: shown.stdout.replace(/\s+/g, ' ') }
}

test.each<[string, (issuer: Issuer) => object, (issuer: Issuer) => RegExp]>([
  [
    'that its name lacks its slash',
    ({ issuer }) => ({ issuer: `${issuer}/` }),
    ({ issuer }) => new RegExp(`set auth\\.jwt\\.issuer to exactly "${issuer}"\\.`),
  ],
  [
    'that its name lacks its slash, where the address of its keys is set',
    ({ issuer }) => ({ issuer: `${issuer}/`, jwksUri: `${issuer}/keys` }),
    ({ issuer }) => new RegExp(`set auth\\.jwt\\.issuer to exactly "${issuer}"\\.`),
  ],
  [
    'that it publishes no metadata',
    ({ issuer }) => ({ issuer: `${issuer}/elsewhere` }),
    () => /publishes no metadata: .*\/elsewhere\/\.well-known\/openid-configuration/,
  ],
  [
    'that there are no keys at the address that is set',
    ({ issuer }) => ({ issuer, jwksUri: `${issuer}/none` }),
    () => /There is no set of keys at .*\/none \(HTTP 404\)/,
  ],
  [
    'that it has no keys',
    (issuer) => {
      issuer.rotate()
      return { issuer: issuer.issuer }
    },
    () => /none that signs access tokens/,
  ],
  [
    'that its host is not known',
    () => ({ issuer: 'https://no-such-host.invalid' }),
    () => /DNS (knows no host no-such-host\.invalid\. Check `auth\.jwt\.issuer`|does not answer)/,
  ],
])('check tells of the issuer %s, and ends with 1', async (_, settings, says) => {
  await using issuer = await openIssuer()
  const told = await check(settings(issuer))
  expect(told).toMatchObject({ code: 1, ok: false, issuer: { ok: false } })
  expect(told.issuer.problem).toMatch(says(issuer))
  expect(told.text).toMatch(says(issuer))
})

test('check tells that the certificate of the issuer is not trusted', async () => {
  await using app = await openTlsApp()
  const { code, text } = await check({ issuer: `https://localhost:${app.port}` })
  expect(code).toBe(1)
  expect(text).toMatch(/auth\.jwt \(https:.*issued by "Acme Inspection CA", .*setting `ca`/)
})

test('check finds nothing wrong with an issuer that has keys, in one place or the other', async () => {
  await using issuer = await openIssuer()
  const well = { code: 0, ok: true, issuer: { issuer: issuer.issuer, ok: true } }
  expect(await check({ issuer: issuer.issuer })).toMatchObject(well)
  expect(await check({ issuer: issuer.issuer, jwksUri: `${issuer.issuer}/keys` })).toMatchObject(well)
  // An issuer with an address for its keys need not publish anything else.
  await using silent = await openIssuer({ metadata: '/nowhere' })
  const jwksUri = `${silent.issuer}/keys`
  expect(await check({ issuer: silent.issuer, jwksUri })).toMatchObject({ code: 0 })
})

test('a caller is told of an issuer that goes by another name, and not to set the address of its keys', async () => {
  await using issuer = await openIssuer()
  await using world = await openHttpWorld({ auth: issuer.settings({ issuer: `${issuer.issuer}/` }) })
  const reply = await world.fetch('/mcp', {
    method: 'POST',
    headers: { authorization: `Bearer ${await issuer.token()}` },
  })
  const { error } = (await reply.json()) as { error: { data: ToolAnswer } }
  expect(error.data.error).toMatchObject({ code: 'unavailable' })
  expect(error.data.error?.hint).toContain(`set auth.jwt.issuer to exactly "${issuer.issuer}"`)
  expect(error.data.error?.hint).not.toContain('jwksUri')
})
