import { describe, expect, test } from 'vitest'
import fixtures from '../fixtures/gainsight.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { gainsightAt, lines, serving, target } from './gainsight-at.ts'

const { users, services, errors } = fixtures
const tokens = { accessKey: 'access-key' }
const byUsers = { tokens, restDialect: 'users' }
const byServices = { tokens, restDialect: 'services' }
const LIST = '/v1/users/services/list'
const SERVICES = '/v1/users/services'
const STATUS = '/v1/users/services/status'
const person = (index: number) => ({
  userId: `u${index}`,
  email: `u${index}@example.com`,
  firstName: 'U',
  lastName: String(index),
  isActive: index % 2 === 0,
})

/** `count` users in the dialect `users`, at most `most` a page. */
const paging =
  (count: number, most = 1_000, totals = true) =>
  ({ query }: ReceivedRequest): CannedReply => {
    const size = Math.min(Number(query.pageSize), most)
    const start = (Number(query.page) - 1) * size
    const data = Array.from({ length: count }, (_, index) => person(index)).slice(start, start + size)
    return { body: { result: true, data, ...(totals && { totalCount: count }) } }
  }

describe('the dialect', () => {
  const find = (url: string, memory: Map<string, unknown>) =>
    gainsightAt(url, { tokens }, memory).findAccounts({ user: target.userName }, context())

  test.each<[string, Record<string, CannedReply>, string[], string[]]>([
    ['services', { [LIST]: services.list }, [`POST ${LIST}`, `POST ${LIST}`], [`POST ${LIST}`]],
    [
      'users',
      { '/v1/users': users.list },
      [`POST ${LIST}`, 'GET /v1/users?page=1&pageSize=1', 'GET /v1/users?page=1&pageSize=1000'],
      ['GET /v1/users?page=1&pageSize=1000'],
    ],
    ['services', { [LIST]: services.listNoDataFalse }, [`POST ${LIST}`, `POST ${LIST}`], [`POST ${LIST}`]],
  ])('%s is found out by reads, once', async (name, replies, first, second) => {
    await using app = await serveCanned(serving(replies))
    const memory = new Map<string, unknown>()
    await find(app.url, memory)
    expect(lines(app.asked)).toEqual(first)
    await find(app.url, memory)
    expect(lines(app.asked).slice(first.length)).toEqual(second)
    expect(memory.get('gainsight.restDialect')).toBe(name)
    expect(new Set(app.asked.map(({ headers }) => headers.accesskey))).toEqual(new Set(['access-key']))
    expect(app.asked.every(({ headers }) => headers.authorization === undefined)).toBe(true)
  })

  test.each<[string, CannedReply, object]>([
    ['a refused key', errors.badAuthHeaders400, { code: 'unauthorized' }],
    ['a limit', errors.rateLimited, { code: 'rate_limited' }],
    ['nobody there', { status: 404, raw: '<html>' }, { code: 'unavailable', retryable: false }],
  ])('is not remembered after %s', async (_, reply, expected) => {
    await using app = await serveCanned(() => reply)
    const memory = new Map<string, unknown>()
    await expect(find(app.url, memory)).rejects.toMatchObject(expected)
    expect(memory.size).toBe(0)
  })
})

