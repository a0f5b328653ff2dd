import { describe, expect, test } from 'vitest'
import { openHttpWorld } from '../support/http-world.ts'
import { openRawConnection } from '../support/line.ts'
import { shareWorld } from '../support/sharing.ts'

const shared = shareWorld(() => openHttpWorld())

const post = (token: string) =>
  `POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\nAuthorization: Bearer ${token}\r\n` +
  'Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: 58\r\n\r\n' +
  '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}'
const get = (path: string, host = 'localhost') =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: keep-alive\r\n\r\n`

describe('many sockets', () => {
  const asked = [
    { what: 'its health', request: get('/healthz') },
    { what: 'its readiness', request: get('/readyz') },
    { what: 'the metrics', request: get('/metrics') },
    { what: 'the approval page', request: get('/approvals/K7Q2-M9XD-41') },
    { what: 'nothing that is there', request: get('/elsewhere') },
    { what: 'another host', request: get('/mcp', 'evil.example') },
    { what: 'tools, with a made-up token', request: post('idm_nobody') },
  ]
  for (const { what, request } of asked) {
    test(`a connection that asks only for ${what} is closed with the answer`, async () => {
      const lines = await Promise.all(Array.from({ length: 20 }, () => openRawConnection(shared().url)))
      await Promise.all(lines.map((line) => line.send(request)))
      const begun = performance.now()
      for (const line of lines)
        expect(await line.closed).toMatch(/^HTTP\/1\.1 [1-5]\d\d [\s\S]*Connection: close/i)
      // Long before an idle connection would be closed.
      expect(performance.now() - begun).toBeLessThan(5_000)
    })
  }

  test('a caller keeps its connection', async () => {
    const world = shared()
    await using line = await openRawConnection(world.url)
    const token = await world.token('bot')
    for (let time = 1; time <= 3; time++) {
      await line.send(post(token))
      await expect.poll(() => line.received().split('HTTP/1.1 200').length).toBe(time + 1)
    }
    expect(line.received()).not.toMatch(/Connection: close/i)
  })
})
