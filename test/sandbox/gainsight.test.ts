import { describe, expect, test } from 'vitest'
import type { GAINSIGHT_FAULTS } from '../../src/sandbox/gainsight/faults.ts'
import { GAINSIGHT, type GainsightOptions } from '../../src/sandbox/index.ts'
import { filtered, request, rows } from './asking.ts'
import { M2M, openGainsight } from './gainsight-asking.ts'

type VendorContext = Awaited<ReturnType<typeof openGainsight>>

const off = { op: 'replace', path: 'active', value: false }
const ada = ({ tenant }: VendorContext) => tenant.user('ada@example.com')
const nobody = { where: { conditions: [{ name: 'Email', alias: 'A', operator: 'EQ', value: ['nobody'] }] } }

describe('the tokens of Gainsight', () => {
  test.each([
    ['no header at all on REST', '/v1/users/services/list', () => ({}), 400, 'GSOBJ_1024'],
    ['an unknown key', '/v1/users/services/list', () => ({ accesskey: 'x' }), 401, 'GS_APIG_2401'],
    [
      'the SCIM token on REST',
      '/v1/users/services/list',
      ({ tokens }: VendorContext['tenant']) => ({ authorization: `Bearer ${tokens.scim.value}` }),
      401,
      'GS_APIG_2401',
    ],
    [
      'the SCIM token as a key',
      '/v1/users/services/list',
      ({ tokens }: VendorContext['tenant']) => ({ accesskey: tokens.scim.value }),
      401,
      'GS_APIG_2401',
    ],
    [
      'the key on SCIM',
      '/v1/users/services/scim/Users',
      ({ tokens }: VendorContext['tenant']) => ({ accesskey: tokens.accessKey.value }),
      401,
      'GS_APIG_2401',
    ],
    [
      'the key as a bearer token',
      '/v1/users/services/scim/Users',
      ({ tokens }: VendorContext['tenant']) => ({ authorization: `Bearer ${tokens.accessKey.value}` }),
      401,
      'GS_APIG_2401',
    ],
  ])('are refused: %s', async (_, path, headers, status, errorCode) => {
    await using opened = await openGainsight()
    const method = path.endsWith('list') ? 'POST' : 'GET'
    const answer = await request(method, opened.tenant.url + path, headers(opened.tenant))
    expect([answer.status, answer.json.result, answer.json.errorCode]).toEqual([status, false, errorCode])
  })

  test('only read with SCIM when no super admin made them', async () => {
    await using opened = await openGainsight({ tokens: { scim: { superAdmin: false } } })
    expect((await opened.scim('GET', '/Users?count=1')).status).toBe(200)
    expect((await opened.patch(`/Users/${ada(opened).id}`, off)).status).toBe(403)
    expect(ada(opened).active).toBe(true)
  })

  test('are refused after their time', async () => {
    await using opened = await openGainsight({ tokens: { scim: { expiresAt: Date.now() - 1 } } })
    expect((await opened.scim('GET', '/Users')).status).toBe(401)
  })
})

