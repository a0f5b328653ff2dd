import { describe, expect, test } from 'vitest'
import { vendors } from '../../src/vendors/index.ts'
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { listOf, user } from './scim/scim-at.ts'
import { parseAs, vendorAt } from './vendor-at.ts'

const target = { id: 'u1', userName: 'ana@example.com' }
const url = 'https://api.example.com/scim2'

describe('its settings', () => {
  test('are an address and a token, and the careful choice otherwise', () => {
    const { data, error } = parseAs('scim', { url })
    expect(error).toBeUndefined()
    expect(data).toMatchObject({
      allowDelete: false,
      memberRemoveShape: 'filter',
      authHeader: 'Authorization: Bearer',
    })
    const facts = vendors.find(({ name }) => name === 'scim')?.facts
    expect(data && facts?.(data)).toEqual({
      deactivate: 'unknown',
      delete: 'unknown',
      endsSessions: 'unknown',
      freesSeat: 'unknown',
      audit: 'none',
    })
  })

  test.each<[string, Record<string, unknown>]>([
    ['a header of the connection', { authHeader: 'Host' }],
    ['a header in two lines', { authHeader: 'X-Api-Key\r\nX: y' }],
    ['a name of two lines', { userAgent: 'a\r\nX: y' }],
    ['a core attribute', { customAttributes: { on: 'urn:ietf:params:scim:schemas:core:2.0:User:active' } }],
    ['an attribute without a schema', { customAttributes: { on: 'active' } }],
    ['a key of another vendor', { auditPath: '/x' }],
  ])('refuse %s', (_, settings) => {
    expect(parseAs('scim', { url, ...settings }).success).toBe(false)
  })
})

test.each<[authHeader: string, header: string, value: string]>([
  ['Authorization: Bearer', 'authorization', 'Bearer scim-token-0'],
  ['Authorization: Token', 'authorization', 'Token scim-token-0'],
  ['X-Api-Key', 'x-api-key', 'scim-token-0'],
])('sends its token as %s', async (authHeader, header, value) => {
  await using app = await serveCanned(() => ({ body: listOf([]) }))
  await vendorAt('scim', app.url, { authHeader, userAgent: 'acme/1' }).listAccounts({ limit: 1 }, context())
  expect(app.asked[0]?.headers).toMatchObject({ [header]: value, 'user-agent': 'acme/1' })
})

describe('attributes of the app’s own', () => {
  const settings = { customAttributes: { badge: 'urn:example:2.0:User:badgeNumber' } }

  test('are set and read under the names of the settings', async () => {
    const ana = user('u1', target.userName, { 'urn:example:2.0:User': { badgeNumber: '17', secret: 'no' } })
    await using app = await serveCanned(({ method }) => (method === 'GET' ? { body: ana } : { status: 204 }))
    const operations = vendorAt('scim', app.url, settings)
    const read = await operations.readFields({ id: 'u1' }, context())
    expect(read?.fields.custom).toEqual({ badge: '17' })
    await operations.updateAccount({ ...target, set: { custom: { badge: '18' } } }, context())
    expect(app.asked[1]?.body).toMatchObject({
      Operations: [{ op: 'replace', path: 'urn:example:2.0:User:badgeNumber', value: '18' }],
    })
  })

  test.each(['active', 'urn:example:2.0:User:badgeNumber', 'constructor'])(
    'are refused when the settings do not name them, such as %s',
    async (name) => {
      await using app = await serveCanned(() => ({ status: 204 }))
      const set = { custom: { [name]: 'x' } }
      await expect(
        vendorAt('scim', app.url, settings).updateAccount({ ...target, set }, context()),
      ).rejects.toMatchObject({ code: 'unsupported' })
      expect(app.asked).toEqual([])
    },
  )
})

