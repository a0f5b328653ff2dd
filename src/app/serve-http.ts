import { isIP } from 'node:net'
import pkg from '../../package.json' with { type: 'json' }
import { approvalPage } from '../approvals/page/handler.ts'
import { pathOf } from '../approvals/page/layout.ts'
import { openApiTokens } from '../auth/api-tokens.ts'
import { authentication } from '../auth/authenticate.ts'
import { protectedResource } from '../auth/protected-resource.ts'
import { isLoopback } from '../config/address.ts'
import type { Auth } from '../config/http.ts'
import { SettingsError } from '../config/problems.ts'
import type { Settings } from '../config/settings.ts'
import { callerRateLimit } from '../http/caller-rate-limit.ts'
import { principalIn } from '../http/mcp-endpoint.ts'
import { type Metrics, prometheus } from '../http/metrics.ts'
import { type HttpServing, startHttpServer } from '../http/server.ts'
import { serverCard } from '../http/server-card.ts'
import { inFlight } from '../in-flight.ts'
import type { Log } from '../log.ts'
import { servedScopes, serverFactory } from '../server.ts'
import type { Store } from '../store/store.ts'
import type { LinkedPage } from './approval-links.ts'
import { composeServer, reportStore } from './compose.ts'
import type { Io } from './io.ts'
import { type CommonOptions, settingsFile } from './stores.ts'

interface Listening {
  host: string
  port: number
}

/** Serves over HTTP until the process is asked to stop. Prints what is wrong with the settings, if anything. */
export async function serveHttp(io: Io, options: CommonOptions, listening: Listening): Promise<void> {
  try {
    await serve(io, options, listening)
  } catch (error) {
    // Caught here: this file is a separate bundle with its own copy of the class.
    if (!(error instanceof SettingsError)) throw error
    io.stderr.write(`${error.message}\n`)
    io.exit(2)
  }
}

async function serve(io: Io, options: CommonOptions, { host, port }: Listening): Promise<void> {
  const metrics = prometheus()
  const read = () => composeFromSettings(io, options, host, metrics)
  /**
   * Also throws when the new store is unavailable, since the known budgets and tokens are worth more than it, and when a
   * tenant that is served would be left out.
   */
  const readUsable = async () => {
    const next = await read()
    const { ok, store, problem } = await next.health()
    const served = next.leftOut.filter(({ tenant }) => !current.leftOut.some((one) => one.tenant === tenant))
    const problems = [
      ...served.flatMap(({ faults }) => faults),
      ...(ok ? [] : [`store: ${store} is unavailable: ${problem}`]),
    ]
    if (problems.length === 0) return next
    await next.close()
    throw new SettingsError(settingsFile(io, options).file, problems)
  }

  // Handled from the start: without a handler the signal ends the process.
  let reload: (() => Promise<void>) | undefined
  let reloaded = Promise.resolve()
  let requestedEarly = false
  io.onReload(() => {
    if (reload) reloaded = reloaded.then(reload)
    else requestedEarly = true
  })

  let current = await read()
  const { log } = current
  const closing = inFlight()
  try {
    let address = ''
    const server = await startHttpServer({ host, port, metrics, log }, (listening) => {
      address = listening
      return current.serve(address)
    }).catch((error) => {
      throw error.syscall === 'listen'
        ? new SettingsError(`${host}:${port}`, [`cannot listen there (${error.code})`])
        : error
    })
    /** Switches to the current settings, if they are usable. Calls in flight end with the settings they started with. */
    reload = async () => {
      if (options.sandbox) return
      try {
        const previous = current
        current = await readUsable()
        const closed = server.serve(current.serve(address)).then(previous.close)
        void closing.track(
          closed.catch((error) => log.error('the previous settings were not closed cleanly', { error })),
        )
        io.stderr.write('settings reloaded\n')
      } catch (error) {
        if (!(error instanceof SettingsError))
          return log.error('settings not reloaded: the previous settings stay in use', { error })
        io.stderr.write(`${error.message}\nsettings not reloaded: the previous settings stay in use\n`)
      }
    }
    if (requestedEarly) reloaded = reload()
    io.stderr.write(`identity-mcp serves MCP at ${address}/mcp\n`)
    await io.untilStopped()
    await reloaded
    await server.close()
  } finally {
    await closing.drained()
    await current.close()
  }
}