describe('OAuth', () => {
  const bearer = ({ json }: { json: Record<string, unknown> }) => ({
    authorization: `Bearer ${json.access_token}`,
  })
  const listing = (opened: VendorContext, headers: Record<string, string>) =>
    request('GET', `${opened.tenant.url}/v1/users/services/scim/Users?count=1`, headers)

  test('gives out tokens to machines, counted, and good for as long as it says', async () => {
    let now = 1_000_000
    await using opened = await openGainsight({ now: () => now, tokenLifetime: 60 })
    const given = await opened.oauth(M2M, { grant_type: 'client_credentials' })
    expect(given).toMatchObject({ status: 200, json: { token_type: 'Bearer', expires_in: 60 } })
    expect((await opened.oauth(M2M)).status).toBe(200)
    expect(opened.tenant.oauth.fetched).toBe(2)
    now += 59_999
    expect((await listing(opened, bearer(given))).status).toBe(200)
    now += 1
    expect((await listing(opened, bearer(given))).status).toBe(401)
  })

  test('spends none of the limits on tokens', async () => {
    await using opened = await openGainsight({ limits: { perHour: 1 } })
    for (let n = 0; n < 3; n++) expect((await opened.oauth(M2M)).status).toBe(200)
  })

  test('gives machines nothing without the right secret or for another grant', async () => {
    await using opened = await openGainsight()
    const denied = await opened.oauth(M2M, {}, { authorization: 'Basic eDp5' })
    expect([denied.status, denied.json.errorCode]).toEqual([401, 'GS_APIG_2401'])
    expect((await opened.oauth(M2M, { grant_type: 'password' })).json.error).toBe('unsupported_grant_type')
    expect(opened.tenant.oauth.fetched).toBe(0)
  })

  test.each(['/oauth/access/token', '/oauth/token'])(
    'refreshes at %s, each time with another token',
    async (path) => {
      await using opened = await openGainsight()
      const { refreshToken } = opened.tenant.oauth
      const refresh = (refresh_token: string) =>
        opened.oauth(path, { grant_type: 'refresh_token', refresh_token })
      const given = await refresh(refreshToken)
      expect((await listing(opened, bearer(given))).status).toBe(200)
      expect(given.json.refresh_token).toBe(opened.tenant.oauth.refreshToken)
      expect(await refresh(refreshToken)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
      expect((await refresh(opened.tenant.oauth.refreshToken)).status).toBe(200)
    },
  )

  test('takes the client in the body too, and nobody else', async () => {
    await using opened = await openGainsight()
    const { clientId, clientSecret, refreshToken } = opened.tenant.oauth
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId }
    const path = '/oauth/access/token'
    const none = { authorization: '' }
    expect((await opened.oauth(path, { ...form, client_secret: 'x' }, none)).status).toBe(401)
    expect((await opened.oauth(path, { ...form, client_secret: clientSecret }, none)).status).toBe(200)
  })

  test('ends tokens when told, and logs none', async () => {
    await using opened = await openGainsight()
    const given = await opened.oauth(M2M, { client_secret: opened.tenant.oauth.clientSecret })
    opened.tenant.oauth.revoke()
    expect((await listing(opened, bearer(given))).status).toBe(401)
    expect(JSON.stringify(opened.tenant.arrivals)).not.toContain('sandbox-gs-secret')
  })
})

