import { createVerify, generateKeyPairSync, randomBytes } from 'node:crypto'
import { type Incoming, isObject, parseJson, type Reply, type Route, type Token } from '../http-types.ts'

export const TOKEN_PATH = '/token'
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const HOUR_S = 3_600

/** A token of the simulated Google: for whom it acts, and what it may. */
export interface GoogleToken extends Token {
  sub: string
  scopes: readonly string[]
  expiresAt: number
}

/** The token endpoint, with one service account. Its fields are live. */
export interface GoogleOauth {
  /** The key file, as the Cloud console lets one download it. */
  readonly keyFile: Record<string, string>
  /** The public key, in PEM form. */
  readonly publicKey: string
  /** The short names of the scopes that the Admin console grants to the client. */
  delegated: string[]
  /** The audience that an assertion must have. */
  audience: string
  /** Whether the key was deleted. */
  revoked: boolean
  /** Every assertion that came, newest last. */
  readonly assertions: string[]
  /** Lifetime of a token in seconds. */
  lifetime: number
  /** Forgets every token that was issued. */
  revoke(): void
}

interface OpenOauth extends GoogleOauth {
  tokens(): readonly GoogleToken[]
  route: Route
}

const SCOPE = 'https://www.googleapis.com/auth/'

interface OauthOptions {
  now: () => number
  delegated: readonly string[]
  isUser: (address: string) => boolean
}

/** One for all service accounts of this process: to make one takes a while. */
let pair: { publicKey: string; privateKey: string } | undefined
function keyPair() {
  pair ??= generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return pair
}

export function openOauth({ now, delegated, isUser }: OauthOptions): OpenOauth {
  let issued: GoogleToken[] = []
  const { publicKey, privateKey } = keyPair()
  const keyId = randomBytes(20).toString('hex')
  const oauth: OpenOauth = {
    keyFile: {
      type: 'service_account',
      project_id: 'sandbox-identity',
      private_key_id: keyId,
      private_key: privateKey,
      client_email: 'identity@sandbox-identity.iam.gserviceaccount.com',
      client_id: '100000000000000000001',
      auth_uri: 'https://accounts.google.com/o/oauth2/auth',
      token_uri: 'https://oauth2.googleapis.com/token',
    },
    publicKey,
    delegated: [...delegated],
    audience: '',
    revoked: false,
    assertions: [],
    lifetime: HOUR_S - 1,
    revoke() {
      issued = []
    },
    tokens: () => issued,
    route: { method: 'POST', path: TOKEN_PATH, run: token },
  }

  function token({ text }: Incoming): Reply {
    const form = new URLSearchParams(text)
    if (form.get('grant_type') !== GRANT) {
      return refused(400, 'unsupported_grant_type', `Invalid grant_type: ${form.get('grant_type')}`)
    }
    const assertion = form.get('assertion') ?? ''
    oauth.assertions.push(assertion)
    const claims = claimsIn(assertion)
    if (!claims || oauth.revoked) return refused(400, 'invalid_grant', 'Invalid JWT Signature.')
    const { iss, aud, sub, scope, iat, exp } = claims
    if (iss !== oauth.keyFile.client_email)
      return refused(400, 'invalid_grant', 'Invalid grant: account not found')
    if (aud !== oauth.audience) {
      return refused(
        400,
        'invalid_grant',
        'Invalid JWT: Failed audience check. The right audience is the token endpoint',
      )
    }
    const seconds = now() / 1_000
    if (!isTime(iat) || !isTime(exp) || exp - iat > HOUR_S || exp < seconds || iat > seconds + 300) {
      return refused(
        400,
        'invalid_grant',
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
      )
    }
    const scopes = typeof scope === 'string' ? scope.split(' ') : []
    if (scopes.length === 0 || scopes.some((one) => !one.startsWith(SCOPE))) {
      return refused(400, 'invalid_scope', 'Invalid OAuth scope or ID token audience provided.')
    }
    const known = scopes.map((one) => one.slice(SCOPE.length))
    if (known.some((one) => !oauth.delegated.includes(one))) {
      return refused(
        401,
        'unauthorized_client',
        'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the ' +
          'scopes requested.',
      )
    }
    if (typeof sub !== 'string' || !isUser(sub))
      return refused(400, 'invalid_grant', 'Invalid email or User ID')
    const made: GoogleToken = {
      slot: 'serviceAccount',
      value: `ya29.sandbox-${randomBytes(24).toString('base64url')}`,
      sub,
      scopes: known,
      expiresAt: now() + oauth.lifetime * 1_000,
    }
    issued = [...issued.filter(({ expiresAt }) => expiresAt > now()), made]
    return {
      status: 200,
      body: { access_token: made.value, expires_in: oauth.lifetime, token_type: 'Bearer' },
    }
  }

  /** The claims of an assertion that the service account signed; undefined for any other. */
  function claimsIn(assertion: string): Record<string, unknown> | undefined {
    const [head = '', body = '', signature = ''] = assertion.split('.')
    const header = parseJson(decoded(head))
    const claims = parseJson(decoded(body))
    if (!isObject(header) || header.alg !== 'RS256' || (header.kid ?? keyId) !== keyId || !isObject(claims))
      return undefined
    const isSigned = createVerify('RSA-SHA256')
      .update(`${head}.${body}`)
      .verify(publicKey, Buffer.from(signature, 'base64url'))
    return isSigned ? claims : undefined
  }

  return oauth
}

const decoded = (part: string) => Buffer.from(part, 'base64url').toString('utf8')
const isTime = (value: unknown): value is number => Number.isInteger(value)
const refused = (status: number, error: string, error_description: string): Reply => ({
  status,
  body: { error, error_description },
})
