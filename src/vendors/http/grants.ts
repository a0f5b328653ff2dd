import { Secret } from '../../secret.ts'
import { type SigningKey, signedAssertion } from './assertion.ts'

type Parameters = Readonly<Record<string, string | Secret>>

/** A part of each token request. */
interface RequestPart {
  /** Made anew for each request. */
  parameters(): Parameters | Promise<Parameters>
  /** What it is made from. */
  secrets: readonly Secret[]
}

/** How a client proves to the token endpoint who it is (RFC 6749 §2.3). */
export interface ClientAuthentication extends RequestPart {
  headers?: Readonly<Record<string, Secret>>
}

/** What a client asks a token for (RFC 6749 §1.3). */
export interface Grant extends RequestPart {
  type: string
  /** Takes the refresh token that the server sent with a token. */
  rotated?(next: Secret): void
}

/** The client's secret in the header. */
export const secretInHeader = (clientId: Secret, clientSecret: Secret): ClientAuthentication => ({
  headers: { authorization: Secret.basic(clientId, clientSecret) },
  parameters: () => ({}),
  secrets: [clientId, clientSecret],
})

/** The client's secret in the body. */
export const secretInBody = (clientId: string, clientSecret: Secret): ClientAuthentication => ({
  parameters: () => ({ client_id: clientId, client_secret: clientSecret }),
  secrets: [clientSecret],
})

/** A client without a secret (RFC 6749 §2.1). */
export const onlyNamed = (clientId: string): ClientAuthentication => ({
  parameters: () => ({ client_id: clientId }),
  secrets: [],
})

/** No client: the grant itself says who asks. */
export const unnamed: ClientAuthentication = { parameters: () => ({}), secrets: [] }

/** An assertion that is signed with the client's key (`private_key_jwt`, RFC 7523 §2.2). */
export const signedByClient = (
  clientId: string,
  key: SigningKey,
  audience: string,
): ClientAuthentication => ({
  parameters: async () =>
    asserted(clientId, await signedAssertion(key, { iss: clientId, sub: clientId, aud: audience })),
  secrets: [key.privateKey],
})

/** An assertion that another server signed (RFC 7521 §4.2). It is short-lived, so its file is read for each request. */
export const signedElsewhere = (clientId: string, assertion: Secret): ClientAuthentication => ({
  parameters() {
    assertion.reread()
    return asserted(clientId, assertion)
  },
  secrets: [assertion],
})

const asserted = (clientId: string, assertion: Secret): Parameters => ({
  client_id: clientId,
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: assertion,
})

/** RFC 6749 §4.4. */
export const clientCredentials: Grant = { type: 'client_credentials', parameters: () => ({}), secrets: [] }

/** The grant of Zoom's server-to-server apps (developers.zoom.us, "Server-to-Server OAuth"). */
export const accountCredentials = (accountId: string): Grant => ({
  type: 'account_credentials',
  parameters: () => ({ account_id: accountId }),
  secrets: [],
})

/** A signed assertion, which says for whom the token is to be (RFC 7523 §2.1). */
export const jwtBearer = (
  key: SigningKey,
  claims: Readonly<Record<'iss' | 'aud', string>> & Readonly<Record<string, string>>,
): Grant => ({
  type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  parameters: async () => ({ assertion: await signedAssertion(key, claims) }),
  secrets: [key.privateKey],
})

/**
 * RFC 6749 §6. A server may replace the refresh token with each use; the new one stays in memory only, until the one of the
 * settings changes.
 */
export function refreshing(refreshToken: Secret): Grant {
  let latest: { token: Secret; isOutdated: () => boolean } | undefined
  return {
    type: 'refresh_token',
    parameters() {
      if (latest?.isOutdated()) latest = undefined
      return { refresh_token: latest?.token ?? refreshToken }
    },
    secrets: [refreshToken],
    rotated(token) {
      latest = { token, isOutdated: latest?.isOutdated ?? refreshToken.renewal() }
    },
  }
}