describe('SCIM at Gainsight', () => {
  test.each([
    [undefined, [200, 404]],
    [['/scim/v2'], [404, 200]],
    [
      ['/v1/users/services/scim', '/scim/v2'],
      [200, 200],
    ],
  ] as [GainsightOptions['scimBases'], number[]][])(
    'answers at the bases %j',
    async (scimBases, expected) => {
      await using opened = await openGainsight({ scimBases })
      const { url, tokens } = opened.tenant
      const headers = { authorization: `Bearer ${tokens.scim.value}` }
      const paths = ['/v1/users/services/scim', '/scim/v2'].map(
        (base) => `${url}${base}/ServiceProviderConfig`,
      )
      const answers = await Promise.all(paths.map((path) => request('GET', path, headers)))
      expect(answers.map(({ status }) => status)).toEqual(expected)
    },
  )

  test('lists up to 1,000, active or not, and finds by user name and email', async () => {
    await using opened = await openGainsight()
    const { json } = await opened.scim('GET', '/Users?count=1000')
    expect(json.itemsPerPage).toBe(opened.tenant.users.length)
    for (const filter of ['userName eq "Ada@example.com"', 'emails.value eq "ada@example.com"'])
      expect(rows(await opened.scim('GET', `/Users${filtered(filter)}`))).toHaveLength(1)
  })

  test('creates with the default licence, and with the one that is named', async () => {
    await using opened = await openGainsight()
    const create = (own?: object) =>
      opened.scim('POST', '/Users', {
        body: {
          userName: `${crypto.randomUUID()}@example.com`,
          name: { givenName: 'Di', familyName: 'New' },
          ...(own && { [GAINSIGHT]: own }),
        },
      })
    expect((await create()).json).toMatchObject({
      id: expect.stringMatching(/^1P01[0-9A-F]{14}$/),
      displayName: 'Di New',
      active: true,
      [GAINSIGHT]: { LicenseType: 'Internal_Collaborator', IsSuperAdmin: false },
    })
    expect((await create({ LicenseType: 'Full' })).json[GAINSIGHT]).toMatchObject({ LicenseType: 'Full' })
    expect((await create({ LicenseType: 'full' })).json.scimType).toBe('invalidValue')
    expect((await create({ licenseType: 'Full', Nonsense: 1 })).json[GAINSIGHT]).toEqual({
      LicenseType: 'Internal_Collaborator',
      IsSuperAdmin: false,
    })
  })

  test.each([
    ['the licence', { LicenseType: 'Viewer_Analytics' }, 200],
    ['a super admin', { IsSuperAdmin: true }, 200],
    ['a Boolean', { IsContractor: true }, 200],
    ['a text', { CostCentre: 'CC-7' }, 200],
    ['a picklist', { Region: 'EMEA' }, 200],
    ['a multi-picklist', { Department: ['Support', 'Engineering'] }, 200],
    ['a licence that there is not', { LicenseType: 'Gold' }, 400],
    ['a Boolean as text', { IsSuperAdmin: 'true' }, 400],
    ['a value that the list has not', { Region: 'emea' }, 400],
    ['a value that the other list has not', { Department: ['Support', 'Sales'] }, 400],
  ])('patches its own attributes: %s', async (_, value, status) => {
    await using opened = await openGainsight()
    const before = structuredClone(ada(opened)[GAINSIGHT])
    const answer = await opened.patch(`/Users/${ada(opened).id}`, { op: 'replace', path: GAINSIGHT, value })
    expect(answer.status).toBe(status)
    expect(ada(opened)[GAINSIGHT]).toEqual(status === 200 ? { ...before, ...value } : before)
  })

  test.each([
    [{ op: 'replace', path: GAINSIGHT, value: { licenseType: 'Viewer' } }],
    [{ op: 'replace', path: `${GAINSIGHT}:isSuperAdmin`, value: true }],
    [{ op: 'replace', path: 'LicenseType', value: 'Viewer' }],
    [{ op: 'add', value: { 'urn:made:up': { LicenseType: 'Viewer' } } }],
  ])('ignores without a word %j', async (operation) => {
    await using opened = await openGainsight()
    const before = structuredClone(ada(opened))
    expect((await opened.patch(`/Users/${ada(opened).id}`, operation)).status).toBe(200)
    expect(ada(opened)).toEqual(before)
  })

  test.each([
    [
      'by path',
      { op: 'replace', path: `${GAINSIGHT}:LicenseType`, value: 'Viewer' },
      { [GAINSIGHT]: { LicenseType: 'Viewer' } },
    ],
    ['timezone', { op: 'replace', path: 'timezone', value: 'UTC' }, { timezone: 'UTC' }],
    ['roles', { op: 'replace', path: 'roles', value: [{ value: 'Admin' }] }, { roles: [{ value: 'Admin' }] }],
  ])('patches %s', async (_, operation, expected) => {
    await using opened = await openGainsight()
    expect((await opened.patch(`/Users/${ada(opened).id}`, operation)).json).toMatchObject(expected)
    expect(ada(opened)).toMatchObject(expected)
  })

  test('replaces the whole user: what is left out falls back', async () => {
    await using opened = await openGainsight()
    const grace = opened.tenant.user('grace@example.com')
    expect(grace[GAINSIGHT]).toMatchObject({ IsSuperAdmin: true })
    const body = { userName: 'grace@example.com', active: true }
    expect((await opened.scim('PUT', `/Users/${grace.id}`, { body })).status).toBe(200)
    expect(grace[GAINSIGHT]).toEqual({ IsSuperAdmin: false, LicenseType: 'Internal_Collaborator' })
    expect(grace.title).toBeUndefined()
  })

  test('deactivates on DELETE', async () => {
    await using opened = await openGainsight()
    expect((await opened.scim('DELETE', `/Users/${ada(opened).id}`)).status).toBe(204)
    expect((await opened.scim('GET', `/Users/${ada(opened).id}`)).json.active).toBe(false)
  })

  test('has groups that can be listed, made and patched, and no more', async () => {
    await using opened = await openGainsight()
    const { id } = opened.tenant.group('Sales')
    const add = { op: 'add', path: 'members', value: [{ value: ada(opened).id }] }
    expect((await opened.patch(`/Groups/${id}`, add)).status).toBe(204)
    expect((await opened.scim('GET', `/Groups/${id}`)).json.members).toContainEqual({
      value: ada(opened).id,
      display: 'ada@example.com',
    })
    expect((await opened.scim('GET', `/Groups/${id}?excludedAttributes=members`)).json).not.toHaveProperty(
      'members',
    )
    expect((await opened.scim('POST', '/Groups', { body: { displayName: 'New' } })).status).toBe(201)
    expect((await opened.scim('PUT', `/Groups/${id}`, { body: { displayName: 'X' } })).status).toBe(405)
    expect((await opened.scim('DELETE', `/Groups/${id}`)).status).toBe(405)
  })

  test('answers a name that is taken with 409', async () => {
    await using opened = await openGainsight()
    const { status, json } = await opened.scim('POST', '/Users', { body: { userName: 'ADA@example.com' } })
    expect([status, json.scimType]).toEqual([409, 'uniqueness'])
  })
})

