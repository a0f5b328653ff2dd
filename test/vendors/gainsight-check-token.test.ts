import { expect, test } from 'vitest'
import type { TokenCheck } from '../../src/domain/operations.ts'
import fixtures from '../fixtures/gainsight.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { gainsightAt, lines, SCIM } from './gainsight-at.ts'

const { errors, scim, services, oauth } = fixtures
const both = { tokens: { scim: 'scim-token', accessKey: 'access-key' }, scimBasePath: SCIM }
const client = { tokens: { clientId: 'client-id', clientSecret: 'client-secret' }, scimBasePath: SCIM }
const LIST = '/v1/users/services/list'

/** Lets `bearer` into SCIM and `key` into REST, and refuses all else. */
const letting =
  (bearer: string, key: string) =>
  ({ path, headers }: ReceivedRequest): CannedReply => {
    if (path.endsWith('/oauth/token')) return oauth.m2mToken
    const open = path === LIST ? headers.accesskey === key : headers.authorization === `Bearer ${bearer}`
    if (!open) return errors.scimTokenOnRest
    return path === LIST ? services.list : path.endsWith('/Groups') ? scim.listGroups : scim.listUsers
  }

const check = async (
  answer: (arrived: ReceivedRequest) => CannedReply,
  settings: Record<string, unknown>,
) => {
  await using app = await serveCanned(answer)
  const checks = await gainsightAt(app.url, settings).checkTokens({}, context())
  return { checks, verdicts: checks.map(({ token, verdict }) => [token, verdict]), asked: app.asked }
}
const textOf = (checks: readonly TokenCheck[]) => JSON.stringify(checks.map(({ surfaces }) => surfaces))

test('tries each token where it belongs, by the smallest reads', async () => {
  const { checks, asked } = await check(letting('scim-token', 'access-key'), both)
  expect(checks).toMatchObject([
    {
      token: 'scim',
      fingerprint: expect.stringMatching(/^[\da-f]{8}$/),
      verdict: 'ok',
      surfaces: [
        { surface: 'SCIM users', ok: true, status: 200 },
        { surface: 'SCIM groups', ok: true, status: 200 },
      ],
      budget: [{ window: 'minute', limit: 300, left: 299 }],
    },
    { token: 'accessKey', verdict: 'ok', surfaces: [{ surface: 'REST users', ok: true, status: 200 }] },
  ])
  expect(lines(asked).sort()).toEqual([
    `GET ${SCIM}/Groups?count=1`,
    `GET ${SCIM}/Users?count=1`,
    `POST ${LIST}`,
  ])
  expect(JSON.stringify(checks)).not.toMatch(/scim-token|access-key/)
  // A token for SCIM may be one for reading; the access key opens everything.
  const meanings = checks.map(({ surfaces }) =>
    surfaces.every(({ meaning }) => meaning.includes('not tried')),
  )
  expect(meanings).toEqual([true, false])
})

test.each<[string, string | undefined, string[]]>([
  ['not known', undefined, ['POST', 'GET']],
  ['known', 'users', ['GET']],
  ['another one by now', 'services', ['POST', 'GET']],
  ['no dialect', 'toString', ['POST', 'GET']],
])('tries the dialect first that was found before: %s', async (_, kept, methods) => {
  await using app = await serveCanned(({ path }) =>
    path === '/v1/users'
      ? { body: { result: true, data: [], totalCount: 0 } }
      : { status: 404, raw: '<html></html>' },
  )
  const memory = new Map<string, unknown>(kept ? [['gainsight.restDialect', kept]] : [])
  const operations = gainsightAt(app.url, { tokens: { accessKey: 'access-key' } }, memory)
  expect(await operations.checkTokens({}, context())).toMatchObject([{ verdict: 'ok' }])
  expect(app.asked.map(({ method }) => method)).toEqual(methods)
})

test.each<[string, string, string, Record<string, unknown>, string[][]]>([
  [
    'tokens that were swapped',
    'access-key',
    'scim-token',
    both,
    [
      ['scim', 'wrong_token'],
      ['accessKey', 'wrong_token'],
    ],
  ],
  [
    'an access key in the place of the SCIM token',
    'x',
    'scim-token',
    { ...both, tokens: { scim: 'scim-token' } },
    [['scim', 'wrong_token']],
  ],
  [
    'a SCIM token in the place of the access key',
    'access-key',
    'x',
    { tokens: { accessKey: 'access-key' } },
    [['accessKey', 'wrong_token']],
  ],
  [
    'tokens that nobody takes',
    'x',
    'y',
    both,
    [
      ['scim', 'rejected'],
      ['accessKey', 'rejected'],
    ],
  ],
  ['a fetched token that nobody takes', 'x', 'y', client, [['clientId, clientSecret', 'rejected']]],
  ['a client whose token is taken', 'made-up-token-1', 'y', client, [['clientId, clientSecret', 'ok']]],
])('names %s', async (_, bearer, key, settings, verdicts) => {
  expect((await check(letting(bearer, key), settings)).verdicts).toEqual(verdicts)
})

test('says where the right token is made', async () => {
  const { checks } = await check(letting('x', 'y'), both)
  expect(textOf(checks)).toMatch(/User Management > SCIM.*Connectors 2\.0/)
  const swapped = await check(letting('access-key', 'scim-token'), both)
  expect(textOf(swapped.checks)).toMatch(/exchange `accessKey` and `scim`/)
})

test('tells when a fetched token ends', async () => {
  const { checks } = await check(letting('made-up-token-1', 'y'), client)
  const left = Date.parse(checks[0]?.expiresAt ?? '') - Date.now()
  expect(left / 1000).toBeGreaterThan(86_300)
})

test.each<[string, CannedReply]>([
  ['rejected', oauth.denied],
  ['wrong_address', { status: 404, raw: '<html>' }],
  ['rate_limited', errors.rateLimited],
  ['unreachable', { drop: true }],
  ['unreachable', { status: 500 }],
])('says %s when no token is had, and tries nothing else', async (verdict, reply) => {
  const { checks, asked } = await check(() => reply, client)
  expect(checks).toMatchObject([
    { verdict, surfaces: [{ surface: 'OAuth token', ok: false, hint: expect.any(String) }] },
  ])
  expect(asked).toHaveLength(1)
})

test.each<[string, CannedReply]>([
  ['missing_grant', { status: 403, body: {} }],
  ['sso_not_active', { status: 400, body: { detail: 'SAML SSO is not configured' } }],
  ['wrong_address', { status: 404, raw: '<html>' }],
  ['rate_limited', errors.rateLimited],
  ['unreachable', { status: 503 }],
  ['expired', { status: 401, body: { detail: 'Token expired' } }],
  ['rejected', errors.badAuthHeaders400],
])('says %s when every surface answers %j', async (verdict, reply) => {
  const { checks } = await check(() => reply, { tokens: { scim: 'scim-token' } })
  expect(checks[0]).toMatchObject({ token: 'scim', verdict })
  expect(checks[0]?.surfaces[0]).toMatchObject({ ok: false, hint: expect.any(String) })
})

test('is content with a tenant that serves no groups', async () => {
  const answer = letting('scim-token', 'y')
  const { verdicts } = await check(
    (arrived) => (arrived.path.endsWith('/Groups') ? { status: 404, body: {} } : answer(arrived)),
    { ...both, tokens: { scim: 'scim-token' } },
  )
  expect(verdicts).toEqual([['scim', 'ok']])
})
