import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Incoming, Reply, Token } from '../http-types.ts'

export const SCIM = '/api/v2/scim'
export const AUDIT = '/api/v2/events/data/audit'

/** Endpoint to `r` (GET) or `rw` (everything). */
type Grants = Readonly<Record<string, 'r' | 'rw'>>

/** What the two kinds of token are made for; a REST token may be given both. */
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

/** A token with a made-up value and the grants of its kind, unless told otherwise. */
export const newToken = (slot: NetskopeToken['slot'], given: Partial<NetskopeToken> = {}): NetskopeToken => ({
  value: `sandbox-${slot}-${randomBytes(12).toString('hex')}`,
  grants: GRANTS[slot],
  ...given,
  slot,
})

/** The ways to bear a token that are found in clients and guides; which of them a tenant takes is documented nowhere. */
const FORMS = {
  header: (headers: IncomingHttpHeaders) => headers['netskope-api-token']?.toString(),
  bearer: ({ authorization }: IncomingHttpHeaders) => /^Bearer (.+)$/i.exec(authorization ?? '')?.[1],
  'authorization-token': ({ authorization }: IncomingHttpHeaders) =>
    /^Netskope-Api-Token (.+)$/i.exec(authorization ?? '')?.[1],
}
export type TokenForm = keyof typeof FORMS
export const TOKEN_FORMS: readonly TokenForm[] = ['header', 'bearer', 'authorization-token']

/** What is presented as a token in one of `forms`. */
export const presented = (headers: IncomingHttpHeaders, forms: readonly TokenForm[]): string | undefined =>
  forms.map((form) => FORMS[form](headers)).find((token) => token !== undefined)

/**
 * The refusal of a request: 401 for no token, an unknown or an expired one; 403 for one without the grant. The 403 says
 * nothing, whatever is missing (stitchflow.com's Netskope API guide).
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
  // Whoever may do anything with SCIM may read its description.
  const describes =
    path === `${SCIM}/ServiceProviderConfig` && grants.some(([endpoint]) => endpoint.startsWith(SCIM))
  const allowed = describes || granted === 'rw' || (granted === 'r' && method === 'GET')
  return allowed ? undefined : { status: 403 }
}

const unauthorized = (message: string): Reply => ({ status: 401, body: { status: 401, message } })
