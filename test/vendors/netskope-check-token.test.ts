import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import type { TokenCheck } from '../../src/domain/operations.ts'
import netskope from '../fixtures/netskope.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { netskopeAt } from './netskope-at.ts'

const { errors, scim, audit } = netskope
const SCIM = ['/api/v2/scim/Users', '/api/v2/scim/Groups']
const AUDIT = ['/api/v2/events/data/audit']
const ALL = [...SCIM, ...AUDIT]

const open = ({ path }: ReceivedRequest): CannedReply =>
  path.endsWith('/audit')
    ? audit.dataPage1
    : path.endsWith('/Groups')
      ? scim.listGroups
      : scim.findUserMissNoResources

const tokenOf = ({ headers }: ReceivedRequest) => String(headers['netskope-api-token'] ?? '')

/** An app that lets each token in where it is listed, and refuses with 403 elsewhere. */
const letting =
  (grants: Record<string, readonly string[]>) =>
  (arrived: ReceivedRequest): CannedReply =>
    grants[tokenOf(arrived)]?.includes(arrived.path) ? open(arrived) : errors.forbiddenEmpty

const check = async (
  answer: (arrived: ReceivedRequest) => CannedReply,
  settings: Record<string, unknown> = {},
) => {
  await using app = await serveCanned(answer)
  const checks = await netskopeAt(app.url, settings).checkTokens({}, context())
  return { checks, verdicts: verdictsOf(checks), asked: app.asked }
}
const verdictsOf = (checks: readonly TokenCheck[]) => checks.map(({ token, verdict }) => [token, verdict])
const textOf = (checks: readonly TokenCheck[]) =>
  checks.flatMap(({ surfaces }) => surfaces.map(({ meaning, hint }) => `${meaning} ${hint ?? ''}`)).join('\n')

const jwt = (seconds: number) =>
  ['{"alg":"none"}', JSON.stringify({ exp: Math.floor(Date.now() / 1000) + seconds }), '']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')

test('tries each token on each surface, by reads', async () => {
  const { checks, asked } = await check(letting({ 'scim-token': SCIM, 'rest-token': AUDIT }))
  expect(checks).toEqual([
    {
      token: 'scim',
      fingerprint: expect.stringMatching(/^[\da-f]{8}$/),
      verdict: 'ok',
      surfaces: [
        { surface: 'SCIM users', ok: true, status: 200, meaning: expect.stringContaining('not tried') },
        { surface: 'SCIM groups', ok: true, status: 200, meaning: expect.stringContaining('not tried') },
        { surface: 'audit log', ok: false, status: 403, meaning: expect.stringContaining('not needed') },
      ],
      budget: [{ window: 'minute', limit: 300, left: 299 }],
    },
    expect.objectContaining({ token: 'rest', verdict: 'ok' }),
  ])
  expect(
    asked.map(({ method, path, query }) => `${method} ${path}?${new URLSearchParams(query)}`).sort(),
  ).toEqual(
    [
      'GET /api/v2/events/data/audit?limit=1',
      'GET /api/v2/scim/Groups?count=1',
      'GET /api/v2/scim/Users?count=1',
    ].flatMap((request) => [request, request]),
  )
  expect(JSON.stringify(checks)).not.toMatch(/scim-token|rest-token/)
})

test.each<[string, Record<string, readonly string[]>, Record<string, unknown>, string[][]]>([
  [
    'tokens that were swapped',
    { 'scim-token': AUDIT, 'rest-token': SCIM },
    {},
    [
      ['scim', 'wrong_token'],
      ['rest', 'wrong_token'],
    ],
  ],
  [
    'a token without any grant',
    { 'rest-token': AUDIT },
    {},
    [
      ['scim', 'missing_grant'],
      ['rest', 'ok'],
    ],
  ],
  [
    'a token without the groups',
    { 'scim-token': ALL.slice(0, 1), 'rest-token': AUDIT },
    {},
    [
      ['scim', 'missing_grant'],
      ['rest', 'ok'],
    ],
  ],
  ['one token in one slot that does all', { one: ALL }, { tokens: { scim: 'one' } }, [['scim', 'ok']]],
  ['one token in both slots', { one: ALL }, { tokens: { scim: 'one', rest: 'one' } }, [['scim, rest', 'ok']]],
  [
    'one token in both slots without the audit log',
    { one: SCIM },
    { tokens: { scim: 'one', rest: 'one' } },
    [['scim, rest', 'missing_grant']],
  ],
  [
    'a SCIM token alone',
    { one: SCIM },
    { tokens: { scim: 'one' } },
    [
      ['scim', 'ok'],
      ['rest', 'not_configured'],
    ],
  ],
  [
    'a REST token alone',
    { one: AUDIT },
    { tokens: { rest: 'one' } },
    [
      ['rest', 'ok'],
      ['scim', 'not_configured'],
    ],
  ],
  [
    'a REST token alone in the place of the SCIM token',
    { one: AUDIT },
    { tokens: { scim: 'one' } },
    [['scim', 'wrong_token']],
  ],
])('names %s', async (_, grants, settings, verdicts) => {
  expect((await check(letting(grants), settings)).verdicts).toEqual(verdicts)
})

