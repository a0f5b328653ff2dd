import type { RequestContext } from '../../domain/operations.ts'
import { BadReply, type IdentityError, Unauthorized, WrongAddress } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import type { ApiClient } from '../http/client.ts'
import { causeOf, toError } from '../http/errors.ts'
import { jwtExpiry } from '../http/probe.ts'
import { type Failure, parseReply } from '../http/reply.ts'
import { asNumber, field } from '../http/values.ts'
import { byCode } from './envelope.ts'
import { WHERE_TO_MAKE } from './errors.ts'
import { singleFlight } from './single-flight.ts'

/** A token that was fetched; it is kept in memory and nowhere else. */
export interface FetchedToken {
  secret: Secret
  /** Epoch milliseconds. */
  expiresAt: number
}

export interface TokenSource {
  /** A token with time left, fetched when there is none; one fetch for all who ask at the same moment. */
  get(context: RequestContext): Promise<FetchedToken>
  /** The app did not accept this one. Answers whether it is worth while to fetch another. */
  rejected(token: FetchedToken): boolean
  /** The token in use, if there is one. */
  held(): FetchedToken | undefined
}

// A token is renewed this long before it ends, so that none ends on the way.
const AHEAD_MS = 60_000
// Where the app does not say how long a token lasts; one that ended earlier is fetched anew when it is refused.
const UNTOLD_MS = 3_600_000
// Longer than any token lasts; beyond it, what an app says of time is no time any more.
const LONGEST_MS = 365 * 24 * 3_600_000

/** How tokens are fetched: an address, by a client that identifies itself, and a refresh token where one is used. */
interface Fetching {
  client: ApiClient
  path: string
  refreshToken?: Secret | undefined
}

/** Fetches tokens by client credentials (RFC 6749 §4.4), or by a refresh token (§6). */
export function tokenSource({ client, path, refreshToken }: Fetching): TokenSource {
  let held: FetchedToken | undefined
  let renewFrom = 0
  let refusedAt = Number.NEGATIVE_INFINITY
  // A server may hand out a new refresh token with each use (RFC 6749 §6).
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
      // Nothing is changed for anybody else, so it may be repeated.
      effect: 'reads',
    } as const
    const answer = parseReply(byCode(await client.send(request, context)))
    if (!answer.ok) throw noToken(answer.failure, path)
    const { token, lifeMs, next } = readToken(answer.body)
    if (next) refresh = next
    held = { secret: token, expiresAt: Date.now() + lifeMs }
    renewFrom = held.expiresAt - Math.min(AHEAD_MS, lifeMs / 2)
    return held
  })

  return {
    get: async (context) => (held && Date.now() < renewFrom ? held : fetchOne(context)),
    rejected(token) {
      if (token !== held) return true
      held = undefined
      // When a token that was fetched for this very reason is refused too, the reason is not its age.
      const again = Date.now() - refusedAt > AHEAD_MS
      refusedAt = Date.now()
      return again
    },
    held: () => held,
  }
}

/** A client whose requests bear a fetched token. One that is refused is fetched anew, and a read sent once more. */
export const withFetched = (client: ApiClient, source: TokenSource): ApiClient => ({
  async send(request, context) {
    const send = async ({ secret }: FetchedToken) => {
      const headers = { ...request.headers, authorization: secret.after('Bearer ') }
      const reply = await client.send({ ...request, headers }, context)
      return byCode({ ...reply, text: secret.scrub(reply.text) })
    }
    const token = await source.get(context)
    const reply = await send(token)
    if (reply.status !== 401 || !source.rejected(token)) return reply
    const reads = (request.effect ?? ((request.method ?? 'GET') === 'GET' ? 'reads' : 'writes')) === 'reads'
    return reads ? send(await source.get(context)) : reply
  },
})

function readToken(body: unknown): { token: Secret; lifeMs: number; next?: Secret } {
  // Gainsight's own APIs wrap what they answer in `data`.
  const told = (name: string) => field(body, name) ?? field(field(body, 'data'), name)
  const token = told('access_token')
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw new BadReply(
      'Gainsight answered a request for a token with something else.',
      'Check `auth.tokenUrl` of this tenant.',
    )
  }
  const seconds = asNumber(told('expires_in'))
  const secret = new Secret(token)
  const expiry = jwtExpiry(secret)
  const next = told('refresh_token')
  return {
    token: secret,
    lifeMs: Math.min(
      seconds && seconds > 0 ? seconds * 1_000 : expiry ? Math.max(expiry - Date.now(), 0) : UNTOLD_MS,
      LONGEST_MS,
    ),
    ...(typeof next === 'string' && next !== '' && { next: new Secret(next) }),
  }
}

function noToken(failure: Failure, path: string): IdentityError {
  const { status, form } = failure
  const details = { cause: causeOf(failure) }
  if (status === 404 || status === 405 || (form === 'html' && status < 500)) {
    return new WrongAddress(
      `Nobody hands out tokens at ${path}.`,
      'Check `url` and `auth.tokenUrl` of this tenant.',
      details,
    )
  }
  // RFC 6749 §5.2 refuses a client with 401 and its grant with 400.
  if (status === 400 || status === 401 || status === 403) {
    return new Unauthorized(
      'Gainsight hands out no token for the client id and secret of this tenant.',
      `Run check_token. ${WHERE_TO_MAKE.client}`,
      details,
    )
  }
  return toError(failure, 'reads')
}
