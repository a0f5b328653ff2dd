import type { RequestContext } from '../../domain/operations.ts'
import { BadReply, IdentityError } from '../../errors.ts'
import type { AppReply } from '../../guards/request.ts'
import { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import { type ApiClient, type ApiRequest, scrubbed } from './client.ts'
import type { ClientAuthentication, Grant } from './grants.ts'
import { jwtExpiry, type Probe, withoutAnswer } from './probe.ts'
import { type Failure, parseReply } from './reply.ts'
import { singleFlight } from './single-flight.ts'
import { tokenRefusal } from './token-refusal.ts'
import { asNumber, field } from './values.ts'

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

/** Where and how to fetch tokens. */
interface TokenEndpoint {
  /** From the settings or from what is known of the app; never from an answer. */
  url: URL
  authentication: ClientAuthentication
  grant: Grant
  scope?: string | undefined
  /** The secret that the budget counts by; it outlives the tokens. */
  budgetOf: Secret
  /** Where to create what the endpoint may refuse, in a sentence. */
  whereToMake: string
  /** Converts the app's own form of a failure. */
  adapt?: (reply: AppReply) => AppReply
  /** The error for a refusal of which the app tells more than the standard does. */
  explain?: (failure: Failure) => IdentityError | undefined
}

// Renew this long before expiry, so that no token expires in flight.
const RENEW_AHEAD_MS = 60_000
// Used when the app gives no lifetime. A token that expires earlier is fetched again when it is rejected.
const DEFAULT_LIFE_MS = 3_600_000
// Longer than any real token lifetime: a cap on what the app says.
const MAX_LIFE_MS = 365 * 24 * 3_600_000

/** Fetches the tokens of an app (RFC 6749), through the guards that all requests of its tenant pass. */
export function tokenSource({ open }: Pick<VendorContext, 'open'>, endpoint: TokenEndpoint): TokenSource {
  const { url, authentication, grant, budgetOf } = endpoint
  // Its guards let only this host have what authenticates the client.
  const client = open({ base: new URL('/', url), token: budgetOf, headers: { ...authentication.headers } })
  let held: FetchedToken | undefined
  let renewFrom = 0
  let refusedAt = Number.NEGATIVE_INFINITY

  const fetchOne = singleFlight(async (context) => {
    const { token, lifeMs, next } = await requested(client, endpoint, context)
    if (next) grant.rotated?.(next)
    held = { secret: token, expiresAt: Date.now() + lifeMs }
    renewFrom = held.expiresAt - Math.min(RENEW_AHEAD_MS, lifeMs / 2)
    return held
  })

  return {
    async get(context) {
      if (held && Date.now() < renewFrom) return held
      const before = held
      return fetchOne(context).catch((error) => {
        // It was to be renewed ahead of time.
        if (before && before === held && Date.now() < before.expiresAt) return before
        throw error
      })
    },
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

/** Requests a token; once more if it was refused and a secret is another one by now. */
async function requested(
  client: ApiClient,
  endpoint: TokenEndpoint,
  context: RequestContext,
): Promise<TokenAnswer> {
  const { url, authentication, grant, scope, adapt = (reply) => reply } = endpoint
  const renewals = [...authentication.secrets, ...grant.secrets].map((secret) => secret.renewal())
  const send = async () => {
    const request: ApiRequest = {
      method: 'POST',
      path: url.pathname,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      form: {
        grant_type: grant.type,
        ...(scope !== undefined && { scope }),
        ...(await authentication.parameters()),
        ...(await grant.parameters()),
      },
      // It changes nothing, so it is safe to repeat.
      effect: 'reads',
    }
    return parseReply(adapt(await client.send(request, context)))
  }
  let answer = await send()
  if (!answer.ok && answer.failure.status < 404 && renewals.map((isRenewed) => isRenewed()).includes(true)) {
    answer = await send()
  }
  if (!answer.ok) throw endpoint.explain?.(answer.failure) ?? tokenRefusal(answer.failure, endpoint)
  return readToken(answer.body, endpoint)
}

/** How a token is sent, by default as a bearer (RFC 6750). */
type Carry = (token: Secret) => Readonly<Record<string, Secret>>
const asBearer: Carry = (token) => ({ authorization: token.after('Bearer ') })

/** A client that sends a fetched token. It replaces a rejected token, and sends a read once more. */
export const withFetched = (client: ApiClient, source: TokenSource, carry: Carry = asBearer): ApiClient => ({
  ...client,
  async send(request, context) {
    const send = async ({ secret }: FetchedToken) => {
      const headers = { ...request.headers, ...carry(secret) }
      return scrubbed(await client.send({ ...request, headers }, context), secret)
    }
    const token = await source.get(context)
    const reply = await send(token)
    if (reply.status !== 401 || !source.rejected(token)) return reply
    const reads = (request.effect ?? ((request.method ?? 'GET') === 'GET' ? 'reads' : 'writes')) === 'reads'
    return reads ? send(await source.get(context)) : reply
  },
})

/** Why the token endpoint issues no token; undefined when it issues one. */
export async function probeFetch(
  source: TokenSource,
  context: RequestContext,
): Promise<(Probe & { surface: string }) | undefined> {
  const surface = 'OAuth token'
  try {
    await source.get(context)
    return undefined
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    const said = { meaning: error.message, hint: error.hint }
    if (error.code === 'unauthorized') return { surface, outcome: 'rejected', said }
    if (error.code === 'forbidden') return { surface, outcome: 'refused', said }
    if (error.code === 'bad_reply') return { surface, outcome: 'wrong_address', said }
    return { surface, ...withoutAnswer(error) }
  }
}

interface TokenAnswer {
  token: Secret
  lifeMs: number
  next?: Secret
}

function readToken(body: unknown, { url }: TokenEndpoint): TokenAnswer {
  // Some APIs wrap all their answers in `data`.
  const value = (name: string) => field(body, name) ?? field(field(body, 'data'), name)
  const token = value('access_token')
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw new BadReply(
      `The token endpoint at ${url.host} answered without a token.`,
      'Check `tokenUrl` of this tenant.',
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
    ...(typeof next === 'string' && /^[\x21-\x7e]+$/.test(next) && { next: new Secret(next) }),
  }
}
