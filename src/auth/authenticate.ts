import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server'
import type { Auth } from '../config/http.ts'
import { EVERYTHING, SCOPES } from '../domain/scopes.ts'
import { type Admitted, notLetIn } from './admitted.ts'
import { type ApiTokens, TOKEN_PREFIX } from './api-tokens.ts'

/**
 * Tells who calls from the header `Authorization`. Throws `OAuthError`, `InvalidToken` or `InsufficientScope`, for a
 * caller that is not let in, and `Unavailable` when that cannot be found out now.
 */
export type Authenticate = (authorization: string | undefined) => Promise<Admitted>

/** The callers that the settings let in. */
export async function authentication(auth: Auth, tokens: ApiTokens): Promise<Authenticate> {
  if (auth === 'none') return async () => ({ caller: 'local:anyone', grant: EVERYTHING })
  const verify = auth.jwt && (await import('./jwt.ts')).jwtVerifier(auth.jwt)

  return async (authorization) => {
    const token = bearerIn(authorization)
    const admitted = await (auth.tokens && token.startsWith(TOKEN_PREFIX) ? byToken(token) : verify?.(token))
    if (!admitted) throw notLetIn('This token is not good here.')
    if (admitted.grant.scopes.length > 0) return admitted
    throw new OAuthError(OAuthErrorCode.InsufficientScope, `The token has none of: ${SCOPES.join(', ')}.`)
  }

  async function byToken(token: string): Promise<Admitted | undefined> {
    const known = await tokens.find(token)
    return known && { caller: `token:${known.name}`, grant: known.grant }
  }
}

/** RFC 6750 §2.1. */
function bearerIn(authorization = ''): string {
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization) ?? []
  if (token === undefined) throw notLetIn('A bearer token is needed.')
  return token
}
