import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { Secret } from '../../src/secret.ts'
import { openClient, path } from '../../src/vendors/http/client.ts'
import { codeOf } from '../support/call.ts'

let server: Server | undefined
afterEach(() => void server?.closeAllConnections())

const TOKEN = 'a-token-to-be-kept'

async function clientOf(answer: RequestListener) {
  server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server?.once('listening', resolve))
  return clientAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}
const clientAt = (url: string) =>
  openClient(
    { base: new URL(url), token: new Secret(TOKEN), headers: { authorization: `Bearer ${TOKEN}` } },
    [],
  )

const context = (signal = AbortSignal.timeout(10_000)) => ({
  caller: 'test',
  priority: 'interactive' as const,
  deadline: Date.now() + 10_000,
  signal,
})

describe('a path', () => {
  test('keeps every value one segment', () => {
    expect(path`/Users/${'a/b?c#d'}/x`).toBe('/Users/a%2Fb%3Fc%23d/x')
    for (const value of ['', '.', '..']) expect(() => path`/Users/${value}`).toThrow(TypeError)
  })
})

describe('the door', () => {
  test('sends method, query, body and headers, and hands the reply back whatever its status', async () => {
    const client = await clientOf((request, response) => {
      response.writeHead(418, {
        'X-Seen': [request.method, request.url, request.headers.authorization].join(' '),
      })
      request.pipe(response)
    })
    const reply = await client.send(
      { method: 'PATCH', path: '/a', query: { b: 'c d', none: undefined }, body: { e: 1 } },
      context(),
    )
    expect(reply).toMatchObject({
      status: 418,
      text: '{"e":1}',
      headers: { 'x-seen': 'PATCH /a?b=c+d Bearer [secret]' },
    })
  })

  test('takes the token out of what an app sends back', async () => {
    const client = await clientOf((_, response) => response.end(`you said ${TOKEN}`))
    expect((await client.send({ path: '/' }, context())).text).toBe('you said [secret]')
  })

  test('refuses a reply that is too large', async () => {
    const client = await clientOf((_, response) => response.end('x'.repeat(17 * 1024 * 1024)))
    expect(await codeOf(client.send({ path: '/' }, context()))).toBe('bad_reply')
  })

  test('does not follow a redirect', async () => {
    const client = await clientOf((_, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    )
    expect((await client.send({ path: '/' }, context())).status).toBe(302)
  })
})

describe('a request without a reply', () => {
  const cut: RequestListener = (request) => void request.socket.destroy()

  test('may have happened when it writes, and did not when it only reads', async () => {
    const client = await clientOf(cut)
    expect(await codeOf(client.send({ method: 'POST', path: '/', body: {} }, context()))).toBe(
      'unknown_outcome',
    )
    expect(await codeOf(client.send({ path: '/' }, context()))).toBe('unavailable')
    expect(
      await codeOf(client.send({ method: 'POST', path: '/', body: {}, effect: 'reads' }, context())),
    ).toBe('unavailable')
  })

  test('may have happened when the reply breaks off in the middle', async () => {
    const client = await clientOf((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half')
      setTimeout(() => response.destroy(), 20)
    })
    expect(await codeOf(client.send({ method: 'PUT', path: '/', body: {} }, context()))).toBe(
      'unknown_outcome',
    )
  })

  test('certainly did not happen when nobody listens', async () => {
    const tcp = createTcpServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => tcp.once('listening', resolve))
    const { port } = tcp.address() as AddressInfo
    await new Promise((resolve) => tcp.close(resolve))
    const client = clientAt(`http://127.0.0.1:${port}`)
    expect(await codeOf(client.send({ method: 'POST', path: '/', body: {} }, context()))).toBe('unavailable')
  })

  test('was never sent when the caller had left before', async () => {
    const seen: string[] = []
    const client = await clientOf((request, response) => {
      seen.push(request.url ?? '')
      response.end()
    })
    await expect(
      client.send({ method: 'POST', path: '/', body: {} }, context(AbortSignal.abort(new Error('left')))),
    ).rejects.toThrow('left')
    expect(seen).toEqual([])
  })

  test('is told from an address that is wrong', async () => {
    const error = await clientAt('https://no-such-host.invalid')
      .send({ path: '/' }, context())
      .catch((thrown) => thrown)
    expect(error).toMatchObject({
      name: expect.stringMatching(/^(WrongAddress|Unavailable)$/),
      code: 'unavailable',
    })
  })
})
