import { createHmac, randomBytes } from 'node:crypto'
import type { Token } from '../http-types.ts'

export interface MindtickleToken extends Token {
  slot: 'scim'
  /** Epoch milliseconds. Changing it does not change the `exp` claim of the token. */
  expiresAt: number
}

const YEAR_MS = 365 * 86_400_000

/** A token as Mindtickle support issues it (Microsoft Learn, "Configure MindTickle for automatic user provisioning"). */
export function newJwt(now: number, given: Partial<MindtickleToken> = {}): MindtickleToken {
  const expiresAt = given.expiresAt ?? now + YEAR_MS
  const claims = {
    iss: 'mindtickle-sandbox',
    sub: 'scim',
    iat: Math.floor(now / 1000),
    exp: Math.floor(expiresAt / 1000),
  }
  const signed = [{ alg: 'HS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = createHmac('sha256', randomBytes(32)).update(signed).digest('base64url')
  return { value: `${signed}.${signature}`, ...given, slot: 'scim', expiresAt }
}
