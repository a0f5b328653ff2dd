import { request as requestOverHttp } from 'node:http'
import { request as requestOverHttps } from 'node:https'
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { Secret } from '../../secret.ts'
import { proxyError, proxyRefusal } from './connection-error.ts'

/**
 * Asks a proxy for a connection to `target` (CONNECT, RFC 9110 §9.3.6). The proxy learns the host and the port, and nothing
 * else of a request. Throws `NoConnection` or `Unavailable`.
 */
export function openTunnel(
  address: Secret,
  target: URL,
  { timeout, trust }: { timeout: number; trust: () => SecureContext | undefined },
): Promise<Socket> {
  const proxy = parsed(address)
  if (!proxy) return Promise.reject(proxyError(undefined, { url: target }))
  const to = `${target.hostname}:${target.port || (target.protocol === 'https:' ? 443 : 80)}`
  const secure = proxy.protocol === 'https:'
  const context = secure ? trust() : undefined
  return new Promise((resolve, reject) => {
    const asking = (secure ? requestOverHttps : requestOverHttp)({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (secure ? 443 : 80),
      method: 'CONNECT',
      path: to,
      headers: { host: to, ...loginFor(proxy) },
      agent: false,
      ...(context && { secureContext: context }),
    })
    const tooLong = setTimeout(() => asking.destroy(new Error('the proxy did not answer')), timeout)
    const fail = (error: Error) => {
      clearTimeout(tooLong)
      reject(error)
    }
    asking
      .once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
        clearTimeout(tooLong)
        if (statusCode >= 200 && statusCode < 300) {
          socket.unshift(head)
          resolve(socket)
        } else {
          socket.destroy()
          reject(proxyRefusal(statusCode, { url: target, proxy }))
        }
      })
      // Some proxies answer a refusal as if it were another request.
      .once('response', ({ statusCode = 0 }) => {
        asking.destroy()
        fail(proxyRefusal(statusCode, { url: target, proxy }))
      })
      .once('error', (error) => fail(proxyError(error, { url: target, proxy })))
      .end()
  })
}

function parsed(address: Secret): URL | undefined {
  const text = address.reveal()
  if (!URL.canParse(text)) return undefined
  const proxy = new URL(text)
  return /^https?:$/.test(proxy.protocol) ? proxy : undefined
}

function loginFor({ username, password }: URL): { 'proxy-authorization'?: string } {
  if (username === '' && password === '') return {}
  const login = `${decoded(username)}:${decoded(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray % in a password.
    return text
  }
}
