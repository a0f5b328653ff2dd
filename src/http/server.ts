import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { CALL_TIME } from '../auth/principal.ts'
import { NotFound, Unavailable, Unsupported } from '../errors.ts'
import { type InFlight, inFlight } from '../in-flight.ts'
import type { Log } from '../log.ts'
import { plainText } from '../text/text.ts'
import { boundedConnections } from './connections.ts'
import { foreign, type KnownAs } from './foreign.ts'
import { listens, type McpServing, mcpEndpoint } from './mcp-endpoint.ts'
import { aboutRequest, answer, logged, type RequestInfo, refuse } from './request.ts'
import { CARD_PATHS, CARD_TYPE } from './server-card.ts'

/** Limits on how a client sends its request, in bytes and milliseconds. */
const REQUEST_LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 10_000,
}
/** A connection that is idle for this long is closed; no call is silent for as long, milliseconds. */
const IDLE_TIMEOUT_MS = 2 * CALL_TIME
/** Open connections at the same time. Those without an authenticated request make room for others. */
const MAX_CONNECTIONS = 2_000
/** How long requests in flight have to finish at shutdown, milliseconds. */
const DRAIN_MS = CALL_TIME + 5_000

/** What is served over HTTP. */
export interface HttpServing extends McpServing, KnownAs {
  /** Whether calls can be served now. */
  ready: () => Promise<boolean>
  /** What clients that have not connected yet can know. */
  card: unknown
  /** Serves the approval page and every path below it. */
  page: Route
}

/** Where to listen, and where to report requests. */
export interface HttpServerOptions {
  host: string
  port: number
  metrics: { text(): Promise<{ type: string; text: string }>; answered(path: string, status: number): void }
  log: Log
}

/** A running HTTP server. */
export interface HttpServer {
  /** Serves new requests with `serving`. Resolves when the requests in flight have ended, still served as before. */
  serve(serving: HttpServing): Promise<void>
  /** Stops accepting work; resolves when the requests in flight have ended. */
  close(): Promise<void>
}

/** One way of serving, and its requests in flight. */
interface Service {
  serving: HttpServing
  mcp: ReturnType<typeof mcpEndpoint>
  routes: ReadonlyMap<string, Route>
  requests: InFlight
}

/** Starts the server with what `first` returns for its address. Throws what `listen` throws. */
export async function startHttpServer(
  { host, port, metrics, log }: HttpServerOptions,
  first: (address: string) => HttpServing,
): Promise<HttpServer> {
  const server = createServer(REQUEST_LIMITS)
  server.setTimeout(IDLE_TIMEOUT_MS)
  const connections = boundedConnections(server, MAX_CONNECTIONS)
  let current = service(first(await listen(server, host, port)))
  const endings = inFlight()
  let stopping = false

  async function serve(request: IncomingMessage, response: ServerResponse, about: RequestInfo, by: Service) {
    const path = pathOf(request)
    // Health probes: any host name, no token.
    if (path === '/healthz') return answer(response, 200, { ok: true })
    if (path === '/readyz') {
      const ready = !stopping && (await by.serving.ready())
      return answer(response, ready ? 200 : 503, { ready })
    }
    if (stopping) return refuse(response, 503, shuttingDown(), about)
    const { serving, routes } = by
    // The approval page checks host and origin itself.
    if (isUnder(PAGE, path)) return void (await serving.page(request, response, about))
    const refusal = foreign(request, serving)
    if (refusal) return refuse(response, 403, refusal, about)
    const route = routes.get(path)
    if (!route)
      return refuse(response, 404, new NotFound('There is nothing here.', 'MCP is served at /mcp.'), about)
    await route(request, response, about)
  }

  server.on('request', (request, response) => {
    const about = aboutRequest(request)
    const begun = performance.now()
    const by = current
    connections.arrived(response)
    response.setHeader('x-request-id', about.reference)
    if (stopping) response.setHeader('connection', 'close')
    response.once('close', () => {
      const path = pathOf(request)
      // 499: the client disconnected before the answer.
      const status = response.headersSent ? response.statusCode : 499
      metrics.answered(by.routes.has(path) ? path : isUnder(PAGE, path) ? PAGE : 'other', status)
      const ms = Math.round(performance.now() - begun)
      log.info(`${request.method} ${plainText(path)} ${status} in ${ms} ms`, logged(about))
    })
    const served = serve(request, response, about, by).catch((error) => {
      // A client that disconnects before its request is complete is not a server error.
      log[request.complete ? 'error' : 'info']('a request failed', { ...logged(about), error })
      if (response.headersSent) response.destroy()
      else answer(response, 500, { error: 'internal', reference: about.reference })
    })
    if (!listens(request)) void by.requests.track(served)
  })

  function service(serving: HttpServing): Service {
    const mcp = mcpEndpoint({ ...serving, connections })
    const routes = new Map<string, Route>([
      ['/mcp', mcp.serve],
      [
        '/metrics',
        getRoute(async (response) => {
          const { type, text } = await metrics.text()
          response.writeHead(200, { 'content-type': type }).end(text)
        }),
      ],
    ])
    const card = getRoute((response) =>
      answer(response, 200, serving.card, {
        'content-type': CARD_TYPE,
        'cache-control': 'public, max-age=3600',
        'access-control-allow-origin': '*',
      }),
    )
    for (const path of CARD_PATHS) routes.set(path, card)
    for (const [path, document] of serving.resource?.documents ?? []) {
      routes.set(
        path,
        getRoute((response) => answer(response, 200, document, { 'access-control-allow-origin': '*' })),
      )
    }
    return { serving, mcp, routes, requests: inFlight() }
  }

  return {
    async serve(serving) {
      const former = current
      current = service(serving)
      await endings.track(retire(former))
    },
    async close() {
      stopping = true
      const closed = new Promise((resolve) => server.close(resolve))
      void endings.track(retire(current))
      await endings.drained()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Waits for the requests in flight, then closes all subscriptions. */
async function retire({ mcp, requests }: Service): Promise<void> {
  await Promise.race([requests.drained(), setTimeout(DRAIN_MS, undefined, { ref: false })])
  await mcp.close()
}

/** A route for GET and HEAD. */
const getRoute =
  (serve: (response: ServerResponse) => unknown): Route =>
  (request, response, about) => {
    if (request.method === 'GET' || request.method === 'HEAD') return serve(response)
    response.setHeader('allow', 'GET, HEAD')
    return refuse(response, 405, new Unsupported('This can only be read.', 'Use GET.'), about)
  }

type Route = (request: IncomingMessage, response: ServerResponse, about: RequestInfo) => unknown

/** Path of the approval page. */
const PAGE = '/approvals'
const isUnder = (root: string, path: string) => path === root || path.startsWith(`${root}/`)

/** The path of a request. People write the address of MCP with a slash at its end, too. */
function pathOf({ url = '/' }: IncomingMessage): string {
  const path = url.split('?', 1)[0] ?? '/'
  return path === '/mcp/' ? '/mcp' : path
}

const shuttingDown = () =>
  new Unavailable('This server is shutting down.', 'Try again at `retryAt`.', { retryAt: Date.now() + 1_000 })

/** Resolves with the address of the server. */
const listen = (server: Server, host: string, port: number) =>
  new Promise<string>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const { port: taken } = server.address() as AddressInfo // It listens on a port, not on a pipe.
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${taken}`)
    })
  })
