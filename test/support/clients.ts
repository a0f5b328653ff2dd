import { createInterface } from 'node:readline'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as OlderHttpTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { Program } from './program.ts'

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

/** A server that the client itself starts, in a process of its own. */
export interface Launch {
  command: string
  args: string[]
  env: Record<string, string>
  stderr: (text: string) => void
}

/** A server that serves over HTTP. */
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
  server: Launch | Program | Address,
  name: string,
  desk: Desk = {},
): Promise<TestClient> {
  return kind === 'v1' ? connectOlder(server, name, desk) : connectCurrent(kind, server, name, desk)
}

const capabilitiesOf = ({ person, browser }: Desk) =>
  person || browser ? { elicitation: { ...(person && { form: {} }), ...(browser && { url: {} }) } } : {}

async function answerOf(
  { person, browser }: Desk,
  params: { message: string; url?: unknown },
): Promise<Answer> {
  const answer = 'url' in params ? browser?.(String(params.url), params.message) : person?.(params.message)
  if (!answer) throw new Error('this client was asked for what it cannot do')
  return answer
}

async function connectCurrent(
  kind: 'modern' | 'legacy',
  server: Launch | Program | Address,
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
  if (desk.person || desk.browser) {
    client.setRequestHandler('elicitation/create', ({ params }) => answerOf(desk, params))
  }
  const how = (params: CallParams, options?: CallOptions) => client.callTool(params, options)
  if ('url' in server) {
    const { url, headers } = server
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }))
    return testClient(client, null, how)
  }
  if ('ended' in server) {
    await client.connect(new ProgramTransport(server))
    return testClient(client, server.pid ?? null, how)
  }
  const transport = new StdioClientTransport({ ...server, stderr: 'pipe' })
  transport.stderr?.on('data', (piece) => server.stderr(String(piece)))
  await client.connect(transport)
  return testClient(client, transport.pid, how)
}

async function connectOlder(
  server: Launch | Program | Address,
  name: string,
  desk: Desk,
): Promise<TestClient> {
  const client = new OlderClient({ name, version: '1.0.0' }, { capabilities: capabilitiesOf(desk) })
  if (desk.person || desk.browser) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => answerOf(desk, params))
  }
  const how = (params: CallParams, options?: CallOptions) => client.callTool(params, undefined, options)
  if ('url' in server) {
    const { url, headers } = server
    await client.connect(new OlderHttpTransport(url, { requestInit: { headers } }))
    return testClient(client, null, how)
  }
  if ('ended' in server) {
    await client.connect(new ProgramTransport(server))
    return testClient(client, server.pid ?? null, how)
  }
  const transport = new OlderTransport({ ...server, stderr: 'pipe' })
  transport.stderr?.on('data', (piece) => server.stderr(String(piece)))
  await client.connect(transport)
  return testClient(client, transport.pid, how)
}

/** Speaks to a program that runs already over its standard streams, a message a line, for clients of either SDK. */
class ProgramTransport {
  onmessage?: (message: JSONRPCMessage) => void
  onclose?: () => void
  onerror?: (error: Error) => void
  readonly #server: Program

  constructor(server: Program) {
    this.#server = server
  }

  async start(): Promise<void> {
    createInterface({ input: this.#server.stdout }).on('line', (line) => this.onmessage?.(JSON.parse(line)))
    void this.#server.ended.then(() => this.onclose?.())
  }

  async send(message: unknown): Promise<void> {
    this.#server.stdin.write(`${JSON.stringify(message)}\n`)
  }

  /** As the SDKs do: its input ends, and then it has a moment to end by itself. */
  async close(): Promise<void> {
    this.#server.stdin.end()
    const late = setTimeout(() => this.#server.kill('SIGKILL'), 5_000)
    await this.#server.ended
    clearTimeout(late)
  }
}

interface CallParams {
  name: string
  arguments: Record<string, unknown>
}
interface CallOptions {
  timeout?: number
  signal?: AbortSignal
}

const testClient = (
  client: Pick<Client, 'close'> & {
    listTools(): Promise<{ tools: { name: string }[] }>
    listResources(): Promise<{ resources: { uri: string }[] }>
    readResource(params: { uri: string }): Promise<unknown>
  },
  pid: number | null,
  callTool: (params: CallParams, options?: CallOptions) => Promise<unknown>,
): TestClient => ({
  pid,
  listTools: async () => (await client.listTools()).tools,
  listResources: async () => (await client.listResources()).resources,
  readResource: (uri) => client.readResource({ uri }),
  callTool: async (name, args, options) =>
    (await callTool({ name, arguments: args as Record<string, unknown> }, options)) as ToolResult,
  close: () => client.close(),
})
