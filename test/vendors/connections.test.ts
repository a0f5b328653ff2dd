import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer as createTcpServer } from 'node:net'
import * as tls from 'node:tls'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Route } from '../../src/config/network.ts'
import { Secret } from '../../src/secret.ts'
import { openClient } from '../../src/vendors/http/client.ts'
import { context } from '../support/canned.ts'
import { AUTHORITY, openConnectProxy, openTlsApp } from '../support/corporate-network.ts'

const TOKEN = 'a-token-to-be-kept'
const PEM = [readFileSync(AUTHORITY, 'utf8')]

const through = (proxy: string | undefined, authorities: readonly string[] = PEM): Route => ({
  proxyFor: () => (proxy === undefined ? undefined : new Secret(proxy)),
  authorities,
})

const clientAt = (url: string, route?: Route) =>
  openClient(
    { base: new URL(url), token: new Secret(TOKEN), headers: { authorization: `Bearer ${TOKEN}` } },
    [],
    route,
  )

/** What the connection to an app failed with; always certain that nothing was sent, for a write too. */
async function faultOf(url: string, route?: Route) {
  const client = clientAt(url, route)
  const read = await client.send({ path: '/Users' }, context()).catch((error) => error)
  const write = await client
    .send({ method: 'POST', path: '/Users', body: {} }, context())
    .catch((error) => error)
  expect([write.name, write.message]).toEqual([read.name, read.message])
  return `${read.name} ${read.retryable ? 'later' : 'never'}: ${read.message} ${read.hint}`
}

