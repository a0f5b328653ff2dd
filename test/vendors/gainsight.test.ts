import { describe, expect, test } from 'vitest'
import gainsight, { type GainsightSettings } from '../../src/vendors/gainsight.ts'
import fixtures from '../fixtures/gainsight.json' with { type: 'json' }
import { type CannedReply, context, serveCanned } from '../support/canned.ts'
import { gainsightAt, lines, parse, SCIM, serving, target } from './gainsight-at.ts'

const { scim } = fixtures
const url = 'https://acme.gainsightcloud.com'
const USERS = `${SCIM}/Users`
const USER = `${USERS}/${target.id}`
const EXTENSION = 'urn:ietf:params:scim:schemas:extension:gainsight:2.0:User'
const based = { scimBasePath: SCIM }
const [jane] = scim.findByUserName.body.Resources
const superAdmin = { ...jane, [EXTENSION]: { LicenseType: 'Full', IsSuperAdmin: true } }

describe('settings', () => {
  test('are filled in', () => {
    expect(parse({ url, tokens: { scim: 'a' } }).data).toMatchObject({
      auth: {},
      restDialect: 'auto',
      restEnabled: true,
      pageSize: 1000,
      superAdminWrites: false,
      permissionBundleOverwrite: false,
      licenseTypes: [],
      allowDelete: false,
    })
  })

  const client = { clientId: 'a', clientSecret: 'b' }
  test.each<[string, Record<string, unknown>, (string | undefined)[]]>([
    ['no token', { tokens: {} }, ['tokens']],
    ['an access key that must not be used', { tokens: { accessKey: 'a' }, restEnabled: false }, ['tokens']],
    ['a client id alone', { tokens: { clientId: 'a' } }, ['tokens']],
    [
      'a client secret alone',
      { tokens: { scim: 'a', clientSecret: 'b' }, auth: { mode: 'm2m' } },
      ['tokens'],
    ],
    ['a mode without its token', { tokens: client, auth: { mode: 'oauth_refresh' } }, ['tokens']],
    ['a token of another name', { tokens: { scim: 'a', rest: 'b' } }, ['tokens']],
    ['an address with a path', { url: `${url}/v1`, tokens: { scim: 'a' } }, ['url']],
    ['tokens from elsewhere', { tokens: client, auth: { tokenUrl: 'https://evil.example/t' } }, ['auth']],
    ['a path that climbs', { tokens: { scim: 'a' }, scimBasePath: '/a/../b' }, ['scimBasePath']],
    ['an unknown key', { tokens: { scim: 'a' }, superadminWrites: true }, [undefined]],
  ])('refuse %s', (_, settings, keys) => {
    expect(parse({ url, ...settings }).error?.issues.map(({ path }) => path[0])).toEqual(keys)
  })

  test('say what is true of the app', () => {
    const settings = parse({ url, tokens: { scim: 'a' } }).data as unknown as GainsightSettings
    expect(gainsight.facts(settings)).toEqual({
      deactivate: 'reversible',
      delete: 'deactivates',
      endsSessions: 'unknown',
      audit: 'none',
    })
    expect(gainsight.budget).toEqual({ perHour: 100, perDay: 1000, atOnce: 2, reserve: 0.1 })
  })

  test.each<[Record<string, unknown>, boolean, boolean]>([
    [{ tokens: { scim: 'a' } }, true, false],
    [{ tokens: { accessKey: 'a' } }, false, false],
    [{ tokens: { scim: 'a' }, allowDelete: true }, true, true],
  ])('with %j offer groups: %s, deletion: %s', (settings, groups, deletion) => {
    const operations = gainsightAt(url, settings)
    expect('listGroups' in operations).toBe(groups)
    expect('updateMembers' in operations).toBe(groups)
    expect('deleteAccount' in operations).toBe(deletion)
    expect('pullAudit' in operations).toBe(false)
  })
})

describe('the address of SCIM', () => {
  const probe = (base: string) => `GET ${base}/Users?count=1`
  const OTHER = '/scim/v2'
  const refused: CannedReply = { status: 401, body: {} }

  test.each<[string, Record<string, CannedReply>, string, string[]]>([
    ['the one of the set-up article', { [USERS]: scim.findByUserName }, SCIM, [probe(SCIM)]],
    ['the other one', { [`${OTHER}/Users`]: scim.findByUserName }, OTHER, [probe(SCIM), probe(OTHER)]],
    [
      'the other one, behind a gateway that asks for a token first',
      { [USERS]: refused, [`${OTHER}/Users`]: scim.findByUserName },
      OTHER,
      [probe(SCIM), probe(OTHER)],
    ],
  ])('is found out by reads, once: %s', async (_, replies, base, probes) => {
    await using app = await serveCanned(serving(replies))
    const memory = new Map<string, unknown>()
    const first = gainsightAt(app.url, {}, memory)
    const find = (operations: typeof first) => operations.findAccounts({ user: target.userName }, context())
    await Promise.all([find(first), find(first)])
    await find(gainsightAt(app.url, {}, memory))
    const asked = lines(app.asked)
    expect(asked.slice(0, probes.length)).toEqual(probes)
    const others = asked.slice(probes.length)
    expect(others.filter((line) => line.startsWith(`GET ${base}/Users`))).toEqual(others)
  })

  test('is not remembered while it is not known', async () => {
    await using app = await serveCanned(() => ({ status: 503 }))
    const memory = new Map<string, unknown>()
    const found = gainsightAt(app.url, {}, memory).findAccounts({ user: 'a@example.com' }, context())
    await expect(found).rejects.toMatchObject({ code: 'unavailable' })
    expect([...memory.keys()]).not.toContain('gainsight.scimBasePath')
  })
})

