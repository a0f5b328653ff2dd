// @module-tag long

import { createPrivateKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeProtectedHeader, importSPKI, jwtVerify } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import type { OktaTenant } from '../../src/sandbox/index.ts'
import { openWorld, type World, type WorldOptions } from '../support/world.ts'

const OKTA = 'acme-okta'
const ADA = 'ada@example.com'

const oktaOf = ({ sandbox }: World): OktaTenant => sandbox.tenants[OKTA]

const openOkta = (more: Record<string, unknown> = {}, options: WorldOptions = {}) =>
  openWorld({
    ...options,
    sandbox: { apps: ['netskope', 'okta'], events: 1, ...options.sandbox },
    tenants: (own) => ({ [OKTA]: { ...own[OKTA], maxRetries: 0, verifyWindowMs: 200, ...more } }),
  })

/** A world whose tenant is a service app: its key is known only once the organisation runs. */
async function openServiceWorld(more: Record<string, unknown> = {}, keyOf = pemOf) {
  const world = await openWorld({ sandbox: { apps: ['netskope', 'okta'], events: 1 } })
  const app = oktaOf(world)
  const file = join(world.folder, 'key')
  writeFileSync(file, keyOf(app), { mode: 0o600 })
  const { clientId } = app.serviceApp
  const tokens = { privateKey: `file:${file}` }
  const tenant = { vendor: 'okta', url: app.url, clientId, tokens, maxRetries: 0, ...more }
  world.rewrite({ tenants: { [OKTA]: tenant } })
  const { call } = await world.open()
  return { world, app, call }
}

const pemOf = ({ serviceApp }: OktaTenant): string => serviceApp.privateKey
const jwkOf = ({ serviceApp }: OktaTenant): string =>
  JSON.stringify({
    ...createPrivateKey(serviceApp.privateKey).export({ format: 'jwk' }),
    kid: 'named-by-itself',
  })

/** The assertions of the token requests so far. */
const assertionsAt = (app: OktaTenant): URLSearchParams[] =>
  app.arrivals
    .filter(({ path }) => path === '/oauth2/v1/token')
    .map(({ body }) => new URLSearchParams(String(body)))

const openWorlds: World[] = []
const kept = async <Opened extends { world: World }>(opening: Promise<Opened>): Promise<Opened> => {
  const opened = await opening
  openWorlds.push(opened.world)
  return opened
}
afterEach(async () => {
  await Promise.all(openWorlds.splice(0).map((world) => world[Symbol.asyncDispose]()))
})

