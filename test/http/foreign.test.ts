import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { foreign } from '../../src/http/foreign.ts'

const PORT = 3910
const arriving = (headers: Record<string, string>, localAddress = '127.0.0.1') =>
  // As much of a request as is looked at.
  ({ headers, socket: { localAddress, localPort: PORT } }) as unknown as IncomingMessage

const KNOWN = {
  hosts: ['localhost', '127.0.0.1', '[::1]', 'identity.example.com'],
  origins: ['https://identity.example.com'],
  proxied: true,
}
const ALONE = { ...KNOWN, proxied: false }

test.each([
  [{ host: 'localhost' }, true],
  [{ host: 'localhost:3910' }, true],
  // A container can be reached by another port than its own.
  [{ host: 'localhost:8080' }, true],
  [{ host: 'LOCALHOST:3910' }, true],
  [{ host: '[::1]:3910' }, true],
  [{ host: 'identity.example.com' }, true],
  [{ host: '10.1.2.3:3910' }, true],
  [{ host: '10.1.2.4:3910' }, false],
  [{ host: 'example.com' }, false],
  [{ host: 'localhost.example.com' }, false],
  [{ host: 'identity.example.com.evil.example' }, false],
  [{ host: 'evil.example#@localhost' }, false],
  [{ host: 'localhost, evil.example' }, false],
  [{ host: '' }, false],
  [{}, false],
  [{ host: 'localhost', origin: 'http://localhost:3910' }, true],
  [{ host: 'localhost', origin: 'http://10.1.2.3:3910' }, true],
  [{ host: 'localhost', origin: 'https://identity.example.com' }, true],
  [{ host: 'localhost', origin: 'http://localhost:5173' }, false],
  [{ host: 'localhost', origin: 'http://localhost' }, false],
  [{ host: 'localhost', origin: 'https://localhost:3910' }, false],
  [{ host: 'localhost', origin: 'https://identity.example.com:8443' }, false],
  [{ host: 'localhost', origin: 'http://identity.example.com' }, false],
  [{ host: 'localhost', origin: 'https://evil.example' }, false],
  [{ host: 'localhost', origin: 'null' }, false],
  [{ host: 'localhost', origin: 'file://' }, false],
] as [Record<string, string>, boolean][])('headers %o are for this server: %s', (headers, ours) => {
  expect(foreign(arriving(headers, '::ffff:10.1.2.3'), KNOWN) === undefined).toBe(ours)
})

describe('without authentication', () => {
  test.each([
    ['localhost:3910', true],
    ['127.0.0.1:3910', true],
    ['[::1]:3910', true],
    ['localhost', false],
    ['localhost:80', false],
    ['localhost:39100', false],
    ['127.0.0.1:8080', false],
    ['localhost:3910@evil.example', false],
    ['evil.example:3910', false],
  ])('the host %s is ours: %s', (host, ours) => {
    expect(foreign(arriving({ host }), ALONE) === undefined).toBe(ours)
  })

  test.each(
    `Forwarded X-Forwarded X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Port X-Forwarded-Server
    X-Forwarded-Prefix X-Forwarded-User X-Original-Forwarded-For X-Vercel-Forwarded-For Via X-Bluecoat-Via CDN-Loop
    Max-Forwards Proxy-Connection X-Real-IP X-Client-IP Client-IP True-Client-IP X-True-Client-IP X-Cluster-Client-IP
    CF-Connecting-IP CF-Connecting-IPv6 CF-Ray CF-Visitor CF-IPCountry Fly-Client-IP Fly-Region Fastly-Client-IP
    Fastly-SSL Akamai-Origin-Hop X-Akamai-Edgescape X-Azure-ClientIP X-Azure-SocketIP X-Azure-Ref X-ARR-Log-ID
    X-AppEngine-User-IP X-Envoy-External-Address X-Envoy-Peer-Metadata-Id X-ProxyUser-Ip WL-Proxy-Client-IP
    Proxy-Client-IP X-Remote-IP X-Remote-Addr X-Source-IP X-Original-Host X-Original-URL X-Original-URI
    X-NF-Client-Connection-IP DO-Connecting-IP X-Sucuri-ClientIP Incap-Client-IP Tailscale-User-Login X-Amzn-Trace-Id
    X-Cloud-Trace-Context X-Scheme`.split(/\s+/),
  )('what came with %s came through a proxy', (header) => {
    // As Node gives them.
    const request = arriving({ host: 'localhost:3910', [header.toLowerCase()]: '192.0.2.7' })
    expect(foreign(request, KNOWN)).toBeUndefined()
    expect(foreign(request, ALONE)?.message).toContain('proxy')
  })

  test.each(
    `User-Agent Accept Accept-Language Accept-Encoding Authorization Content-Type Content-Length Transfer-Encoding Connection
    Keep-Alive Cache-Control Pragma Cookie Referer MCP-Protocol-Version MCP-Session-Id MCP-Method MCP-Name Last-Event-ID
    X-Request-Id Traceparent Tracestate Baggage Sec-Fetch-Mode Sec-Fetch-Site Sec-CH-UA Priority DNT TE Expect
    Upgrade-Insecure-Requests X-Stainless-Runtime`.split(/\s+/),
  )('%s is what clients send', (header) => {
    const request = arriving({ host: 'localhost:3910', [header.toLowerCase()]: 'x' })
    expect(foreign(request, ALONE)).toBeUndefined()
  })
})
