import { isIP } from 'node:net'
import pkg from '../../package.json' with { type: 'json' }
import { SettingsError } from '../config.ts'
import { type Auth, isLoopback } from '../config-http.ts'
import { serverFactory } from '../server.ts'
import { openAccessTokens } from '../store/access-tokens.ts'
import type { Store } from '../store/store.ts'
import { authentication } from '../transports/auth.ts'
import { overHttp } from '../transports/http.ts'
import { inbound } from '../transports/inbound.ts'
import { visitorIn } from '../transports/mcp-endpoint.ts'
import { prometheus } from '../transports/metrics.ts'
import { protectedResource } from '../transports/resource.ts'
import type { Io } from './io.ts'
import { type CommonOptions, settingsFile } from './place.ts'
import { start } from './start.ts'

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
  const running = await start(io, options, metrics.meter)
  try {
    const { parts, settings, tenants, store, approvals, log } = running
    const auth = authFor(host, settings.auth, settingsFile(io, options).file)
    const { jwt } = auth === 'none' ? {} : auth
    const { url } = settings.http
    metrics.watch({
      tenants: tenants.all,
      pending: async () => (await approvals.list({ pending: true })).length,
    })
    const serving = {
      host,
      port,
      hosts: hostsOf([isIP(host) ? undefined : `http://${host}`, url, jwt?.audience]),
      proxied: auth !== 'none',
      factory: serverFactory({ ...parts, version: pkg.version }, visitorIn),
      authenticate: await authentication(auth, openAccessTokens(store)),
      // Without names there is nobody to be fair to.
      ...(auth !== 'none' && { inbound: inbound(settings.http) }),
      ...(jwt && {
        resource: (address: string) => protectedResource(jwt, new URL('/mcp', url ?? address).href),
      }),
      ready: () => isReachable(store),
      metrics,
      log,
    }
    await overHttp(serving, io.untilStopped(), (address) =>
      io.stderr.write(`identity-mcp serves MCP at ${address}/mcp\n`),
    ).catch((error) => {
      throw error.syscall === 'listen'
        ? new SettingsError(`${host}:${port}`, [`cannot be served at (${error.code})`])
        : error
    })
  } finally {
    await running.close()
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

const isReachable = (store: Store): Promise<boolean> =>
  store.get('readyz').then(
    () => true,
    () => false,
  )
