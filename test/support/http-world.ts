import { openStores } from '../../src/app/stores.ts'
import { openApiTokens } from '../../src/auth/api-tokens.ts'
import type { Scope } from '../../src/domain/scopes.ts'
import { type ClientKind, connect, type Desk, type TestClient } from './clients.ts'
import { startHttpServer } from './http-server.ts'
import { type Answered, openPlace, type PlaceOptions, sinceNow } from './world.ts'

export interface HttpWorldOptions extends PlaceOptions {
  /** The setting `auth`; tokens when left out. */
  auth?: unknown
  args?: string[]
}

export interface Guest {
  kind?: ClientKind
  token?: string
  headers?: Record<string, string>
  person?: Desk['person']
  browser?: Desk['browser']
  name?: string
}

/** A real server that serves over HTTP, and real MCP clients that call it. */
export async function openHttpWorld({
  auth = { tokens: true },
  args = [],
  ...options
}: HttpWorldOptions = {}) {
  const place = await openPlace({ ...options, settings: { auth, ...options.settings } })
  const env = { IDENTITY_MCP_LOG: 'info', ...place.env }
  const server = await startHttpServer({ config: place.config, env, args, apart: options.apart ?? false })
  const { url, stderr, ended } = server

  const clients: TestClient[] = []
  const guest = async ({
    kind = 'modern',
    token,
    headers = {},
    name = 'test-client',
    ...desk
  }: Guest = {}) => {
    const all = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers }
    const client = await connect(kind, { url, headers: all }, name, desk)
    clients.push(client)
    return {
      ...client,
      tools: async () => (await client.listTools()).map((tool) => tool.name),
      resources: async () => (await client.listResources()).map((resource) => resource.uri),
      call: async (tool: string, input: unknown = {}) => {
        const { content } = await client.callTool(tool, input)
        return JSON.parse(content?.[0]?.text ?? 'null') as Answered
      },
    }
  }

  return {
    ...place,
    url,
    pid: server.pid,
    guest,
    /** A request for `path` as it is, without a client in between. */
    fetch: (path: string, init?: RequestInit) => fetch(new URL(path, url), init),
    /** A token for a bot, without the command that a person types for it. */
    async token(name: string, scopes: readonly Scope[] = ['identity:read'], tenants?: readonly string[]) {
      const { store } = openStores(place.dataDir)
      const { token } = await openApiTokens(store).create(name, { scopes, ...(tenants && { tenants }) })
      await store.close()
      return token
    },
    /** What has happened from here on, for tests that share a world. */
    since: () => sinceNow(place),
    stderr,
    log: () =>
      stderr()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    /** Tells the process to read its settings anew; resolves with what it said of them. */
    reload() {
      const said = server.says(/goes (by|on with) the settings/)
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

/** What it takes to do everything. */
export const ALL_SCOPES: readonly Scope[] = ['identity:remove', 'identity:audit', 'identity:approve']