describe('by SCIM', () => {
  test('finds a user with licence and super admin', async () => {
    await using app = await serveCanned(serving({ [USERS]: scim.findByUserName }))
    const {
      accounts: [account],
    } = await gainsightAt(app.url, based).findAccounts({ user: target.userName }, context())
    expect(account).toMatchObject({ vendor: 'gainsight', licence: 'Full', admin: false, role: 'CSM' })
    expect(app.asked[0]?.headers.authorization).toBe('Bearer scim-token')
  })

  test('reads booleans that are words', async () => {
    await using app = await serveCanned(serving({ [USER]: scim.superAdminStringBoolean }))
    const account = await gainsightAt(app.url, based).readAccount({ id: target.id }, context())
    expect(account).toMatchObject({ status: 'active', admin: false })
  })

  test('reads custom attributes back', async () => {
    const custom = { Region: 'EMEA', Trainer: true, Teams: ['Support', 'Services'], Level: 3 }
    const body = { ...jane, [EXTENSION]: { LicenseType: 'Full', ...custom } }
    await using app = await serveCanned(serving({ [USER]: { body } }))
    const full = await gainsightAt(app.url, based).readFields({ id: target.id }, context())
    expect(full?.fields).toMatchObject({ licence: 'Full', timezone: 'America/New_York' })
    expect(full?.fields.custom).toEqual({ Region: 'EMEA', Trainer: true, Teams: ['Support', 'Services'] })
  })

  test('makes a user, with the licence left to Gainsight where none is named', async () => {
    await using app = await serveCanned(serving({ [`POST ${USERS}`]: { ...scim.createUser, status: 201 } }))
    const fields = { email: 'lee.tan@example.com', givenName: 'Lee', familyName: 'Tan' }
    const operations = gainsightAt(app.url, based)
    await operations.createAccount({ fields: { ...fields, licence: 'Viewer_Analytics' } }, context())
    await operations.createAccount({ fields }, context())
    const [first, second] = app.asked.map(({ body }) => body)
    expect(first).toMatchObject({
      schemas: expect.arrayContaining([EXTENSION]),
      userName: 'lee.tan@example.com',
      [EXTENSION]: { LicenseType: 'Viewer_Analytics' },
    })
    expect(second).not.toHaveProperty([EXTENSION])
  })

  test('changes licence and custom attributes under their namespace', async () => {
    await using app = await serveCanned(
      serving({ [`GET ${USER}`]: { body: jane }, [`PATCH ${USER}`]: scim.setLicense }),
    )
    const set = { licence: 'Viewer', custom: { Trainer: true } }
    await gainsightAt(app.url, based).updateAccount({ ...target, set }, context())
    expect(app.asked.at(-1)?.body).toMatchObject({
      Operations: [{ op: 'replace', path: EXTENSION, value: { LicenseType: 'Viewer', Trainer: true } }],
    })
  })

  test('keeps the rest of the extension when the whole user is sent', async () => {
    await using app = await serveCanned(serving({ [USER]: { body: jane } }))
    await gainsightAt(app.url, { ...based, patchStrategy: 'put' }).updateAccount(
      { ...target, set: { licence: 'Viewer' } },
      context(),
    )
    expect(app.asked.at(-1)).toMatchObject({
      method: 'PUT',
      body: { title: 'CSM', [EXTENSION]: { LicenseType: 'Viewer', IsSuperAdmin: false } },
    })
  })
})

describe('what a change may say', () => {
  const set = async (fields: Record<string, unknown>, settings: Record<string, unknown> = {}) => {
    await using app = await serveCanned(serving({ [USER]: { body: jane } }))
    const done = gainsightAt(app.url, { ...based, ...settings }).updateAccount(
      { ...target, set: fields },
      context(),
    )
    const error: unknown = await done.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    return { error, writes: app.asked.filter(({ method }) => method !== 'GET').length }
  }

  test.each<[string, Record<string, unknown>, Record<string, unknown>, string | undefined]>([
    ['a licence in other letters', { licence: 'full' }, {}, 'invalid_input'],
    [
      'a licence of the settings',
      { licence: 'Internal_Collaborator' },
      { licenseTypes: ['Internal_Collaborator'] },
      undefined,
    ],
    ['super admin', { admin: true }, {}, 'refused'],
    ['super admin where it is allowed', { admin: true }, { superAdminWrites: true }, undefined],
    ['super admin as a custom attribute', { custom: { issuperadmin: true } }, {}, 'invalid_input'],
    ['a licence as a custom attribute', { custom: { licenseType: 'Full' } }, {}, 'invalid_input'],
    ['a custom attribute with a path for a name', { custom: { 'a.b': 'x' } }, {}, 'invalid_input'],
    ['bundles to be replaced', { custom: { permissionBundleAction: 'overwrite' } }, {}, 'refused'],
    ['bundles, which SCIM does not take', { custom: { permissionBundles: ['a'] } }, {}, 'unsupported'],
  ])('%s', async (_, fields, settings, code) => {
    const { error, writes } = await set(fields, settings)
    expect((error as { code?: string } | undefined)?.code).toBe(code)
    expect(writes).toBe(code ? 0 : 1)
  })
})

