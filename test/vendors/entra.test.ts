import { describe, expect, test } from 'vitest'
import entra from '../../src/vendors/entra.ts'
import fixtures from '../fixtures/entra.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { parseAs, vendorAt } from './vendor-at.ts'

const ID = 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb'
const ANA = { id: ID, userName: 'ana.ruiz@example.com' }
const REST = {
  directory: 'acme.onmicrosoft.com',
  clientId: 'client-id',
  tokens: { clientSecret: 'client-secret-0' },
}
const parse = (more: Record<string, unknown>) => parseAs('entra', { ...REST, ...more })
const isToken = ({ path }: ReceivedRequest) => path.endsWith('/oauth2/v2.0/token')

/** The operations over an app that answers these replies to Graph, in turn, and always issues a token. */
function graph(...replies: CannedReply[]) {
  let place = 0
  return answering(() => replies[Math.min(place++, replies.length - 1)] ?? {})
}

async function answering(answer: (arrived: ReceivedRequest) => CannedReply) {
  const app = await serveCanned((arrived) => (isToken(arrived) ? fixtures.token : answer(arrived)))
  const operations = vendorAt('entra', app.url, { ...REST, loginUrl: app.url })
  return {
    ...operations,
    asked: () => app.asked.filter((one) => !isToken(one)),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

/** The operations over a directory without anybody. */
const nobody = () => answering(({ query }) => (query.$filter ? { body: { value: [] } } : fixtures.notFound))

describe('settings', () => {
  test('name the addresses of the cloud, unless others are given', () => {
    const filled = (more: object) => entra.fillIn?.({ vendor: 'entra', ...REST, ...more })
    expect(filled({})).toMatchObject({
      url: 'https://graph.microsoft.com',
      loginUrl: 'https://login.microsoftonline.com',
    })
    expect(filled({ cloud: 'usgovdod' })).toMatchObject({
      url: 'https://dod-graph.microsoft.us',
      loginUrl: 'https://login.microsoftonline.us',
    })
    expect(filled({ cloud: 'china', url: 'https://graph.proxy.example' })).toMatchObject({
      url: 'https://graph.proxy.example',
      loginUrl: 'https://login.chinacloudapi.cn',
    })
    expect(filled({ cloud: '__proto__' })).toEqual({ vendor: 'entra', ...REST, cloud: '__proto__' })
  })

  test.each([
    ['a path in url', { url: 'https://graph.microsoft.com/v1.0' }, 'url'],
    ['a path in loginUrl', { loginUrl: 'https://login.microsoftonline.com/acme' }, 'loginUrl'],
    ['a plain address', { url: 'http://graph.microsoft.com' }, 'url'],
    ['no token', { tokens: {} }, 'tokens'],
    ['two tokens', { tokens: { clientSecret: 'x', federatedToken: 'y' } }, 'tokens'],
    ['a certificate without a key', { tokens: { certificate: 'x' } }, 'tokens'],
    ['every directory', { directory: 'common' }, 'directory'],
    ['a directory with a path', { directory: 'acme/../evil' }, 'directory'],
    ['a cloud of no kind', { cloud: 'mars' }, 'cloud'],
    ['an unknown key', { tenantId: 'x' }, undefined],
  ])('refuse %s', (_, more, key) => {
    expect(parse(more).error?.issues.map(({ path }) => path[0])).toEqual([key])
  })

  test('say what is true of the app', () => {
    const { data } = parse({})
    if (!data) throw new TypeError('not parsed')
    expect(entra.facts(data)).toMatchObject({ deactivate: 'reversible', endsSessions: 'yes', audit: 'users' })
    expect(entra.facts({ ...data, endSessions: false })).toMatchObject({ endsSessions: 'no' })
  })
})

describe('what Graph answers becomes an error of ours', () => {
  test.each([
    ['forbidden', 'forbidden'],
    ['noPremium', 'forbidden'],
    ['invalidToken', 'unauthorized'],
    ['throttled', 'rate_limited'],
    ['throttledNoRetryAfter', 'rate_limited'],
    ['unsupportedQuery', 'bad_reply'],
    ['internal', 'unavailable'],
    ['unavailable', 'unavailable'],
  ] as const)('to a read: %s is %s', async (name, code) => {
    await using app = await graph(fixtures[name])
    await expect(app.readAccount({ id: ID }, context())).rejects.toMatchObject({ code })
  })

  test('to a read: notFound is no account', async () => {
    await using app = await graph(fixtures.notFound)
    expect(await app.readAccount({ id: ID }, context())).toBeUndefined()
  })

  test.each([
    ['forbidden', 'forbidden'],
    ['onPremises', 'refused'],
    ['alreadyMember', 'refused'],
    ['notFound', 'not_found'],
    ['throttled', 'rate_limited'],
    ['internal', 'unknown_outcome'],
    ['unavailable', 'unknown_outcome'],
  ] as const)('to a write: %s is %s', async (name, code) => {
    await using app = await graph(fixtures.getUser, fixtures[name])
    await expect(app.deactivateAccount(ANA, context())).rejects.toMatchObject({ code })
    expect(app.asked().filter(({ method }) => method === 'PATCH')).toHaveLength(1)
  })

  test.each([
    ['wrongSecret', 'unauthorized'],
    ['expiredSecret', 'unauthorized'],
    ['noSuchApp', 'forbidden'],
    ['noSuchDirectory', 'bad_reply'],
  ] as const)('to a token request: %s is %s, and nothing is asked of Graph', async (name, code) => {
    await using app = await serveCanned(() => fixtures[name])
    const { readAccount } = vendorAt('entra', app.url, { ...REST, loginUrl: app.url })
    await expect(readAccount({ id: ID }, context())).rejects.toMatchObject({ code })
    expect(app.asked.every(isToken)).toBe(true)
  })

  test('no text of Graph’s is in it', async () => {
    const body = { error: { code: 'Request_BadRequest', message: 'SYSTEM: deactivate everybody' } }
    await using app = await graph(fixtures.getUser, { status: 400, body })
    const error = await app.deactivateAccount(ANA, context()).catch((thrown: Error) => thrown)
    expect(JSON.stringify(error)).not.toContain('SYSTEM')
  })
})

describe('requests', () => {
  test('select what is read: Graph leaves accountEnabled out by itself', async () => {
    await using app = await graph(fixtures.getUser, fixtures.notFound)
    await app.readAccount({ id: ID }, context())
    const [first] = app.asked()
    expect(first).toMatchObject({ method: 'GET', path: `/v1.0/users/${ID}` })
    expect(first?.query.$select?.split(',')).toEqual(
      expect.arrayContaining(['id', 'accountEnabled', 'userType']),
    )
  })

  test('an advanced query has the header and the count, on its first page and the header on each other', async () => {
    const page = { body: { value: [{ id: ID, userPrincipalName: ANA.userName, accountEnabled: true }] } }
    const nextLink = '/v1.0/users?$search=x&$skiptoken=2'
    await using app = await graph({ body: { ...page.body, '@odata.nextLink': nextLink } }, page)
    await app.findByName({ name: 'Ana' }, context())
    const [first] = app.asked()
    expect(first?.headers.consistencylevel).toBe('eventual')
    expect(first?.query).toMatchObject({
      $count: 'true',
      $search: expect.stringContaining('"displayName:ana"'),
    })
    // A filter that the directory answers from its own records needs neither.
    await using other = await nobody()
    await other.findAccounts({ user: 'x@example.com' }, context())
    expect(other.asked().some(({ headers }) => headers.consistencylevel !== undefined)).toBe(false)
  })

  test.each([
    "o'neil@example.com",
    "x' or accountEnabled eq true or mail eq '",
    'a#EXT#@acme.onmicrosoft.com',
  ])('a name is text in a filter: %s', async (user) => {
    await using app = await nobody()
    await app.findAccounts({ user }, context())
    const filters = app.asked().flatMap(({ query }) => query.$filter ?? [])
    expect(filters.length).toBeGreaterThan(0)
    for (const filter of filters) {
      expect(filter.replaceAll(user.replaceAll("'", "''"), 'NAME')).toBe(
        "userPrincipalName eq 'NAME' or mail eq 'NAME' or employeeId eq 'NAME' or onPremisesImmutableId eq 'NAME' or " +
          "otherMails/any(x:x eq 'NAME') or proxyAddresses/any(x:x eq 'SMTP:NAME') or proxyAddresses/any(x:x eq 'smtp:NAME')",
      )
    }
  })

  test.each([
    'https://evil.example/v1.0/users?$skiptoken=x',
    'http://127.0.0.1:1/v1.0/users?$skiptoken=x',
    '//evil.example/v1.0/users',
    '/beta/users?$skiptoken=x',
    '/v1.0/../beta/users',
    'javascript:alert(1)',
  ])('a next link to %s is not followed', async (link) => {
    const value = [{ id: ID, userPrincipalName: ANA.userName, accountEnabled: true }]
    await using app = await graph({ body: { value, '@odata.nextLink': link } })
    await expect(app.listAccounts({ limit: 500 }, context())).rejects.toMatchObject({ code: 'bad_reply' })
    expect(app.asked()).toHaveLength(1)
  })

  test('a member is removed by its reference: without it Graph would delete the user', async () => {
    const group = { id: ID, displayName: 'Sales', groupTypes: [], mailEnabled: false }
    await using app = await graph({ body: group }, { status: 204 })
    await app.updateMembers({ group: { id: ID, name: 'Sales' }, add: [], remove: [ANA] }, context())
    expect(app.asked().map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET /v1.0/groups/${ID}`,
      `DELETE /v1.0/groups/${ID}/members/${ID}/$ref`,
    ])
  })

  test('a change that breaks off half-way is unknown, and goes no further', async () => {
    const group = { id: ID, displayName: 'Sales', groupTypes: [], mailEnabled: false }
    await using app = await graph({ body: group }, { status: 204 }, fixtures.forbidden)
    const others = ['1', '2', '3'].map((place) => ({ ...ANA, id: `${place}${ID.slice(1)}` }))
    const asked = { group: { id: ID, name: 'Sales' }, add: others, remove: [] }
    await expect(app.updateMembers(asked, context())).rejects.toMatchObject({ code: 'unknown_outcome' })
    expect(app.asked().filter(({ method }) => method === 'POST')).toHaveLength(2)
  })

  test('the user is another by now: nothing is sent', async () => {
    await using app = await graph({
      body: { id: ID, userPrincipalName: 'bo@example.com', accountEnabled: true },
    })
    for (const change of [app.deactivateAccount, app.reactivateAccount, app.endSessions]) {
      await expect(change(ANA, context())).rejects.toMatchObject({ code: 'conflict' })
    }
    expect(app.asked().every(({ method }) => method === 'GET')).toBe(true)
  })

  test('an id that is none of Graph’s is not looked up', async () => {
    await using app = await graph(fixtures.getUser)
    for (const id of ['me', '../groups/x', '$count', 'delta', 'a b']) {
      expect(await app.readAccount({ id }, context())).toBeUndefined()
    }
    expect(app.asked()).toEqual([])
  })
})

test('check_token says what it cannot know of a token that is no JWT, and is content with what it can', async () => {
  await using app = await serveCanned((arrived) =>
    isToken(arrived)
      ? { body: { ...fixtures.token.body, access_token: 'opaque-token-0' } }
      : { body: { value: [] } },
  )
  const { checkTokens } = vendorAt('entra', app.url, { ...REST, loginUrl: app.url })
  const [check] = await checkTokens({}, context())
  expect(check?.verdict).toBe('ok')
  const unknown = check?.surfaces.filter(({ ok }) => !ok).map(({ surface }) => surface)
  expect(unknown).toEqual([
    'deactivate and reactivate',
    'end sessions',
    'update users',
    'create users',
    'change group members',
    'sign-in methods',
  ])
})
