import { describe, expect, test } from 'vitest'
import type { RateSpelling } from '../../src/sandbox/index.ts'
import { filtered, openScimApp, rows } from './asking.ts'

describe('any SCIM app', () => {
  test('tells what it can do', async () => {
    await using opened = await openScimApp({ etags: true, largestCount: 50 })
    const { json } = await opened.scim('GET', '/ServiceProviderConfig')
    expect(json).toMatchObject({
      patch: { supported: true },
      etag: { supported: true },
      filter: { supported: true, maxResults: 50 },
    })
    const schemas = rows(await opened.scim('GET', '/Schemas'))
    expect(schemas.map(({ name }) => name)).toEqual(['User', 'Group', 'User'])
    const types = rows(await opened.scim('GET', '/ResourceTypes'))
    expect(types.map(({ endpoint }) => endpoint)).toEqual(['/Users', '/Groups'])
    expect((await opened.scim('GET', '/ResourceTypes/User')).json).toMatchObject({ id: 'User' })
    expect((await opened.scim('GET', '/Schemas/nothing')).status).toBe(404)
  })

  test('can do without groups, without PATCH and without telling', async () => {
    await using opened = await openScimApp({ groups: [], patchable: [], discovery: false })
    expect((await opened.scim('GET', '/Groups')).status).toBe(404)
    expect((await opened.scim('GET', '/Schemas')).status).toBe(404)
    expect((await opened.scim('GET', '/ServiceProviderConfig')).json.patch).toEqual({ supported: false })
    const { id } = opened.app.user('ada@example.com')
    const { status } = await opened.patch(`/Users/${id}`, { op: 'replace', path: 'active', value: false })
    expect([status, opened.app.user(id).active]).toEqual([501, true])
  })

  test('answers at the base that it is given', async () => {
    await using opened = await openScimApp({ base: '/scim2' })
    expect(opened.app.scimUrl).toBe(`${opened.app.url}/scim2`)
    expect((await opened.scim('GET', '/Users?count=1')).status).toBe(200)
  })

  test('says in users which groups they are in', async () => {
    await using opened = await openScimApp()
    const { json } = await opened.scim('GET', `/Users/${opened.app.user('ada@example.com').id}`)
    const groups = json.groups as { display: string }[]
    expect(groups.map(({ display }) => display)).toEqual(['Engineering', 'Remote access', 'Everyone'])
  })

  test('leaves out what it is not asked for, save ids and schemas', async () => {
    await using opened = await openScimApp()
    const [row] = rows(await opened.scim('GET', '/Users?count=1&attributes=userName,name.givenName'))
    expect(Object.keys(row ?? {}).sort()).toEqual(['id', 'name', 'schemas', 'userName'])
    const { id } = opened.app.group('Sales')
    const { json } = await opened.scim('GET', `/Groups/${id}?excludedAttributes=members`)
    expect(json).not.toHaveProperty('members')
  })

  test('keeps to the version that a write names', async () => {
    await using opened = await openScimApp({ etags: true })
    const path = `/Users/${opened.app.user('ada@example.com').id}`
    const { headers, json } = await opened.scim('GET', path)
    const version = headers.get('etag') ?? ''
    expect(json.meta).toMatchObject({ version })
    const put = (match: string) =>
      opened.scim('PUT', path, { body: { userName: 'ada@example.com' }, headers: { 'if-match': match } })
    expect((await put(version)).status).toBe(200)
    expect((await put(version)).status).toBe(412)
    expect((await put('*')).status).toBe(200)
  })

  test.each([
    ['none', {}],
    ['ratelimit', { 'ratelimit-limit': '2', 'ratelimit-remaining': '1', 'ratelimit-reset': '60' }],
    ['ratelimit-fields', { ratelimit: '"default";r=1;t=60' }],
    ['x-ratelimit', { 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '60' }],
    ['x-ratelimit-epoch', { 'x-ratelimit-reset': '1000060', date: 'Mon, 12 Jan 1970 13:46:40 GMT' }],
    ['x-ratelimit-epoch-ms', { 'x-ratelimit-reset': '1000060000' }],
    ['x-rate-limit-epoch', { 'x-rate-limit-remaining': '1', 'x-rate-limit-reset': '1000060' }],
  ] as [RateSpelling, Record<string, string>][])('says its limits as %s', async (rateHeaders, expected) => {
    await using opened = await openScimApp({
      now: () => 1_000_000_000,
      limits: { perMinute: 2 },
      rateHeaders,
    })
    const { headers } = await opened.scim('GET', '/Users?count=1')
    expect(Object.fromEntries(headers)).toMatchObject(expected)
    if (rateHeaders === 'none') expect([...headers.keys()].join()).not.toContain('rate')
  })

  test.each([
    ['seconds', '60'],
    ['date', 'Mon, 12 Jan 1970 13:47:40 GMT'],
    ['zero', '0'],
  ] as const)('says when to come back in %s', async (retryAfter, expected) => {
    await using opened = await openScimApp({ now: () => 1_000_000_000, limits: { perMinute: 1 }, retryAfter })
    expect((await opened.scim('GET', '/Users?count=1')).headers.has('retry-after')).toBe(false)
    const { status, headers } = await opened.scim('GET', '/Users?count=1')
    expect([status, headers.get('retry-after')]).toEqual([429, expected])
  })

  test.each([
    ['none', {}],
    ['another', { authorization: 'Bearer made-up' }],
    ['no bearer', { authorization: 'Basic x' }],
  ])('answers 401 for a token that is %s', async (_, headers) => {
    await using opened = await openScimApp()
    expect((await fetch(`${opened.app.scimUrl}/Users`, { headers })).status).toBe(401)
  })

  test('finds people by external id, email and user name', async () => {
    await using opened = await openScimApp()
    const { externalId } = opened.app.user('ada@example.com')
    for (const filter of [`externalId eq "${externalId}"`, 'emails.value eq "ada@example.com"'])
      expect(rows(await opened.scim('GET', `/Users${filtered(filter)}`))).toMatchObject([
        { userName: 'ada@example.com' },
      ])
  })
})
