import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'

/** Keys read from their texts: Node can stand still for ever while it exports one that it has just made. */
export function newKeys(type: 'ec' | 'rsa'): { publicKey: KeyObject; privateKey: KeyObject } {
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const
  const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const
  const ec = { namedCurve: 'P-256', publicKeyEncoding, privateKeyEncoding }
  const rsa = { modulusLength: 2_048, publicKeyEncoding, privateKeyEncoding }
  const texts = type === 'ec' ? generateKeyPairSync('ec', ec) : generateKeyPairSync('rsa', rsa)
  return { publicKey: createPublicKey(texts.publicKey), privateKey: createPrivateKey(texts.privateKey) }
}

export interface IssuerKey {
  privateKey: KeyObject
  jwk: JWK
}

/** A key pair of an issuer. Without `kid`, its tokens do not name their key. */
export async function newKey(kid?: string): Promise<IssuerKey> {
  const { privateKey, publicKey } = newKeys('ec')
  const jwk = publicKey.export({ format: 'jwk' }) as JWK // as Node writes it
  return { privateKey, jwk: { ...jwk, alg: 'ES256', use: 'sig', ...(kid && { kid }) } }
}

/** The part of an OAuth authorization server that a resource server uses, on loopback. */
export async function openIssuer({ metadata = '/.well-known/oauth-authorization-server', path = '' } = {}) {
  let keys = [await newKey('key-1')]
  const asked: string[] = []
  let down = false
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const documents: Record<string, unknown> = {
      [metadata]: { issuer, jwks_uri: `${origin}/keys`, token_endpoint: `${origin}/token` },
      '/keys': { keys: keys.map(({ jwk }) => jwk) },
    }
    const document = documents[request.url ?? '']
    response.writeHead(down ? 503 : document ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port, not on a pipe
  const origin = `http://127.0.0.1:${port}`
  const issuer = origin + path

  return {
    issuer,
    asked,
    audience: 'https://identity.example.com/mcp',
    get keys() {
      return keys
    },
    /** Publishes these keys from now on, and signs with the last one. */
    rotate: (...next: IssuerKey[]) => {
      keys = next
    },
    fail: (on: boolean) => {
      down = on
    },
    /** A token valid for five minutes. `claims` override the defaults; `undefined` omits a claim. */
    token(
      claims: JWTPayload & Record<string, unknown> = {},
      how: { key?: IssuerKey; header?: Partial<JWTHeaderParameters> } = {},
    ) {
      const key = how.key ?? keys.at(-1)
      if (!key) throw new TypeError('the issuer has no key')
      const now = Math.floor(Date.now() / 1_000)
      const all = {
        iss: issuer,
        aud: this.audience,
        sub: 'clerk',
        preferred_username: 'clerk@example.com',
        client_id: 'chat',
        iat: now,
        exp: now + 300,
        scope: 'identity:read',
        ...claims,
      }
      const { kid, alg = 'ES256' } = key.jwk
      return new SignJWT(all)
        .setProtectedHeader({ alg, ...(kid && { kid }), ...how.header })
        .sign(key.privateKey)
    },
    settings(more: Record<string, unknown> = {}) {
      return { jwt: { issuer, audience: this.audience, ...more } }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
