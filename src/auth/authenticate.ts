import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server'
import type { Auth } from '../config/http.ts'
import { DIRECT, type Route } from '../config/network.ts'
import { callerId } from '../domain/caller-names.ts'
import { EVERYTHING, SCOPES } from '../domain/scopes.ts'
import { type ApiTokens, TOKEN_PREFIX } from './api-tokens.ts'
import { issuerFetch } from './issuer-keys.ts'
import { type Admitted, invalidToken } from './principal.ts'

/**
 * Identifies the caller from the `Authorization` header. Throws `OAuthError` (`InvalidToken` or `InsufficientScope`)
 * for a caller that is rejected, and `Unavailable` if that cannot be decided now.
 */
export type Authenticate = (authorization: string | undefined) => Promise<Admitted>

/** Authenticates callers as the settings say. */
export async function authentication(
  auth: Auth,
  tokens: ApiTokens,
  /** How the issuer of JWTs is reached. */
  route: Route = DIRECT,
): Promise<Authenticate> {
  if (auth === 'none') {
    const anyone: Admitted = {
      caller: callerId.local('anyone'),
      self: { names: ['anyone'], mayBe: [] },
      grant: EVERYTHING,
    }
    return async () => anyone
  }
  const verify = auth.jwt && (await import('./jwt.ts')).jwtVerifier(auth.jwt, issuerFetch(route))

  return async (authorization) => {
    const token = bearerIn(authorization)
    const admitted = await (auth.tokens && token.startsWith(TOKEN_PREFIX) ? byToken(token) : verify?.(token))
    if (!admitted) throw invalidToken('This token is not valid here.')
    if (admitted.grant.scopes.length > 0) return admitted
    throw new OAuthError(OAuthErrorCode.InsufficientScope, `The token has none of: ${SCOPES.join(', ')}.`)
  }

  async function byToken(token: string): Promise<Admitted | undefined> {
    const known = await tokens.find(token)
    if (!known) return undefined
    const { caller, name, grant, agent } = known
    return { caller, self: { names: [name], mayBe: [] }, grant, ...(agent !== undefined && { agent }) }
  }
}

/** RFC 6750 §2.1. */
function bearerIn(authorization = ''): string {
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization) ?? []
  if (token === undefined) throw invalidToken('A bearer token is required.')
  return token
}