describe('the limits of Gainsight', () => {
  test('are 100 an hour and 1,000 a day for each surface', async () => {
    let now = 1_000_000
    await using opened = await openGainsight({ now: () => now })
    const status = async () => (await opened.scim('GET', '/Users?count=1')).status
    for (let n = 0; n < 100; n++) await status()
    expect(await status()).toBe(429)
    expect((await opened.rest('POST', '/services/list', { body: { limit: 1 } })).status).toBe(200)
    now += 3_600_000
    expect(await status()).toBe(200)
  })

  test('can be shared, and are refused in the envelope with no time to retry after', async () => {
    await using opened = await openGainsight({ limits: { perHour: 1 }, sharedLimits: true })
    expect((await opened.scim('GET', '/Users?count=1')).headers.get('x-ratelimit-remaining')).toBe('0')
    const { status, headers, json } = await opened.rest('POST', '/services/list', { body: {} })
    expect([status, json.result, json.errorCode]).toEqual([429, false, 'GU_2400'])
    expect(headers.has('retry-after')).toBe(false)
  })
})

/** What each fault does, told by what is seen from outside. */
const SEEN: Record<keyof typeof GAINSIGHT_FAULTS, (opened: VendorContext) => Promise<void>> = {
  async 'result-false'(opened) {
    const { status, json } = await opened.rest('POST', '/services/list', { body: {} })
    expect([status, json.result, json.errorCode]).toEqual([200, false, 'GU_1101'])
    expect((await opened.scim('GET', '/Users?count=1')).status).toBe(200)
  },
  async 'rate-in-200'(opened) {
    const { status, json } = await opened.rest('POST', '/services/list', { body: {} })
    expect([status, json.result, json.errorCode]).toEqual([200, false, 'GU_2400'])
  },
  async 'auth-fails-400'(opened) {
    const { status, json } = await opened.rest('POST', '/services/list', { headers: { accesskey: 'x' } })
    expect([status, json.errorCode]).toEqual([400, 'GSOBJ_1024'])
  },
  async 'no-data-200'(opened) {
    const { status, json } = await opened.rest('POST', '/services/list', { body: nobody })
    expect([status, json.result, json.errorCode]).toEqual([200, false, 'GSOBJ_1011'])
  },
  async 'no-data-rows'(opened) {
    const { status, json } = await opened.rest('POST', '/services/list', { body: nobody })
    expect([status, json.data]).toEqual([200, { records: [] }])
  },
  async 'search-ignored'(opened) {
    const { json } = await opened.rest('POST', '/services/list', { body: { ...nobody, limit: 5 } })
    expect(json).toHaveProperty('data.records.length', 5)
  },
  async 'search-refused'(opened) {
    expect((await opened.rest('POST', '/services/list', { body: nobody })).status).toBe(400)
    expect((await opened.rest('POST', '/services/list', { body: {} })).status).toBe(200)
  },
  async 'batch-by-record'(opened) {
    const body = [ada(opened).id, 'nobody']
    const { json } = await opened.rest('PUT', '/services/status?status=false', { body })
    expect(json.data).toEqual({
      records: [{ success: true }, { success: false, errorCode: 'GU_2402', errorDesc: 'User not found' }],
    })
  },
  async 'text-super-admin'(opened) {
    const { json } = await opened.scim('GET', `/Users/${ada(opened).id}`)
    expect(json[GAINSIGHT]).toMatchObject({ IsSuperAdmin: 'false' })
  },
  async 'token-refused'(opened) {
    expect((await opened.oauth(M2M)).status).toBe(401)
    expect(opened.tenant.oauth.fetched).toBe(0)
  },
  async 'token-no-expiry'(opened) {
    expect((await opened.oauth(M2M)).json).not.toHaveProperty('expires_in')
  },
  async 'token-text-expiry'(opened) {
    expect((await opened.oauth(M2M)).json.expires_in).toBe('86400')
  },
}

test.each(Object.entries(SEEN))('the fault %s does what it says', async (fault, seen) => {
  const faults = [fault as keyof typeof SEEN] // the keys are the names
  await using opened = await openGainsight({ faults })
  await seen(opened)
})
