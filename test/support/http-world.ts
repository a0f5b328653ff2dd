import { openStores } from '../../src/app/stores.ts'
import { openApiTokens } from '../../src/auth/api-tokens.ts'
import type { Scope } from '../../src/domain/scopes.ts'
import { type ClientKind, type ClientUi, connect, type TestClient } from './clients.ts'
import { startHttpServer } from './http-server.ts'
import { openSetup, type SetupOptions, sinceNow, type ToolAnswer } from './world.ts'

export interface HttpWorldOptions extends SetupOptions {
  /** The setting `auth`; tokens when left out. */
  auth?: unknown
  args?: string[]
}

export interface GuestOptions {
  kind?: ClientKind
  token?: string
  headers?: Record<string, string>
  person?: ClientUi['person']
  browser?: ClientUi['browser']
  name?: string
}

/** A real server over HTTP, and real MCP clients that call it. */
export async function openHttpWorld({
  auth = { tokens: true },
  args = [],
  ...options
}: HttpWorldOptions = {}) {
  const place = await openSetup({ ...options, settings: { auth, ...options.settings } })
  const env = { IDENTITY_MCP_LOG: 'info', ...place.env }
  const server = await startHttpServer({
    config: place.config,
    env,
    args,
    ownProcess: options.ownProcess ?? false,
  })
  const { url, stderr, ended } = server

  const clients: TestClient[] = []
  const guest = async ({
    kind = 'modern',
    token,
    headers = {},
    name = 'test-client',
    ...desk
  }: GuestOptions = {}) => {
    const all = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers }
    const client = await connect(kind, { url, headers: all }, name, desk)
    clients.push(client)
    return {
      ...client,
      tools: async () => (await client.listTools()).map((tool) => tool.name),
      resources: async () => (await client.listResources()).map((resource) => resource.uri),
      call: async (tool: string, input: unknown = {}) => {
        const { content } = await client.callTool(tool, input)
        return JSON.parse(content?.[0]?.text ?? 'null') as ToolAnswer
      },
    }
  }

  return {
    ...place,
    url,
    pid: server.pid,
    guest,
    /** Requests `path` directly, without an MCP client. */
    fetch: (path: string, init?: RequestInit) => fetch(new URL(path, url), init),
    /** Creates an API token, without the command `tokens create`. */
    async token(
      name: string,
      scopes: readonly Scope[] = ['identity:read'],
      tenants?: readonly string[],
      agent?: string,
    ) {
      const { store } = openStores(place.dataDir)
      const { token } = await openApiTokens(store).create(
        name,
        { scopes, ...(tenants && { tenants }) },
        agent === undefined ? {} : { agent },
      )
      await store.close()
      return token
    },
    /** What happens from here on, for tests that share a world. */
    since: () => sinceNow(place),
    stderr,
    log: () =>
      stderr()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    /** Makes the process reload its settings; resolves with what it prints about them. */
    reload() {
      const said = server.says(/settings reloaded|previous settings stay in use/)
      void server.kill('SIGHUP')
      return said
    },
    /** Tells the process to stop; resolves with its exit code. */
    stop: () => server.kill('SIGTERM'),
    ended,
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close().catch(() => undefined)))
      await server.kill('SIGKILL')
      await place.close()
    },
  }
}
export type HttpWorld = Awaited<ReturnType<typeof openHttpWorld>>

/** Scopes that together include all others. */
export const ALL_SCOPES: readonly Scope[] = ['identity:remove', 'identity:audit']
