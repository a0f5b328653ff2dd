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
 * The end of a journal as it once was, to be kept where whoever can write the journal can't: a journal that does not
 * lead through it any more was rewritten or cut. Signed (Ed25519, RFC 8032), it also says who vouches for it.
 */
export const Anchor = z.object({
  seq: z.int().min(1),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** Id of the key, and its signature, base64url; both absent where there is no key. */
  key: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  signature: z
    .string()
    .regex(/^[\w-]{86}$/)
    .optional(),
})
export type Anchor = z.infer<typeof Anchor>

/** Signs anchors with a key kept apart from the journal. */
export interface Signer {
  anchor(end: { seq: number; hash: string }, at?: Date): Anchor
}

/** Throws `InvalidInput` unless the text is an Ed25519 private key as PEM (PKCS #8). */
export function signerFrom(pem: string): Signer {
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(pem)
  } catch (error) {
    // The text may be part of a key, so that nothing of it is said.
    throw new InvalidInput('This is no private key.', MAKE_ONE, { cause: error })
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new InvalidInput('This is no Ed25519 key.', MAKE_ONE)
  const key = keyIdOf(createPublicKey(privateKey))
  return {
    anchor({ seq, hash }, at = new Date()) {
      const anchor = { seq, hash, at: at.toISOString(), key }
      return { ...anchor, signature: sign(null, signedText(anchor), privateKey).toString('base64url') }
    },
  }
}

const MAKE_ONE = 'Make a key with `identity-mcp journal keygen FILE`.'

/** The end of a journal without a signature: worth as much as the place in which it is kept. */
export const unsigned = ({ seq, hash }: { seq: number; hash: string }, at = new Date()): Anchor => ({
  seq,
  hash,
  at: at.toISOString(),
})

/** Says what it is, so that the signature is good for nothing else. */
const signedText = ({ seq, hash, at, key }: Anchor): Buffer =>
  Buffer.from(canonicalJson({ is: 'identity-mcp journal anchor', seq, hash, at, key }))

/** Whether this very anchor was signed with the private half of `publicKey`. */
export const isSignedBy = (anchor: Anchor, publicKey: KeyObject): boolean =>
  anchor.signature !== undefined &&
  anchor.key === keyIdOf(publicKey) &&
  verify(null, signedText(anchor), publicKey, Buffer.from(anchor.signature, 'base64url'))

/** A new key pair: the private half as PEM, the public half as `readPublicKey` takes it. */
export function newKeyPair(): { privatePem: string; publicText: string; id: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicText: publicKey.export({ format: 'jwk' }).x ?? '',
    id: keyIdOf(publicKey),
  }
}

/** A public key from its 43 letters of base64url, or from PEM. Throws `InvalidInput` for anything else. */
export function readPublicKey(text: string): KeyObject {
  try {
    const x = /^[\w-]{43}$/.exec(text.trim())?.[0]
    const key = createPublicKey(x ? { key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' } : text)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Said below, whatever is wrong with it.
  }
  throw new InvalidInput(
    'This is no Ed25519 public key.',
    '`journal keygen` prints the public key when it makes one.',
  )
}

/** The first 16 hexadecimal digits of SHA-256 over the 32 bytes of the public key. */
export const keyIdOf = (publicKey: KeyObject): string =>
  createHash('sha256')
    .update(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'))
    .digest('hex')
    .slice(0, 16)

/** The anchors of a file, one JSON object a line: each is one, or a message that holds one. Throws `InvalidInput`. */
export function readAnchors(text: string): Anchor[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const anchors = lines.map((line) => Held.safeParse(parsed(line)).data)
  if (anchors.length > 0 && anchors.every((anchor) => anchor !== undefined)) return anchors
  throw new InvalidInput(
    'This file holds something else than anchors.',
    'Put each on a line of its own, as `journal anchor` prints it.',
  )
}

const Held = z.union([Anchor, z.object({ anchor: Anchor }).transform(({ anchor }) => anchor)])

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
