import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Secret } from '../../secret.ts'

/** Keeps values of an app where others may read: only who has its token can read them, or write one that is believed. */
export interface Sealer {
  /** The value as text, valid under this name alone. */
  seal(name: string, value: unknown): string
  /** Undefined for a text of another token or name, and for one that was altered. */
  open<Value>(name: string, text: string): Value | undefined
}

const [NONCE, TAG] = [12, 16]

/** Encrypts with AES-256-GCM, by a key that follows from the secret as it is at the time. */
export function sealer(secret: Secret): Sealer {
  const key = () => secret.derivedKey('what was read of an app')
  return {
    seal(name, value) {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv('aes-256-gcm', key(), nonce).setAAD(Buffer.from(name))
      const text = cipher.update(deflateRawSync(JSON.stringify(value)))
      return Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]).toString('base64')
    },
    open<Value>(name: string, text: string) {
      const bytes = Buffer.from(text, 'base64')
      if (bytes.length < NONCE + TAG) return undefined
      try {
        const decipher = createDecipheriv('aes-256-gcm', key(), bytes.subarray(0, NONCE))
          .setAAD(Buffer.from(name))
          .setAuthTag(bytes.subarray(-TAG))
        const packed = Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()])
        // What opens was sealed by this code, so its shape is known.
        return JSON.parse(inflateRawSync(packed).toString('utf8')) as Value
      } catch {
        return undefined
      }
    },
  }
}
