import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { control } from './control.ts'
import type { Faults } from './faults.ts'
import {
  type Arrival,
  type Incoming,
  type Outcome,
  parseJson,
  type Reply,
  type Route,
  type Token,
} from './http-types.ts'
import { type Limiter, type Limits, openLimiter, type RateSpelling } from './limit.ts'
import { matchRoute } from './match-route.ts'

export interface AppOptions {
  /** One line that describes the app. */
  title: string
  /** Default or 0: any free port. */
  port?: number | undefined
  now: () => number
  limits: Limits
  /** Called for every request. */
  tokens: () => readonly Token[]
  /** The name of the rate limit that counts the request; default: one per token; `undefined`: no limit. */
  pool?: (incoming: Incoming) => string | undefined
  /** The rate limit headers of replies. */
  rateHeaders?: RateSpelling | undefined
  /** The `Retry-After` of a 429; default: none. */
  retryAfter?: RetryAfter | undefined
  tooMany?: () => Reply
  /** The token that a request presents. */
  presented: (headers: IncomingMessage['headers'], path: string) => string | undefined
  /** The refusal of a request that its token does not allow. */
  gate: (incoming: Incoming) => Reply | undefined
  routes: readonly Route[]
  noRoute: Reply
  faults: Faults
}

export type RetryAfter = 'seconds' | 'date' | 'zero'

/** A simulated app that answers at `url`. */
export interface App {
  url: string
  /** All requests in order, without those to `/_sandbox`. */
  arrivals: Arrival[]
  /** Stops it immediately and closes every connection. */
  close(): Promise<void>
}

const MAX_BODY_BYTES = 4 * 1024 * 1024

/** Starts a simulated app on 127.0.0.1. Rejects when the port is taken. */
export async function startApp(options: AppOptions): Promise<App> {
  const { now, limits, faults } = options
  const arrivals: Arrival[] = []
  const limiters = new Map<string, Limiter>()
  const closing = new AbortController()
  const controlRoutes = control(options.title, faults, arrivals)

  const pool = options.pool ?? (({ slot }) => slot)
  const tooMany = options.tooMany ?? (() => TOO_MANY)
  const limiterOf = (incoming: Incoming): Limiter => {
    const name = pool(incoming)
    if (name === undefined) return NO_LIMIT
    const limiter = limiters.get(name) ?? openLimiter(limits, options.rateHeaders)
    limiters.set(name, limiter)
    return limiter
  }

  async function receive(message: IncomingMessage, response: ServerResponse) {
    const incoming = read(message)
    if (/^\/_sandbox(\/|$)/.test(incoming.path)) {
      return deliver(response, controlRoutes({ ...incoming, text: await bodyOf(message) }), {})
    }
    const arrival = logArrival(incoming)
    const { admitted, headers, wait } = limiterOf(incoming).arrive(incoming.at)
    const text = await bodyOf(message)
    if (incoming.method !== 'GET') arrival.body = parseJson(scrubbed(text)) ?? scrubbed(text)
    const outcome = admitted ? await answer({ ...incoming, text }).catch(internalError) : tooMany()
    if (typeof outcome === 'object') arrival.status = outcome.status
    const back = admitted ? {} : retryAfter(options.retryAfter, incoming.at, wait)
    deliver(response, outcome, { ...headers, ...back, 'x-request-id': crypto.randomUUID() })
  }

  function read(message: IncomingMessage): Incoming {
    const url = new URL(`http://sandbox${message.url ?? '/'}`)
    const presented = options.presented(message.headers, url.pathname)
    const known = options.tokens().find(({ value }) => value === presented)
    return {
      at: now(),
      method: message.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: message.headers,
      text: '',
      slot: known?.slot ?? (presented === undefined ? 'none' : 'unknown'),
      presented,
      signal: closing.signal,
    }
  }

  function logArrival({ at, method, path, query, slot }: Incoming): Arrival {
    const arrival = { at, method, path: scrubbed(path), query: scrubbed(query.toString()), token: slot }
    arrivals.push(arrival)
    return arrival
  }

  const scrubbed = (text: string) =>
    options.tokens().reduce((rest, { value }) => rest.replaceAll(value, '[token]'), text)

  const answer = (incoming: Incoming) =>
    faults.around('front', incoming, async (incoming) => {
      const found = matchRoute(options.routes, incoming)
      if (!found) return options.noRoute
      if (!found.run)
        return { status: 405, headers: { allow: found.allow }, body: { message: 'Method not allowed' } }
      const { run, id, more } = found
      return (
        options.gate(incoming) ??
        faults.around('back', incoming, async (incoming) => run(incoming, id, ...more))
      )
    })

  const server = createServer((message, response) => {
    receive(message, response).catch(() => response.destroy()) // the body broke off or is too long
  })
  // Longer than clients keep a connection, so none is closed during a request.
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo // not a pipe: it listens on a port

  return {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    close: () =>
      new Promise((resolve) => {
        closing.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

// Stitchflow's Netskope API guide: 429 without Retry-After. The message is that of a Kong gateway.
const TOO_MANY: Reply = { status: 429, body: { message: 'API rate limit exceeded' } }

const NO_LIMIT: Limiter = { arrive: () => ({ admitted: true, headers: {}, wait: 0 }) }

function retryAfter(form: RetryAfter | undefined, at: number, wait: number): Record<string, string> {
  if (form === undefined) return {}
  if (form === 'zero') return { 'retry-after': '0' }
  if (form === 'seconds') return { 'retry-after': String(wait) }
  const [date, retryAt] = [at, at + wait * 1000].map((time) => new Date(time).toUTCString())
  return { date: date ?? '', 'retry-after': retryAt ?? '' }
}

const internalError = (error: unknown): Outcome => ({ status: 500, body: { message: `Sandbox: ${error}` } })

async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new RangeError('the body is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function deliver(response: ServerResponse, outcome: Outcome, headers: Record<string, string>): void {
  if (outcome === 'silence' || response.destroyed) return
  if (outcome === 'close') response.socket?.destroy()
  else if (outcome === 'reset') response.socket?.resetAndDestroy()
  else {
    const { status, body, type = 'application/json', bare } = outcome
    const content = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
    response.writeHead(status, {
      ...(content !== undefined && { 'content-type': type }),
      ...(!bare && headers),
      ...outcome.headers,
    })
    response.end(content)
  }
}
