import { describe, expect, test } from 'vitest'
import { GAINSIGHT, type GainsightOptions } from '../../src/sandbox/index.ts'
import { M2M, openGainsight } from './gainsight-asking.ts'

type VendorContext = Awaited<ReturnType<typeof openGainsight>>
const ada = ({ tenant }: VendorContext) => tenant.user('ada@example.com')

describe('the REST dialect users', () => {
  const open = (options: GainsightOptions = {}) => openGainsight({ restDialects: ['users'], ...options })
  const newcomer = { email: 'di@example.com', firstName: 'Di', lastName: 'New', role: 'Standard User' }

  test('lists 100 from page 1 on unless told otherwise, never more than 1,000, inactive ones too', async () => {
    await using opened = await open()
    const { length } = opened.tenant.users
    const first = await opened.rest('GET', '')
    expect(first.json).toMatchObject({ result: true, totalCount: length })
    expect(first.json.data).toHaveLength(100)
    expect((await opened.rest('GET', '?page=1&pageSize=5000')).json.data).toHaveLength(length)
    expect((await opened.rest('GET', '?page=99')).json.data).toEqual([])
    const active = opened.tenant.users.filter((user) => user.active).length
    expect((await opened.rest('GET', '?isActive=true')).json.totalCount).toBe(active)
    expect((await opened.rest('GET', '?isActive=false')).json.totalCount).toBe(length - active)
    expect((await opened.rest('GET', '?page=0')).status).toBe(400)
  })

  test('reads one by id', async () => {
    await using opened = await open()
    const { id } = ada(opened)
    expect((await opened.rest('GET', `/${id}`)).json.data).toMatchObject({
      userId: id,
      email: 'ada@example.com',
      firstName: 'Ada',
      lastName: 'Lovelace',
      isActive: true,
      role: 'Standard User',
    })
    const missing = await opened.rest('GET', '/u999')
    expect([missing.status, missing.json.result, missing.json.errorCode]).toEqual([404, false, 'GU_2403'])
  })

  test('creates, with a role that there is', async () => {
    await using opened = await open()
    const { status, json } = await opened.rest('POST', '', { body: newcomer })
    expect([status, json.result]).toEqual([200, true])
    expect(opened.tenant.user('di@example.com')).toMatchObject({
      active: true,
      roles: [{ value: 'Standard User' }],
    })
  })

  test.each([
    [{ role: 'standard user' }, 'GU_2401'],
    [{ role: undefined }, 'GU_2401'],
    [{ lastName: '' }, 'GU_2401'],
    [{ isActive: 'yes' }, 'GU_2401'],
    [{ email: 'ADA@example.com' }, 'GU_2411'],
  ])('creates nobody from %j', async (change, errorCode) => {
    await using opened = await open()
    const { length } = opened.tenant.users
    const { status, json } = await opened.rest('POST', '', { body: { ...newcomer, ...change } })
    expect([status, json.result, json.errorCode]).toEqual([400, false, errorCode])
    expect(opened.tenant.users).toHaveLength(length)
  })

  test('updates what it is given, and clears the rest only in the version that does', async () => {
    for (const putUpdates of ['partial', 'full'] as const) {
      await using opened = await open({ putUpdates })
      const { json } = await opened.rest('PUT', `/${ada(opened).id}`, { body: { lastName: 'King' } })
      expect(json.data).toMatchObject({ userId: ada(opened).id, lastName: 'King' })
      expect(ada(opened)).toMatchObject({ userName: 'ada@example.com', active: true })
      expect(ada(opened).title).toBe(putUpdates === 'partial' ? 'Software Engineer' : undefined)
    }
  })

  test('deactivates by either way, and reactivates', async () => {
    await using opened = await open()
    const { id } = ada(opened)
    expect((await opened.rest('DELETE', `/${id}`)).json).toEqual({
      result: true,
      message: 'User deactivated successfully.',
    })
    expect(ada(opened).active).toBe(false)
    await opened.rest('PUT', `/${id}`, { body: { isActive: true } })
    expect(ada(opened).active).toBe(true)
  })

  test('keeps custom attributes that are defined, checks them and drops the others', async () => {
    await using opened = await open()
    const put = (customAttributes: object) =>
      opened.rest('PUT', `/${ada(opened).id}`, { body: { customAttributes } })
    expect((await put({ CostCentre: 'CC-7', Nonsense: 1, IsSuperAdmin: true })).status).toBe(200)
    expect(ada(opened)[GAINSIGHT]).toEqual({ IsSuperAdmin: false, LicenseType: 'Full', CostCentre: 'CC-7' })
    expect((await put({ Region: 'Mars' })).json.errorCode).toBe('GU_2402')
  })

  test('lets nobody be their own manager', async () => {
    await using opened = await open()
    const { id } = ada(opened)
    const { status, json } = await opened.rest('PUT', `/${id}`, { body: { managerId: id } })
    expect([status, json.errorCode]).toEqual([400, 'GU_2410'])
  })

  test('is not there unless it is switched on', async () => {
    await using opened = await openGainsight()
    expect((await opened.rest('GET', '?pageSize=1')).status).toBe(404)
    await using other = await open()
    expect((await other.rest('POST', '/services/list', { body: {} })).status).toBe(404)
    await using both = await open({ restDialects: ['users', 'services'] })
    expect((await both.rest('GET', '?pageSize=1')).status).toBe(200)
    expect((await both.rest('POST', '/services/list', { body: {} })).status).toBe(200)
  })
})

