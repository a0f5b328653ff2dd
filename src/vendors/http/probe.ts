import { IdentityError, NoConnection, WrongAddress } from '../../errors.ts'
import type { Secret } from '../../secret.ts'
import { saysNothingFound } from './classify.ts'
import type { Failure, ParsedReply } from './reply.ts'
import { field, isRecord, parseJson, type Rec } from './values.ts'

/** check_token warns this long before a token expires. */
export const EXPIRES_SOON_MS = 7 * 24 * 60 * 60_000

/** What one read shows about a token and the probed surface. */
export type ProbeOutcome =
  | 'ok'
  | 'rejected'
  | 'refused'
  | 'expired'
  | 'wrong_address'
  | 'sso_not_active'
  | 'rate_limited'
  | 'unreachable'

export interface Probe {
  outcome: ProbeOutcome
  status?: number
  /** What is known of a request that was not answered as asked: it tells more than the outcome does. */
  said?: { meaning: string; hint: string }
}

/** Whether a body is a SCIM list response (RFC 7644 §3.4.2). An empty list can lack `Resources`. */
export const isListResponse = (body: unknown): boolean =>
  Array.isArray(field(body, 'Resources')) || field(body, 'totalResults') !== undefined

/** Tries one read. Turns every failure into an outcome; only a cancellation by the caller throws. */
export async function probe(
  read: () => Promise<ParsedReply>,
  looksRight: (body: unknown) => boolean,
): Promise<Probe> {
  try {
    const answer = await read()
    if (answer.ok) return { outcome: looksRight(answer.body) ? 'ok' : 'wrong_address', status: answer.status }
    const { failure } = answer
    const { status } = failure
    const outcome = saysNothingFound(failure) ? 'ok' : outcomeOf(failure)
    const isAnswer = outcome === 'unreachable' && status >= 400 && status < 500 && status !== 408
    return { outcome, status, ...(isAnswer && { said: REFUSED }) }
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    return withoutAnswer(error)
  }
}

const REFUSED = {
  meaning: 'Unknown: the app answers, and refuses this request.',
  hint: 'Check `url` of this tenant and its other settings.',
}

/** What a request without an answer shows. */
export function withoutAnswer(error: IdentityError): Probe {
  if (error.code === 'rate_limited') return { outcome: 'rate_limited' }
  const said = { meaning: error.message, hint: error.hint }
  // The address can be right where a certificate or a proxy is not.
  if (error instanceof WrongAddress && !(error instanceof NoConnection)) {
    return { outcome: 'wrong_address', said }
  }
  return { outcome: 'unreachable', said }
}

const EXPIRED = /\bexpired?\b/i
const SSO = /\b(sso|saml)\b|single.sign.?on/i

/** Whether the failure says that single sign-on is not set up. Some apps require it for SCIM. */
export const speaksOfSso = ({ said, status }: Failure): boolean =>
  // These can repeat a user's name, which may contain the word.
  ![404, 409, 429].includes(status) && SSO.test(said)

export const speaksOfExpiry = ({ said, status }: Failure): boolean =>
  (status === 401 || status === 403) && EXPIRED.test(said)

function outcomeOf(failure: Failure): ProbeOutcome {
  const { status, form, scimType } = failure
  if (status === 429) return 'rate_limited'
  // The app objects to the missing filter (imulab/go-scim#12), not to the token.
  if (scimType === 'invalidFilter') return 'ok'
  if (form === 'html' && status < 500)
    return status === 401 || status === 403 ? outcomeByStatus(status) : 'wrong_address'
  if (speaksOfExpiry(failure)) return 'expired'
  if (speaksOfSso(failure)) return 'sso_not_active'
  return outcomeByStatus(status)
}

function outcomeByStatus(status: number): ProbeOutcome {
  if (status === 401) return 'rejected'
  if (status === 403) return 'refused'
  return status === 404 || (status >= 300 && status < 400) ? 'wrong_address' : 'unreachable'
}

/** Expiry of a JWT token in epoch milliseconds (RFC 7519 §4.1.4). */
export function jwtExpiry(token: Secret): number | undefined {
  const exp = field(claimsIn(token), 'exp')
  return typeof exp === 'number' && exp > 0 && exp < 1e11 ? exp * 1_000 : undefined
}

/** The claims of a JWT, unverified: to say what a token is, never to decide by. Undefined for any other token. */
export function claimsIn(token: Secret): Rec | undefined {
  const [, payload, signature, ...more] = token.reveal().split('.')
  if (!payload || signature === undefined || more.length > 0) return undefined
  const claims = parseJson(Buffer.from(payload, 'base64url').toString('utf8'))
  return isRecord(claims) ? claims : undefined
}

/** A token with read access alone gives the same answers as one that may write. */
export const READS_HERE =
  'The token can read here. Writing was not tried, so a read-only token looks the same.'
