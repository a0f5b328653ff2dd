import { describe, expect, test } from 'vitest'
import { startGoogle } from '../../src/sandbox/google.ts'
import { patchFor } from '../../src/vendors/google/edit.ts'
import { asScim } from '../../src/vendors/google/record.ts'
import { queryFor, quoted } from '../../src/vendors/google/users.ts'
import google from '../fixtures/google.json' with { type: 'json' }
import { type CannedReply, context, serveCanned } from '../support/canned.ts'
import { parseAs, vendorAt } from './vendor-at.ts'

const app = await startGoogle({ people: [] })
await app.close()
const keyFile = app.tokens.serviceAccount.value
const BASE = { domain: 'example.com', admin: 'admin@example.com', tokens: { serviceAccount: keyFile } }

/** A vendor over answers of these forms; the token endpoint has one of its own. */
async function over(answer: CannedReply, token: CannedReply = google.token) {
  const served = await serveCanned(({ path }) => (path === '/token' ? token : answer))
  const operations = vendorAt('google', served.url, { ...BASE, tokenUrl: `${served.url}/token` })
  return { served, operations, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

describe('the settings', () => {
  test('need a domain, an administrator and a key file, and know Google’s addresses', () => {
    expect(parseAs('google', BASE)).toMatchObject({
      success: true,
      data: {
        url: 'https://admin.googleapis.com',
        tokenUrl: 'https://oauth2.googleapis.com/token',
        source: true,
        endSessions: true,
        adminWrites: false,
        externalIdType: 'organization',
      },
    })
  })

  test.each([
    ['no key file', { tokens: { serviceAccount: '{"type":"authorized_user"}' } }, 'tokens.serviceAccount'],
    [
      'a key file without a key',
      { tokens: { serviceAccount: keyFile.replace(/BEGIN PRIVATE/g, 'X') } },
      'tokens.serviceAccount',
    ],
    ['a domain that is an address', { domain: 'admin@example.com' }, 'domain'],
    ['an administrator that is no address', { admin: 'admin' }, 'admin'],
    ['an address with a path', { url: 'https://admin.googleapis.com/admin/directory/v1' }, 'url'],
    ['a token endpoint without https', { tokenUrl: 'http://oauth2.example.com/token' }, 'tokenUrl'],
    ['an unknown setting', { customer: 'C1' }, ''],
  ])('refuse %s', (_, given, key) => {
    const { error } = parseAs('google', { ...BASE, ...given })
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([key])
  })

  test('take the token endpoint from nowhere but themselves', async () => {
    const elsewhere = JSON.stringify({ ...JSON.parse(keyFile), token_uri: 'https://evil.example/token' })
    await using served = await serveCanned(({ path }) => (path === '/token' ? google.token : google.user))
    const settings = { ...BASE, tokens: { serviceAccount: elsewhere }, tokenUrl: `${served.url}/token` }
    await vendorAt('google', served.url, settings).readAccess({ id: google.user.body.id }, context())
    const form = served.asked[0]?.body as { assertion: string } | undefined
    const [, claims = ''] = form?.assertion.split('.') ?? []
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      aud: `${served.url}/token`,
    })
  })
})