/** A server composed from one reading of the settings. */
interface ComposedServer {
  log: Log
  /** What to serve at that address. */
  serve(address: string): HttpServing
  leftOut: Settings['leftOut']
  health: Store['health']
  close(): Promise<void>
}

/** Throws `SettingsError`. */
async function composeFromSettings(
  io: Io,
  options: CommonOptions,
  host: string,
  metrics: Metrics,
): Promise<ComposedServer> {
  // Where people reach this server. Empty until it listens.
  const origins: string[] = []
  const running = await composeServer(io, options, {
    meter: metrics.meter,
    openPage: () => pageLinks(origins),
    remote: true,
  })
  try {
    const { parts, settings, tenants, store, page, log } = running
    running.begin()
    for (const note of settings.notes) io.stderr.write(`note: ${note}\n`)
    void reportStore(running)
    const auth = authFor(host, settings.auth, settingsFile(io, options).file)
    const { jwt } = auth === 'none' ? {} : auth
    const { url } = settings.http
    const scopes = servedScopes(parts)
    const authenticate = await authentication(auth, openApiTokens(store), settings.route)
    return {
      log,
      serve(address) {
        origins.push(...originsOf(url, address, host))
        metrics.watch({
          tenants: tenants.all,
          pending: page.approvals.pending,
        })
        return {
          hosts: allowedHosts([isIP(host) ? undefined : `http://${host}`, url, jwt?.audience]),
          origins: [...origins, ...originsIn([jwt?.audience])],
          proxied: auth !== 'none',
          factory: serverFactory({ ...parts, version: pkg.version }, principalIn),
          authenticate,
          // Without authentication, callers cannot be told apart.
          ...(auth !== 'none' && { inbound: callerRateLimit(settings.http) }),
          ...(jwt && {
            resource: protectedResource(jwt, { mcp: new URL('/mcp', url ?? address).href, scopes }),
          }),
          scopes: jwt?.scopes ?? scopes,
          card: serverCard(pkg, { mcp: new URL('/mcp', url ?? address).href, needsToken: auth !== 'none' }),
          ready: async () => (await store.health()).ok,
          page: approvalPage(page, origins),
          log,
        }
      },
      leftOut: settings.leftOut,
      health: store.health,
      close: running.close,
    }
  } catch (error) {
    await running.close()
    throw error
  }
}

/** `auth` has no default, and "none" is for loopback addresses only. Throws `SettingsError`. */
function authFor(host: string, auth: Auth | undefined, file: string): Auth {
  if (auth === undefined) {
    throw new SettingsError(file, [
      'auth: is missing: no caller could authenticate over HTTP. Set { "tokens": true } and create a token with ' +
        '`identity-mcp tokens create NAME`, or set { "jwt": … }, or "none" on a loopback address',
    ])
  }
  if (auth === 'none' && !isLoopback(host)) {
    throw new SettingsError(file, [`auth: "none" is for loopback addresses only, and ${host} is not one`])
  }
  return auth
}

/** The allowed Host headers: loopback names, and the hosts of those texts that are URLs. */
const allowedHosts = (texts: readonly (string | undefined)[]): string[] => [
  'localhost',
  '127.0.0.1',
  '[::1]',
  ...texts.flatMap((text) => (text && URL.canParse(text) ? [new URL(text).hostname] : [])),
]

const originsIn = (texts: readonly (string | undefined)[]): string[] =>
  texts.flatMap((text) => (text && URL.canParse(text) ? [new URL(text).origin] : []))

/** The origins at which people reach the server. Links use the first. */
function originsOf(url: string | undefined, address: string, host: string): string[] {
  const { origin, port } = new URL(address)
  const loopback = isLoopback(host) ? [origin, `http://localhost:${port}`] : []
  return url === undefined ? loopback : [new URL(url).origin, ...loopback]
}

/** Links to the approval page that this server serves itself; none without a known origin. */
const pageLinks = (origins: readonly string[]): LinkedPage => ({
  link: async (id) => origins[0] && origins[0] + pathOf(id),
  close: async () => {},
})
