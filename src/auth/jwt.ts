import { setTimeout } from 'node:timers/promises'
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose'
import type { JwtAuth } from '../config/http.ts'
import { Unavailable } from '../errors.ts'
import { ISSUER_TIMEOUT_MS, keysAddress } from './issuer-keys.ts'
import { admittedBy, mustBeAccessToken } from './jwt-claims.ts'
import { type Admitted, invalidToken } from './principal.ts'

/** Asymmetric signatures only: never `none`, and no HMAC, where a public key could pass as the secret. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
/** How far the issuer's clock can be ahead of ours, seconds. */
const CLOCK_AHEAD = 5
/** Least time between two fetches of the issuer's keys for an unknown key, milliseconds. */
const REFETCH_MS = 1_000

/** Errors of the token itself, as opposed to failures to fetch the issuer's keys. */
const TOKEN_ERRORS = [
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSMultipleMatchingKeys,
  errors.JWKSNoMatchingKey,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTClaimValidationFailed,
  errors.JWTExpired,
  errors.JWTInvalid,
]

type Keys = ReturnType<typeof createRemoteJWKSet>

/**
 * Identifies the caller from an access token of the issuer (RFC 9068) that was issued for this server only (RFC
 * 8707).
 */
export function jwtVerifier(
  settings: JwtAuth,
  send: typeof fetch = fetch,
): (token: string) => Promise<Admitted> {
  const { issuer, audience } = settings
  const options: JWTVerifyOptions = {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_AHEAD,
  }
  let finding: Promise<Keys> | undefined
  const keys = () => {
    finding ??= keysOf(settings, send)
    // After a failure, the next caller tries again.
    finding.catch(() => {
      finding = undefined
    })
    return finding
  }

  const verified = async (token: string): Promise<JWTVerifyResult> => {
    try {
      return await verify(token, await keys(), options)
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw invalidToken('The token has expired.')
      if (TOKEN_ERRORS.some((TokenError) => error instanceof TokenError))
        throw invalidToken('This token is not valid here.')
      if (!(error instanceof errors.JOSEError || error instanceof TypeError)) throw error
      throw new Unavailable("The issuer's keys cannot be fetched.", 'Try again later.', { cause: error })
    }
  }

  return async (token) => {
    const { payload, protectedHeader } = await verified(token)
    const { exp = 0, iat = 0 } = payload
    const now = Date.now() / 1000
    // The tolerance covers a clock that is ahead; it does not extend `exp`.
    if (exp <= now) throw invalidToken('The token has expired.')
    if (iat > now + CLOCK_AHEAD) throw invalidToken('The token is not valid yet.')
    mustBeAccessToken(protectedHeader, payload)
    return admittedBy(payload, settings)
  }
}

/** A token with its claims, verified. An unknown key is fetched once more, since the issuer may have rotated its keys. */
async function verify(token: string, keys: Keys, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
  const askedJustNow = keys.coolingDown
  try {
    return await jwtVerify(token, keys, options)
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      // A token does not have to name its key.
      for await (const key of error) {
        const tried = await jwtVerify(token, key, options).catch(unlessSignature)
        if (tried) return tried
      }
    }
    if (!(error instanceof errors.JWKSNoMatchingKey) || !askedJustNow) throw error
    await setTimeout(REFETCH_MS)
    return await jwtVerify(token, keys, options)
  }
}

function unlessSignature(error: unknown): undefined {
  if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
}

async function keysOf(settings: JwtAuth, send: typeof fetch): Promise<Keys> {
  return createRemoteJWKSet(new URL(await keysAddress(settings, send)), {
    cooldownDuration: REFETCH_MS,
    timeoutDuration: ISSUER_TIMEOUT_MS,
    [customFetch]: send,
  })
}
