import { setTimeout } from 'node:timers/promises'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import * as z from 'zod'
import { SafeUrl } from '../config/address.ts'
import type { JwtAuth } from '../config/http.ts'
import { type Grant, scopesIn } from '../domain/scopes.ts'
import { Unavailable } from '../errors.ts'
import { plainText } from '../text/text.ts'
import { type Admitted, notLetIn } from './admitted.ts'

/** Signatures that only the issuer can make: never `none`, nor a secret that a public key could be taken for. */
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
/** Seconds that the issuer's clock may be ahead of ours. */
const CLOCK_AHEAD = 5
/** The issuer is asked for its keys at most so often because of a key that is not known, milliseconds. */
const ASK_AGAIN_MS = 1_000
const TIMEOUT_MS = 5_000

/** Faults of the token, as against those of the way to the issuer's keys. */
const FAULTS = [
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

/** Tells who calls from an access token of the issuer (RFC 9068), made for this server and nobody else (RFC 8707). */
export function jwtVerifier(settings: JwtAuth): (token: string) => Promise<Admitted> {
  const { issuer, audience } = settings
  const how: JWTVerifyOptions = {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_AHEAD,
  }
  let finding: Promise<Keys> | undefined
  const keys = () => {
    finding ??= keysOf(settings)
    // An issuer that could not be reached is asked again by the next caller.
    finding.catch(() => {
      finding = undefined
    })
    return finding
  }

  return async (token) => {
    try {
      const claims = await claimsIn(token, await keys(), how)
      // The tolerance is for clocks that are ahead; what has expired has expired.
      if ((claims.exp ?? 0) * 1000 <= Date.now()) throw notLetIn('The token has expired.')
      return toAdmitted(claims, settings)
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw notLetIn('The token has expired.')
      if (FAULTS.some((Fault) => error instanceof Fault)) throw notLetIn('This token is not good here.')
      if (!(error instanceof errors.JOSEError || error instanceof TypeError)) throw error
      throw new Unavailable("The issuer's keys cannot be had.", 'Try again later.', { cause: error })
    }
  }
}

/** The claims of a token, checked; a key that is not known is looked for once more, as the issuer may have a new one. */
async function claimsIn(token: string, keys: Keys, how: JWTVerifyOptions): Promise<JWTPayload> {
  const askedJustNow = keys.coolingDown
  try {
    return (await jwtVerify(token, keys, how)).payload
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      // A token need not name its key.
      for await (const key of error) {
        const tried = await jwtVerify(token, key, how).catch(unlessSignature)
        if (tried) return tried.payload
      }
    }
    if (!(error instanceof errors.JWKSNoMatchingKey) || !askedJustNow) throw error
    await setTimeout(ASK_AGAIN_MS)
    return (await jwtVerify(token, keys, how)).payload
  }
}

function unlessSignature(error: unknown): undefined {
  if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error
}

function toAdmitted(claims: JWTPayload, { tenantsClaim }: JwtAuth): Admitted {
  const { sub = '' } = claims
  // Who is who must not hang on characters that nobody sees.
  if (sub === '' || plainText(sub) !== sub) throw notLetIn('The token names nobody.')
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
  return createRemoteJWKSet(at, { cooldownDuration: ASK_AGAIN_MS, timeoutDuration: TIMEOUT_MS })
}

/** Where the issuer says that its keys are (RFC 8414 §3, OpenID Connect Discovery 1.0 §4). Throws `Unavailable`. */
async function findKeys(issuer: string): Promise<string> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ]
  for (const place of new Set(places)) {
    const found = await metadataAt(place, issuer).catch(() => undefined)
    if (found) return found
  }
  throw new Unavailable(`The issuer ${issuer} does not tell where its keys are.`, 'Set auth.jwt.jwksUri.')
}

async function metadataAt(place: string, issuer: string): Promise<string | undefined> {
  const reply = await fetch(place, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!reply.ok) return undefined
  // An answer about another issuer is none (RFC 8414 §3.3).
  const Metadata = z.object({ issuer: z.literal(issuer), jwks_uri: SafeUrl })
  return Metadata.safeParse(await reply.json()).data?.jwks_uri
}