describe('users', () => {
  test('are looked at one by one, on the largest pages', async () => {
    await using app = await serveCanned(serving({ '/v1/users': paging(1_200) }))
    const found = await gainsightAt(app.url, byUsers).findAccounts({ user: 'U1100@example.com' }, context())
    expect(found.accounts).toMatchObject([
      { id: 'u1100', userName: 'u1100@example.com', name: 'U 1100', status: 'active' },
    ])
    expect(app.asked).toHaveLength(2)
  })

  test.each([
    ['the page that was asked for', 1_000, true],
    ['smaller pages than asked for', 100, true],
    ['pages without a total', 1_000, false],
  ])('are listed on from where a page ended, by %s', async (_, most, totals) => {
    await using app = await serveCanned(serving({ '/v1/users': paging(350, most, totals) }))
    const operations = gainsightAt(app.url, byUsers)
    const first = await operations.listAccounts({ limit: 150 }, context())
    expect(first.items).toHaveLength(150)
    const rest = await operations.listAccounts(
      { limit: 500, ...(first.next && { at: first.next }) },
      context(),
    )
    expect(rest.complete).toBe(true)
    const ids = [...first.items, ...rest.items].map(({ id }) => id)
    expect(ids).toEqual(Array.from({ length: 350 }, (_, index) => `u${index}`))
  })

  test('are filtered by whether they are active', async () => {
    await using app = await serveCanned(serving({ '/v1/users': paging(4) }))
    const page = await gainsightAt(app.url, byUsers).listAccounts(
      { match: { status: 'active' }, limit: 9 },
      context(),
    )
    expect(page.items.map(({ id }) => id)).toEqual(['u0', 'u2'])
    expect(app.asked[0]?.query).toEqual({ page: '1', pageSize: '1000', isActive: 'true' })
  })

  const current = { ...person(0), name: 'U 0', role: 'CSM', customAttributes: { region: 'EMEA', level: 2 } }
  const u0 = { id: 'u0', userName: 'u0@example.com' }
  const put = { result: true, data: current }

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['a title', { title: 'Lead' }, { title: 'Lead', name: 'U 0' }],
    ['a name', { givenName: 'V' }, { firstName: 'V' }],
    [
      'a custom attribute',
      { custom: { region: 'APAC' } },
      { name: 'U 0', customAttributes: { region: 'APAC', level: 2 } },
    ],
    ['the status', { status: 'inactive' }, { name: 'U 0', isActive: false }],
  ])('are sent whole when %s changes', async (_, set, changed) => {
    await using app = await serveCanned(serving({ '/v1/users/u0': { body: put } }))
    await gainsightAt(app.url, byUsers).updateAccount({ ...u0, set }, context())
    const { userId: _id, name: _name, ...rest } = current
    expect(app.asked.at(-1)).toMatchObject({ method: 'PUT', headers: { 'content-type': 'application/json' } })
    expect(app.asked.at(-1)?.body).toEqual({ ...rest, ...changed })
  })

  test.each([
    ['deactivateAccount', false],
    ['reactivateAccount', true],
  ] as const)('are switched by %s, and never deleted', async (operation, isActive) => {
    await using app = await serveCanned(serving({ '/v1/users/u0': { body: put } }))
    await gainsightAt(app.url, byUsers)[operation](u0, context())
    expect(app.asked.at(-1)).toMatchObject({ method: 'PUT', body: { isActive, role: 'CSM' } })
    expect(lines(app.asked).join()).not.toContain('DELETE')
  })

  test('are deleted where the settings allow it', async () => {
    await using app = await serveCanned(serving({ '/v1/users/u0': { body: put } }))
    await gainsightAt(app.url, { ...byUsers, allowDelete: true }).deleteAccount(u0, context())
    expect(lines(app.asked).at(-1)).toBe('DELETE /v1/users/u0')
  })

  test('are made with the names of the app', async () => {
    await using app = await serveCanned(serving({ 'POST /v1/users': users.create }))
    const fields = {
      userName: 'a@example.com',
      email: 'a@example.com',
      givenName: 'A',
      familyName: 'B',
      role: 'CSM',
    }
    await gainsightAt(app.url, byUsers).createAccount({ fields }, context())
    expect(app.asked[0]?.body).toEqual({ email: 'a@example.com', firstName: 'A', lastName: 'B', role: 'CSM' })
  })

  test.each<[string, Record<string, unknown>, CannedReply, object]>([
    [
      'a role that is written otherwise',
      { role: 'csm' },
      users.createBadRole,
      { code: 'invalid_input', message: expect.stringContaining('"csm"') },
    ],
    ['no role', {}, {}, { code: 'invalid_input' }],
    [
      'a licence, which this API has not',
      { role: 'CSM', licence: 'Full' },
      {},
      { code: 'unsupported', message: expect.stringContaining('licence') },
    ],
    ['a user there is', { role: 'CSM' }, services.duplicate, { code: 'conflict' }],
    ['an error of the app', { role: 'CSM' }, errors.falseIn200, { code: 'unknown_outcome' }],
    [
      'a failure that says nothing',
      { role: 'CSM' },
      { body: { result: false } },
      { code: 'unknown_outcome' },
    ],
  ])('are not made with %s', async (_, more, reply, expected) => {
    await using app = await serveCanned(serving({ 'POST /v1/users': reply }))
    const made = gainsightAt(app.url, byUsers).createAccount(
      { fields: { email: 'a@example.com', ...more } },
      context(),
    )
    await expect(made).rejects.toMatchObject(expected)
  })

  test('that are not there are nobody', async () => {
    await using app = await serveCanned(serving({ '/v1/users/u999': users.notFound }))
    expect(await gainsightAt(app.url, byUsers).readAccount({ id: 'u999' }, context())).toBeUndefined()
  })

  test('with the role of a super admin are not touched', async () => {
    const body = { result: true, data: { ...current, role: 'Super Admin' } }
    await using app = await serveCanned(serving({ '/v1/users/u0': { body } }))
    await expect(gainsightAt(app.url, byUsers).deactivateAccount(u0, context())).rejects.toMatchObject({
      code: 'refused',
    })
  })
})

