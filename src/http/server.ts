import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { CALL_TIME } from '../auth/principal.ts'
import { NotFound, Unavailable, Unsupported } from '../errors.ts'
import { type InFlight, inFlight } from '../in-flight.ts'
import type { Log } from '../log.ts'
import { plainText } from '../text/text.ts'
import { listens, type McpServing, mcpEndpoint } from './mcp-endpoint.ts'
import { type About, aboutRequest, answer, foreign, logged, refuse } from './request.ts'

/** What a client gets to send its request with; bytes and milliseconds. */
const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 10_000,
}
/** A connection on which nothing moves for so long is closed; no call is quiet for as long, milliseconds. */
const SILENCE_MS = 2 * CALL_TIME
/** Connections at the same moment; what a caller does on them is limited by itself. */
const MAX_CONNECTIONS = 2_000
/** What is in flight gets so long to end once the process is told to stop, milliseconds. */
const DRAIN_MS = CALL_TIME + 5_000

/** What is served over HTTP. */
export interface HttpServing extends McpServing {
  /** Names of hosts under which clients reach this server. */
  hosts: readonly string[]
  /** Whether a proxy may stand between. */
  proxied: boolean
  /** Whether calls can be served now. */
  ready: () => Promise<boolean>
  /** Serves the page on which people decide, and everything below it. */
  page: Route
}

/** Where HTTP comes in, and who is told of it. */
export interface HttpServerOptions {
  host: string
  port: number
  metrics: { text(): Promise<{ type: string; text: string }>; answered(path: string, status: number): void }
  log: Log
}

/** Takes requests in. */
export interface HttpServer {
  /** Has them served so from now on; resolves when those that were under way have ended, in the way they began. */
  serve(serving: HttpServing): Promise<void>
  /** Takes no new work, and resolves when what was in flight has ended. */
  close(): Promise<void>
}

/** One way of serving, and the requests that are served so. */
interface Service {
  serving: HttpServing
  mcp: ReturnType<typeof mcpEndpoint>
  routes: ReadonlyMap<string, Route>
  requests: InFlight
}

/** Serves what `first` is told the address of. Throws as `listen` does. */
export async function startHttpServer(
  { host, port, metrics, log }: HttpServerOptions,
  first: (address: string) => HttpServing,
): Promise<HttpServer> {
  const server = createServer(LIMITS)
  server.setTimeout(SILENCE_MS)
  server.maxConnections = MAX_CONNECTIONS
  let now = service(first(await listen(server, host, port)))
  const endings = inFlight()
  let stopping = false

  async function serve(request: IncomingMessage, response: ServerResponse, about: About, by: Service) {
    const path = pathOf(request)
    // For what looks after the process, by any name and without a token.
    if (path === '/healthz') return answer(response, 200, { ok: true })
    if (path === '/readyz') {
      const ready = !stopping && (await by.serving.ready())
      return answer(response, ready ? 200 : 503, { ready })
    }
    if (stopping) return refuse(response, 503, leaving(), about)
    const { serving, routes } = by
    // The page knows its own names, and what browsers say of where a form comes from.
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
    const by = now
    response.setHeader('x-request-id', about.reference)
    if (stopping) response.setHeader('connection', 'close')
    response.once('close', () => {
      const path = pathOf(request)
      // 499: nobody was there any more to be answered.
      const status = response.headersSent ? response.statusCode : 499
      metrics.answered(by.routes.has(path) ? path : isUnder(PAGE, path) ? PAGE : 'other', status)
      const ms = Math.round(performance.now() - begun)
      log.info(`${request.method} ${plainText(path)} ${status} in ${ms} ms`, logged(about))
    })
    const served = serve(request, response, about, by).catch((error) => {
      // A client that leaves before it has said everything is no fault of ours.
      log[request.complete ? 'error' : 'info']('a request failed', { ...logged(about), error })
      if (response.headersSent) response.destroy()
      else answer(response, 500, { error: 'internal', reference: about.reference })
    })
    if (!listens(request)) void by.requests.track(served)
  })

  function service(serving: HttpServing): Service {
    const mcp = mcpEndpoint(serving)
    const routes = new Map<string, Route>([
      ['/mcp', mcp.serve],
      [
        '/metrics',
        reading(async (response) => {
          const { type, text } = await metrics.text()
          response.writeHead(200, { 'content-type': type }).end(text)
        }),
      ],
    ])
    for (const [path, document] of serving.resource?.documents ?? []) {
      routes.set(
        path,
        reading((response) => answer(response, 200, document, { 'access-control-allow-origin': '*' })),
      )
    }
    return { serving, mcp, routes, requests: inFlight() }
  }

  return {
    async serve(serving) {
      const former = now
      now = service(serving)
      await endings.track(over(former))
    },
    async close() {
      stopping = true
      const closed = new Promise((resolve) => server.close(resolve))
      void endings.track(over(now))
      await endings.drained()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Resolves when what was in flight has ended, and sends away who only listens. */
async function over({ mcp, requests }: Service): Promise<void> {
  await Promise.race([requests.drained(), setTimeout(DRAIN_MS, undefined, { ref: false })])
  await mcp.close()
}

/** A route that only answers. */
const reading =
  (show: (response: ServerResponse) => unknown): Route =>
  (request, response, about) => {
    if (request.method === 'GET' || request.method === 'HEAD') return show(response)
    response.setHeader('allow', 'GET, HEAD')
    return refuse(response, 405, new Unsupported('This can only be read.', 'Use GET.'), about)
  }

type Route = (request: IncomingMessage, response: ServerResponse, about: About) => unknown

/** Where people decide. */
const PAGE = '/approvals'
const isUnder = (root: string, path: string) => path === root || path.startsWith(`${root}/`)

const pathOf = ({ url = '/' }: IncomingMessage) => url.split('?', 1)[0] ?? '/'

const leaving = () =>
  new Unavailable('This server is about to stop.', 'Try again at `retryAt`.', { retryAt: Date.now() + 1_000 })

/** Resolves with the address to reach the server at. */
const listen = (server: Server, host: string, port: number) =>
  new Promise<string>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const { port: taken } = server.address() as AddressInfo // It listens on a port, not on a pipe.
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${taken}`)
    })
  })
