import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import pkg from '../../package.json' with { type: 'json' }
import { Secret } from '../../src/secret.ts'
import { type ApiRequest, openClient, path, type Refusal } from '../../src/vendors/http/client.ts'
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
        'X-Seen': [
          ...[request.method, request.url, request.headers.authorization],
          request.headers['user-agent'],
        ].join(' '),
      })
      request.pipe(response)
    })
    const reply = await client.send(
      { method: 'PATCH', path: '/a', query: { b: 'c d+e', none: undefined }, body: { e: 1 } },
      context(),
    )
    expect(reply).toMatchObject({
      status: 418,
      text: '{"e":1}',
      headers: { 'x-seen': `PATCH /a?b=c%20d%2Be Bearer [secret] identity-mcp/${pkg.version}` },
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

describe('connections', () => {
  test('of reads are used again; a change has one of its own', async () => {
    const sockets: unknown[] = []
    const client = await clientOf((request, response) => {
      if (!sockets.includes(request.socket)) sockets.push(request.socket)
      request.resume().on('end', () => response.setHeader('seen', sockets.indexOf(request.socket)).end())
    })
    const by = async (method: 'GET' | 'PATCH', body?: object) => {
      const { headers } = await client.send({ method, path: '/', ...(body && { body }) }, context())
      await new Promise((resolve) => setTimeout(resolve, 20))
      return Number(headers.seen)
    }
    expect([
      await by('GET'),
      await by('GET'),
      await by('PATCH', {}),
      await by('PATCH', {}),
      await by('GET'),
    ]).toEqual([0, 0, 1, 2, 0])
  })

  test('that the app closed meanwhile lose no change', async () => {
    const got: string[] = []
    const client = await clientOf((request, response) => {
      got.push(request.method ?? '')
      response.end('{}')
      // As apps and load balancers do with connections that are idle.
      if (request.method === 'GET') setTimeout(() => request.socket.pause(), 5)
    })
    await client.send({ path: '/' }, context())
    await new Promise((resolve) => setTimeout(resolve, 50))
    const write = client.send({ method: 'POST', path: '/', body: {} }, context(AbortSignal.timeout(3_000)))
    expect((await write).status).toBe(200)
    expect(got).toEqual(['GET', 'POST'])
  })

  test('that are not there in time: the change certainly did not happen', async () => {
    // A proxy that takes the connection and never makes the tunnel.
    const proxy = createTcpServer(() => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => proxy.once('listening', resolve))
    const { port } = proxy.address() as AddressInfo
    const client = openClient(
      { base: new URL('https://app.example'), token: new Secret(TOKEN), headers: {} },
      [],
      { proxyFor: () => new Secret(`http://127.0.0.1:${port}`), authorities: [] },
    )
    const late = AbortSignal.timeout(100)
    const write = client.send({ method: 'POST', path: '/', body: {} }, context(late))
    // What the deadline says, rather than that the outcome is unknown.
    await expect(write).rejects.toHaveProperty('name', 'TimeoutError')
    proxy.close()
  })
})

describe('what an app says when it refuses', () => {
  const heard = async (
    reply: { status: number; body: string; type?: string },
    more: Partial<ApiRequest> = {},
  ) => {
    await clientOf((_, response) => {
      response.writeHead(reply.status, {
        'content-type': reply.type ?? 'application/json',
        'x-request-id': 'r-7',
      })
      response.end(reply.body)
    })
    const refusals: Refusal[] = []
    const port = (server?.address() as AddressInfo | undefined)?.port
    const listening = openClient(
      {
        base: new URL(`http://127.0.0.1:${port}`),
        token: new Secret(TOKEN),
        headers: { authorization: new Secret(TOKEN).after('Bearer ') },
      },
      [],
      undefined,
      (refusal) => refusals.push(refusal),
    )
    await listening.send({ method: 'PATCH', path: '/', body: {}, ...more }, context())
    return refusals
  }

  test.each<[string, string, string]>([
    ['in SCIM', '{"detail":"displayName is required"}', 'displayName is required'],
    ['with the token', `{"detail":"no: ${TOKEN}"}`, 'no: [secret]'],
    [
      'with the token in another spelling',
      `{"detail":"no: ${Buffer.from(TOKEN).toString('hex')}"}`,
      'no: [secret]',
    ],
    ['with what is not shown', '{"detail":"a\\u202eb\\u0000c\\nd"}', 'abc d'],
    ['as text', 'plain refusal', 'plain refusal'],
  ])('%s is told cleaned', async (_, body, said) => {
    expect(await heard({ status: 400, body })).toEqual([
      { effect: 'writes', method: 'PATCH', status: 400, said, requestId: 'r-7' },
    ])
  })

  test('is short', async () => {
    const [refusal] = await heard({ status: 400, body: JSON.stringify({ detail: 'x'.repeat(100_000) }) })
    expect(refusal?.said.length).toBeLessThanOrEqual(500)
  })

  test('is told of a secret in a form, and of a refusal inside a success', async () => {
    const form = { client_secret: new Secret('a-secret-of-the-client') }
    const body = '{"success":false,"message":"bad a-secret-of-the-client"}'
    expect(await heard({ status: 200, body }, { form, body: undefined })).toMatchObject([
      { said: 'bad [secret]' },
    ])
  })

  test.each([
    ['an answer', { status: 200, body: '{"id":"1"}' }],
    ['a web page', { status: 403, body: '<html>secret page</html>', type: 'text/html' }],
    ['nothing', { status: 404, body: '' }],
  ])('is not %s', async (_, reply) => {
    expect(await heard(reply)).toEqual([])
  })
})
