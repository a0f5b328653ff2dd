import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { buildConnector, Dispatcher } from 'undici'
import pkg from '../../../package.json' with { type: 'json' }
import type { Route } from '../../config/network.ts'
import { connectionError } from './connection-error.ts'
import { readBody } from './decode.ts'
import { trustedBy } from './trust.ts'

/** How long a connection may take to be made, to the proxy and to the app each, in milliseconds. */
const CONNECT_TIMEOUT = 5_000

/** What every request says of its sender: some apps refuse requests that do not. */
export const USER_AGENT = `identity-mcp/${pkg.version}`

const OPTIONS = {
  keepAliveTimeout: 10_000,
  // Header of a reply that is read at most, in bytes: single sign-on in front of an app adds long cookies and policies.
  maxHeaderSize: 64 * 1024,
}

/** What sends requests over connections that take one route. */
export interface Agent {
  /** Over a connection that may have been used before, and is kept for the next. */
  shared: Pick<Dispatcher, 'request'>
  /** Opens what sends one request over a connection of its own. */
  alone(): LoneConnection
}

/** A connection for one request: nothing that the other side closed meanwhile can lose it. */
export interface LoneConnection {
  /** Rejects with the reason of `signal` when it aborts before anything was sent, which then never is. */
  request(options: Dispatcher.RequestOptions, signal: AbortSignal): Promise<Dispatcher.ResponseData>
  /** Whether anything may have been sent over it. */
  wasUsed(): boolean
  close(): void
}

/**
 * Opens an HTTP agent whose connections take `route`. A connection that cannot be made throws `WrongAddress`,
 * `NoConnection` or `Unavailable`; nothing was sent then. `setting` is what says the address, if no tenant does.
 */
export async function openAgent(route: Route, setting?: string): Promise<Agent> {
  const { Agent, buildConnector } = (await import('undici')).default
  const connect = connectorFor(route, buildConnector, setting)
  return {
    shared: new Agent({ ...OPTIONS, connections: 64, connect }),
    alone() {
      let socket: Socket | undefined
      const agent = new Agent({
        ...OPTIONS,
        pipelining: 0,
        connect: (options, callback) =>
          connect(options, (...[error, made]) => {
            if (made) socket = made
            if (made) callback(null, made)
            else callback(error ?? new Error('no connection'), null)
          }),
      })
      const wasUsed = () => socket !== undefined && socket.bytesWritten !== 0
      const close = () => void agent.destroy().catch(() => undefined)
      return {
        request: (options, signal) => unlessLeft(agent.request(options), signal, { wasUsed, close }),
        wasUsed,
        close,
      }
    },
  }
}

/** A request heeds its signal only once there is a connection. */
function unlessLeft<Reply>(
  reply: Promise<Reply>,
  signal: AbortSignal,
  { wasUsed, close }: Pick<LoneConnection, 'wasUsed' | 'close'>,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      if (wasUsed()) return
      close()
      reject(signal.reason)
    }
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    reply.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

/**
 * As much of `fetch` as a plain exchange needs, over connections that take `route`. It follows no redirect. Errors name
 * `setting` as what says the address.
 */
export function fetchOver(route: Route, setting: string): typeof fetch {
  let opening: Promise<Agent> | undefined
  return async (input, { method = 'GET', headers, body, signal, redirect } = {}) => {
    const { origin, pathname, search } = new URL(input instanceof Request ? input.url : input)
    opening ??= openAgent(route, setting)
    const reply = await (await opening).shared.request({
      origin,
      path: pathname + search,
      method: method as Dispatcher.HttpMethod,
      headers: { 'user-agent': USER_AGENT, ...Object.fromEntries(new Headers(headers)) },
      ...(typeof body === 'string' && { body }),
      ...(signal && { signal }),
    })
    const { statusCode: status } = reply
    if (redirect === 'error' && status >= 300 && status < 400) {
      await reply.body.dump()
      throw new TypeError('a redirect is not followed')
    }
    const shown = Object.entries(reply.headers).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, [value].flat().join(', ')]],
    )
    const encodings = [reply.headers['content-encoding'] ?? []].flat().join(',')
    const text = (await readBody(reply.body, encodings)).toString('utf8')
    // These have no body (Fetch standard, "null body status").
    return new Response([204, 205, 304].includes(status) ? null : text, { status, headers: shown })
  }
}

function connectorFor(
  route: Route,
  buildConnector: (options: buildConnector.BuildOptions) => buildConnector.connector,
  setting?: string,
): buildConnector.connector {
  const trust = trustedBy(route)
  const connectTo = (secure: boolean) =>
    buildConnector({ timeout: CONNECT_TIMEOUT, ...(secure && { secureContext: trust() }) })
  const plain = connectTo(false)
  let secured: buildConnector.connector | undefined

  return (options, callback) => {
    const url = new URL(`${options.protocol}//${options.host ?? options.hostname}`)
    const proxy = route.proxyFor(url)
    const isSecure = url.protocol === 'https:'
    const connectThrough = (tunnel?: Socket) => {
      if (tunnel && !isSecure) return callback(null, tunnel)
      if (isSecure) secured ??= connectTo(true)
      let issuer: string | undefined
      // undici returns the socket, though its type does not say so.
      const socket: unknown = (isSecure ? (secured ?? plain) : plain)(
        { ...options, ...(tunnel && { httpSocket: tunnel }) },
        (error, made) =>
          made ? callback(null, made) : callback(connectionError(error, { url, issuer, setting }), null),
      )
      // Before Node judges the certificate, which closes the socket; nothing here changes the verdict.
      if (isSecure) {
        const secure = socket as TLSSocket
        secure.prependListener('secure', () => {
          issuer = issuerOf(secure)
        })
      }
    }
    if (!proxy) return connectThrough()
    // Loaded with the first proxy that is met, since most runs meet none.
    import('./tunnel.ts')
      .then(({ openTunnel }) => openTunnel(proxy, url, { timeout: CONNECT_TIMEOUT, trust }))
      .then(connectThrough, (error) => callback(error, null))
  }
}

function issuerOf(socket: TLSSocket): string | undefined {
  const { issuer } = socket.getPeerCertificate()
  const name: string | string[] | undefined = issuer?.CN ?? issuer?.O
  return Array.isArray(name) ? name.join(' ') : name
}
