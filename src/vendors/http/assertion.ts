import { createPrivateKey, type JsonWebKey, type KeyObject, randomUUID } from 'node:crypto'
import { Unauthorized } from '../../errors.ts'
import { Secret } from '../../secret.ts'

/** A key that signs assertions. */
export interface SigningKey {
  /** In PEM form or as a JWK (RFC 7517): RSA, or elliptic on the curve P-256. */
  privateKey: Secret
  /** The name of the key at the server (`kid`). */
  keyId?: string | undefined
}

/** How long an assertion is valid, seconds: it is used at once. */
const LIFE_S = 120

/** A signed JWT with these claims, valid for two minutes and used once (RFC 7523 §3). */
export async function signedAssertion(
  { privateKey, keyId }: SigningKey,
  claims: Readonly<Record<string, string>>,
): Promise<Secret> {
  const key = keyIn(privateKey)
  if (!key) {
    throw new Unauthorized(
      'The private key of this tenant is not usable.',
      'It must be in PEM form or a JWK: RSA from 2048 bits, or elliptic on the curve P-256.',
    )
  }
  // Loaded when the first assertion is signed, since most tenants sign none.
  const { SignJWT } = await import('jose')
  const kid = keyId ?? kidIn(privateKey)
  const now = Math.floor(Date.now() / 1_000)
  const signed = await new SignJWT({ ...claims, iat: now, exp: now + LIFE_S, jti: randomUUID() })
    .setProtectedHeader({ alg: algorithmOf(key), typ: 'JWT', ...(kid !== undefined && { kid }) })
    .sign(key)
  return new Secret(signed)
}

export const isSigningKey = (privateKey: Secret): boolean => keyIn(privateKey) !== undefined

const algorithmOf = (key: KeyObject): string => (key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256')

/** Undefined if it is no key, or none that RS256 or ES256 can use. A text in one line may write its line breaks as \n. */
function keyIn(privateKey: Secret): KeyObject | undefined {
  let key: KeyObject
  try {
    const jwk = jwkIn(privateKey)
    key = jwk
      ? createPrivateKey({ key: jwk, format: 'jwk' })
      : createPrivateKey(privateKey.reveal().replaceAll('\\n', '\n'))
  } catch {
    return undefined
  }
  const { asymmetricKeyType, asymmetricKeyDetails: { modulusLength = 0, namedCurve } = {} } = key
  const isUsable = asymmetricKeyType === 'rsa' ? modulusLength >= 2_048 : namedCurve === 'prime256v1'
  return isUsable ? key : undefined
}

/** The key as a JWK; undefined if it is in another form. Throws for broken JSON. */
function jwkIn(privateKey: Secret): JsonWebKey | undefined {
  const text = privateKey.reveal().trim()
  // `createPrivateKey` checks what is in it.
  return text.startsWith('{') ? (JSON.parse(text) as JsonWebKey) : undefined
}

/** The name that a JWK gives itself (RFC 7517 §4.5). */
function kidIn(privateKey: Secret): string | undefined {
  const kid = jwkIn(privateKey)?.kid
  return typeof kid === 'string' ? kid : undefined
}
