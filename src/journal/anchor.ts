import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import * as z from 'zod'
import { InvalidInput } from '../errors.ts'
import { canonicalJson } from '../text/canonical-json.ts'

/**
 * The end of a journal at some point in time. Keep it where a writer of the journal has no access: a journal that no longer
 * contains it was rewritten or cut. A signature (Ed25519, RFC 8032) shows where the anchor comes from.
 */
export const Anchor = z.lazy(() =>
  z.object({
    seq: z.int().min(1),
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    /** ISO 8601, UTC. */
    at: z.iso.datetime(),
    /** Id of the key, and its signature, base64url; both absent without a key. */
    key: z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .optional(),
    signature: z
      .string()
      .regex(/^[\w-]{86}$/)
      .optional(),
  }),
)
export type Anchor = z.infer<typeof Anchor>

/** Signs anchors with a key kept apart from the journal. */
export interface Signer {
  anchor(end: { seq: number; hash: string }, at?: Date): Anchor
}

/** Throws `InvalidInput` unless `pem` is an Ed25519 private key (PKCS #8). */
export function signerFrom(pem: string): Signer {
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(pem)
  } catch (error) {
    // The text can be part of a key, so it is not quoted.
    throw new InvalidInput('This is not a private key.', KEYGEN_HINT, { cause: error })
  }
  if (privateKey.asymmetricKeyType !== 'ed25519')
    throw new InvalidInput('This is not an Ed25519 key.', KEYGEN_HINT)
  const key = keyIdOf(createPublicKey(privateKey))
  return {
    anchor({ seq, hash }, at = new Date()) {
      const anchor = { seq, hash, at: at.toISOString(), key }
      return { ...anchor, signature: sign(null, signedText(anchor), privateKey).toString('base64url') }
    },
  }
}

const KEYGEN_HINT = 'Make a key with `identity-mcp journal keygen FILE`.'

/** An unsigned anchor: only as trustworthy as the place where it is kept. */
export const unsigned = ({ seq, hash }: { seq: number; hash: string }, at = new Date()): Anchor => ({
  seq,
  hash,
  at: at.toISOString(),
})

/** Names its purpose, so the signature is not valid for anything else. */
const signedText = ({ seq, hash, at, key }: Anchor): Buffer =>
  Buffer.from(canonicalJson({ is: 'identity-mcp journal anchor', seq, hash, at, key }))

/** Whether exactly this anchor was signed with the private half of `publicKey`. */
export const isSignedBy = (anchor: Anchor, publicKey: KeyObject): boolean =>
  anchor.signature !== undefined &&
  anchor.key === keyIdOf(publicKey) &&
  verify(null, signedText(anchor), publicKey, Buffer.from(anchor.signature, 'base64url'))

/** A new key pair: the private key as PEM, the public key as `readPublicKey` accepts it. */
export function newKeyPair(): { privatePem: string; publicText: string; id: string } {
  // Read from its text: Node can stand still for ever while it exports a key that it has just made (a collection then waits
  // for the lock of the export).
  const { privateKey: privatePem, publicKey: publicPem } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const publicKey = createPublicKey(publicPem)
  const publicText = publicKey.export({ format: 'jwk' }).x ?? ''
  // On a command line, a key that begins with a dash would be taken for an option.
  return publicText.startsWith('-') ? newKeyPair() : { privatePem, publicText, id: keyIdOf(publicKey) }
}

/** Reads a public key from 43 characters of base64url, or from PEM. Throws `InvalidInput` for anything else. */
export function readPublicKey(text: string): KeyObject {
  try {
    const x = /^[\w-]{43}$/.exec(text.trim())?.[0]
    const key = createPublicKey(x ? { key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' } : text)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // All failures get the error below.
  }
  throw new InvalidInput(
    'This is not an Ed25519 public key.',
    'Use the public key that `journal keygen` printed.',
  )
}

/** The first 16 hexadecimal digits of SHA-256 over the 32 bytes of the public key. */
const keyIdOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'))
    .digest('hex')
    .slice(0, 16)

/** Reads a file of JSON lines, each an anchor or a message that contains one. Throws `InvalidInput`. */
export function readAnchors(text: string): Anchor[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const anchors = lines.map((line) => AnchorLine.safeParse(parseJson(line)).data)
  if (anchors.length > 0 && anchors.every((anchor) => anchor !== undefined)) return anchors
  throw new InvalidInput(
    'This file must contain anchors only.',
    'Put one anchor on each line, as `journal anchor` prints it.',
  )
}

const AnchorLine = z.lazy(() =>
  z.union([Anchor, z.object({ anchor: Anchor }).transform(({ anchor }) => anchor)]),
)

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