describe('services', () => {
  const record = {
    ...services.list.body.data.records[0],
    FirstName: 'Jane',
    LastName: 'Poe',
    SFDCUserName: 'jane.poe@example.com',
  }
  const listed: CannedReply = { body: { result: true, data: { records: [record], totalRecords: 1 } } }

  test('are searched by one request, when the search is known to work', async () => {
    await using app = await serveCanned(serving({ [LIST]: listed }))
    const memory = new Map<string, unknown>([['gainsight.search', 'honoured']])
    const found = await gainsightAt(app.url, byServices, memory).findAccounts(
      { user: 'Jane.Poe@example.com' },
      context(),
    )
    expect(found.accounts).toMatchObject([
      { ...target, licence: 'Full', admin: false, status: 'active', name: 'Jane Poe' },
    ])
    expect(app.asked).toHaveLength(1)
    expect(app.asked[0]?.body).toMatchObject({
      limit: 1000,
      page: 0,
      where: {
        conditions: [
          { name: 'SFDCUserName', alias: 'A', operator: 'EQ', value: ['Jane.Poe@example.com'] },
          { name: 'SFDCUserName', alias: 'B', operator: 'EQ', value: ['jane.poe@example.com'] },
          { name: 'Email', alias: 'C' },
          { name: 'Email', alias: 'D' },
        ],
        expression: 'A OR B OR C OR D',
      },
    })
  })

  test.each<[string, (arrived: ReceivedRequest) => CannedReply]>([
    [
      'refuses to search',
      ({ body }) =>
        (body as { where?: unknown }).where
          ? { status: 400, body: { result: false, errorCode: 'GSOBJ_1004' } }
          : listed,
    ],
    [
      'sends everybody',
      () => ({
        body: {
          result: true,
          data: { records: [record, { ...record, Gsid: 'x', Email: 'x@example.com', SFDCUserName: null }] },
        },
      }),
    ],
  ])('are looked at one by one where the app %s', async (_, reply) => {
    await using app = await serveCanned(serving({ [LIST]: reply }))
    const found = await gainsightAt(app.url, byServices).findAccounts({ user: target.userName }, context())
    expect(found.accounts).toMatchObject([target])
  })

  test('are listed by conditions', async () => {
    await using app = await serveCanned(serving({ [LIST]: listed }))
    const match = { status: 'active', admin: false, email: 'jane.poe@example.com' } as const
    const page = await gainsightAt(app.url, byServices).listAccounts({ match, limit: 5 }, context())
    expect(page.items).toHaveLength(1)
    expect(app.asked[0]?.body).toMatchObject({ where: { expression: '(A) AND (B) AND (C)' } })
  })

  test.each([
    ['deactivateAccount', 'false'],
    ['reactivateAccount', 'true'],
  ] as const)('are switched by %s', async (operation, status) => {
    await using app = await serveCanned(serving({ [LIST]: listed, [STATUS]: services.deactivate }))
    await gainsightAt(app.url, byServices)[operation](target, context())
    expect(app.asked.at(-1)).toMatchObject({
      method: 'PUT',
      path: STATUS,
      query: { status },
      body: [target.id],
    })
  })

  test('are made without a message to them', async () => {
    await using app = await serveCanned(serving({ [SERVICES]: services.create }))
    const fields = {
      email: 'lee.tan@example.com',
      givenName: 'Lee',
      licence: 'Full',
      custom: { permissionBundles: ['b1'] },
    }
    await gainsightAt(app.url, byServices).createAccount({ fields }, context())
    expect(app.asked[0]).toMatchObject({ method: 'POST', query: { notify: 'false' } })
    expect(app.asked[0]?.body).toEqual({
      records: [
        {
          FirstName: 'Lee',
          Email: 'lee.tan@example.com',
          SFDCUserName: 'lee.tan@example.com',
          LicenseType: 'Full',
          permissionBundles: ['b1'],
        },
      ],
      lookups: {},
      permissionBundleAction: 'append',
    })
  })

  test('are changed by their id, with all that can be written, and custom attributes asked for from then on', async () => {
    await using app = await serveCanned(serving({ [LIST]: listed, [SERVICES]: services.create }))
    const operations = gainsightAt(app.url, byServices)
    await operations.updateAccount(
      { ...target, set: { title: 'Lead', custom: { Region: 'EMEA' } } },
      context(),
    )
    expect(app.asked.at(-1)).toMatchObject({ method: 'PUT', query: { key: 'Gsid' } })
    expect(app.asked.at(-1)?.body).toMatchObject({
      records: [
        { Gsid: target.id, Title: 'Lead', Region: 'EMEA', LicenseType: 'Full', Email: target.userName },
      ],
    })
    await operations.readFields({ id: target.id }, context())
    expect(app.asked.at(-1)?.body).toMatchObject({ select: expect.arrayContaining(['Gsid', 'Region']) })
  })

  test.each<[string, Record<string, unknown>, string]>([
    ['super admin', { admin: false }, 'unsupported'],
    ['a department', { department: 'x' }, 'unsupported'],
    ['status and title at once', { status: 'inactive', title: 'x' }, 'invalid_input'],
    ['bundles to be replaced', { custom: { permissionBundleAction: 'overwrite' } }, 'refused'],
  ])('are not changed by %s', async (_, set, code) => {
    await using app = await serveCanned(serving({ [LIST]: listed }))
    const done = gainsightAt(app.url, byServices).updateAccount({ ...target, set }, context())
    await expect(done).rejects.toMatchObject({ code })
    expect(app.asked.filter(({ path }) => path !== LIST)).toEqual([])
  })

  test.each<[string, unknown, string]>([
    [
      'errors',
      { count: 0, errors: [{ errorCode: 'GU_2411', errorDesc: 'jane.poe@example.com' }] },
      'conflict',
    ],
    ['records', { records: [{ Gsid: 'x', success: false, errors: ['no'] }] }, 'refused'],
    ['a list', [{ status: 'FAILED', errorCode: 'GU_2410' }], 'invalid_input'],
    ['a count of failures', { failureCount: 1 }, 'refused'],
    ['a count of nothing', { count: 0 }, 'refused'],
  ])('that fail inside a batch that succeeds have failed: %s', async (_, data, code) => {
    await using app = await serveCanned(serving({ [SERVICES]: { body: { result: true, data } } }))
    const made = gainsightAt(app.url, byServices).createAccount(
      { fields: { email: 'a@example.com' } },
      context(),
    )
    const error = await made.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code })
    expect(String((error as Error).cause)).not.toContain('jane.poe')
  })

  test('that succeed have not failed', async () => {
    const data = { count: 1, errors: null, failed: 0, records: [{ Gsid: 'x', success: true, errors: [] }] }
    await using app = await serveCanned(serving({ [SERVICES]: { body: { result: true, data } } }))
    await gainsightAt(app.url, byServices).createAccount({ fields: { email: 'a@example.com' } }, context())
  })
})