describe('the REST dialect services', () => {
  const list = (opened: VendorContext, body: object) => opened.rest('POST', '/services/list', { body })
  const condition = (name: string, operator: string, ...value: unknown[]) => ({
    name,
    alias: 'A',
    operator,
    value,
  })
  const emails = async (opened: VendorContext, conditions: object[], expression?: string) => {
    const { json } = await list(opened, { limit: 1000, select: ['Email'], where: { conditions, expression } })
    const { records = [] } = (json.data ?? {}) as { records?: { Email: string }[] }
    return records.map(({ Email }) => Email)
  }

  test('lists what is selected, in pages from 0 on, with a total where it is asked for', async () => {
    await using opened = await openGainsight()
    const { length } = opened.tenant.users
    const { json } = await list(opened, { limit: 2, select: ['Gsid', 'Email'], includeTotal: true })
    expect(json).toMatchObject({ result: true, errorCode: null, requestId: expect.any(String) })
    expect(json.data).toEqual({
      records: [
        { Gsid: ada(opened).id, Email: 'ada@example.com' },
        { Gsid: opened.tenant.user('grace@example.com').id, Email: 'grace@example.com' },
      ],
      totalRecords: length,
    })
    const second = (await list(opened, { limit: 2, page: 1, select: ['Email'] })).json.data
    expect(second).toEqual({
      records: [{ Email: 'alan@example.com' }, { Email: 'katherine.johnson@example.com' }],
    })
    const { records } = (await list(opened, { limit: 5000 })).json.data as { records: object[] }
    expect(records).toHaveLength(length)
    expect(opened.tenant.writes).toEqual([])
  })

  test.each([
    [[condition('Email', 'EQ', 'ADA@example.com')], undefined, ['ada@example.com']],
    [
      [condition('Email', 'IN', 'ada@example.com', 'alan@example.com')],
      'A',
      ['ada@example.com', 'alan@example.com'],
    ],
    [[condition('Email', 'STARTS_WITH', 'ada@')], 'A', ['ada@example.com']],
    [[condition('Name', 'CONTAINS', 'lovelace')], 'A', ['ada@example.com']],
    [
      [
        condition('Email', 'EQ', 'alan@example.com'),
        { ...condition('IsActiveUser', 'EQ', true), alias: 'B' },
      ],
      'A AND B',
      [],
    ],
    [
      [
        condition('Email', 'EQ', 'ada@example.com'),
        { ...condition('Email', 'EQ', 'alan@example.com'), alias: 'B' },
        { ...condition('IsActiveUser', 'EQ', false), alias: 'C' },
      ],
      '(A OR B) AND C',
      ['alan@example.com'],
    ],
    [
      [
        condition('Email', 'EQ', 'ada@example.com'),
        { ...condition('Email', 'EQ', 'alan@example.com'), alias: 'B' },
        { ...condition('IsActiveUser', 'EQ', false), alias: 'C' },
      ],
      'A OR B AND C',
      ['ada@example.com', 'alan@example.com'],
    ],
  ])('finds by the conditions %j and %s', async (conditions, expression, expected) => {
    await using opened = await openGainsight()
    expect(await emails(opened, conditions, expression)).toEqual(expected)
  })

  test.each([
    { where: { conditions: [condition('ShoeSize', 'EQ', 44)] } },
    { where: { conditions: [condition('Email', 'LIKES', 'x')] } },
    { where: { conditions: [condition('Email', 'EQ', 'x')], expression: 'A AND' } },
    { where: { conditions: [condition('Email', 'EQ', 'x')], expression: 'B' } },
    { where: { conditions: [condition('Email', 'EQ', 'x')], expression: 'A B' } },
    { where: { conditions: 'x' } },
    { select: ['ShoeSize'] },
    { limit: 0 },
    { page: -1 },
  ])('refuses the question %j', async (body) => {
    await using opened = await openGainsight()
    const { status, json } = await list(opened, body)
    expect([status, json.result]).toEqual([400, false])
  })

  test('says that there is no data with 400', async () => {
    await using opened = await openGainsight()
    const { status, json } = await list(opened, {
      where: { conditions: [condition('Email', 'EQ', 'nobody')] },
    })
    expect([status, json.result, json.errorCode, json.data]).toEqual([400, false, 'GSOBJ_1011', null])
  })

  const create = (opened: VendorContext, ...records: object[]) =>
    opened.rest('POST', '/services?notify=false', { body: { records, lookups: {} } })
  const newcomer = {
    FirstName: 'Di',
    LastName: 'New',
    Email: 'di@example.com',
    SFDCUserName: 'di@example.com',
  }

  test('creates in a batch where each record fails for itself', async () => {
    await using opened = await openGainsight()
    const answer = await create(
      opened,
      { ...newcomer, LicenseType: 'Full' },
      { ...newcomer, Email: 'ADA@example.com' },
      { ...newcomer, LastName: undefined },
      { ...newcomer, Email: 'li@example.com', SFDCUserName: 'li@example.com', LicenseType: 'full' },
      { ...newcomer, Email: 'su@example.com', SFDCUserName: 'su@example.com', IsSuperAdmin: true },
    )
    expect([answer.status, answer.json.result]).toEqual([200, true])
    const { count, errors } = answer.json.data as {
      count: number
      errors: { index: number; errorCode: string }[]
    }
    expect(count).toBe(1)
    expect(errors.map(({ index, errorCode }) => [index, errorCode])).toEqual([
      [1, 'GU_2411'],
      [2, 'GU_2401'],
      [3, 'GU_2401'],
      [4, 'GU_2401'],
    ])
    expect(opened.tenant.user('di@example.com')[GAINSIGHT]).toMatchObject({ LicenseType: 'Full' })
  })

  test('answers one duplicate with 400 and its code', async () => {
    await using opened = await openGainsight()
    const { status, json } = await create(opened, { ...newcomer, Email: 'ada@example.com' })
    expect([status, json.result, json.errorCode]).toEqual([400, false, 'GU_2411'])
  })

  test.each([0, 51])('refuses a batch of %i', async (length) => {
    await using opened = await openGainsight()
    const { status, json } = await create(opened, ...Array.from({ length }, () => newcomer))
    expect([status, json.errorCode]).toEqual([400, 'GU_2401'])
  })

  const update = (opened: VendorContext, key: string, body: object) =>
    opened.rest('PUT', `/services?key=${key}`, { body })

  test('updates by a key that it knows', async () => {
    await using opened = await openGainsight()
    const { id } = ada(opened)
    const byId = await update(opened, 'Gsid', { records: [{ Gsid: id, Title: 'Countess' }] })
    expect(byId.json.data).toEqual({ count: 1, errors: null })
    await update(opened, 'SFDCUserName', { records: [{ SFDCUserName: 'ada@example.com', LastName: 'King' }] })
    expect(ada(opened)).toMatchObject({ title: 'Countess', displayName: 'Ada King', active: true })
    expect((await update(opened, 'Email', { records: [] })).json.errorCode).toBe('GU_2409')
    expect((await update(opened, 'Gsid', { records: [{ Gsid: 'x' }] })).json.errorCode).toBe('GU_2402')
    const self = { records: [{ Gsid: id, Manager: id }] }
    expect((await update(opened, 'Gsid', self)).json.errorCode).toBe('GU_2410')
  })

  test('updates no super admin', async () => {
    await using opened = await openGainsight()
    const { id } = opened.tenant.user('grace@example.com')
    const { status, json } = await update(opened, 'Gsid', { records: [{ Gsid: id, Title: 'X' }] })
    expect([status, json.errorCode]).toEqual([400, 'GU_2402'])
  })

  test('adds permission bundles, or takes away those that are not named', async () => {
    await using opened = await openGainsight()
    const { id } = ada(opened)
    const bundle = (names: string[], action?: string) =>
      update(opened, 'Gsid', {
        records: [{ Gsid: id, permissionBundles: names }],
        ...(action && { permissionBundleAction: action }),
      })
    await bundle(['Reports', 'Surveys'])
    await bundle(['Journeys'], 'append')
    expect(opened.tenant.permissionBundles.get(id)).toEqual(['Reports', 'Surveys', 'Journeys'])
    await bundle(['Reports'], 'overwrite')
    expect(opened.tenant.permissionBundles.get(id)).toEqual(['Reports'])
    expect((await bundle([], 'wipe')).status).toBe(400)
  })

  test('activates and deactivates by Gsids', async () => {
    await using opened = await openGainsight()
    const status = (wanted: string, ...ids: string[]) =>
      opened.rest('PUT', `/services/status?status=${wanted}`, { body: ids })
    const { id } = ada(opened)
    const partly = await status('false', id, 'nobody')
    expect(partly.json).toMatchObject({
      result: true,
      data: { count: 1, errors: [{ index: 1, errorCode: 'GU_2402' }] },
    })
    expect(ada(opened).active).toBe(false)
    expect((await status('true', id)).json.data).toEqual({ count: 1, errors: null })
    expect(ada(opened).active).toBe(true)
    expect((await status('maybe', id)).status).toBe(400)
    expect(await status('false', 'nobody')).toMatchObject({ status: 400, json: { result: false } })
    expect(opened.tenant.writes).toHaveLength(4)
  })

  test('does not count questions and tokens as writes', async () => {
    await using opened = await openGainsight()
    await list(opened, {})
    await opened.oauth(M2M)
    expect(opened.tenant.writes).toEqual([])
  })
})