describe('a request through a proxy', () => {
  test.each([
    ['http', ''],
    ['https', ''],
    ['http', 'ada:p%40ss%20word'],
    ['http', 'ada:100%'],
  ])('over %s, with the login %j, shows it the host alone', async (scheme, login) => {
    await using app = await openTlsApp()
    await using proxy = await openConnectProxy({ port: app.port }, { secure: scheme === 'https' })
    const address = proxy.url.replace('://', `://${login && `${login}@`}`)
    const client = clientAt('https://app.example/scim', through(address))
    for (const path of ['/Users', '/Groups']) {
      expect((await client.send({ path }, context())).status).toBe(200)
      // A connection is free again a moment after its reply.
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(app.asked).toEqual(['GET /scim/Users', 'GET /scim/Groups'])
    const basic = login && ` Basic ${Buffer.from(decodeLoosely(login)).toString('base64')}`
    expect(proxy.asked).toEqual([`CONNECT app.example:443${basic}`])
    expect(proxy.heard()).not.toMatch(new RegExp(`${TOKEN}|/scim|Bearer`))
  })

  test('reaches an app on loopback too, where the setting says so', async () => {
    await using app = await openTlsApp()
    await using proxy = await openConnectProxy({ port: app.port })
    await clientAt(`https://localhost:${app.port}`, through(proxy.url)).send({ path: '/Users' }, context())
    expect(proxy.asked).toEqual([`CONNECT localhost:${app.port}`])
  })

  test.each([
    [407, /^NoConnection never: The proxy 127\.0\.0\.1:\d+ wants a login/],
    [403, /^NoConnection never: The proxy 127\.0\.0\.1:\d+ refuses to connect to app\.example/],
    [502, /^Unavailable later: The proxy 127\.0\.0\.1:\d+ cannot reach app\.example/],
  ])('that answers %i is told', async (status, told) => {
    await using proxy = await openConnectProxy({ status })
    expect(await faultOf('https://app.example', through(proxy.url))).toMatch(told)
  })

  test('that is not there, or is none, is told without its password', async () => {
    const { port } = await closedPort()
    const gone = await faultOf('https://app.example', through(`http://ada:pass-of-ada@127.0.0.1:${port}`))
    expect(gone).toMatch(
      /^Unavailable later: The proxy 127\.0\.0\.1:\d+, on the way to app\.example, cannot be reached/,
    )
    expect(gone).not.toContain('pass-of-ada')
    expect(await faultOf('https://app.example', through('socks5://127.0.0.1'))).toMatch(
      /^NoConnection never: The address of the proxy is not usable/,
    )
  })

  test('that closes the connection is told', async () => {
    const server = createTcpServer((socket) => socket.once('data', () => socket.destroy())).listen(
      0,
      '127.0.0.1',
    )
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    expect(await faultOf('https://app.example', through(`http://127.0.0.1:${port}`))).toMatch(
      /^Unavailable later: The proxy /,
    )
    server.close()
  })
})

describe('a certificate', () => {
  test('of an authority in the settings is trusted, next to the usual ones', async () => {
    await using app = await openTlsApp()
    const reply = await clientAt(`https://localhost:${app.port}`, through(undefined)).send(
      { path: '/' },
      context(),
    )
    expect(reply.status).toBe(200)
  })

  test('of an unknown authority is told with its issuer and what to do', async () => {
    await using app = await openTlsApp()
    expect(await faultOf(`https://localhost:${app.port}`)).toMatch(
      /^NoConnection never: TLS to localhost:\d+ failed: the certificate is issued by "Acme Inspection CA", that is not trusted.* `ca`/,
    )
    expect(app.asked).toEqual([])
  })

  test('behind a proxy is told the same way', async () => {
    await using app = await openTlsApp()
    await using proxy = await openConnectProxy({ port: app.port })
    expect(await faultOf('https://app.example', through(proxy.url, []))).toMatch(
      /TLS to app\.example failed: the certificate is issued by "Acme Inspection CA"/,
    )
  })

  test('of the proxy is told as the proxy’s', async () => {
    await using proxy = await openConnectProxy({ status: 200 }, { secure: true })
    expect(await faultOf('https://app.example', through(proxy.url, []))).toMatch(
      /^NoConnection never: TLS to the proxy 127\.0\.0\.1:\d+ failed: the certificate is issued by an authority/,
    )
  })

  test('for another host, or past its time, is told as that', async () => {
    await using app = await openTlsApp()
    await using proxy = await openConnectProxy({ port: app.port })
    expect(await faultOf('https://other.example', through(proxy.url))).toMatch(
      /^NoConnection never: TLS to other\.example failed: the certificate is for another host name/,
    )
    await using old = await openTlsApp(undefined, 'expired')
    expect(await faultOf(`https://localhost:${old.port}`, through(undefined))).toMatch(
      /the certificate has expired/,
    )
    expect([...app.asked, ...old.asked]).toEqual([])
  })

  test('is none where there is no TLS', async () => {
    await using proxy = await openConnectProxy({ status: 200 })
    expect(await faultOf(`https://localhost:${proxy.port}`)).toMatch(
      /^NoConnection never: TLS to localhost:\d+ failed: the two sides cannot agree/,
    )
  })
})

test('a name that DNS does not know is told as that', async () => {
  expect(await faultOf('https://no-such-host.invalid')).toMatch(
    /^(WrongAddress never|Unavailable later): DNS /,
  )
})

// Node reads the variables when it starts. Node 22.15 and later can list the system's authorities, and SSL_CERT_FILE names
// them on Linux.
const listsSystem = 'getCACertificates' in tls && process.platform === 'linux'
// The suite runs on a Node that cannot; CI runs this file on newer ones too.
test('CI tries the authorities of the system on a Node that lists them', () => {
  const script = readFileSync(new URL('../../.ci/run', import.meta.url), 'utf8')
  expect(script).toMatch(/for version in [^;]*\b24\b.*;[^']*'[^']* test\/vendors\/connections /s)
})
test.each<[string, Record<string, string>, string]>([
  ...(listsSystem
    ? [
        ["the system's authorities", { SSL_CERT_FILE: AUTHORITY }, 'status 200'] as [
          string,
          Record<string, string>,
          string,
        ],
      ]
    : []),
  ['NODE_EXTRA_CA_CERTS alone', { NODE_EXTRA_CA_CERTS: AUTHORITY }, 'status 200'],
  ['no authority', {}, 'NoConnection'],
])('a process with %s', async (_, env, told) => {
  await using app = await openTlsApp()
  const script = `
    import { Secret } from ${JSON.stringify(new URL('../../src/secret.ts', import.meta.url).href)}
    import { openClient } from ${JSON.stringify(new URL('../../src/vendors/http/client.ts', import.meta.url).href)}
    const base = new URL('https://localhost:${app.port}')
    const context = { caller: 'c', priority: 'interactive', deadline: Date.now() + 9000, signal: AbortSignal.timeout(9000) }
    openClient({ base, token: new Secret('${TOKEN}'), headers: {} }, [])
      .send({ path: '/' }, context)
      .then(({ status }) => console.log('status', status), ({ name }) => console.log(name))
      .then(() => process.exit())`
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    { env: { PATH: process.env.PATH, ...env } },
  )
  expect(stdout.trim()).toBe(told)
})

const decodeLoosely = (login: string) => login.replace('%40', '@').replace('%20', ' ')

async function closedPort() {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return address
}
