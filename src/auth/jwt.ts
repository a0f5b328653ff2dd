import { setTimeout } from 'node:timers/promises'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import * as z from 'zod'
import { SafeUrl } from '../config/address.ts'
import type { JwtAuth } from '../config/http.ts'
import { type Grant, scopesIn } from '../domain/scopes.ts'
import { Unavailable } from '../errors.ts'
import { plainText } from '../text/text.ts'
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
const TIMEOUT_MS = 5_000

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
export function jwtVerifier(settings: JwtAuth): (token: string) => Promise<Admitted> {
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
    finding ??= keysOf(settings)
    // After a failure, the next caller tries again.
    finding.catch(() => {
      finding = undefined
    })
    return finding
  }

  return async (token) => {
    try {
      const claims = await claimsIn(token, await keys(), options)
      // The tolerance covers a clock that is ahead; it does not extend `exp`.
      if ((claims.exp ?? 0) * 1000 <= Date.now()) throw invalidToken('The token has expired.')
      return toAdmitted(claims, settings)
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw invalidToken('The token has expired.')
      if (TOKEN_ERRORS.some((TokenError) => error instanceof TokenError))
        throw invalidToken('This token is not valid here.')
      if (!(error instanceof errors.JOSEError || error instanceof TypeError)) throw error
      throw new Unavailable("The issuer's keys cannot be fetched.", 'Try again later.', { cause: error })
    }
  }
}

/** The verified claims of a token. An unknown key is fetched once more, since the issuer may have rotated its keys. */
async function claimsIn(token: string, keys: Keys, options: JWTVerifyOptions): Promise<JWTPayload> {
  const askedJustNow = keys.coolingDown
  try {
    return (await jwtVerify(token, keys, options)).payload
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      // A token does not have to name its key.
      for await (const key of error) {
        const tried = await jwtVerify(token, key, options).catch(unlessSignature)
        if (tried) return tried.payload
      }
    }
    if (!(error instanceof errors.JWKSNoMatchingKey) || !askedJustNow) throw error
    await setTimeout(REFETCH_MS)
    return (await jwtVerify(token, keys, options)).payload
  }
}

function unlessSignature(error: unknown): undefined {
  if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
}

function toAdmitted(claims: JWTPayload, { tenantsClaim }: JwtAuth): Admitted {
  const { sub = '' } = claims
  // Identity must not depend on invisible characters.
  if (sub === '' || plainText(sub) !== sub) throw invalidToken('The token has no usable subject.')
  const tenants = claims[tenantsClaim ?? 'tenants']
  const grant: Grant = {
    // `scp` is what Okta and Entra ID call it.
    scopes: scopesIn(wordsIn(claims.scope ?? claims.scp)),
    ...((tenantsClaim !== undefined || tenants !== undefined) && { tenants: wordsIn(tenants) }),
  }
  return { caller: `oauth:${sub}`, grant, canStepUp: true }
}

const wordsIn = (claim: unknown): string[] =>
  typeof claim === 'string'
    ? claim.split(' ')
    : Array.isArray(claim)
      ? claim.filter((word) => typeof word === 'string')
      : []

async function keysOf({ issuer, jwksUri }: JwtAuth): Promise<Keys> {
  const at = new URL(jwksUri ?? (await findKeys(issuer)))
  return createRemoteJWKSet(at, { cooldownDuration: REFETCH_MS, timeoutDuration: TIMEOUT_MS })
}

/** Where the issuer publishes its keys (RFC 8414 §3, OpenID Connect Discovery 1.0 §4). Throws `Unavailable`. */
async function findKeys(issuer: string): Promise<string> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const candidates = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ]
  for (const candidate of new Set(candidates)) {
    const found = await metadataAt(candidate, issuer).catch(() => undefined)
    if (found) return found
  }
  throw new Unavailable(`The issuer ${issuer} does not say where its keys are.`, 'Set auth.jwt.jwksUri.')
}

async function metadataAt(candidate: string, issuer: string): Promise<string | undefined> {
  const reply = await fetch(candidate, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!reply.ok) return undefined
  // Metadata of another issuer does not count (RFC 8414 §3.3).
  const Metadata = z.object({ issuer: z.literal(issuer), jwks_uri: SafeUrl })
  return Metadata.safeParse(await reply.json()).data?.jwks_uri
}
