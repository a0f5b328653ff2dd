import { Pool } from 'undici'
import { openStores } from '../src/app/stores.ts'
import { openApiTokens } from '../src/auth/api-tokens.ts'
import type { Scope } from '../src/domain/scopes.ts'
import { openHttpWorld } from '../test/support/http-world.ts'
import type { Ask } from './askers.ts'

/** A server without a limit on requests per minute. The default limit on calls in flight applies. */
export const openUnthrottledWorld = () =>
  openHttpWorld({
    ownProcess: true,
    settings: { http: { perMinute: 10_000_000 } },
    env: { IDENTITY_MCP_LOG: 'error' },
  })

/** Callers that call list_tenants over HTTP. */
export interface HttpCallers {
  /** The calls of one caller, by its index. */
  as(caller: number): Ask
}

/** The most calls in flight at the same time. */
const MAX_CONNECTIONS = 128

const BODY = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'list_tenants',
    arguments: {},
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
    },
  },
})
const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'list_tenants',
}

export function httpCallers({ origin, pathname: path }: URL, tokens: readonly string[]): HttpCallers {
  const pool = new Pool(origin, { connections: MAX_CONNECTIONS })
  return {
    as: (caller) => async (signal) => {
      const token = tokens[caller]
      const headers = { ...HEADERS, ...(token && { authorization: `Bearer ${token}` }) }
      const { statusCode, body } = await pool.request({ path, method: 'POST', headers, body: BODY, signal })
      await body.dump()
      if (statusCode === 200) return 'answered'
      if (statusCode !== 429) throw new Error(`answered ${statusCode}`)
      // These callers ignore Retry-After.
      return { retryAt: Date.now() }
    },
  }
}

export async function makeTokens(
  dataDir: string,
  count: number,
  scopes: readonly Scope[] = ['identity:read'],
): Promise<string[]> {
  const { store } = openStores(dataDir)
  const tokens = openApiTokens(store)
  const made = await Promise.all(
    Array.from({ length: count }, (_, one) => tokens.create(`caller-${one}`, { scopes })),
  )
  await store.close()
  return made.map(({ token }) => token)
}
