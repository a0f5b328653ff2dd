import { DIRECT, type Route } from '../../config/network.ts'
import type { RequestContext } from '../../domain/operations.ts'
import { IdentityError, Unavailable, UnknownOutcome, WrongAddress } from '../../errors.ts'
import { compose } from '../../guards/compose.ts'
import { limitAs429 } from '../../guards/rate-headers.ts'
import type { AppReply, AppRequest, RequestGuard } from '../../guards/request.ts'
import type { Secret } from '../../secret.ts'
import { plainText } from '../../text/text.ts'
import { type Agent, type LoneConnection, openAgent, USER_AGENT } from './agent.ts'
import { readBody } from './decode.ts'
import { stringifyExact } from './exact-json.ts'
import { parseReply } from './reply.ts'
import { type Sealer, sealer } from './sealer.ts'

/** A vendor's connection to its app: a base address, one token, and the headers that carry it. */
export interface ClientOptions {
  base: URL
  /** Removed from everything that the app sends back. */
  token: Secret
  /** Other secrets in the headers, which are removed too. */
  alsoSecret?: readonly Secret[]
  headers: Record<string, string | Secret>
  /** A part of the app that counts requests apart from all others with this token. */
  pool?: string
  /** Converts the app's own form of a refusal before the guards see it, such as a 403 whose body names a rate limit. */
  adapt?: (reply: AppReply) => AppReply
}

/** One request to an app, relative to the client's base address. */
export interface ApiRequest {
  method?: AppRequest['method']
  /** Built with `path` unless it is fixed text. */
  path: string
  query?: Record<string, string | number | undefined>
  /** Sent as JSON. */
  body?: unknown
  /** Sent as JSON instead of `body`, with a secret in it, which is removed from what the app sends back. */
  sealed?: { secret: Secret; body: (value: string) => unknown }
  /** Sent as a form instead of a body. */
  form?: AppRequest['form']
  headers?: AppRequest['headers']
  /** Default: GET reads, everything else writes. */
  effect?: AppRequest['effect']
}

/** Sends requests to an app with one token, through the request guards. */
export interface ApiClient {
  /** Throws the errors of the guards and the network. Every answer of the app is a reply. */
  send(request: ApiRequest, context: RequestContext): Promise<AppReply>
  /** How its budget pays for requests; absent where there is none. */
  paying?: Paying | undefined
  /** Keeps what it read where others may read; absent where it has no secret of its own. */
  sealer?: Sealer | undefined
}

/** How a budget pays for many requests. */
export interface Paying {
  /** When so many requests can be paid for, epoch milliseconds. */
  readyAt(count: number, context: Pick<RequestContext, 'priority'>): Promise<number>
  /** How many requests the budget pays for in so many milliseconds, at most. Default: those of a person who waits. */
  most(ms: number, context?: Pick<RequestContext, 'priority'>): number
}

/** A path with each value encoded as one segment, so that an id cannot traverse the path. */
export const path = (fixed: TemplateStringsArray, ...values: string[]): string =>
  fixed.reduce((made, part, index) => {
    const value = values[index - 1] ?? ''
    if (/^\.{0,2}$/.test(value)) throw new TypeError('a path segment must not be empty or made of dots')
    return made + encodeURIComponent(value) + part
  })

/** What an app said when it refused a request, for whoever runs the server: without secrets, and short. */
export interface Refusal {
  effect: AppRequest['effect']
  method: AppRequest['method']
  status: number
  said: string
  requestId?: string
}

/** Opens a client behind `guards`, whose connections take `route`. `hear` gets what the app says when it refuses. */
export function openClient(
  options: ClientOptions,
  guards: readonly RequestGuard[],
  route: Route = DIRECT,
  hear: (refusal: Refusal) => void = () => {},
  paying?: Paying,
): ApiClient {
  const send = compose(guards, transmit(options, route))
  const root = options.base.href.replace(/\/$/, '')
  return {
    ...(paying && { paying }),
    sealer: sealer(options.token),
    async send({ method = 'GET', path, query = {}, body, sealed, form, headers = {}, effect }, context) {
      const url = new URL(root + path)
      for (const [name, value] of Object.entries(query)) {
        if (value !== undefined) url.searchParams.set(name, String(value))
      }
      // A plus is a blank in forms alone (RFC 3986 §3.4); some apps take it for itself. A plus of a value is %2B here.
      if (Object.keys(query).length > 0) url.search = url.search.replaceAll('+', '%20')
      const request: AppRequest = {
        method,
        url,
        // Some apps refuse an Accept with DELETE, whose reply has nothing to accept.
        headers: {
          'user-agent': USER_AGENT,
          ...(method !== 'DELETE' && { accept: 'application/json' }),
          ...headers,
          ...options.headers,
        },
        ...(body !== undefined && { body: stringifyExact(body) }),
        ...(sealed && { body: sealed.secret.within((value) => stringifyExact(sealed.body(value))) }),
        ...(form && { form }),
        effect: effect ?? (method === 'GET' ? 'reads' : 'writes'),
        context,
        signal: context.signal,
      }
      const secrets = [options.token, ...secretsIn(request)]
      const reply = await withRenewal(request, secrets, send)
      const refusal = refusalIn(reply, request, secrets)
      if (refusal) hear(refusal)
      return reply
    },
  }
}

