import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { validateHostHeader } from '@modelcontextprotocol/server'
import { Forbidden } from '../errors.ts'

/** What a server is known by. */
export interface KnownAs {
  /** Host names by which clients reach it. */
  hosts: readonly string[]
  /** Origins of its own pages, besides those on its own port. */
  origins: readonly string[]
  /** Whether requests can come through a proxy. */
  proxied: boolean
}

/**
 * Refuses a request that is not meant for this server: its `Host` names another host, or its `Origin` another site,
 * as from a page that a browser was tricked into showing (DNS rebinding), or a page of another program on this machine.
 * The local address is always allowed. Without proxies, `Host` must name the port too, or be what the settings say, and
 * nothing may show that the request was passed on.
 */
export function foreign(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  { hosts, origins, proxied }: KnownAs,
): Forbidden | undefined {
  const here = socket.localAddress?.replace(/^::ffff:/, '') ?? ''
  const allowed = [...hosts, isIPv6(here) ? `[${here}]` : here]
  const { localPort } = socket
  const isOurs = (url: string) =>
    URL.canParse(url) &&
    allowed.includes(new URL(url).hostname) &&
    Number(new URL(url).port || 80) === localPort
  const isNamed = origins.some(
    (url) => URL.canParse(url) && new URL(url).host === headers.host?.toLowerCase(),
  )
  const isHere = proxied || isNamed || isOurs(`http://${headers.host}`)
  if (!validateHostHeader(headers.host, allowed).ok || !isHere) {
    return new Forbidden('The Host header names another server.', 'The setting http.url names this server.')
  }
  const { origin } = headers
  if (origin !== undefined && !origins.includes(origin) && !(origin.startsWith('http:') && isOurs(origin))) {
    return new Forbidden('The Origin header names another site.', 'Call from a program, not from a web page.')
  }
  if (proxied || !Object.keys(headers).some((name) => FROM_A_PROXY.test(name))) return undefined
  return new Forbidden(
    'This request came through a proxy, but this server does not authenticate callers.',
    'Say in the setting auth who can call.',
  )
}

/** Names of headers that proxies, load balancers, tunnels and CDNs add, and clients do not. */
const FROM_A_PROXY = new RegExp(
  [
    // RFC 7239, RFC 9110 §7.6, RFC 8586.
    'forwarded|^via$|-via$|^max-forwards$|^cdn-loop$|^proxy-connection$',
    // `X-Real-IP`, `True-Client-IP`, `CF-Connecting-IP`, `X-Cluster-Client-IP`, `X-ProxyUser-Ip` and their like.
    '(client|connection|connecting|real|remote|user|source|socket|external|peer|origin|original|true)-?(ip|addr|address|host|url|uri)$',
    '^x-(proxy|envoy|azure|appengine|arr|akamai|vercel|nf|ngrok|sucuri)|^(cf|fly|fastly|akamai|tailscale|incap|do)-',
    '^x-amzn-trace-id$|^x-cloud-trace-context$|^x-scheme$',
  ].join('|'),
)
