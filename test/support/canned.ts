import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RequestContext } from '../../src/domain/operations.ts'
import { Secret } from '../../src/secret.ts'
import type { VendorContext } from '../../src/vendors/define.ts'
import { type ApiClient, openClient } from '../../src/vendors/http/client.ts'

/** A request as it arrived. */
export interface Arrived {
  method: string
  path: string
  query: Record<string, string>
  headers: Record<string, string | string[] | undefined>
  body: unknown
  /** The body to the letter. */
  text: string
}

/** A reply to send; `drop` closes the connection without one, `hang` keeps it open. `raw` is sent as it is. */
export interface Canned {
  status?: number
  headers?: Record<string, string>
  body?: unknown
  raw?: string
  drop?: boolean
  hang?: boolean
}

/** Serves canned replies over loopback HTTP and keeps what was asked. */
export async function serveCanned(answer: (arrived: Arrived, index: number) => Canned) {
  const asked: Arrived[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer) // no encoding is set
    const text = Buffer.concat(chunks).toString('utf8')
    const url = new URL(request.url ?? '/', 'http://canned')
    const arrived: Arrived = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: bodyIn(text, request.headers['content-type']),
      text,
    }
    const reply = answer(arrived, asked.push(arrived) - 1)
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

const bodyIn = (text: string, type = ''): unknown =>
  type.includes('form') ? Object.fromEntries(new URLSearchParams(text)) : text ? JSON.parse(text) : undefined

/** The context of somebody who waits long enough. */
export const context = (): RequestContext => ({
  caller: 'test',
  priority: 'interactive',
  deadline: Date.now() + 10_000,
  signal: AbortSignal.timeout(10_000),
})

/** What a vendor is handed, over the real door to the network, with no guards and a memory of its own. */
export function opened(memory = new Map<string, unknown>()): VendorContext {
  return {
    tenant: 'acme',
    open: (opening) => openClient(opening, []),
    left: async () => [{ window: 'minute', limit: 300, left: 299 }],
    memory: {
      get: async <Fact>(name: string) => memory.get(name) as Fact | undefined,
      set: async (name, fact) => void memory.set(name, fact),
    },
  }
}

/** A client at `url` with nothing but a token. */
export const clientAt = (url: string): ApiClient =>
  opened().open({ base: new URL(url), token: new Secret('canned-token-0'), headers: {} })
