import { expect, test } from 'vitest'
import { type MindtickleOptions, startSandbox } from '../../src/sandbox/index.ts'
import { filtered, rows, scimAt } from './asking.ts'

async function openMindtickle(mindtickle: MindtickleOptions = {}) {
  const sandbox = await startSandbox({ apps: ['mindtickle'], mindtickle })
  const tenant = sandbox.tenants['acme-mindtickle']
  return {
    tenant,
    ...scimAt(tenant.scimUrl, () => tenant.tokens.scim.value),
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

const off = { op: 'replace', path: 'active', value: false }
const title = { op: 'replace', path: 'name.familyName', value: 'King' }

test.each(['/scim/v2', '/scim', '/x/y/scim'])('answers at the base %s', async (base) => {
  await using opened = await openMindtickle({ base })
  expect(opened.tenant.scimUrl).toBe(opened.tenant.url + base)
  expect(rows(await opened.scim('GET', `/Users${filtered('userName eq "ada@example.com"')}`))).toHaveLength(1)
  expect((await scimAt(`${opened.tenant.url}/else`, () => 'x').scim('GET', '/Users')).status).toBe(404)
})

test('bears a token that says when it ends, and refuses it from then on', async () => {
  let now = 1_000_000_000
  await using opened = await openMindtickle({
    now: () => now,
    tokens: { scim: { expiresAt: 1_000_060_000 } },
  })
  const [, claims = ''] = opened.tenant.tokens.scim.value.split('.')
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ exp: 1_000_060 })
  expect((await opened.scim('GET', '/Users?count=1')).status).toBe(200)
  now += 60_000
  expect(await opened.scim('GET', '/Users?count=1')).toMatchObject({
    status: 401,
    json: { detail: 'Invalid token' },
  })
})

test.each([
  [undefined, [200, 501, 501]],
  ['everything', [200, 200, 200]],
  ['nothing', [501, 501, 501]],
] as const)('patches %s', async (patch, expected) => {
  await using opened = await openMindtickle({ patch })
  const path = `/Users/${opened.tenant.user('ada@example.com').id}`
  const pathless = { op: 'replace', value: { active: true, 'name.familyName': 'King' } }
  const answers = [
    await opened.patch(path, off),
    await opened.patch(path, title),
    await opened.patch(path, pathless),
  ]
  expect(answers.map(({ status }) => status)).toEqual(expected)
  expect(opened.tenant.user('ada@example.com').active).toBe(patch !== undefined)
})

test('takes a whole user by PUT', async () => {
  await using opened = await openMindtickle({ patch: 'nothing' })
  const ada = opened.tenant.user('ada@example.com')
  const { json } = await opened.scim('GET', `/Users/${ada.id}`)
  expect((await opened.scim('PUT', `/Users/${ada.id}`, { body: { ...json, active: false } })).status).toBe(
    200,
  )
  expect(ada).toMatchObject({ active: false, name: { givenName: 'Ada', familyName: 'Lovelace' } })
})

test('has groups only when told', async () => {
  await using without = await openMindtickle()
  expect((await without.scim('GET', '/Groups')).status).toBe(404)
  const ada = `/Users/${without.tenant.user('ada@example.com').id}`
  expect((await without.scim('GET', ada)).json).not.toHaveProperty('groups')
  await using opened = await openMindtickle({ groups: true })
  expect(rows(await opened.scim('GET', '/Groups?count=100')).map((group) => group.displayName)).toContain(
    'Everyone',
  )
  expect((await opened.scim('GET', ada)).json).toHaveProperty('groups')
})

test('answers a name that is taken with a plain 409', async () => {
  await using opened = await openMindtickle()
  const { status, headers, text } = await opened.scim('POST', '/Users', {
    body: { userName: 'ada@example.com' },
  })
  expect([status, headers.get('content-type'), text]).toEqual([409, 'text/plain', 'conflict'])
})

test('deletes for good', async () => {
  await using opened = await openMindtickle()
  const path = `/Users/${opened.tenant.user('ada@example.com').id}`
  expect((await opened.scim('DELETE', path)).status).toBe(204)
  expect((await opened.scim('GET', path)).status).toBe(404)
})

test('has limits and tells nothing of them', async () => {
  await using opened = await openMindtickle({ limits: { perMinute: 1 } })
  await opened.scim('GET', '/Users?count=1')
  const { status, headers, text } = await opened.scim('GET', '/Users?count=1')
  expect([status, text]).toEqual([429, ''])
  expect([...headers.keys()].filter((name) => /rate|retry/.test(name))).toEqual([])
})

test('the fault sparse-replies shows no more than the guide does', async () => {
  await using opened = await openMindtickle({ faults: ['sparse-replies'] })
  const { id } = opened.tenant.user('ada@example.com')
  expect(rows(await opened.scim('GET', '/Users?count=1'))).toEqual([{ id, userName: 'ada@example.com' }])
  expect((await opened.patch(`/Users/${id}`, off)).json).toEqual({ id, active: false })
  expect(
    Object.keys((await opened.scim('POST', '/Users', { body: { userName: 'di@example.com' } })).json),
  ).toEqual(['id', 'userName', 'active'])
  expect((await opened.scim('GET', `/Users/${id}`)).json).toHaveProperty('emails')
})
