import { describe, expect, test } from 'vitest'
import type { NetskopeSettings } from '../../src/vendors/netskope.ts'
import netskope from '../../src/vendors/netskope.ts'
import fixtures from '../fixtures/netskope.json' with { type: 'json' }
import { type CannedReply, context, serveCanned } from '../support/canned.ts'
import { netskopeAt, parse } from './netskope-at.ts'

const { scim, errors } = fixtures
const tokens = { scim: 'a', rest: 'b' }
const url = 'https://acme.goskope.com'
const USERS = '/api/v2/scim/Users'
const AUDIT = '/api/v2/events/data/audit'

describe('settings', () => {
  test('are filled in', () => {
    expect(parse({ url, tokens }).data).toMatchObject({
      authScheme: 'header',
      scimBasePath: '/api/v2/scim',
      pageSize: 100,
      maxPages: 100,
      patchStrategy: 'auto',
      auditPath: AUDIT,
      auditOffsetParam: 'offset',
      propagationMinutes: 40,
    })
  })

  test.each([
    ['no token', { url, tokens: {} }, 'tokens'],
    ['a token of another name', { url, tokens: { ...tokens, events: 'c' } }, 'tokens'],
    ['a path that climbs', { url, tokens, scimBasePath: '/api/../x' }, 'scimBasePath'],
    ['a path with a query', { url, tokens, auditPath: '/a?b' }, 'auditPath'],
    ['a header in a media type', { url, tokens, contentType: 'a/b\r\nx: y' }, 'contentType'],
    ['a plain address', { url: 'http://acme.goskope.com', tokens }, 'url'],
    ['an unknown key', { url, tokens, scimbasepath: '/x' }, undefined],
  ])('refuse %s', (_, settings, key) => {
    const { error } = parse(settings)
    expect(error?.issues.map(({ path }) => path[0])).toEqual([key])
  })

  test('say what is true of the app', () => {
    const settings = parse({ url, tokens, propagationMinutes: 5 }).data as unknown as NetskopeSettings
    expect(netskope.facts(settings)).toEqual({
      deactivate: 'reversible',
      delete: 'hard',
      endsSessions: 'no',
      audit: 'administrators',
      propagationMinutes: 5,
    })
    expect(netskope.budget).toEqual({ perMinute: 300, atOnce: 4, reserve: 0.1 })
  })
})

describe('tokens', () => {
  const sent = async (settings: Record<string, unknown>) => {
    await using app = await serveCanned(({ path }) =>
      path === AUDIT ? fixtures.audit.dataEmpty : scim.getUser,
    )
    const { readAccount, pullAudit } = netskopeAt(app.url, settings)
    await readAccount?.({ id: '6f1c9a52-0d3e-4a77-9b21-5e0c8f3a1d10' }, context())
    await pullAudit({ since: new Date(0), until: new Date(), limit: 1 }, context())
    return app.asked.map(({ headers }) => headers['netskope-api-token'] ?? headers.authorization)
  }

  test.each([
    [{}, ['scim-token', 'rest-token']],
    [{ tokens: { scim: 'one' } }, ['one', 'one']],
    [{ tokens: { rest: 'one' } }, ['one', 'one']],
    [{ authScheme: 'bearer' }, ['Bearer scim-token', 'Bearer rest-token']],
    [
      { authScheme: 'authorization-token' },
      ['Netskope-Api-Token scim-token', 'Netskope-Api-Token rest-token'],
    ],
  ])('with %j are sent as %j', async (settings, headers) => {
    expect(await sent(settings)).toEqual(headers)
  })
})

test('finds a user where SCIM is served', async () => {
  await using app = await serveCanned(() => scim.findUserHit)
  const found = await netskopeAt(app.url).findAccounts?.({ user: 'ana.ruiz@example.com' }, context())
  expect(found?.accounts).toMatchObject([
    { tenant: 'acme', vendor: 'netskope', status: 'active', externalId: 'idp-6f1c9a' },
  ])
  // Its list of users is short enough to tell.
  expect(app.asked[0]).toMatchObject({ path: USERS, query: { count: '100' } })
})

test('deactivates and never deletes', async () => {
  await using app = await serveCanned(() => scim.deactivatePatch204)
  await netskopeAt(app.url).deactivateAccount?.({ id: 'u1', userName: 'a@example.com' }, context())
  expect(app.asked).toMatchObject([
    { method: 'PATCH', path: `${USERS}/u1`, headers: { 'content-type': 'application/scim+json' } },
  ])
})

