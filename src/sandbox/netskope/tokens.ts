import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Incoming, Reply, Token } from '../http-types.ts'

export const SCIM = '/api/v2/scim'
export const AUDIT = '/api/v2/events/data/audit'

/** The permission by endpoint: `r` (GET) or `rw` (everything). */
type Grants = Readonly<Record<string, 'r' | 'rw'>>

/** The default grants of the two kinds of token; a REST token can have both. */
export const GRANTS = {
  scim: { [`${SCIM}/Users`]: 'rw', [`${SCIM}/Groups`]: 'rw' },
  rest: { [AUDIT]: 'r' },
} as const satisfies Record<string, Grants>

export interface NetskopeToken extends Token {
  slot: 'scim' | 'rest'
  grants: Grants
  /** Epoch milliseconds. */
  expiresAt?: number | undefined
}

/** A token with a made-up value and the default grants of its kind; `given` overrides both. */
export const newToken = (slot: NetskopeToken['slot'], given: Partial<NetskopeToken> = {}): NetskopeToken => ({
  value: `sandbox-${slot}-${randomBytes(12).toString('hex')}`,
  grants: GRANTS[slot],
  ...given,
  slot,
})

/** The forms of a token in clients and guides. Which of them a tenant accepts is not documented. */
const TOKEN_READERS = {
  header: (headers: IncomingHttpHeaders) => headers['netskope-api-token']?.toString(),
  bearer: ({ authorization }: IncomingHttpHeaders) => /^Bearer (.+)$/i.exec(authorization ?? '')?.[1],
  'authorization-token': ({ authorization }: IncomingHttpHeaders) =>
    /^Netskope-Api-Token (.+)$/i.exec(authorization ?? '')?.[1],
}
export type TokenForm = keyof typeof TOKEN_READERS
export const TOKEN_FORMS: readonly TokenForm[] = ['header', 'bearer', 'authorization-token']

/** The token that a request presents in one of `forms`. */
export const presented = (headers: IncomingHttpHeaders, forms: readonly TokenForm[]): string | undefined =>
  forms.map((form) => TOKEN_READERS[form](headers)).find((token) => token !== undefined)

/**
 * The refusal of a request: 401 for a missing, unknown or expired token; 403 for a missing grant. The 403 has no body
 * (stitchflow.com's Netskope API guide).
 */
export function refusal(
  { slot, method, path }: Incoming,
  tokens: readonly NetskopeToken[],
  now: number,
): Reply | undefined {
  const token = tokens.find((token) => token.slot === slot)
  if (!token) return unauthorized('Invalid authentication credentials')
  if (token.expiresAt !== undefined && token.expiresAt <= now)
    return unauthorized('The API token has expired')
  const grants = Object.entries(token.grants)
  const granted = grants.find(([endpoint]) => path === endpoint || path.startsWith(`${endpoint}/`))?.[1]
  // Any SCIM grant allows reading the SCIM description.
  const readsDescription =
    path === `${SCIM}/ServiceProviderConfig` && grants.some(([endpoint]) => endpoint.startsWith(SCIM))
  const allowed = readsDescription || granted === 'rw' || (granted === 'r' && method === 'GET')
  return allowed ? undefined : { status: 403 }
}

const unauthorized = (message: string): Reply => ({ status: 401, body: { status: 401, message } })
