import type { RequestContext } from '../../domain/operations.ts'
import { BadReply, type IdentityError, Unauthorized, WrongAddress } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import { type ApiClient, scrubbed } from '../http/client.ts'
import { causeOf, toError } from '../http/errors.ts'
import { jwtExpiry } from '../http/probe.ts'
import { type Failure, parseReply } from '../http/reply.ts'
import { singleFlight } from '../http/single-flight.ts'
import { asNumber, field } from '../http/values.ts'
import { applyErrorCode } from './envelope.ts'
import { WHERE_TO_MAKE } from './errors.ts'

/** A fetched token. It is kept in memory only. */
interface FetchedToken {
  secret: Secret
  /** Epoch milliseconds. */
  expiresAt: number
}

export interface TokenSource {
  /** A token that is still valid, fetched if needed. Concurrent calls share one fetch. */
  get(context: RequestContext): Promise<FetchedToken>
  /** Reports that the app rejected this token. Returns whether to fetch another one. */
  rejected(token: FetchedToken): boolean
  /** The token in use, if there is one. */
  held(): FetchedToken | undefined
}

// Renew this long before expiry, so that no token expires in flight.
const RENEW_AHEAD_MS = 60_000
// Used when the app gives no lifetime. A token that expires earlier is fetched again when it is rejected.
const DEFAULT_LIFE_MS = 3_600_000
// Longer than any real token lifetime: a cap on what the app says.
const MAX_LIFE_MS = 365 * 24 * 3_600_000

/** How to fetch tokens: a client that authenticates itself, a path, and an optional refresh token. */
interface TokenRequest {
  client: ApiClient
  path: string
  refreshToken?: Secret | undefined
}

/** Fetches tokens with client credentials (RFC 6749 §4.4) or a refresh token (§6). */
export function tokenSource({ client, path, refreshToken }: TokenRequest): TokenSource {
  let held: FetchedToken | undefined
  let renewFrom = 0
  let refusedAt = Number.NEGATIVE_INFINITY
  // A server can issue a new refresh token with each use (RFC 6749 §6).
  let refresh = refreshToken

  const fetchOne = singleFlight(async (context) => {
    const request = {
      method: 'POST',
      path,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      form: {
        grant_type: refresh ? 'refresh_token' : 'client_credentials',
        ...(refresh && { refresh_token: refresh }),
      },
      // It changes nothing, so it is safe to repeat.
      effect: 'reads',
    } as const
    const answer = parseReply(applyErrorCode(await client.send(request, context)))
    if (!answer.ok) throw tokenRefusal(answer.failure, path)
    const { token, lifeMs, next } = readToken(answer.body)
    if (next) refresh = next
    held = { secret: token, expiresAt: Date.now() + lifeMs }
    renewFrom = held.expiresAt - Math.min(RENEW_AHEAD_MS, lifeMs / 2)
    return held
  })

  return {
    get: async (context) => (held && Date.now() < renewFrom ? held : fetchOne(context)),
    rejected(token) {
      if (token !== held) return true
      held = undefined
      // If a freshly fetched token is rejected too, expiry is not the reason.
      const again = Date.now() - refusedAt > RENEW_AHEAD_MS
      refusedAt = Date.now()
      return again
    },
    held: () => held,
  }
}

/** A client that sends a fetched token. It replaces a rejected token, and sends a read once more. */
export const withFetched = (client: ApiClient, source: TokenSource): ApiClient => ({
  async send(request, context) {
    const send = async ({ secret }: FetchedToken) => {
      const headers = { ...request.headers, authorization: secret.after('Bearer ') }
      const reply = await client.send({ ...request, headers }, context)
      return applyErrorCode(scrubbed(reply, secret))
    }
    const token = await source.get(context)
    const reply = await send(token)
    if (reply.status !== 401 || !source.rejected(token)) return reply
    const reads = (request.effect ?? ((request.method ?? 'GET') === 'GET' ? 'reads' : 'writes')) === 'reads'
    return reads ? send(await source.get(context)) : reply
  },
})

function readToken(body: unknown): { token: Secret; lifeMs: number; next?: Secret } {
  // Gainsight's other APIs wrap their answers in `data`.
  const value = (name: string) => field(body, name) ?? field(field(body, 'data'), name)
  const token = value('access_token')
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw new BadReply(
      'Gainsight’s token endpoint answered without a token.',
      'Check `auth.tokenUrl` of this tenant.',
    )
  }
  const seconds = asNumber(value('expires_in'))
  const secret = new Secret(token)
  const expiry = jwtExpiry(secret)
  const next = value('refresh_token')
  return {
    token: secret,
    lifeMs: Math.min(
      seconds && seconds > 0 ? seconds * 1_000 : expiry ? Math.max(expiry - Date.now(), 0) : DEFAULT_LIFE_MS,
      MAX_LIFE_MS,
    ),
    ...(typeof next === 'string' && next !== '' && { next: new Secret(next) }),
  }
}

function tokenRefusal(failure: Failure, path: string): IdentityError {
  const { status, form } = failure
  const details = { cause: causeOf(failure) }
  if (status === 404 || status === 405 || (form === 'html' && status < 500)) {
    return new WrongAddress(
      `There is no token endpoint at ${path}.`,
      'Check `url` and `auth.tokenUrl` of this tenant.',
      details,
    )
  }
  // RFC 6749 §5.2: 401 rejects the client, 400 the grant.
  if (status === 400 || status === 401 || status === 403) {
    return new Unauthorized(
      'Gainsight does not accept the client id and secret of this tenant.',
      `Run check_token. ${WHERE_TO_MAKE.client}`,
      details,
    )
  }
  return toError(failure, 'reads')
}
