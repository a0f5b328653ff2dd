import type { KeyObject } from 'node:crypto'
import { base64url, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { SCOPES } from '../../src/domain/scopes.ts'
import { type HttpWorld, openHttpWorld } from '../support/http-world.ts'
import { newKey, newKeys, openIssuer } from '../support/issuer.ts'
import { shareWorld } from '../support/sharing.ts'
import { openOAuthWorld } from '../support/trusting.ts'

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'probe', version: '1' } },
}

/** What an unadorned first request of a client is answered. */
async function knock(world: HttpWorld, authorization?: string) {
  const reply = await world.fetch('/mcp', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(authorization !== undefined && { authorization }),
    },
    body: JSON.stringify(INITIALIZE),
  })
  const challenge = reply.headers.get('www-authenticate') ?? ''
  const [, error] = /error="([^"]*)"/.exec(challenge) ?? []
  return { status: reply.status, challenge, error, text: await reply.text() }
}
const REFUSED = { status: 401, error: 'invalid_token' }

const bots = shareWorld(() => openHttpWorld())
const trusting = shareWorld(openOAuthWorld)

describe('tokens for bots', () => {
  test('let their bearer in, and nobody else', async () => {
    const world = bots()
    const token = await world.token('helpdesk')
    expect(await knock(world, `Bearer ${token}`)).toMatchObject({ status: 200 })
    expect(await knock(world, `bearer ${token}`)).toMatchObject({ status: 200 })
    const other = await world.token('other')
    const [, id = ''] = other.split('_')
    const strangers = [
      undefined,
      '',
      'Bearer',
      `Basic ${Buffer.from(`helpdesk:${token}`).toString('base64')}`,
      `Bearer ${token.slice(0, -1)}`,
      `Bearer ${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
      `Bearer ${token}x`,
      `Bearer ${token} ${token}`,
      // The right secret with another's name.
      `Bearer ${token.replace(/_[0-9a-f]{12}_/, `_${id}_`)}`,
      'Bearer idmcp_000000000000_0000000000000000000000000000000000000000000',
    ]
    for (const authorization of strangers)
      expect(await knock(world, authorization), authorization).toMatchObject(REFUSED)
  })

  test('are not taken where the settings do not say so, nor another issuer’s where there is none', async () => {
    const { issuer, world } = trusting()
    expect(await knock(world, `Bearer ${await world.token('helpdesk')}`)).toMatchObject(REFUSED)
    expect(await knock(bots(), `Bearer ${await issuer.token()}`)).toMatchObject(REFUSED)
  })

  test('are good no more once they are revoked, while the server runs', async () => {
    const world = bots()
    const token = await world.token('fleeting')
    expect(await knock(world, `Bearer ${token}`)).toMatchObject({ status: 200 })
    expect(await world.run(['tokens', 'revoke', 'Fleeting'])).toMatchObject({ code: 0 })
    expect(await knock(world, `Bearer ${token}`)).toMatchObject(REFUSED)
    const again = await world.token('fleeting')
    expect(await knock(world, `Bearer ${token}`)).toMatchObject(REFUSED)
    expect(await knock(world, `Bearer ${again}`)).toMatchObject({ status: 200 })
  })

  test('tell when they were last used, and stand nowhere', async () => {
    const world = bots()
    const scopes = 'identity:read,identity:audit'
    const made = ['tokens', 'create', 'auditor', '--scopes', scopes, '--tenants', 'acme-netskope']
    const token = (await world.run(made)).stdout.trim()
    const listed = async () => {
      const { tokens } = JSON.parse((await world.run(['tokens', 'list', '--json'])).stdout)
      return tokens.find(({ name }: { name: string }) => name === 'auditor')
    }
    expect(await listed()).toMatchObject({
      scopes: ['identity:read', 'identity:audit'],
      tenants: ['acme-netskope'],
      lastUsedAt: null,
    })
    await knock(world, `Bearer ${token}`)
    expect((await listed()).lastUsedAt).toMatch(/^20/)
    expect(JSON.stringify([world.stderr(), world.journal(), await world.run(['tokens'])])).not.toContain(
      token.slice(20),
    )
  })
})

test('MCP is served with a slash at the end of its address, to the same callers', async () => {
  const world = bots()
  const guest = async (path: string, authorization?: string) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
    const reply = await world.fetch(path, {
      method: 'POST',
      headers: { ...headers, ...(authorization !== undefined && { authorization }) },
      body: JSON.stringify(INITIALIZE),
    })
    return reply.status
  }
  expect(await guest('/mcp/', `Bearer ${await world.token('slash')}`)).toBe(200)
  expect(await guest('/mcp/')).toBe(401)
  expect(await guest('/mcp//')).toBe(404)
})

describe('access tokens of an issuer', () => {
  test.each([
    ['RFC 8414', '/.well-known/oauth-authorization-server', ''],
    ['RFC 8414 with a path', '/.well-known/oauth-authorization-server/tenant', '/tenant'],
    ['OpenID Connect', '/tenant/.well-known/openid-configuration', '/tenant'],
  ])('let their bearer in, by the keys found over %s', async (_, metadata, path) => {
    await using issuer = await openIssuer({ metadata, path })
    await using world = await openHttpWorld({ auth: issuer.settings() })
    expect(await knock(world, `Bearer ${await issuer.token()}`)).toMatchObject({ status: 200 })
    expect(
      await knock(world, `Bearer ${await issuer.token({ scope: undefined, scp: ['identity:read'] })}`),
    ).toMatchObject({ status: 200 })
    expect(issuer.asked.filter((path) => path === '/keys')).toHaveLength(1)
  })

  test('are refused for every fault', async () => {
    const { issuer, world } = trusting()
    const now = Math.floor(Date.now() / 1_000)
    const stranger = await newKey('key-1')
    const [{ jwk: key } = { jwk: {} }] = issuer.keys
    const claims = {
      iss: issuer.issuer,
      aud: issuer.audience,
      sub: 'ada',
      scope: 'identity:remove',
      exp: now + 300,
    }
    const unsigned = [{ alg: 'none' }, claims].map((part) => base64url.encode(JSON.stringify(part))).join('.')
    const good = await issuer.token()
    const [header = '', , signature = ''] = good.split('.')
    const faulty: Record<string, string> = {
      expired: await issuer.token({ exp: now - 1 }),
      'not yet good': await issuer.token({ nbf: now + 60 }),
      'without an end': await issuer.token({ exp: undefined }),
      'without a subject': await issuer.token({ sub: undefined }),
      'with a subject that nobody can read': await issuer.token({ sub: 'ada\u200b' }),
      'for another': await issuer.token({ aud: 'https://other.example.com/mcp' }),
      'for nobody': await issuer.token({ aud: undefined }),
      'for a part of the name': await issuer.token({ aud: 'https://identity.example.com' }),
      'of another issuer': await issuer.token({ iss: 'https://issuer.example.com' }),
      'signed by a stranger': await issuer.token({}, { key: stranger }),
      'without a signature': `${unsigned}.`,
      'with claims put under another signature': `${header}.${base64url.encode(JSON.stringify(claims))}.${signature}`,
      // The public key taken for a shared secret, in each form that a library may see it in.
      'signed with the public key': await hs256(claims, new TextEncoder().encode(JSON.stringify(key))),
      'signed with nothing to speak of': await hs256(claims, new Uint8Array(32)),
      'with a key of its own': await issuer.token(
        {},
        { key: stranger, header: { jwk: stranger.jwk } as never },
      ),
      'with an address for its key': await issuer.token(
        {},
        { key: stranger, header: { jku: `${issuer.issuer}/keys` } as never },
      ),
      garbled: 'not.a.token',
    }
    for (const [fault, token] of Object.entries(faulty)) {
      expect(await knock(world, `Bearer ${token}`), fault).toMatchObject(REFUSED)
    }
    expect(await knock(world, `Bearer ${good}`)).toMatchObject({ status: 200 })
  })

  test.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'])(
    'are taken with the type %s',
    async (typ) => {
      const { issuer, world } = trusting()
      const token = await issuer.token({}, { header: typ === undefined ? {} : { typ } })
      expect(await knock(world, `Bearer ${token}`)).toMatchObject({ status: 200 })
    },
  )

  test.each([
    'logout+jwt',
    'secevent+jwt',
    'dpop+jwt',
    'oauth-id-jag+jwt',
    'token-introspection+jwt',
    'application/jwt+x',
    'id_token',
    '',
    7,
    null,
    [['at+jwt']],
  ])('are refused with the type %j', async (typ) => {
    const { issuer, world } = trusting()
    const token = await issuer.token({}, { header: { typ } as never })
    expect(await knock(world, `Bearer ${token}`)).toMatchObject(REFUSED)
  })

  const inAMinute = () => Math.floor(Date.now() / 1_000) + 60
  test.each<[string, () => Record<string, unknown>]>([
    ['the hash of an access token, as an ID token has', () => ({ at_hash: 'x' })],
    ['the hash of a code, as an ID token has', () => ({ c_hash: 'x' })],
    [
      'events, as a logout token has',
      () => ({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
    ],
    ['the kind of an ID token of Keycloak', () => ({ typ: 'ID' })],
    ['the kind of a refresh token of Keycloak', () => ({ typ: 'Refresh' })],
    ['the use of an ID token of Cognito', () => ({ token_use: 'id' })],
    ['a key of DPoP', () => ({ cnf: { jkt: 'x' } })],
    ['a certificate of mutual TLS', () => ({ cnf: { 'x5t#S256': 'x' } })],
    ['an empty binding', () => ({ cnf: null })],
    ['a number as its subject', () => ({ sub: 7 })],
    ['a list as its subject', () => ({ sub: ['ada'] })],
    ['an object as its subject', () => ({ sub: { id: 'ada' } })],
    ['an empty subject', () => ({ sub: '' })],
    ['a subject too long to tell from another', () => ({ sub: 'x'.repeat(600) })],
    ['a start in the future', () => ({ nbf: inAMinute() })],
    ['a birth in the future', () => ({ iat: inAMinute() })],
    ['a birth that is no time', () => ({ iat: 'now' })],
    ['an end that is no time', () => ({ exp: 'never' })],
    ['an actor that is a text', () => ({ act: 'agent-7' })],
    ['an actor without a name', () => ({ act: {} })],
    ['an actor whose name is a number', () => ({ act: { sub: 7 } })],
    ['an actor whose name nobody can read', () => ({ act: { sub: 'agent\u200b-7' } })],
  ])('are refused with %s', async (_, claims) => {
    const { issuer, world } = trusting()
    const token = await issuer.token(claims())
    expect(await knock(world, `Bearer ${token}`)).toMatchObject(REFUSED)
  })

  test('are taken from an issuer whose clock is a little ahead', async () => {
    const { issuer, world } = trusting()
    const soon = Math.floor(Date.now() / 1_000) + 3
    expect(await knock(world, `Bearer ${await issuer.token({ iat: soon, nbf: soon })}`)).toMatchObject({
      status: 200,
    })
  })

  test('are refused in the RSA form of the confusion of keys', async () => {
    await using issuer = await openIssuer()
    const { publicKey, privateKey } = newKeys('rsa')
    issuer.rotate({
      privateKey: privateKey as never,
      jwk: { ...publicKey.export({ format: 'jwk' }), alg: 'RS256', kid: 'rsa' } as never,
    })
    await using world = await openHttpWorld({ auth: issuer.settings() })
    expect(await knock(world, `Bearer ${await issuer.token()}`)).toMatchObject({ status: 200 })
    const pem = (publicKey as KeyObject).export({ type: 'spki', format: 'pem' }) as string
    const claims = {
      iss: issuer.issuer,
      aud: issuer.audience,
      sub: 'ada',
      scope: 'identity:read',
      exp: Date.now() / 1_000 + 300,
    }
    expect(await knock(world, `Bearer ${await hs256(claims, new TextEncoder().encode(pem))}`)).toMatchObject(
      REFUSED,
    )
  })

  test('follow the issuer when it changes its keys', async () => {
    await using trusted = await openOAuthWorld()
    const { issuer, world } = trusted
    const old = await issuer.token()
    expect(await knock(world, `Bearer ${old}`)).toMatchObject({ status: 200 })
    const [first] = issuer.keys
    if (!first) throw new TypeError('the issuer has no key')
    issuer.rotate(first, await newKey('key-2'))
    expect(await knock(world, `Bearer ${await issuer.token()}`)).toMatchObject({ status: 200 })
    expect(await knock(world, `Bearer ${old}`)).toMatchObject({ status: 200 })
    issuer.rotate(await newKey('key-3'))
    expect(await knock(world, `Bearer ${await issuer.token()}`)).toMatchObject({ status: 200 })
    expect(await knock(world, `Bearer ${old}`)).toMatchObject(REFUSED)
  })

  test('need not name their key', async () => {
    await using issuer = await openIssuer()
    issuer.rotate(await newKey(), await newKey())
    await using world = await openHttpWorld({ auth: issuer.settings() })
    expect(await knock(world, `Bearer ${await issuer.token()}`)).toMatchObject({ status: 200 })
    expect(await knock(world, `Bearer ${await issuer.token({}, { key: await newKey() })}`)).toMatchObject(
      REFUSED,
    )
  })

  test('do not make the server ask the issuer for its keys over and over', async () => {
    await using trusted = await openOAuthWorld()
    const { issuer, world } = trusted
    const strange = await Promise.all(
      Array.from({ length: 20 }, async (_, index) =>
        issuer.token({}, { key: await newKey(`unknown-${index}`) }),
      ),
    )
    const answers = await Promise.all(strange.map((token) => knock(world, `Bearer ${token}`)))
    expect(answers.every(({ status }) => status === 401)).toBe(true)
    expect(issuer.asked.filter((path) => path === '/keys').length).toBeLessThanOrEqual(4)
  })

  test('are told to come later while the issuer cannot be asked, and are taken once it can', async () => {
    await using issuer = await openIssuer()
    issuer.fail(true)
    await using world = await openHttpWorld({ auth: issuer.settings() })
    const token = await issuer.token()
    const told = await knock(world, `Bearer ${token}`)
    expect(told).toMatchObject({ status: 503, challenge: '' })
    expect(JSON.parse(told.text).error.data.error).toMatchObject({ code: 'unavailable', retryable: true })
    issuer.fail(false)
    expect(await knock(world, `Bearer ${token}`)).toMatchObject({ status: 200 })
  })
})

describe('what OAuth clients find out', () => {
  test('stands at the well-known places, and the challenge leads there', async () => {
    const { issuer, world } = trusting()
    const { challenge } = await knock(world)
    expect(challenge).toContain(`scope="${SCOPES.join(' ')}"`)
    expect(challenge).toContain(
      'resource_metadata="https://identity.example.com/.well-known/oauth-protected-resource/mcp"',
    )
    for (const path of [
      '/.well-known/oauth-protected-resource/mcp',
      '/.well-known/oauth-protected-resource',
    ]) {
      const reply = await world.fetch(path)
      expect(await reply.json()).toMatchObject({
        resource: issuer.audience,
        authorization_servers: [issuer.issuer],
        scopes_supported: [...SCOPES],
        bearer_methods_supported: ['header'],
      })
    }
  })

  test('names the address of the server where tokens are made for something that is none', async () => {
    await using issuer = await openIssuer()
    await using world = await openHttpWorld({ auth: issuer.settings({ audience: 'api://identity' }) })
    const reply = await world.fetch('/.well-known/oauth-protected-resource/mcp')
    expect(await reply.json()).toMatchObject({ resource: world.url.href })
    expect((await knock(world)).challenge).toContain(
      `resource_metadata="${new URL('/.well-known/oauth-protected-resource/mcp', world.url)}"`,
    )
  })

  test('is nothing where only bots call', async () => {
    const world = bots()
    expect((await world.fetch('/.well-known/oauth-protected-resource')).status).toBe(404)
    expect((await knock(world)).challenge).not.toContain('resource_metadata')
  })

  test('a token with no scope of ours is sent to fetch one', async () => {
    const { issuer, world } = trusting()
    for (const scope of ['openid profile', 'identity:readx identity', undefined]) {
      const refusal = await knock(world, `Bearer ${await issuer.token({ scope })}`)
      expect(refusal).toMatchObject({ status: 403, error: 'insufficient_scope' })
      expect(refusal.challenge).toContain(`scope="${SCOPES.join(' ')}"`)
    }
  })

  test.each([
    ['all that the server serves', {}, { readOnly: true }, 'identity:read identity:audit'],
    ['those of the settings', { scopes: ['identity:read'] }, {}, 'identity:read'],
    [
      'those of the settings, in any order',
      { scopes: ['identity:write', 'identity:read'] },
      {},
      'identity:read identity:write',
    ],
  ])('the scopes to request are %s', async (_, jwt, settings, scopes) => {
    await using issuer = await openIssuer()
    await using world = await openHttpWorld({ auth: issuer.settings(jwt), settings })
    const challenged = /scope="([^"]*)"/
      .exec((await knock(world)).challenge)?.[1]
      ?.split(' ')
      .sort()
    expect(challenged).toEqual(scopes.split(' ').sort())
    const served = 'readOnly' in settings ? scopes.split(' ') : SCOPES
    const reply = await world.fetch('/.well-known/oauth-protected-resource/mcp')
    expect(await reply.json()).toMatchObject({ scopes_supported: served })
  })
})

const hs256 = (claims: Record<string, unknown>, secret: Uint8Array) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'key-1' }).sign(secret)
