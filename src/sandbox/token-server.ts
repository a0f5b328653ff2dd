import { createPublicKey, type KeyObject, randomBytes, verify } from 'node:crypto'
import { type Fault, type Faults, openFaults } from './faults.ts'
import { HTTP_FAULTS } from './http-faults.ts'
import { type App, startApp } from './http-server.ts'
import { type Incoming, isObject, parseJson, type Reply, type Token } from './http-types.ts'

type TokenFault = keyof typeof HTTP_FAULTS

const GRANTS = {
  client_credentials: 'client_credentials',
  account_credentials: 'account_credentials',
  refresh_token: 'refresh_token',
  jwt_bearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
} as const

export interface TokenServerOptions {
  port?: number | undefined
  now?: (() => number) | undefined
  /** The grant that the client may use; default: `client_credentials`. */
  grant?: keyof typeof GRANTS | undefined
  /** Where it expects the secret of the client; a public key (PEM) if it expects a signed assertion; default: `basic`. */
  client?: 'basic' | 'body' | { publicKey: string; keyId?: string } | undefined
  /** The scopes that the client may ask for; default: any. */
  scopes?: readonly string[] | undefined
  /** The audience of assertions; default: its own address. */
  audience?: string | undefined
  /** Lifetime of an access token in seconds; default: an hour. */
  lifetime?: number | undefined
  /** Whether each refresh token works once. */
  rotates?: boolean | undefined
  faults?: readonly (TokenFault | Fault<TokenFault>)[] | undefined
}

/** A simulated OAuth 2.0 token endpoint (RFC 6749, RFC 7523) of one client. Its secrets are live: changing one changes it. */
export interface TokenServer extends App {
  readonly tokenUrl: string
  readonly clientId: string
  clientSecret: string
  readonly accountId: string
  /** Whom an assertion may name. */
  readonly subject: string
  refreshToken: string
  /** The access tokens that work now. */
  live(): readonly Token[]
  /** Revokes every access token. */
  revoke(): void
  /** The parameters of the requests that it granted. */
  readonly granted: readonly Readonly<Record<string, string>>[]
  readonly faults: Faults<TokenFault>
}

const PATH = '/oauth/token'
const secret = (kind: string) => `sandbox-oauth-${kind}-${randomBytes(12).toString('hex')}`

/** Starts a token endpoint at an address of its own. */
export async function startTokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  const { now = () => Date.now(), grant = 'client_credentials', client = 'basic', lifetime = 3_600 } = options
  const faults = openFaults(HTTP_FAULTS)
  faults.set(options.faults ?? [])
  const granted: Record<string, string>[] = []
  let issued: (Token & { expiresAt: number })[] = []
  const used = new Set<string>()

  function answer({ headers, text }: Incoming): Reply {
    const form = Object.fromEntries(new URLSearchParams(text))
    const problem = clientProblem(headers.authorization, form) ?? grantProblem(form)
    if (problem) return problem
    granted.push(form)
    const token = { slot: 'scim', value: secret('access'), expiresAt: now() + lifetime * 1_000 }
    issued = [...issued, token]
    if (grant === 'refresh_token' && options.rotates) server.refreshToken = secret('refresh')
    return {
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: {
        access_token: token.value,
        token_type: 'Bearer',
        expires_in: lifetime,
        ...(grant === 'refresh_token' && { refresh_token: server.refreshToken }),
      },
    }
  }

  function clientProblem(authorization = '', form: Readonly<Record<string, string>>): Reply | undefined {
    // The assertion says who asks.
    if (grant === 'jwt_bearer') return undefined
    if (client === 'basic') {
      const pair = Buffer.from(`${server.clientId}:${server.clientSecret}`).toString('base64')
      return authorization === `Basic ${pair}` ? undefined : INVALID_CLIENT
    }
    if (form.client_id !== server.clientId) return INVALID_CLIENT
    if (client === 'body') return form.client_secret === server.clientSecret ? undefined : INVALID_CLIENT
    return form.client_assertion_type === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
      ? assertionProblem(form.client_assertion, server.clientId, 'invalid_client')
      : INVALID_CLIENT
  }

  function grantProblem(form: Readonly<Record<string, string>>): Reply | undefined {
    if (form.grant_type !== GRANTS[grant]) return oauthError('unsupported_grant_type')
    const { scope = '' } = form
    const { scopes } = options
    if (scopes && !scope.split(' ').every((one) => scopes.includes(one))) return oauthError('invalid_scope')
    if (grant === 'account_credentials' && form.account_id !== server.accountId)
      return oauthError('invalid_grant')
    if (grant === 'refresh_token' && form.refresh_token !== server.refreshToken)
      return oauthError('invalid_grant')
    return grant === 'jwt_bearer'
      ? assertionProblem(form.assertion, server.subject, 'invalid_grant')
      : undefined
  }

  /** RFC 7523 §3. */
  function assertionProblem(
    assertion: string | undefined,
    subject: string,
    error: string,
  ): Reply | undefined {
    if (typeof client === 'string') return oauthError(error)
    const { header, claims, isGenuine } = readJwt(assertion, createPublicKey(client.publicKey))
    const [seconds, { iss, sub, aud, exp, jti }] = [now() / 1_000, claims]
    if (aud !== (options.audience ?? server.tokenUrl)) return oauthError(error, 'The audience is wrong.')
    const isFresh = typeof exp === 'number' && exp > seconds && exp <= seconds + 300
    const isNew = typeof jti === 'string' && !used.has(jti)
    const isNamed = iss === server.clientId && sub === subject && header.kid === client.keyId
    if (!isGenuine || !isFresh || !isNew || !isNamed) return oauthError(error)
    used.add(jti)
    return undefined
  }

  const app = await startApp({
    title: 'A simulated OAuth 2.0 token endpoint.',
    port: options.port,
    now,
    limits: {},
    tokens: () => [
      ...issued,
      { slot: 'secret', value: server.clientSecret },
      { slot: 'refresh', value: server.refreshToken },
    ],
    presented: () => undefined,
    gate: () => undefined,
    routes: [{ method: 'POST', path: PATH, run: answer }],
    noRoute: { status: 404, body: { message: 'Not found' } },
    faults,
  })
  const server: TokenServer = {
    ...app,
    tokenUrl: app.url + PATH,
    clientId: 'sandbox-oauth-client',
    clientSecret: secret('secret'),
    accountId: 'sandbox-account',
    subject: 'integration@example.com',
    refreshToken: secret('refresh'),
    live: () => issued.filter(({ expiresAt }) => expiresAt > now()),
    revoke() {
      issued = []
    },
    granted,
    faults,
  }
  return server
}

/** RFC 6749 §5.2. */
const oauthError = (error: string, error_description?: string, status = 400): Reply => ({
  status,
  body: { error, ...(error_description && { error_description }) },
})
const INVALID_CLIENT = oauthError('invalid_client', undefined, 401)

const HASHES: Readonly<Record<string, 'rsa' | 'ec'>> = { RS256: 'rsa', ES256: 'ec' }

function readJwt(jwt = '', key: KeyObject) {
  const [first = '', second = '', signature = ''] = jwt.split('.')
  const [header, claims] = [first, second].map((part) => {
    const value = parseJson(Buffer.from(part, 'base64url').toString('utf8'))
    return isObject(value) ? value : {}
  })
  const isGenuine =
    HASHES[String(header?.alg)] === key.asymmetricKeyType &&
    verify(
      'sha256',
      Buffer.from(`${first}.${second}`),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    )
  return { header: header ?? {}, claims: claims ?? {}, isGenuine }
}
