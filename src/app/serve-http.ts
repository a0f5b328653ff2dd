import { isIP } from 'node:net'
import pkg from '../../package.json' with { type: 'json' }
import { approvalPage } from '../approvals/page/handler.ts'
import { pathOf } from '../approvals/page/layout.ts'
import { openApiTokens } from '../auth/api-tokens.ts'
import { authentication } from '../auth/authenticate.ts'
import { protectedResource } from '../auth/protected-resource.ts'
import { isLoopback } from '../config/address.ts'
import type { Auth } from '../config/http.ts'
import { SettingsError } from '../config/settings.ts'
import { callerRateLimit } from '../http/caller-rate-limit.ts'
import { principalIn } from '../http/mcp-endpoint.ts'
import { type Metrics, prometheus } from '../http/metrics.ts'
import { type HttpServing, startHttpServer } from '../http/server.ts'
import { inFlight } from '../in-flight.ts'
import type { Log } from '../log.ts'
import { serverFactory } from '../server.ts'
import type { Store } from '../store/store.ts'
import { type LinkedPage, start } from './compose.ts'
import type { Io } from './io.ts'
import { type CommonOptions, settingsFile } from './stores.ts'

export interface Listening {
  host: string
  port: number
}

/** Serves over HTTP until the process is told to stop, or says what is wrong with the settings. */
export async function serveHttp(io: Io, options: CommonOptions, listening: Listening): Promise<void> {
  try {
    await serve(io, options, listening)
  } catch (error) {
    // Known by its class here alone: this part of the program is bundled apart.
    if (!(error instanceof SettingsError)) throw error
    io.stderr.write(`${error.message}\n`)
    io.exit(2)
  }
}

async function serve(io: Io, options: CommonOptions, { host, port }: Listening): Promise<void> {
  const metrics = prometheus()
  const read = () => readSettings(io, options, host, metrics)
  /** With a store that can be used: what is known of budgets and tokens is not given up for one that cannot. */
  const readUsable = async () => {
    const next = await read()
    const { ok, store, problem } = await next.health()
    if (ok) return next
    await next.close()
    throw new SettingsError(settingsFile(io, options).file, [`store: ${store} cannot be used: ${problem}`])
  }

  // Heard from the first moment on: a process that does not listen to the signal is ended by it.
  let renew: (() => Promise<void>) | undefined
  let renewed = Promise.resolve()
  let early = false
  io.onReload(() => {
    if (renew) renewed = renewed.then(renew)
    else early = true
  })

  let now = await read()
  const { log } = now
  const formers = inFlight()
  try {
    let address = ''
    const server = await startHttpServer({ host, port, metrics, log }, (listening) => {
      address = listening
      return now.serve(address)
    }).catch((error) => {
      throw error.syscall === 'listen'
        ? new SettingsError(`${host}:${port}`, [`cannot be served at (${error.code})`])
        : error
    })
    /** Goes by the settings as they are now, if they can be gone by; what has begun ends by those that it began under. */
    renew = async () => {
      if (options.sandbox) return
      try {
        const former = now
        now = await readUsable()
        const ended = server.serve(now.serve(address)).then(former.close)
        void formers.track(
          ended.catch((error) => log.error('the former settings were not left in order', { error })),
        )
        io.stderr.write('identity-mcp goes by the settings as they are now\n')
      } catch (error) {
        if (!(error instanceof SettingsError)) return log.error('the settings were not read anew', { error })
        io.stderr.write(`${error.message}\nidentity-mcp goes on with the settings that it had\n`)
      }
    }
    if (early) renewed = renew()
    io.stderr.write(`identity-mcp serves MCP at ${address}/mcp\n`)
    await io.untilStopped()
    await renewed
    await server.close()
  } finally {
    await formers.drained()
    await now.close()
  }
}

/** The settings as they were read once, and all that they ask for. */
interface Reading {
  log: Log
  /** What serves by them at that address, from now on. */
  serve(address: string): HttpServing
  health: Store['health']
  close(): Promise<void>
}

/** Throws `SettingsError`. */
async function readSettings(
  io: Io,
  options: CommonOptions,
  host: string,
  metrics: Metrics,
): Promise<Reading> {
  // Where people reach this server; unknown until it listens.
  const origins: string[] = []
  const running = await start(io, options, { meter: metrics.meter, openPage: async () => linkedTo(origins) })
  try {
    const { parts, settings, tenants, store, page, log } = running
    const auth = authFor(host, settings.auth, settingsFile(io, options).file)
    const { jwt } = auth === 'none' ? {} : auth
    const { url } = settings.http
    const authenticate = await authentication(auth, openApiTokens(store))
    return {
      log,
      serve(address) {
        origins.push(...originsOf(url, address, host))
        metrics.watch({
          tenants: tenants.all,
          pending: async () => (await page.approvals.list({ pending: true })).length,
        })
        return {
          hosts: hostsOf([isIP(host) ? undefined : `http://${host}`, url, jwt?.audience]),
          proxied: auth !== 'none',
          factory: serverFactory({ ...parts, version: pkg.version }, principalIn),
          authenticate,
          // Without names there is nobody to be fair to.
          ...(auth !== 'none' && { inbound: callerRateLimit(settings.http) }),
          ...(jwt && { resource: protectedResource(jwt, new URL('/mcp', url ?? address).href) }),
          ready: async () => (await store.health()).ok,
          page: approvalPage(page, origins),
          log,
        }
      },
      health: store.health,
      close: running.close,
    }
  } catch (error) {
    await running.close()
    throw error
  }
}

/** Who may call must have been settled by somebody; and that anybody may, only where nobody else is near. */
function authFor(host: string, auth: Auth | undefined, file: string): Auth {
  if (auth === undefined) {
    throw new SettingsError(file, [
      'auth: is missing, so that nobody could be served over HTTP. Set { "tokens": true } and make a token with ' +
        '`identity-mcp tokens create NAME`, or { "jwt": … }, or "none" on a loopback address',
    ])
  }
  if (auth === 'none' && !isLoopback(host)) {
    throw new SettingsError(file, [
      `auth: "none" is for loopback addresses, and ${host} can be reached from elsewhere`,
    ])
  }
  return auth
}

/** The names of hosts in those of the texts that are addresses. */
const hostsOf = (texts: readonly (string | undefined)[]): string[] => [
  'localhost',
  '127.0.0.1',
  '[::1]',
  ...texts.flatMap((text) => (text && URL.canParse(text) ? [new URL(text).hostname] : [])),
]

/** The addresses that people reach the server by, first the one to send them to. */
function originsOf(url: string | undefined, address: string, host: string): string[] {
  const { origin, port } = new URL(address)
  const near = isLoopback(host) ? [origin, `http://localhost:${port}`] : []
  return url === undefined ? near : [new URL(url).origin, ...near]
}

/** Links to the page that is served beside MCP; without an address to send people to there are none. */
const linkedTo = (origins: readonly string[]): LinkedPage => ({
  link: async (id) => origins[0] && origins[0] + pathOf(id),
  close: async () => {},
})
