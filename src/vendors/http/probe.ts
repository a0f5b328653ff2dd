import { IdentityError } from '../../errors.ts'
import type { Secret } from '../../secret.ts'
import { saysNothingFound } from './classify.ts'
import type { Failure, ParsedReply } from './reply.ts'

/** What one read shows of a token and of the surface it was tried on. */
export type Seen =
  | 'ok'
  | 'rejected'
  | 'refused'
  | 'expired'
  | 'wrong_address'
  | 'sso_not_active'
  | 'rate_limited'
  | 'unreachable'

export interface Probe {
  seen: Seen
  status?: number
}

/** Tries one read. Fails for nobody's sake but the caller's own, who may have left. */
export async function probe(
  read: () => Promise<ParsedReply>,
  looksRight: (body: unknown) => boolean,
): Promise<Probe> {
  try {
    const answer = await read()
    if (answer.ok) return { seen: looksRight(answer.body) ? 'ok' : 'wrong_address', status: answer.status }
    const { failure } = answer
    return { seen: saysNothingFound(failure) ? 'ok' : seenIn(failure), status: failure.status }
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    if (error.code === 'rate_limited') return { seen: 'rate_limited' }
    // `WrongAddress` is the one that no waiting mends.
    return { seen: error.code === 'unavailable' && !error.retryable ? 'wrong_address' : 'unreachable' }
  }
}

const EXPIRED = /\bexpired?\b/i
const SSO = /\b(sso|saml)\b|single.sign.?on/i

/** Whether a failure's body speaks of sign-on that is not set up, which SCIM needs at some apps. */
export const speaksOfSso = ({ said, status }: Failure): boolean =>
  // These may repeat a user's name, in which the word can stand too.
  ![404, 409, 429].includes(status) && SSO.test(said)

export const speaksOfExpiry = ({ said, status }: Failure): boolean =>
  (status === 401 || status === 403) && EXPIRED.test(said)

function seenIn(failure: Failure): Seen {
  const { status, form, scimType } = failure
  if (status === 429) return 'rate_limited'
  // It minds the question, which lacks a filter (imulab/go-scim#12), and not the token.
  if (scimType === 'invalidFilter') return 'ok'
  if (form === 'html' && status < 500)
    return status === 401 || status === 403 ? byStatus(status) : 'wrong_address'
  if (speaksOfExpiry(failure)) return 'expired'
  if (speaksOfSso(failure)) return 'sso_not_active'
  return byStatus(status)
}

function byStatus(status: number): Seen {
  if (status === 401) return 'rejected'
  if (status === 403) return 'refused'
  return status === 404 || (status >= 300 && status < 400) ? 'wrong_address' : 'unreachable'
}

/** When a token that is a JWT expires, epoch milliseconds (RFC 7519 §4.1.4); nothing else is read from it. */
export function jwtExpiry(token: Secret): number | undefined {
  const [, payload, signature, ...more] = token.reveal().split('.')
  if (!payload || signature === undefined || more.length > 0) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    const exp = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined
    return typeof exp === 'number' && exp > 0 && exp < 1e11 ? exp * 1_000 : undefined
  } catch {
    return undefined
  }
}
