import { describe, expect, test } from 'vitest'
import { openHttpWorld } from '../support/http-world.ts'
import { openRawConnection } from '../support/line.ts'
import { shareWorld } from '../support/sharing.ts'

const ADA = { user: 'ada@example.com' }
const JSON_TYPES = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
const LOOK = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'find_user', arguments: ADA } }

const shared = shareWorld(() => openHttpWorld({ auth: 'none' }))

describe('a request for another host', () => {
  test('is refused before anything else is looked at, except for its health', async () => {
    const world = shared()
    const host = `localhost:${world.url.port}`
    const from = async (path: string, headers: Record<string, string>) => {
      await using line = await openRawConnection(world.url)
      const all = Object.entries({ connection: 'close', ...headers }).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      )
      await line.send(`GET ${path} HTTP/1.1\r\n${all.join('')}\r\n`)
      return Number((await line.closed).split(' ')[1])
    }
    for (const path of ['/mcp', '/metrics', '/elsewhere']) {
      expect(await from(path, { host: 'rebound.example' })).toBe(403)
      expect(await from(path, { host, origin: 'https://evil.example' })).toBe(403)
      expect(await from(path, { host, origin: 'http://localhost:6274' })).toBe(403)
      expect(await from(path, { host, 'x-forwarded-for': '192.0.2.7' })).toBe(403)
      expect(await from(path, { host: 'localhost' })).toBe(403)
      expect(await from(path, { host: 'localhost:1' })).toBe(403)
    }
    expect(await from('/metrics', { host })).toBe(200)
    expect(await from('/metrics', { host, origin: `http://${host}` })).toBe(200)
    for (const path of ['/healthz', '/readyz']) expect(await from(path, { host: '10.0.0.7' })).toBe(200)
  })

  test('is not that where the settings name it', async () => {
    await using world = await openHttpWorld({ settings: { http: { url: 'https://identity.example.com' } } })
    await using line = await openRawConnection(world.url)
    await line.send(
      'GET /metrics HTTP/1.1\r\nHost: identity.example.com\r\nX-Forwarded-For: 192.0.2.7\r\nConnection: close\r\n\r\n',
    )
    expect(await line.closed).toContain('200 OK')
  })
})

describe('a request that is too much', () => {
  const MEBIBYTE = 1024 * 1024

  test('is cut off by its size, said or not', async () => {
    const world = shared()
    const { arrivals } = world.since()
    const big = JSON.stringify({ ...LOOK, params: { ...LOOK.params, padding: 'x'.repeat(MEBIBYTE) } })
    const said = await world.fetch('/mcp', { method: 'POST', headers: JSON_TYPES, body: big })
    expect(said.status).toBe(413)
    const pieces = new ReadableStream({
      start(controller) {
        for (let at = 0; at < big.length; at += 65_536)
          controller.enqueue(new TextEncoder().encode(big.slice(at, at + 65_536)))
        controller.close()
      },
    })
    const unsaid = { method: 'POST', headers: JSON_TYPES, body: pieces, duplex: 'half' } as RequestInit
    expect((await world.fetch('/mcp', unsaid)).status).toBe(413)
    const headers = { ...JSON_TYPES, 'x-padding': 'x'.repeat(20_000) }
    expect((await world.fetch('/mcp', { method: 'POST', headers, body: '{}' })).status).toBe(431)
    expect(arrivals()).toEqual([])
  })

  test.each([
    ['no JSON', '{"jsonrpc":', 400],
    ['nothing', '', 400],
    ['no request', '"hello"', 400],
    ['deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400],
  ])('is answered and does no harm when it is %s', async (_, body, status) => {
    const world = shared()
    const { arrivals } = world.since()
    expect((await world.fetch('/mcp', { method: 'POST', headers: JSON_TYPES, body })).status).toBe(status)
    expect((await world.fetch('/readyz')).status).toBe(200)
    expect(arrivals()).toEqual([])
  })
})

describe('a client that is slow on purpose', () => {
  test('is cut off, and keeps nobody waiting meanwhile', async () => {
    await using world = await openHttpWorld({ auth: 'none' })
    const heads = await Promise.all(Array.from({ length: 100 }, () => openRawConnection(world.url)))
    const bodies = await Promise.all(Array.from({ length: 100 }, () => openRawConnection(world.url)))
    await Promise.all([
      ...heads.map((line) => line.send('POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')),
      ...bodies.map((line) =>
        line.send(
          `POST /mcp HTTP/1.1\r\nHost: ${world.url.host}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{`,
        ),
      ),
    ])
    const guest = await world.guest()
    expect(await guest.call('find_user', ADA)).toMatchObject({ complete: true })
    for (const line of [...heads, ...bodies]) expect(await line.closed).toMatch(/^(HTTP\/1\.1 408|$)/)
    expect(await guest.call('find_user', ADA)).toMatchObject({ complete: true })
  })
})

describe('a caller that asks for much', () => {
  test('is told when to come again, and others from the same address are not', async () => {
    await using world = await openHttpWorld({ settings: { http: { perMinute: 5 } } })
    const [greedy, quiet] = await Promise.all(['greedy', 'quiet'].map((name) => world.token(name)))
    const ask = (token = '') =>
      world.fetch('/mcp', {
        method: 'POST',
        headers: { ...JSON_TYPES, authorization: `Bearer ${token}` },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
      })
    for (let time = 0; time < 5; time++) expect((await ask(greedy)).status).toBe(200)
    const refused = await ask(greedy)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50)
    const { error } = (await refused.json()) as { error: { data: { error: unknown } } }
    expect(error.data.error).toMatchObject({
      code: 'rate_limited',
      retryable: true,
      reference: refused.headers.get('x-request-id'),
    })
    expect((await ask(quiet)).status).toBe(200)
  })

  test('gets only so much done at once, while others are served', async () => {
    await using world = await openHttpWorld({
      settings: { http: { atOnce: 2 } },
      sandbox: { faults: [{ fault: 'slow', ms: 1_000 }] },
    })
    const [greedy, quiet] = await Promise.all(['greedy', 'quiet'].map((name) => world.token(name)))
    const ask = (token = '') =>
      world.fetch('/mcp', {
        method: 'POST',
        headers: { ...JSON_TYPES, authorization: `Bearer ${token}` },
        body: JSON.stringify(LOOK),
      })
    const [statuses, other] = await Promise.all([
      Promise.all(Array.from({ length: 6 }, async () => (await ask(greedy)).status)),
      ask(quiet),
    ])
    expect(statuses.sort()).toEqual([200, 200, 429, 429, 429, 429])
    expect(other.status).toBe(200)
    expect((await ask(greedy)).status).toBe(200)
  })
})
