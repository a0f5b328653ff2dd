import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as OlderHttpTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'

/** The three kinds of client that every server of this kind meets. */
export const CLIENTS = ['modern', 'legacy', 'v1'] as const
export type ClientKind = (typeof CLIENTS)[number]

export type Answer =
  | { action: 'accept'; content: Record<string, boolean> }
  | { action: 'decline' }
  | { action: 'cancel' }

/** What the person at the client does when a form comes up; without it the client has no forms. */
export type Person = (message: string) => Answer | Promise<Answer>

/** What the person at the client does with a link; without it the client cannot open any. */
export type Browser = (url: string, message: string) => Answer | Promise<Answer>

/** What a client can put before a person. */
export interface Desk {
  person?: Person | undefined
  browser?: Browser | undefined
}

export interface Launch {
  command: string
  args: string[]
  env: Record<string, string>
  stderr: (text: string) => void
}

/** A server that runs already. */
export interface Address {
  url: URL
  headers: Record<string, string>
}

/** As much of an MCP client as the tests use, whichever it is. */
export interface TestClient {
  pid: number | null
  listTools(): Promise<{ name: string }[]>
  listResources(): Promise<{ uri: string }[]>
  readResource(uri: string): Promise<unknown>
  callTool(
    name: string,
    args: unknown,
    options?: { timeout?: number; signal?: AbortSignal },
  ): Promise<ToolResult>
  close(): Promise<void>
}

export interface ToolResult {
  isError?: boolean
  structuredContent?: unknown
  content?: { type: string; text?: string }[]
}

export function connect(
  kind: ClientKind,
  server: Launch | Address,
  name: string,
  desk: Desk = {},
): Promise<TestClient> {
  return kind === 'v1' ? connectOlder(server, name, person) : connectCurrent(kind, server, name, person)
}

async function connectCurrent(
  kind: 'modern' | 'legacy',
  server: Launch | Address,
  name: string,
  desk: Desk,
): Promise<TestClient> {
  const client = new Client(
    { name, version: '1.0.0' },
    {
      versionNegotiation: { mode: kind === 'modern' ? { pin: '2026-07-28' } : 'legacy' },
      capabilities: capabilitiesOf(desk),
    },
  )
  if (person) client.setRequestHandler('elicitation/create', ({ params }) => person(params.message))
  let pid: number | null = null
  if ('url' in server) {
    await client.connect(
      new StreamableHTTPClientTransport(server.url, { requestInit: { headers: server.headers } }),
    )
  } else {
    const transport = new StdioClientTransport({ ...server, stderr: 'pipe' })
    transport.stderr?.on('data', (piece) => server.stderr(String(piece)))
    await client.connect(transport)
    pid = transport.pid
  }
  return {
    pid,
    listTools: async () => (await client.listTools()).tools,
    listResources: async () => (await client.listResources()).resources,
    readResource: (uri) => client.readResource({ uri }),
    callTool: async (tool, args, options) =>
      (await client.callTool(
        { name: tool, arguments: args as Record<string, unknown> },
        options,
      )) as ToolResult,
    close: () => client.close(),
  }
}

async function connectOlder(server: Launch | Address, name: string, person?: Person): Promise<TestClient> {
  const client = new OlderClient(
    { name, version: '1.0.0' },
    { capabilities: person ? { elicitation: { form: {} } } : {} },
  )
  if (person) client.setRequestHandler(ElicitRequestSchema, ({ params }) => person(params.message))
  let pid: number | null = null
  if ('url' in server) {
    await client.connect(new OlderHttpTransport(server.url, { requestInit: { headers: server.headers } }))
  } else {
    const transport = new OlderTransport({ ...server, stderr: 'pipe' })
    transport.stderr?.on('data', (piece) => server.stderr(String(piece)))
    await client.connect(transport)
    pid = transport.pid
  }
  return {
    pid,
    listTools: async () => (await client.listTools()).tools,
    listResources: async () => (await client.listResources()).resources,
    readResource: (uri) => client.readResource({ uri }),
    callTool: async (tool, args, options) =>
      (await client.callTool(
        { name: tool, arguments: args as Record<string, unknown> },
        undefined,
        options,
      )) as ToolResult,
    close: () => client.close(),
  }
}

const testClient = (
  client: { listTools(): Promise<{ tools: { name: string }[] }>; close(): Promise<void> },
  { pid }: { pid: number | null },
  callTool: (
    params: { name: string; arguments: Record<string, unknown> },
    options?: { timeout?: number; signal?: AbortSignal },
  ) => Promise<unknown>,
): TestClient => ({
  pid,
  listTools: async () => (await client.listTools()).tools,
  callTool: async (name, args, options) =>
    (await callTool({ name, arguments: args as Record<string, unknown> }, options)) as ToolResult,
  close: () => client.close(),
})
