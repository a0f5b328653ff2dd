import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { buildConnector, Dispatcher } from 'undici'
import type { Route } from '../../config/network.ts'
import { connectionError } from './connection-error.ts'
import { trustedBy } from './trust.ts'

/** How long a connection may take to be made, to the proxy and to the app each, in milliseconds. */
const CONNECT_TIMEOUT = 5_000

/** Header of a reply that is read at most, in bytes: single sign-on in front of an app adds long cookies and policies. */
const MAX_HEADER_BYTES = 64 * 1024

/**
 * Opens an HTTP agent whose connections take `route`. A connection that cannot be made throws `WrongAddress`,
 * `NoConnection` or `Unavailable`; nothing was sent then.
 */
export async function openAgent(route: Route): Promise<Pick<Dispatcher, 'request'>> {
  const { Agent, buildConnector } = (await import('undici')).default
  const trust = trustedBy(route)
  const connectTo = (secure: boolean) =>
    buildConnector({ timeout: CONNECT_TIMEOUT, ...(secure && { secureContext: trust() }) })
  const plain = connectTo(false)
  let secured: buildConnector.connector | undefined

  return new Agent({
    keepAliveTimeout: 10_000,
    connections: 64,
    maxHeaderSize: MAX_HEADER_BYTES,
    connect(options, callback) {
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
            made ? callback(null, made) : callback(connectionError(error, { url, issuer }), null),
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
    },
  })
}

function issuerOf(socket: TLSSocket): string | undefined {
  const { issuer } = socket.getPeerCertificate()
  const name: string | string[] | undefined = issuer?.CN ?? issuer?.O
  return Array.isArray(name) ? name.join(' ') : name
}