describe('a super admin', () => {
  const open = serving({
    [USER]: { body: superAdmin },
    [USERS]: { body: { totalResults: 1, Resources: [superAdmin] } },
  })
  const group = { id: 'grp-01', name: 'EMEA CS' }

  test.each([
    'deactivateAccount',
    'reactivateAccount',
    'updateAccount',
    'createGroup',
    'updateMembers',
    'deleteAccount',
  ] as const)('is not touched by %s', async (operation) => {
    await using app = await serveCanned(open)
    const operations = gainsightAt(app.url, { ...based, allowDelete: true })
    const into = { group, add: [target], remove: [], name: 'New', members: [target] }
    const ask = { ...target, ...into, set: { title: 'x' } }
    await expect(operations[operation](ask, context())).rejects.toMatchObject({ code: 'refused' })
    expect(lines(app.asked)).toEqual([`GET ${USER}`])
  })

  test('is told from the look that a change is planned on, without another request', async () => {
    await using app = await serveCanned(open)
    const operations = gainsightAt(app.url, based)
    await operations.findAccounts({ user: target.userName }, context())
    const before = app.asked.length
    await expect(operations.deactivateAccount(target, context())).rejects.toMatchObject({ code: 'refused' })
    expect(app.asked).toHaveLength(before)
  })

  test('is changed where the settings allow it', async () => {
    await using app = await serveCanned(open)
    await gainsightAt(app.url, { ...based, superAdminWrites: true }).deactivateAccount(target, context())
    expect(app.asked.at(-1)?.method).toBe('PATCH')
  })

  test('is not all that is looked at: the name must be the one that was meant', async () => {
    await using app = await serveCanned(serving({ [USER]: { body: jane } }))
    const done = gainsightAt(app.url, based).deactivateAccount(
      { ...target, userName: 'x@example.com' },
      context(),
    )
    await expect(done).rejects.toMatchObject({ code: 'conflict' })
  })
})

describe('a refusal', () => {
  test.each<[string, CannedReply, object]>([
    [
      'an unknown key',
      fixtures.errors.unauthorized,
      { code: 'unauthorized', hint: expect.stringContaining('SCIM') },
    ],
    ['a refused key as 400', fixtures.errors.badAuthHeaders400, { code: 'unauthorized' }],
    ['a failure inside 200', fixtures.errors.falseIn200, { code: 'unavailable' }],
    [
      'a limit',
      fixtures.errors.rateLimited,
      { code: 'rate_limited', details: { retryAt: expect.any(Number) } },
    ],
    ['a limit as 200', { ...fixtures.errors.rateLimited, status: 200 }, { code: 'rate_limited' }],
    [
      'missing single sign-on',
      { status: 400, body: { detail: 'SAML SSO is not configured' } },
      { code: 'forbidden', hint: expect.stringContaining('SAML') },
    ],
    ['a page', { status: 404, raw: '<html>' }, { code: 'unavailable', retryable: false }],
  ])('%s says so and quotes nothing', async (_, reply, expected) => {
    await using app = await serveCanned(() => reply)
    const found = gainsightAt(app.url, based).findAccounts({ user: 'a@example.com' }, context())
    const error: unknown = await found.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject(expected)
    expect(`${String(error)} ${String((error as Error).cause)}`).not.toMatch(
      /headers are not valid|Unexpected error|Too many/,
    )
  })

  test.each<[string, CannedReply, string]>([
    ['a token that only reads', scim.notSuperAdmin, 'forbidden'],
    ['a duplicate', scim.createDuplicate, 'conflict'],
    ['a duplicate as 400', fixtures.services.duplicate, 'conflict'],
  ])('of a new user by %s says so, after one request', async (_, reply, code) => {
    await using app = await serveCanned(() => reply)
    const made = gainsightAt(app.url, based).createAccount({ fields: { email: 'a@example.com' } }, context())
    await expect(made).rejects.toMatchObject({ code })
    expect(app.asked).toHaveLength(1)
  })

  test('with no data is an empty list', async () => {
    await using app = await serveCanned(() => fixtures.services.listNoDataFalse)
    const page = await gainsightAt(app.url, based).listAccounts({ limit: 10 }, context())
    expect(page).toEqual({ items: [], behind: [], complete: true })
  })
})