describe('a probe', () => {
  const people = Array.from({ length: 30 }, (_, index) => user(`u${index}`))
  const config = {
    patch: { supported: false },
    filter: { supported: true, maxResults: 20 },
    etag: { supported: true },
    authenticationSchemes: [{ type: 'oauthbearertoken' }],
  }

  /** An app of thirty people; `ways` says in what it differs from RFC 7644. */
  const appOf =
    (
      mapping: {
        filter?: 'ignored' | 'refused' | 'empty'
        paging?: boolean
        most?: number
        groups?: CannedReply
        config?: CannedReply
      } = {},
    ) =>
    ({ path, query }: ReceivedRequest): CannedReply => {
      if (path === '/ServiceProviderConfig') return mapping.config ?? { body: config }
      if (path === '/Groups') return mapping.groups ?? { body: listOf([]) }
      if (path !== '/Users') return { status: 404 }
      if (query.filter && mapping.filter === 'refused') return { status: 501 }
      const asked = /"(.*)"/.exec(query.filter ?? '')?.[1]
      const found =
        asked === undefined || mapping.filter === 'ignored'
          ? people
          : people.filter(({ userName }) => mapping.filter !== 'empty' && userName === asked)
      const start = mapping.paging === false ? 0 : Number(query.startIndex ?? 1) - 1
      const count = Math.min(Number(query.count ?? 100), mapping.most ?? 100)
      return {
        body: listOf(found.slice(start, start + count), found.length),
        headers: { 'x-ratelimit-remaining': '9' },
      }
    }

  const probe = async (answer: (arrived: ReceivedRequest) => CannedReply) => {
    await using app = await serveCanned(answer)
    const memory = new Map<string, unknown>()
    const { findings, proposes, ok } = await vendorAt('scim', app.url, {}, memory).probeApp({}, context())
    const found = Object.fromEntries(findings.map((one) => [one.about, one.found]))
    return {
      found,
      proposes,
      ok,
      learned: { ...(memory.get('scim.learned') as object), ...(memory.get('scim.filters') as object) },
      memory,
      asked: app.asked,
    }
  }

  test('asks by reads alone, for nobody who could be there', async () => {
    const { asked, ok } = await probe(appOf())
    expect(ok).toBe(true)
    expect(asked.map(({ method }) => method).filter((method) => method !== 'GET')).toEqual([])
    expect(asked.map(({ query }) => query.filter).find((filter) => filter)).toMatch(
      /^userName eq "[\w-]+@example\.invalid"$/,
    )
  })

  test('says what the app can do, and proposes settings', async () => {
    const { found, proposes, learned } = await probe(appOf())
    expect(found).toMatchObject({
      filter: 'honoured',
      paging: 'honoured',
      groups: 'there',
      'rate limit': 'announced in x-ratelimit-remaining',
      'resource types': 'not available',
    })
    expect(proposes).toEqual({ patchStrategy: 'put', pageSize: 20 })
    expect(learned).toMatchObject({
      filters: { userName: 'honoured' },
      etag: true,
      pageMaximum: 20,
      patch: false,
    })
  })

  test.each(['ignored', 'refused', 'empty'] as const)('learns of a filter that is %s', async (filter) => {
    const { learned } = await probe(appOf({ filter }))
    expect(learned).toMatchObject({ filters: { userName: filter === 'empty' ? 'ignored' : filter } })
  })

  test('learns how many rows come at most', async () => {
    const { learned, proposes } = await probe(appOf({ most: 10, config: { status: 404 } }))
    expect({ learned, proposes }).toMatchObject({ learned: { pageMaximum: 10 }, proposes: { pageSize: 10 } })
  })

  test('notices that paging is ignored', async () => {
    expect((await probe(appOf({ paging: false }))).found.paging).toMatch(/ignored/)
  })

  test('notices that there are no groups', async () => {
    const { found, memory } = await probe(appOf({ groups: { status: 404 } }))
    expect(found.groups).toBe('none')
    expect(memory.get('scim.noGroups')).toEqual({ noGroups: true })
  })

  test.each<[string, CannedReply, string]>([
    ['does not accept the token', { status: 401 }, 'unauthorized'],
    ['is not there', { status: 404 }, 'unavailable'],
  ])('fails as any question does when the app %s', async (_, reply, code) => {
    await expect(probe(() => reply)).rejects.toMatchObject({ code })
  })
})

describe('what a probe learned', () => {
  const learned = (value: object) =>
    new Map<string, unknown>([
      ['scim.learned', value],
      ['scim.filters', value],
    ])

  const byAll = (state: string) =>
    Object.fromEntries(
      ['userName', 'emails.value', 'externalId', 'active', 'displayName'].map((by) => [by, state]),
    )

  test.each(['ignored', 'refused'])('saves the filter that is %s', async (filter) => {
    await using app = await serveCanned(() => ({ body: listOf([user('u1', target.userName)]) }))
    const operations = vendorAt('scim', app.url, {}, learned({ filters: byAll(filter) }))
    expect(await operations.findAccounts({ user: target.userName }, context())).toMatchObject({
      accounts: [{ id: 'u1' }],
    })
    const { note } = await operations.listAccounts({ match: { status: 'active' }, limit: 10 }, context())
    expect(note).toContain('could not be relied on')
    await operations.readGroup({ group: 'Nobody' }, context()).catch(() => undefined)
    expect(app.asked.filter(({ query }) => query.filter)).toEqual([])
  })

  test('keeps pages to what the app sends at most', async () => {
    await using app = await serveCanned(() => ({ body: listOf([]) }))
    await vendorAt('scim', app.url, {}, learned({ pageMaximum: 20 })).listAccounts({ limit: 10 }, context())
    expect(app.asked[0]?.query.count).toBe('20')
  })
})
