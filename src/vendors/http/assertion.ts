import { createPrivateKey, type JsonWebKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto'
import { Unauthorized } from '../../errors.ts'
import { Secret } from '../../secret.ts'

/** A key that signs assertions. */
export interface SigningKey {
  /** In PEM form or as a JWK (RFC 7517): RSA, or elliptic on the curve P-256. */
  privateKey: Secret
  /** The name of the key at the server (`kid`). */
  keyId?: string | undefined
  /**
   * The server knows the key by its certificate, which `privateKey` has too: the header names it by its thumbprint
   * (`x5t#S256`, RFC 7515 §4.1.8), and the signature is PS256.
   */
  certified?: boolean
}

/** How long an assertion is valid, seconds: it is used at once. */
const LIFE_S = 120

/** A signed JWT with these claims, valid for two minutes and used once (RFC 7523 §3). */
export async function signedAssertion(
  { privateKey, keyId, certified = false }: SigningKey,
  claims: Readonly<Record<string, string>>,
): Promise<Secret> {
  const key = keyIn(privateKey)
  const thumbprint = certified && key ? thumbprintIn(privateKey, key) : undefined
  if (certified && thumbprint === undefined) {
    throw new Unauthorized(
      'The certificate of this tenant is not usable.',
      'The PEM file must have the certificate and its private key: RSA from 2048 bits.',
    )
  }
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
    .setProtectedHeader({
      alg: certified ? 'PS256' : algorithmOf(key),
      typ: 'JWT',
      ...(kid !== undefined && { kid }),
      ...(thumbprint !== undefined && { 'x5t#S256': thumbprint }),
    })
    .sign(key)
  return new Secret(signed)
}

export const isSigningKey = (privateKey: Secret): boolean => keyIn(privateKey) !== undefined

/** Whether a PEM text has a certificate and the RSA key that belongs to it. */
export function isCertifiedKey(pem: Secret): boolean {
  const key = keyIn(pem)
  return key !== undefined && thumbprintIn(pem, key) !== undefined
}

/** The SHA-256 thumbprint of the certificate beside an RSA key; undefined without one that belongs to the key. */
function thumbprintIn(pem: Secret, key: KeyObject): string | undefined {
  if (key.asymmetricKeyType !== 'rsa') return undefined
  try {
    const certificate = new X509Certificate(textOf(pem))
    return certificate.checkPrivateKey(key)
      ? Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
      : undefined
  } catch {
    return undefined
  }
}

/** A text in one line may write its line breaks as \n. */
const textOf = (pem: Secret): string => pem.reveal().replaceAll('\\n', '\n')

const algorithmOf = (key: KeyObject): string => (key.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256')

/** Undefined if it is no key, or none that RS256 or ES256 can use. */
function keyIn(privateKey: Secret): KeyObject | undefined {
  let key: KeyObject
  try {
    const jwk = jwkIn(privateKey)
    key = jwk ? createPrivateKey({ key: jwk, format: 'jwk' }) : createPrivateKey(textOf(privateKey))
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
