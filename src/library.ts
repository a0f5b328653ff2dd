import { userInfo } from 'node:os'
import { argv, cwd, env, execPath, getuid, stderr, stdin, stdout } from 'node:process'
import type { Readable, Writable } from 'node:stream'
import pkg from '../package.json' with { type: 'json' }
import { composeServer } from './app/compose.ts'
import type { Io } from './app/io.ts'
import { parseSettings } from './config/settings.ts'
import { callerId } from './domain/caller-names.ts'
import { EVERYTHING } from './domain/scopes.ts'
import type { Tool } from './engine/tool.ts'
import type { CallGuard } from './guards/call.ts'
import { overStdio } from './mcp/stdio.ts'
import { serverFactory } from './server.ts'
import { tools } from './tools/index.ts'
import type { Vendor } from './vendors/define.ts'
import { vendors } from './vendors/index.ts'

export { z } from 'zod'
export { SettingsError } from './config/problems.ts'
export type { SettingsParts, TenantSettings } from './config/schema.ts'
export type { Account } from './domain/account.ts'
export type { Facts } from './domain/facts.ts'
export type { AppOperations, RequestContext } from './domain/operations.ts'
export { defineTool, type Tool } from './engine/tool.ts'
export {
  BadReply,
  Conflict,
  Forbidden,
  IdentityError,
  InvalidInput,
  NotFound,
  Refused,
  Unavailable,
  Unsupported,
} from './errors.ts'
export type { Call, CallGuard, Reply } from './guards/call.ts'
export type { Secret } from './secret.ts'
export { BaseUrl, defineVendor, tenantSettings, type Vendor, type VendorContext } from './vendors/define.ts'
export { type ApiClient, path } from './vendors/http/client.ts'
export { scimOperations } from './vendors/scim/operations.ts'
export { scimSettings } from './vendors/scim/settings.ts'

/** What a server has besides what comes with the package. */
export interface Additions {
  vendors?: readonly Vendor[]
  tools?: readonly Tool[]
  /**
   * Guards around every call, inside all others but those that ask a person and count what is changed. A guard can refuse;
   * what others refuse never reaches it, and it can let nothing through that they would not.
   */
  guards?: readonly CallGuard[]
  /** What `env:NAME` in the settings refers to; default: the environment of the process. */
  env?: Readonly<Record<string, string | undefined>>
}

/** A server that serves one client, or a test of one. */
export interface IdentityServer {
  /** Serves MCP over two streams, those of the process by default, until the client closes its end or `close` is called. */
  serve(streams?: { input?: Readable; output?: Writable }): Promise<void>
  /** Waits for changes in flight, and ends. */
  close(): Promise<void>
}

/**
 * Makes a server from settings, as the settings file has them, and additions of your own. Throws `SettingsError`, which names
 * every problem, and `TypeError` for two vendors or tools of one name.
 */
export async function createIdentityServer(
  settings: unknown,
  additions: Additions = {},
): Promise<IdentityServer> {
  const all = {
    vendors: named('vendor', [...vendors, ...(additions.vendors ?? [])]),
    tools: named('tool', [...tools, ...(additions.tools ?? [])]),
  }
  const io = ownIo(additions.env ?? env)
  const parsed = parseSettings(settings, all.vendors, io.env, 'settings')
  const running = await composeServer(io, {}, { ...all, settings: parsed, guards: additions.guards ?? [] })
  running.runs.runner.start()
  const principal = {
    caller: callerId.local(io.user),
    self: { names: [io.user], mayBe: [] },
    grant: EVERYTHING,
  }
  const factory = serverFactory({ ...running.parts, version: pkg.version }, () => principal)
  let stop = () => {}
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  return {
    serve: ({ input = io.stdin, output = io.stdout } = {}) =>
      overStdio(factory, input, output, stopped, (error) =>
        running.log.error('MCP protocol error', { error }),
      ),
    async close() {
      stop()
      await running.close()
    },
  }
}

/** Throws `TypeError` if two have one name: which of them counts must not depend on the order. */
function named<Thing extends { name: string }>(kind: string, things: readonly Thing[]): readonly Thing[] {
  const twice = things.find(({ name }, at) => things.findIndex((one) => one.name === name) !== at)
  if (twice) throw new TypeError(`there are two ${kind}s named ${twice.name}`)
  return things
}

/** What the server may use of the process that it is in. It ends nothing and handles no signal there. */
const ownIo = (variables: Io['env']): Io => ({
  ...{ env: variables, cwd: cwd(), stdin, stdout, stderr },
  ...{ user: userInfo().username, uid: getuid?.(), self: 'identity-mcp' },
  script: { node: execPath, main: argv[1] ?? 'identity-mcp' },
  untilStopped: () => new Promise(() => {}),
  onReload: () => {},
  exit: () => {},
})