const secretsIn = ({ headers, body = '', form = {} }: AppRequest): Secret[] =>
  [...Object.values(headers), body, ...Object.values(form)].filter((value) => typeof value !== 'string')

/** Sends a request. Secrets that the app refuses are read again, and a read is then sent once more with new ones. */
async function withRenewal(
  request: AppRequest,
  secrets: readonly Secret[],
  send: (request: AppRequest) => Promise<AppReply>,
): Promise<AppReply> {
  const renewals = secrets.map((secret) => secret.renewal())
  const reply = await send(request)
  if (reply.status !== 401) return reply
  const renewed = renewals.map((isRenewed) => isRenewed()).includes(true)
  return renewed && request.effect === 'reads' ? send(request) : reply
}

const MAX_SAID = 500

function refusalIn(
  reply: AppReply,
  { effect, method }: AppRequest,
  secrets: readonly Secret[],
): Refusal | undefined {
  // Long answers are parsed once, by those who asked.
  if (effect === 'reads' && reply.status < 300) return undefined
  const parsed = parseReply(reply)
  if (parsed.ok || parsed.failure.said === '') return undefined
  const { status, said, requestId } = parsed.failure
  const scrubbed = secrets.reduce((text, secret) => secret.scrub(text), said)
  return { effect, method, status, said: plainText(scrubbed, MAX_SAID), ...(requestId && { requestId }) }
}

/**
 * Sends the request. Only this code sends to apps and reveals tokens. A write has a connection of its own. Throws
 * `Unavailable`, `NoConnection` or `WrongAddress` when the request certainly did not reach the app (for a read also when the
 * reply was lost), and `UnknownOutcome` when a write may have happened.
 */
function transmit(
  { token, alsoSecret = [], adapt = (reply) => reply }: Pick<ClientOptions, 'token' | 'alsoSecret' | 'adapt'>,
  route: Route,
): (request: AppRequest) => Promise<AppReply> {
  let opening: Promise<Agent> | undefined
  return async (request) => {
    opening ??= openAgent(route)
    const agent = await opening
    request.signal.throwIfAborted()
    const alone = request.effect === 'writes' ? agent.alone() : undefined
    try {
      const options = {
        origin: request.url.origin,
        path: request.url.pathname + request.url.search,
        method: request.method,
        headers: revealed(request.headers),
        body: bodyOf(request),
        signal: request.signal,
      }
      const { statusCode, headers, body } = await (alone
        ? alone.request(options, request.signal)
        : agent.shared.request(options))
      const flat = flatHeaders(headers)
      const bytes = await readBody(body, flat['content-encoding'])
      const text = textOf(bytes, flat['content-type'])
      const sent = typeof request.body === 'object' ? [request.body] : []
      const reply = { status: statusCode, headers: flat, text }
      return limitAs429(adapt([token, ...alsoSecret, ...sent].reduce(scrubbed, reply)))
    } catch (error) {
      throw networkError(error, request, alone)
    } finally {
      alone?.close()
    }
  }
}

/** A reply without the token, in case the app echoes it. */
export const scrubbed = ({ status, headers, text }: AppReply, token: Secret): AppReply => ({
  status,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, token.scrub(value)])),
  text: token.scrub(text),
})

const revealed = (values: Readonly<Record<string, string | Secret>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? value : value.reveal()]),
  )

const bodyOf = ({ form, body }: AppRequest): string | undefined =>
  form ? new URLSearchParams(revealed(form)).toString() : typeof body === 'object' ? body.reveal() : body

/** JSON is UTF-8 (RFC 8259 §8.1), but some servers write another charset, and say so. */
function textOf(bytes: Buffer, contentType = ''): string {
  const [, charset] = /;\s*charset="?([\w-]+)/i.exec(contentType) ?? []
  if (charset === undefined || /^utf-?8$/i.test(charset)) return bytes.toString('utf8')
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    // A name of no charset.
    return bytes.toString('utf8')
  }
}

const flatHeaders = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
    ),
  )

function networkError(error: unknown, { url, signal }: AppRequest, alone?: LoneConnection): unknown {
  // The agent throws these when it could not connect.
  if (error instanceof WrongAddress || error instanceof Unavailable) return error
  if (alone?.wasUsed()) {
    return new UnknownOutcome(
      'The reply to a change was lost. The app may or may not have made the change.',
      'Look up the account before you do anything else.',
      { cause: error },
    )
  }
  if (error instanceof IdentityError) return error
  if (signal.aborted) return signal.reason
  return new Unavailable(`The connection to ${url.host} broke.`, 'Try again.', { cause: error })
}