test('says where the right token is made', async () => {
  const swapped = await check(letting({ 'scim-token': AUDIT, 'rest-token': SCIM }))
  const [forScim, forRest] = swapped.checks
  expect(textOf(swapped.checks)).toMatch(/exchange `scim` and `rest`/)
  expect(textOf(forScim ? [forScim] : [])).toMatch(/Settings > Security Cloud Platform > SCIM/)
  expect(textOf(forRest ? [forRest] : [])).toMatch(/Settings > Tools > REST API v2.*events\/data\/audit/)
})

test('names the endpoint and the grant that is missing', async () => {
  const { checks } = await check(letting({ 'scim-token': ['/api/v2/scim/Groups'], 'rest-token': AUDIT }))
  expect(textOf(checks)).toMatch(
    /has no access to \/api\/v2\/scim\/Users: Read \+ Write is missing.*Add the endpoint/,
  )
})

test.each<[string, CannedReply]>([
  ['rejected', errors.unauthorized],
  ['expired', { status: 401, body: { message: 'The token has expired' } }],
  ['expired', { status: 403, body: { message: 'Token expired' } }],
  ['wrong_address', scim.gatewayNoRoute],
  ['wrong_address', errors.htmlIn200],
  ['wrong_address', { status: 302, headers: { location: 'https://login.example.com/' } }],
  ['wrong_address', { body: { hello: 'world' } }],
  ['sso_not_active', { status: 400, body: { message: 'Single sign-on is not set up' } }],
  ['rate_limited', errors.rateLimited],
  ['rate_limited', { body: { error: { code: 429 } } }],
  ['unreachable', errors.badGateway],
  ['unreachable', { drop: true }],
  ['missing_grant', errors.forbiddenNoGrant],
])('says %s when every surface answers %j', async (verdict, reply) => {
  const { checks } = await check(() => reply, { tokens: { rest: 'one' } })
  expect(checks[0]).toMatchObject({ token: 'rest', verdict })
  expect(checks[0]?.surfaces.every(({ ok, hint }) => !ok && hint)).toBe(true)
})

test('says unreachable when nobody listens', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port, not on a pipe
  await new Promise((resolve) => server.close(resolve))
  const checks = await netskopeAt(`http://127.0.0.1:${port}`).checkTokens({}, context())
  expect(verdictsOf(checks)).toEqual([
    ['scim', 'unreachable'],
    ['rest', 'unreachable'],
  ])
})

test('finds the header form in which a rejected token is accepted, with reads', async () => {
  const { checks, asked } = await check(
    (arrived) => (arrived.headers.authorization === 'Bearer one' ? open(arrived) : errors.unauthorized),
    { tokens: { scim: 'one' } },
  )
  expect(checks[0]?.verdict).toBe('rejected')
  expect(textOf(checks)).toContain('Set `authScheme` of this tenant to "bearer"')
  expect(asked).toHaveLength(4)
  expect(new Set(asked.map(({ method }) => method))).toEqual(new Set(['GET']))
})

test.each([
  ['expires_soon', 6 * 24 * 3600],
  ['ok', 8 * 24 * 3600],
  ['expired', -3600],
])('reads from a JWT that it is %s', async (verdict, seconds) => {
  const { checks } = await check(open, { tokens: { rest: jwt(seconds) } })
  expect(checks[0]).toMatchObject({ verdict, expiresAt: expect.stringMatching(/^\d{4}-.*Z$/) })
})

test('takes no data for an open audit log', async () => {
  const { verdicts } = await check(
    (arrived) => (arrived.path.endsWith('/audit') ? errors.statusErrorIn200 : open(arrived)),
    { tokens: { rest: 'one' } },
  )
  expect(verdicts).toEqual([['rest', 'ok']])
})
