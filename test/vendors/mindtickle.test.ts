import { describe, expect, test } from 'vitest'
import { type CannedReply, context, serveCanned } from '../support/canned.ts'
import { listOf, user } from './scim/scim-at.ts'
import { parseAs, vendorAt } from './vendor-at.ts'

const base = '/scim/v2'
const at = (url: string, settings: Record<string, unknown> = {}, memory?: Map<string, unknown>) =>
  vendorAt('mindtickle', `${url}${base}`, settings, memory)
const absent: CannedReply = { status: 404, body: { detail: 'no such resource' } }

/** A JSON web token that is signed by nobody. */
const jwt = (claims: object) =>
  ['{}', JSON.stringify(claims), 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.')

test('asks at the base of the settings, with its path, as SCIM and with a bearer token', async () => {
  await using app = await serveCanned(() => ({ body: listOf([user('u1', 'ana@example.com')]) }))
  await at(app.url).findAccounts({ user: 'ana@example.com' }, context())
  for (const asked of app.asked) {
    expect(asked).toMatchObject({ headers: { authorization: 'Bearer scim-token-0' } })
    expect(asked.path.startsWith(`${base}/Users`)).toBe(true)
  }
  expect(app.asked[0]?.headers.accept).toContain('application/scim+json')
})

test.each<[string, Record<string, unknown>]>([
  ['no address', {}],
  ['an address without encryption', { url: 'http://acme.mindtickle.com/scim/v2' }],
  ['a token of another kind', { url: 'https://acme.mindtickle.com/scim/v2', tokens: { rest: 'x' } }],
])('takes no settings with %s', (_, settings) => {
  expect(parseAs('mindtickle', settings).success).toBe(false)
})

test('does not delete unless the settings allow it', () => {
  const offered = (settings = {}) => 'deleteAccount' in at('http://127.0.0.1:1', settings)
  expect([offered(), offered({ allowDelete: true })]).toEqual([false, true])
})

test('takes the fields that are documented and no others', async () => {
  await using app = await serveCanned(() => ({ status: 201 }))
  const fields = { userName: 'ana@example.com', email: 'ana@example.com', externalId: 'idp-1', title: 'Lead' }
  await expect(at(app.url).createAccount({ fields }, context())).rejects.toMatchObject({
    code: 'unsupported',
  })
  expect(app.asked).toEqual([])
})

test.each<[status: number, methods: string[]]>([
  [400, ['PATCH', 'PATCH', 'GET', 'PUT']],
  [405, ['PATCH', 'GET', 'PUT']],
  [501, ['PATCH', 'PATCH', 'GET', 'PUT']],
  [403, ['PATCH']],
  [429, ['PATCH']],
  [500, ['PATCH']],
])(
  'goes down to PUT from a PATCH refused with %s only where the form was refused',
  async (status, methods) => {
    await using app = await serveCanned(({ method }) =>
      method === 'PATCH' ? { status } : { body: user('u1', 'ana@example.com') },
    )
    await at(app.url)
      .deactivateAccount({ id: 'u1', userName: 'ana@example.com' }, context())
      .catch(() => undefined)
    expect(app.asked.map(({ method }) => method)).toEqual(methods)
  },
)

describe('an app without groups', () => {
  const onGroups = ['listGroups', 'readGroup', 'createGroup', 'updateMembers'] as const

  test('is no longer asked for any once that is known', async () => {
    const memory = new Map<string, unknown>()
    await using app = await serveCanned(() => absent)
    const before = at(app.url, {}, memory)
    expect(onGroups.filter(before.lacks)).toEqual([])
    await expect(before.listGroups({ limit: 1 }, context())).rejects.toMatchObject({ code: 'unsupported' })
    expect(onGroups.filter(before.lacks)).toEqual(onGroups)
    expect(before.lacks('findAccounts')).toBe(false)
    const after = at(app.url, {}, memory)
    // The first question begins to recall.
    after.lacks('listGroups')
    await expect.poll(() => after.lacks('listGroups')).toBe(true)
  })

  test('is known to be one once its token was checked', async () => {
    await using app = await serveCanned(({ path }) =>
      path.endsWith('/Groups') ? absent : { body: listOf([]) },
    )
    const operations = at(app.url)
    await operations.checkTokens({}, context())
    expect(onGroups.filter(operations.lacks)).toEqual(onGroups)
  })

  test('is not taken for one because of a wrong address', async () => {
    await using app = await serveCanned(() => ({ status: 404, raw: '<html>not here</html>' }))
    const operations = at(app.url)
    await expect(operations.listGroups({ limit: 1 }, context())).rejects.toMatchObject({
      code: 'unavailable',
    })
    expect(operations.lacks('listGroups')).toBe(false)
  })
})

describe('a token', () => {
  const list: CannedReply = { body: listOf([]) }
  const inDays = (days: number) => Math.floor(Date.now() / 1000) + days * 86_400
  const check = async (users: CannedReply, groups: CannedReply, scim = 'scim-token-0') => {
    await using app = await serveCanned(({ path }) => (path.endsWith('/Groups') ? groups : users))
    const checks = await at(app.url, { tokens: { scim } }).checkTokens({}, context())
    expect(app.asked.every(({ method }) => method === 'GET')).toBe(true)
    return checks
  }

  test.each<[string, string, CannedReply, CannedReply]>([
    ['ok', 'works', list, list],
    ['ok', 'works for an app without groups', list, absent],
    ['rejected', 'is not accepted', { status: 401 }, { status: 401 }],
    ['missing_grant', 'may not read users', { status: 403 }, list],
    ['missing_grant', 'may not read groups', list, { status: 403 }],
    ['wrong_address', 'is tried where nobody is', absent, absent],
    ['wrong_address', 'is tried on a login page', { raw: '<html/>' }, { raw: '<html/>' }],
    ['rate_limited', 'is limited', { status: 429 }, list],
    ['unreachable', 'meets an error', { status: 500 }, list],
  ])('is %s when it %s', async (verdict, _, users, groups) => {
    expect(await check(users, groups)).toMatchObject([{ token: 'scim', verdict }])
  })

  test.each<[string, number]>([
    ['expired', -1],
    ['expires_soon', 2],
    ['ok', 60],
  ])('that is a JWT is %s by its own word', async (verdict, days) => {
    const exp = inDays(days)
    const [row] = await check(list, list, jwt({ exp }))
    expect(row).toMatchObject({ verdict, expiresAt: new Date(exp * 1000).toISOString() })
  })

  test('is told where another one is made', async () => {
    const [row] = await check({ status: 401 }, { status: 401 })
    expect(row?.surfaces[0]?.hint).toContain('Mindtickle support')
  })
})
