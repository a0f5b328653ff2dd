import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, verify } from 'node:crypto'
import { type Incoming, isObject, parseJson, type Reply, type Route } from '../http-types.ts'
import { type OktaToken, PERMISSIONS } from './access.ts'

export const TOKEN_PATH = '/oauth2/v1/token'

/** A service app. It is live. */
export interface ServiceApp {
  readonly clientId: string
  /** In PEM form. It is made when it is first asked for, since that takes a moment. */
  readonly privateKey: string
  readonly publicKey: KeyObject
  /** The scopes that an administrator granted. */
  scopes: string[]
  permissions: OktaToken['permissions']
  /** Whether each request has to prove possession, which is the default of new apps. */
  demandsProof: boolean
  /** Lifetime of a token in seconds. */
  lifetime: number
  /** The scopes of each token that was issued. */
  issued: string[]
  /** Revokes every token. */
  revoke(): void
}

export const ALL_SCOPES = [
  ...['okta.users.read', 'okta.users.manage', 'okta.groups.read', 'okta.groups.manage'],
  ...['okta.apps.read', 'okta.roles.read', 'okta.logs.read'],
]

/** One for all service apps of this process: to make one takes a while. */
let pair: { publicKey: KeyObject; privateKey: KeyObject } | undefined
function keys() {
  pair ??= generateKeyPairSync('rsa', { modulusLength: 2_048 })
  return pair
}

/** The token endpoint of an organisation, with one service app (developer.okta.com, "Implement OAuth for Okta with a service app"). */
export function openServiceApp(now: () => number) {
  let tokens: OktaToken[] = []
  const used = new Set<string>()
  const app: ServiceApp = {
    clientId: '0oasandbox1234567890',
    get privateKey() {
      return keys().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    },
    get publicKey() {
      return createPublicKey(keys().privateKey)
    },
    scopes: [...ALL_SCOPES],
    permissions: [...PERMISSIONS],
    demandsProof: false,
    lifetime: 3_600,
    issued: [],
    revoke() {
      tokens = []
    },
  }

  function issue(incoming: Incoming): Reply {
    const form = new URLSearchParams(incoming.text)
    if (form.get('grant_type') !== 'client_credentials') return refused('unsupported_grant_type', 400)
    const problem = assertionProblem(form, incoming)
    if (problem) return refused('invalid_client', 401, problem)
    if (app.demandsProof) return refused('invalid_dpop_proof', 400, 'The DPoP proof JWT header is missing.')
    const scopes = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
    if (scopes.length === 0) return refused('invalid_scope', 400, 'The scope is missing.')
    if (!scopes.every((scope) => app.scopes.includes(scope))) {
      return refused('consent_required', 400, 'You are not allowed any of the requested scopes.')
    }
    const value = randomBytes(24).toString('base64url')
    app.issued.push(scopes.join(' '))
    const { permissions, lifetime } = app
    tokens.push({ slot: 'bearer', value, scopes, permissions, expiresAt: now() + lifetime * 1_000 })
    const body = { token_type: 'Bearer', expires_in: lifetime, access_token: value, scope: scopes.join(' ') }
    return { status: 200, headers: { 'cache-control': 'no-store' }, body }
  }

  /** What is wrong with the signed assertion (RFC 7523 §3). */
  function assertionProblem(form: URLSearchParams, { headers }: Incoming): string | undefined {
    const [head = '', claims = '', signature = ''] = (form.get('client_assertion') ?? '').split('.')
    const header = parseJson(Buffer.from(head, 'base64url').toString())
    const payload = parseJson(Buffer.from(claims, 'base64url').toString())
    if (!isObject(header) || !isObject(payload) || header.alg !== 'RS256')
      return 'The assertion is not readable.'
    const signed = Buffer.from(`${head}.${claims}`)
    if (!verify('RSA-SHA256', signed, keys().publicKey, Buffer.from(signature, 'base64url'))) {
      return 'The client_assertion signature is invalid.'
    }
    const { iss, sub, aud, exp, jti } = payload
    if (iss !== app.clientId || sub !== app.clientId) return 'The assertion is of another client.'
    if (
      typeof aud !== 'string' ||
      new URL(aud).host !== headers.host ||
      new URL(aud).pathname !== TOKEN_PATH
    ) {
      return 'The audience claim must be the endpoint.'
    }
    if (typeof exp !== 'number' || exp * 1_000 < now() || exp * 1_000 > now() + 3_600_000) {
      return 'The assertion has expired, or lives longer than an hour.'
    }
    if (typeof jti === 'string') {
      if (used.has(jti)) return 'The assertion was used before.'
      used.add(jti)
    }
    return undefined
  }

  const routes: Route[] = [{ method: 'POST', path: TOKEN_PATH, run: issue }]
  return { app, routes, tokens: (): readonly OktaToken[] => tokens }
}

const refused = (error: string, status: number, error_description = ''): Reply => ({
  status,
  body: { error, error_description },
})
