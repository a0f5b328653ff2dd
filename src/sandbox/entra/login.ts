import { constants, createHash, createPublicKey, randomBytes, verify, X509Certificate } from 'node:crypto'
import { type Incoming, isObject, parseJson, type Reply, type Route, type Token } from '../http-types.ts'

/** A federated credential: whose tokens the app registration trusts. */
interface FederatedCredential {
  issuer: string
  subject: string
  /** PEM. */
  publicKey: string
}

/** The app registration, and the tokens that were issued for it. Live: changing it changes what the next token has. */
export interface AppRegistration {
  readonly clientId: string
  readonly clientSecret: string
  /** PEM certificates; none at first. */
  certificates: string[]
  federated: FederatedCredential[]
  /** Application permissions with admin consent. */
  permissions: Set<string>
  /** Directory roles of the app itself. */
  roles: Set<string>
  /** Lifetime of a token in seconds. */
  lifetime: number
  /** How many tokens were issued. */
  fetched: number
  /** Revokes every token. */
  revoke(): void
}

interface Issued extends Token {
  permissions: ReadonlySet<string>
  expiresAt: number
}

export interface Login {
  registration: AppRegistration
  /** Everything that must not be in a log. */
  secrets(): readonly Token[]
  issued(value: string | undefined): Issued | undefined
  routes: readonly Route[]
}

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The token endpoint of one directory (learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow). */
export function openLogin(
  now: () => number,
  {
    directory,
    tenantId,
    permissions,
  }: { directory: string; tenantId: string; permissions: readonly string[] },
): Login {
  let tokens: Issued[] = []
  const registration: AppRegistration = {
    clientId: '5f0b3a52-6a0e-4c5d-9a39-3f1f6f0c6a11',
    clientSecret: `sandbox-entra-${randomBytes(16).toString('hex')}`,
    certificates: [],
    federated: [],
    permissions: new Set(permissions),
    roles: new Set(),
    lifetime: 3_599,
    fetched: 0,
    revoke() {
      tokens = []
    },
  }

  function issue(audience: string): Reply {
    registration.fetched++
    const { lifetime, clientId } = registration
    const roles = [...registration.permissions]
    const expiresAt = now() + lifetime * 1_000
    const claims = {
      aud: audience,
      iss: `https://sts.windows.net/${tenantId}/`,
      exp: Math.floor(expiresAt / 1_000),
      appid: clientId,
      tid: tenantId,
      // Left out where there is none.
      ...(roles.length > 0 && { roles }),
    }
    const value = [{ typ: 'JWT', alg: 'RS256', kid: 'sandbox' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .concat(randomBytes(32).toString('base64url'))
      .join('.')
    tokens = [...tokens, { slot: 'graph', value, expiresAt, permissions: new Set(roles) }]
    return {
      status: 200,
      body: { token_type: 'Bearer', expires_in: lifetime, ext_expires_in: lifetime, access_token: value },
    }
  }

  function run({ text, headers, path }: Incoming, asked: string): Reply {
    const form = new URLSearchParams(text)
    if (![directory, tenantId].includes(asked)) {
      return failure(
        'invalid_request',
        900023,
        `Specified tenant identifier '${asked}' is neither a valid DNS name, nor a valid external domain.`,
      )
    }
    if (form.get('grant_type') !== 'client_credentials') {
      return failure('unsupported_grant_type', 70003, 'The app requested an unsupported grant type.')
    }
    const [, audience] = /^(https:\/\/[\w.-]+)\/\.default$/.exec(form.get('scope') ?? '') ?? []
    if (audience === undefined)
      return failure('invalid_scope', 70011, 'The provided value for the input parameter scope is not valid.')
    if (form.get('client_id') !== registration.clientId) {
      return failure(
        'unauthorized_client',
        700016,
        `Application with identifier '${form.get('client_id')}' was not found in the directory.`,
      )
    }
    const refused = form.has('client_secret')
      ? secretRefusal(form.get('client_secret'))
      : assertionRefusal(form, `http://${headers.host}${path}`)
    return refused ?? issue(audience)
  }

  const secretRefusal = (secret: string | null) =>
    secret === registration.clientSecret
      ? undefined
      : failure(
          'invalid_client',
          7000215,
          'Invalid client secret provided. Ensure the secret being sent in the request is the client secret value.',
          401,
        )

  function assertionRefusal(form: URLSearchParams, endpoint: string): Reply | undefined {
    const [head, payload, signature] = (form.get('client_assertion') ?? '').split('.')
    const [header, claims] = [head, payload].map((part) =>
      parseJson(Buffer.from(part ?? '', 'base64url').toString()),
    )
    if (
      form.get('client_assertion_type') !== ASSERTION ||
      !isObject(header) ||
      !isObject(claims) ||
      !signature
    ) {
      return failure('invalid_request', 50027, 'JWT token is invalid or malformed.', 401)
    }
    const signed = Buffer.from(`${head}.${payload}`)
    const isFresh = typeof claims.exp === 'number' && claims.exp * 1_000 > now()
    if (!isFresh)
      return failure('invalid_client', 700024, 'Client assertion is not within its valid time range.', 401)
    const bytes = Buffer.from(signature, 'base64url')
    if (claims.iss !== registration.clientId) {
      const trusted = registration.federated.find(
        ({ issuer, subject }) => issuer === claims.iss && subject === claims.sub,
      )
      const isSigned = trusted && verify('RSA-SHA256', signed, createPublicKey(trusted.publicKey), bytes)
      return isSigned && claims.aud === 'api://AzureADTokenExchange'
        ? undefined
        : failure(
            'invalid_client',
            700213,
            'No matching federated identity record found for presented assertion.',
            401,
          )
    }
    const certificate = registration.certificates.find((pem) => thumbprintOf(pem) === header['x5t#S256'])
    if (!certificate)
      return failure(
        'invalid_client',
        700027,
        'The certificate with identifier used to sign the client assertion is not registered on application.',
        401,
      )
    const pss = {
      key: new X509Certificate(certificate).publicKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }
    const isOurs = header.alg === 'PS256' && claims.aud === endpoint && claims.sub === claims.iss
    return isOurs && verify('RSA-SHA256', signed, pss, bytes)
      ? undefined
      : failure('invalid_client', 700027, 'Client assertion failed signature validation.', 401)
  }

  return {
    registration,
    secrets: () => [{ slot: 'client', value: registration.clientSecret }, ...tokens],
    issued: (value) => tokens.find((token) => token.value === value && token.expiresAt > now()),
    routes: [{ method: 'POST', path: '/:id/oauth2/v2.0/token', run }],
  }
}

const thumbprintOf = (pem: string): string =>
  createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url')

/** An error in the form of learn.microsoft.com/entra/identity-platform/reference-error-codes. */
const failure = (error: string, code: number, text: string, status = 400): Reply => ({
  status,
  body: {
    error,
    error_description: `AADSTS${code}: ${text} Trace ID: 00000000-0000-0000-0000-000000000000`,
    error_codes: [code],
  },
})
