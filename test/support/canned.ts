import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RequestContext } from '../../src/domain/operations.ts'
import { Secret } from '../../src/secret.ts'
import { appMemory } from '../../src/store/app-memory.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import type { VendorContext } from '../../src/vendors/define.ts'
import { type ApiClient, openClient } from '../../src/vendors/http/client.ts'

/** A request that the server received. */
export interface ReceivedRequest {
  method: string
  path: string
  query: Record<string, string>
  headers: Record<string, string | string[] | undefined>
  body: unknown
  /** The unparsed body. */
  text: string
}

/** A reply to send. `drop` closes the connection without a reply, `hang` keeps it open, `raw` is the literal body. */
export interface CannedReply {
  status?: number
  headers?: Record<string, string>
  body?: unknown
  raw?: string | Buffer
  drop?: boolean
  hang?: boolean
}

/** A loopback HTTP server that sends canned replies and records the requests in `asked`. */
export async function serveCanned(
  answer: (arrived: ReceivedRequest, index: number) => CannedReply | Promise<CannedReply>,
) {
  const asked: ReceivedRequest[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer) // no encoding is set
    const text = Buffer.concat(chunks).toString('utf8')
    const url = new URL(request.url ?? '/', 'http://canned')
    const arrived: ReceivedRequest = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: parseBody(text, request.headers['content-type']),
      text,
    }
    const reply = await answer(arrived, asked.push(arrived) - 1)
    if (reply.drop) {
      request.socket.destroy()
      return
    }
    if (reply.hang) return
    const content = reply.raw ?? (reply.body === undefined ? '' : JSON.stringify(reply.body))
    const type = reply.raw === undefined && content ? { 'content-type': 'application/scim+json' } : {}
    response.writeHead(reply.status ?? 200, { ...type, ...reply.headers }).end(content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port, not on a pipe
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function parseBody(text: string, type = ''): unknown {
  if (type.includes('form')) return Object.fromEntries(new URLSearchParams(text))
  try {
    return text ? JSON.parse(text) : undefined
  } catch {
    // Not one JSON value: `text` has it.
    return undefined
  }
}

/** A request context with a deadline that no test reaches. */
export const context = (): RequestContext => ({
  caller: 'test',
  priority: 'interactive',
  deadline: Date.now() + 30_000,
  signal: AbortSignal.timeout(60_000),
})

/** A vendor's context: the real HTTP client without guards, and a separate memory. */
export function vendorContext(memory = new Map<string, unknown>(), store = memoryStore()): VendorContext {
  const fail = (error: unknown) => {
    throw error
  }
  return {
    tenant: 'acme',
    open: (opening) => openClient(opening, []),
    left: async () => [{ window: 'minute', limit: 300, left: 299 }],
    memory: {
      get: async <Fact>(name: string) => memory.get(name) as Fact | undefined,
      set: async (name, fact) => void memory.set(name, fact),
      shared: appMemory(store, { tenant: 'acme', address: 'canned' }, fail).shared,
    },
  }
}

/** An API client for `url` with only a token. */
export const clientAt = (url: string): ApiClient =>
  vendorContext().open({ base: new URL(url), token: new Secret('canned-token-0'), headers: {} })