describe('a refusal', () => {
  /** Answers by path and token; whatever is not named is open. */
  const reading = async (replies: Record<string, CannedReply>, settings: Record<string, unknown> = {}) => {
    await using app = await serveCanned(({ path, headers }) => {
      const open = path === AUDIT ? fixtures.audit.dataEmpty : scim.findUserMissNoResources
      return replies[`${path} ${headers['netskope-api-token']}`] ?? replies[path] ?? open
    })
    const error: unknown = await netskopeAt(app.url, settings)
      .findAccounts?.({ user: 'a@example.com' }, context())
      .catch((thrown: unknown) => thrown)
    return { error, requests: app.asked.length }
  }

  test('names the endpoint, the token and the grant', async () => {
    const { error } = await reading({ [USERS]: errors.forbiddenEmpty, [AUDIT]: errors.forbiddenEmpty })
    expect(error).toMatchObject({
      code: 'forbidden',
      message: 'The token in `scim` has no access to /api/v2/scim/Users: Read is missing.',
      hint: expect.stringContaining('Settings > Tools > REST API v2'),
    })
  })

  test('names a token of the other kind, established by reads', async () => {
    const { error, requests } = await reading({
      [USERS]: errors.forbiddenNoGrant,
      '/api/v2/scim/Groups': errors.forbiddenEmpty,
    })
    expect(error).toMatchObject({
      code: 'wrong_token',
      message: expect.stringContaining('`scim`'),
      hint: expect.stringContaining('Settings > Security Cloud Platform > SCIM'),
    })
    expect(requests).toBe(4)
  })

  test('is a missing grant where the groups are open to the token', async () => {
    expect((await reading({ [USERS]: errors.forbiddenEmpty })).error).toMatchObject({ code: 'forbidden' })
  })

  test('is a missing grant where one token is meant for both', async () => {
    const { error } = await reading(
      { [USERS]: errors.forbiddenEmpty, '/api/v2/scim/Groups': errors.forbiddenEmpty },
      { tokens: { rest: 'one' } },
    )
    expect(error).toMatchObject({ code: 'forbidden', message: expect.stringContaining('`rest`') })
  })

  test('of the audit log names a SCIM token that stands in its place', async () => {
    await using app = await serveCanned(({ path }) =>
      path === AUDIT ? errors.forbiddenEmpty : scim.findUserMissNoResources,
    )
    await expect(
      netskopeAt(app.url).pullAudit({ since: new Date(0), until: new Date(), limit: 1 }, context()),
    ).rejects.toMatchObject({ code: 'wrong_token', hint: expect.stringContaining(AUDIT) })
  })

  test.each<[string, CannedReply, object]>([
    ['401', errors.unauthorized, { code: 'unauthorized', message: expect.stringContaining('`scim`') }],
    [
      'a token that has expired',
      { status: 401, body: { message: 'Token expired' } },
      { code: 'unauthorized', message: expect.stringContaining('expired') },
    ],
    [
      'a gateway without the route',
      scim.gatewayNoRoute,
      { code: 'unavailable', retryable: false, hint: expect.stringContaining('scimBasePath') },
    ],
    [
      'single sign-on that is missing',
      { status: 400, body: { message: 'SAML SSO is not configured' } },
      { code: 'forbidden', message: expect.stringContaining('single sign-on') },
    ],
    [
      'a rate limit',
      errors.rateLimitedRetryAfter,
      { code: 'rate_limited', details: { retryAt: expect.any(Number) } },
    ],
    ['a gateway error', errors.badGateway, { code: 'unavailable', retryable: true }],
  ])('with %s says so', async (_, reply, expected) => {
    expect((await reading({ [USERS]: reply })).error).toMatchObject(expected)
  })

  test.each<[string, CannedReply, object]>([
    [
      'a missing grant',
      errors.forbiddenEmpty,
      { code: 'forbidden', message: expect.stringContaining('Read + Write is missing') },
    ],
    [
      'no such SCIM user',
      scim.getUserNotFound,
      { code: 'not_found', hint: expect.stringContaining('provisioner') },
    ],
    [
      'a user whose name speaks of sign-on',
      { status: 404, body: { message: 'sso@example.com' } },
      { code: 'not_found' },
    ],
    [
      'an error that speaks of sign-on',
      { status: 500, body: { message: 'SSO' } },
      { code: 'unknown_outcome' },
    ],
  ])('of a change with %s says so, after one request', async (_, reply, expected) => {
    await using app = await serveCanned(() => reply)
    await expect(
      netskopeAt(app.url).deactivateAccount?.({ id: 'u1', userName: 'a@example.com' }, context()),
    ).rejects.toMatchObject(expected)
    expect(app.asked).toHaveLength(1)
  })
})

describe('writes', () => {
  const target = { id: 'u1', userName: 'ana@example.com' }
  const done: CannedReply = { status: 204 }

  test('spell the external id in a path as vendor-owned clients do', async () => {
    await using app = await serveCanned(() => done)
    await netskopeAt(app.url).updateAccount?.({ ...target, set: { externalId: 'idp-1' } }, context())
    expect(app.asked).toMatchObject([
      { path: `${USERS}/u1`, body: { Operations: [{ op: 'replace', path: 'externalid', value: 'idp-1' }] } },
    ])
  })

  test('put people into groups by their ids alone', async () => {
    await using app = await serveCanned(() => done)
    const group = { id: 'g1', name: 'Engineering' }
    await netskopeAt(app.url).updateMembers?.({ group, add: [target], remove: [] }, context())
    expect(app.asked).toMatchObject([
      {
        path: '/api/v2/scim/Groups/g1',
        body: { Operations: [{ op: 'add', path: 'members', value: [{ value: 'u1' }] }] },
      },
    ])
  })

  test('set nothing that is not documented', async () => {
    await using app = await serveCanned(() => done)
    const change = netskopeAt(app.url).updateAccount?.({ ...target, set: { title: 'Lead' } }, context())
    await expect(change).rejects.toMatchObject({ code: 'unsupported' })
    expect(app.asked).toEqual([])
  })

  test('delete only where the settings allow it', () => {
    const offered = (settings = {}) => 'deleteAccount' in netskopeAt('http://127.0.0.1:1', settings)
    expect([offered(), offered({ allowDelete: true })]).toEqual([false, true])
  })
})