describe('a published refusal', () => {
  const { refusals, tokenRefusals } = google
  const read = (answer: CannedReply, token?: CannedReply) =>
    over(answer, token).then(async (at) => {
      await using _ = at
      return await at.operations.listGroups({ limit: 10 }, context()).catch((error: unknown) => error)
    })

  test.each([
    ['forbidden', 'forbidden', /Admin roles/],
    ['scopeMissing', 'forbidden', /Domain-wide delegation/],
    ['notEnabled', 'forbidden', /Library > Admin SDK API/],
    ['userRateLimit', 'rate_limited', /./],
    ['quota', 'rate_limited', /./],
    ['rateLimit', 'rate_limited', /./],
    ['badToken', 'unauthorized', /check_token/],
    ['backend', 'unavailable', /./],
    ['invalidValue', 'bad_reply', /./],
  ] as const)('of a read: %s is %s', async (name, code, hint) => {
    expect(await read(refusals[name])).toMatchObject({ code, hint: expect.stringMatching(hint) })
  })

  test.each([
    ['forbidden', 'forbidden'],
    ['invalidValue', 'refused'],
    ['duplicate', 'conflict'],
    ['conditionNotMet', 'refused'],
    ['notFound', 'not_found'],
    ['userRateLimit', 'rate_limited'],
    ['backend', 'unknown_outcome'],
  ] as const)('of a change: %s is %s', async (name, code) => {
    const user = { ...google.user.body, isDelegatedAdmin: false }
    await using served = await serveCanned(({ path, method }) =>
      path === '/token' ? google.token : method === 'GET' ? { body: user } : refusals[name],
    )
    const operations = vendorAt('google', served.url, { ...BASE, tokenUrl: `${served.url}/token` })
    const target = { id: user.id, userName: user.primaryEmail }
    const error = await operations.deactivateAccount(target, context()).catch((error: unknown) => error)
    expect(error).toMatchObject({ code })
    expect(served.asked.filter(({ method, path }) => method === 'PATCH' && path !== '/token')).toHaveLength(1)
  })

  test.each([
    ['notDelegated', 'forbidden', /admin\.directory\.group\.readonly/],
    ['invalidScope', 'forbidden', /admin\.directory\.group\.readonly/],
    ['noSuchUser', 'unauthorized', /admin@example\.com/],
    ['badSignature', 'unauthorized', /key of the service account/],
    ['accountGone', 'unauthorized', /service account was deleted/],
    ['clock', 'unauthorized', /time/],
  ] as const)('of the token endpoint: %s is %s', async (name, code, message) => {
    expect(await read(google.group, tokenRefusals[name])).toMatchObject({
      code,
      message: expect.stringMatching(message),
    })
  })
})

describe('the answer of a wrong address is no list and no absence', () => {
  test.each<[string, CannedReply]>([
    ['a web page', { raw: '<html>Sign in</html>' }],
    ['an empty object', { body: {} }],
    ['a list of another app', { body: [] }],
    ['a 404 without a reason', { status: 404, body: { message: 'Not Found' } }],
    ['a 404 of a web server', { status: 404, raw: '<html>404</html>' }],
  ])('%s', async (_, answer) => {
    await using at = await over(answer)
    await expect(at.operations.listGroups({ limit: 10 }, context())).rejects.toMatchObject({
      code: expect.stringMatching(/bad_reply|unavailable/),
    })
    await expect(
      at.operations.findAccounts({ user: 'ana.ruiz@example.com' }, context()),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/bad_reply|unavailable/),
    })
  })
})

describe('a query', () => {
  test.each([
    ['ada@example.com', 'ada@example.com'],
    ['Ada Lovelace', "'Ada Lovelace'"],
    ["O'Brien", "'O\\'Brien'"],
    ['back\\slash', "'back\\\\slash'"],
    ['x isAdmin=true', "'x isAdmin=true'"],
    ['', "''"],
  ])('has %s as one value', (value, text) => {
    expect(quoted(value)).toBe(text)
  })

  test.each([
    [{}, undefined],
    [{ department: 'IT', title: 'Head of IT' }, "orgTitle='Head of IT' orgDepartment=IT"],
    [{ status: 'active' }, 'isSuspended=false isArchived=false'],
    [{ status: 'inactive' }, undefined],
    [{ group: 'Sales' }, undefined],
  ] as const)('narrows %j', (match, query) => {
    expect(queryFor(match)).toBe(query)
  })
})

describe('a record', () => {
  const scim = asScim('organization')
  test('has the state that lets nobody in', () => {
    const { user } = google
    const state = (more: object) => scim({ ...user.body, suspensionReason: undefined, ...more })
    expect(state({})).toMatchObject({ active: false, custom: { googleStatus: 'SUSPENDED' } })
    expect(scim(user.body)).toMatchObject({ custom: { googleStatus: 'SUSPENDED (WEB_LOGIN_REQUIRED)' } })
    expect(state({ suspended: false, archived: true })).toMatchObject({ active: false })
    expect(state({ suspended: false, archived: false })).toMatchObject({ active: true })
    expect(state({ suspended: undefined, archived: undefined })).toMatchObject({ active: undefined })
  })

  test('changes one item of a list and keeps what else is in it', () => {
    expect(patchFor({ title: 'Lead', externalId: 'E-18' }, google.user.body, 'organization')).toEqual({
      organizations: [
        { name: 'Acme', title: 'Lead', primary: true, department: 'Finance', costCenter: 'CC-1' },
      ],
      externalIds: [
        { value: 'E-18', type: 'organization' },
        { value: 'B-2', type: 'custom', customType: 'badge' },
      ],
    })
  })
})