describe('a service app', () => {
  test('has a token for each scope, and a look-up asks for the read of users alone', async () => {
    const { app, call } = await kept(openServiceWorld())
    const issued = async (tool: string, input: object) => {
      const before = app.serviceApp.issued.length
      const answer = await call(tool, input)
      expect(answer.error).toBeUndefined()
      return app.serviceApp.issued.slice(before).toSorted()
    }
    expect(await issued('find_user', { user: ADA })).toEqual(['okta.users.read'])
    expect(await issued('list_users', { tenant: OKTA, match: { email: ADA } })).toEqual([])
    expect(await issued('list_groups', { tenant: OKTA })).toEqual(['okta.groups.read'])
    expect(await issued('pull_audit', { tenant: OKTA })).toEqual(['okta.logs.read'])
    expect(await issued('deactivate_user', { user: ADA, tenants: [OKTA], reason: 'left' })).toEqual([
      'okta.roles.read',
      'okta.users.manage',
    ])
    expect(app.state(ADA)).toBe('SUSPENDED')
  })

  test('proves who it is with an assertion that jose verifies, made anew for each token', async () => {
    const { app, call } = await kept(openServiceWorld({ keyId: 'key-1' }))
    await call('find_user', { user: ADA })
    await call('list_groups', { tenant: OKTA })
    const requests = assertionsAt(app)
    expect(requests).toHaveLength(2)
    const key = await importSPKI(
      app.serviceApp.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      'RS256',
    )
    const ids = await Promise.all(
      requests.map(async (form) => {
        expect(form.get('grant_type')).toBe('client_credentials')
        expect(form.get('client_assertion_type')).toBe(
          'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        )
        const assertion = form.get('client_assertion') ?? ''
        const { payload } = await jwtVerify(assertion, key, {
          issuer: app.serviceApp.clientId,
          subject: app.serviceApp.clientId,
          audience: `${app.url}/oauth2/v1/token`,
          maxTokenAge: '5m',
        })
        expect(decodeProtectedHeader(assertion)).toMatchObject({ alg: 'RS256', kid: 'key-1' })
        return payload.jti
      }),
    )
    expect(new Set(ids).size).toBe(2)
  })

  test('goes on with a new token when Okta revokes the old one', async () => {
    const { app, call } = await kept(openServiceWorld())
    await call('find_user', { user: ADA })
    app.serviceApp.revoke()
    expect(await call('find_user', { user: ADA })).toMatchObject({ complete: true })
    expect(app.serviceApp.issued).toEqual(['okta.users.read', 'okta.users.read'])
  })

  test('finds people with the read scope alone, and check_token names each scope that is missing', async () => {
    const { app, call } = await kept(openServiceWorld())
    app.serviceApp.scopes = ['okta.users.read']
    expect(await call('find_user', { user: ADA })).toMatchObject({ complete: true })
    const { checks } = await call('check_token', { tenant: OKTA })
    const [check] = checks as {
      verdict: string
      surfaces: { ok: boolean; surface: string; hint?: string }[]
    }[]
    expect(check?.verdict).toBe('missing_grant')
    const wrong = (check?.surfaces ?? []).filter(({ ok }) => !ok)
    const missing = [
      'okta.groups.read',
      'okta.roles.read',
      'okta.logs.read',
      'okta.users.manage',
      'okta.groups.manage',
    ]
    expect(wrong.map(({ hint }) => missing.find((scope) => hint?.includes(scope)))).toEqual(missing)
    for (const { hint } of wrong) expect(hint).toContain('Okta API Scopes')
  })

  test('that loses a scope after its token was made is told by the header alone', async () => {
    const { app, call } = await kept(openServiceWorld())
    app.faults.set([{ fault: 'scope-taken', path: '/users' }])
    const { searched } = await call('find_user', { user: ADA })
    expect(searched).toMatchObject([{ code: 'forbidden', note: expect.stringContaining('okta.users.read') }])
    const { checks } = await call('check_token', { tenant: OKTA })
    expect(JSON.stringify(checks)).toMatch(/lacks the scope okta\.users\.read/)
  })

  test.each([
    ['has no administrator role', (app: OktaTenant) => app.serviceApp.permissions.splice(0), /Admin roles/],
    [
      'has to prove possession',
      (app: OktaTenant) => Object.assign(app.serviceApp, { demandsProof: true }),
      /Require Demonstrating Proof of Possession/,
    ],
  ])('that %s is told where to change that', async (_, spoil, words) => {
    const { app, call } = await kept(openServiceWorld())
    spoil(app)
    const { checks } = await call('check_token', { tenant: OKTA })
    expect(checks).toMatchObject([{ verdict: 'missing_grant' }])
    expect(JSON.stringify(checks)).toMatch(words)
  })

  test('of another name is not accepted', async () => {
    const { call } = await kept(openServiceWorld({ clientId: '0oanobody' }))
    expect(await call('check_token', { tenant: OKTA })).toMatchObject({
      checks: [{ verdict: 'rejected', token: 'privateKey' }],
    })
  })

  test('takes its key as a JWK too, which names itself', async () => {
    const { app, call } = await kept(openServiceWorld({}, jwkOf))
    expect(await call('find_user', { user: ADA })).toMatchObject({ complete: true })
    const [form] = assertionsAt(app)
    expect(decodeProtectedHeader(form?.get('client_assertion') ?? '').kid).toBe('named-by-itself')
  })
})

describe('check_token of an API token', () => {
  const WRONG = [
    ['users', 'View users and their details'],
    ['groups', 'View groups and their details'],
    ['roles', 'View roles, resources, and admin assignments'],
    ['logs', 'View logs'],
  ] as const
  test.each(WRONG)('names the permission where the role lacks %s', async (permission, words) => {
    const all = WRONG.map(([name]) => name)
    const permissions = all.filter((name) => name !== permission)
    await using world = await openOkta({}, { sandbox: { okta: { token: { permissions } } } })
    const { checks } = await world.call('check_token', { tenant: OKTA })
    const [check] = checks as { verdict: string; surfaces: { ok: boolean; hint?: string }[] }[]
    expect(check?.verdict).toBe('missing_grant')
    expect(check?.surfaces.filter(({ ok }) => !ok)).toMatchObject([{ hint: expect.stringContaining(words) }])
  })

  test('says of a good one that it is, and of one that nobody made that it is not', async () => {
    await using world = await openOkta()
    expect(await world.call('check_token', { tenant: OKTA })).toMatchObject({
      checks: [{ token: 'api', verdict: 'ok' }],
    })
    oktaOf(world).tokens.api.value = 'another'
    expect(await world.call('check_token', { tenant: OKTA })).toMatchObject({
      checks: [
        {
          verdict: 'rejected',
          surfaces: expect.arrayContaining([
            {
              surface: 'users',
              ok: false,
              status: 401,
              meaning: expect.any(String),
              hint: expect.stringContaining('Security > API > Tokens'),
            },
          ]),
        },
      ],
    })
  })

  test('says of an address without an Okta API that it is wrong', async () => {
    await using world = await openOkta()
    const netskope = world.netskope.url
    world.rewrite({
      tenants: { [OKTA]: { vendor: 'okta', url: netskope, tokens: { api: 'env:SANDBOX_OKTA_TOKEN' } } },
    })
    const { call } = await world.open()
    expect(await call('check_token', { tenant: OKTA })).toMatchObject({
      checks: [{ verdict: 'wrong_address' }],
    })
    expect(await call('find_user', { user: ADA })).toMatchObject({ searched: [{ code: 'unavailable' }] })
  })
})

describe('limits', () => {
  test.each([
    ['two hours behind', -7_200_000],
    ['two hours ahead', 7_200_000],
  ])('are waited out by the clock of Okta, which is %s of ours', async (_, offset) => {
    const perMinute = 1
    const sandbox = { okta: { limits: { perMinute }, now: () => Date.now() + offset } }
    await using world = await openOkta({}, { sandbox })
    await world.call('find_user', { user: ADA })
    const { searched } = await world.call('find_user', { user: ADA })
    const [{ code, retryAt } = { code: '', retryAt: '' }] = searched as { code: string; retryAt: string }[]
    expect(code).toBe('rate_limited')
    const wait = Date.parse(retryAt) - Date.now()
    expect(wait).toBeGreaterThan(20_000)
    expect(wait).toBeLessThan(62_000)
  })

  test('of one part of the API do not hold up another', async () => {
    await using world = await openOkta({}, { sandbox: { okta: { limits: { perMinute: 4 } } } })
    let limited = false
    for (let calls = 0; calls < 6 && !limited; calls++) {
      limited = (await world.call('list_groups', { tenant: OKTA })).error?.code === 'rate_limited'
    }
    expect(limited).toBe(true)
    expect(await world.call('find_user', { user: ADA })).toMatchObject({ complete: true })
  })

  test('of requests at once, whose limit is 0, are no reason to stop for long', async () => {
    await using world = await openOkta()
    oktaOf(world).faults.set([{ fault: 'concurrent-limit', times: 2 }])
    const { searched } = await world.call('find_user', { user: ADA })
    const [{ retryAt } = { retryAt: '' }] = searched as { retryAt: string }[]
    expect(Date.parse(retryAt) - Date.now()).toBeLessThan(5_000)
  })
})

describe('pull_audit', () => {
  test('tells who did what to whom and how it ended, also under an earlier login', async () => {
    await using world = await openOkta()
    const app = oktaOf(world)
    await world.call('update_user', { tenant: OKTA, user: ADA, set: { title: 'Countess' } })
    app.renameUser(ADA, 'ada.byron@example.com')
    await world.call('end_sessions', { tenants: [OKTA], user: 'ada.byron@example.com', reason: 'renamed' })
    const { events, complete, note } = await world.call('pull_audit', {
      tenant: OKTA,
      user: 'ada.byron@example.com',
      role: 'target',
    })
    const fromApp = (events as { source: string }[]).filter(({ source }) => source === 'app')
    expect(fromApp).toMatchObject([
      { action: 'user.session.clear: SUCCESS', actor: 'system@okta.com', target: 'ada.byron@example.com' },
      { action: 'user.account.update_profile: SUCCESS', target: ADA },
    ])
    expect(complete).toBe(true)
    expect(note).toContain('90 days')
  })

  test('goes through the log once, in pages of any size, though events keep coming', async () => {
    await using world = await openOkta()
    const app = oktaOf(world)
    const began = Date.now() - 3_600_000
    const party = { id: '00uX', type: 'User', alternateId: 'x@example.com', displayName: 'X' }
    const event = (index: number) => ({
      uuid: `event-${String(index).padStart(4, '0')}`,
      published: new Date(began + index * 1_000).toISOString(),
      eventType: 'user.session.start',
      displayMessage: 'User login to Okta',
      severity: 'INFO' as const,
      actor: party,
      outcome: { result: 'SUCCESS', reason: null },
      target: [party],
    })
    app.log.push(...Array.from({ length: 45 }, (_, index) => event(index)))
    const seen: string[] = []
    for (let cursor: unknown, calls = 0; calls < 20; calls++) {
      const page = await world.call('pull_audit', { tenant: OKTA, limit: 10, ...(cursor ? { cursor } : {}) })
      seen.push(...(page.events as { id: string }[]).map(({ id }) => id))
      // An event that reaches the log late, as Okta's can.
      app.log.push(event(100 + calls))
      app.log.sort((one, other) => one.published.localeCompare(other.published))
      cursor = page.nextCursor
      if (!cursor) break
    }
    const first = seen.filter((id) => id < 'event-0100')
    expect(first).toEqual(Array.from({ length: 45 }, (_, index) => event(44 - index).uuid))
    expect(new Set(seen).size).toBe(seen.length)
  })
})
