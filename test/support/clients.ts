import { createInterface } from 'node:readline'
import { Client, type JSONObject, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as OlderHttpTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { Program } from './program.ts'

/** The three kinds of MCP client that a server has to support. */
export const CLIENTS = ['modern', 'legacy', 'v1'] as const
export type ClientKind = (typeof CLIENTS)[number]

export type Answer =
  | { action: 'accept'; content: Record<string, boolean> }
  | { action: 'decline' }
  | { action: 'cancel' }

/** How the person at the client answers a form. Without it the client does not support forms. */
export type Person = (message: string) => Answer | Promise<Answer>

/** How the person at the client answers a link. Without it the client does not support links. */
export type Browser = (url: string, message: string) => Answer | Promise<Answer>

/** What a client can show a person. */
export interface ClientUi {
  person?: Person | undefined
  browser?: Browser | undefined
  /** What it declares of extensions of the protocol. */
  extensions?: Record<string, JSONObject> | undefined
}

/** A server that the client starts as a child process. */
export interface StdioLaunch {
  command: string
  args: string[]
  env: Record<string, string>
  stderr: (text: string) => void
}

/** A server to reach over HTTP. */
export interface HttpAddress {
  url: URL
  headers: Record<string, string>
}

/** The part of an MCP client that the tests use, the same for all kinds. */
export interface TestClient {
  pid: number | null
  /** The client of the current SDK itself, if it is one. */
  sdk?: Client
  /** The extensions of the protocol that the server declares. */
  extensions(): Record<string, unknown>
  listTools(): Promise<{ name: string; description?: string; _meta?: Record<string, unknown> }[]>
  listResources(): Promise<{ uri: string }[]>
  readResource(uri: string): Promise<unknown>
  listPrompts(): Promise<{ name: string; arguments?: { name: string; required?: boolean }[] }[]>
  /** The text of a prompt. */
  getPrompt(name: string, args: Record<string, string>): Promise<string>
  /** The values that an argument of a prompt or a resource can have. */
  complete(
    ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string },
    argument: { name: string; value: string },
  ): Promise<string[]>
  callTool(name: string, args: unknown, options?: CallOptions): Promise<ToolResult>
  close(): Promise<void>
}

export interface ToolResult {
  isError?: boolean
  structuredContent?: unknown
  content?: { type: string; text?: string }[]
}

export function connect(
  kind: ClientKind,
  server: StdioLaunch | Program | HttpAddress,
  name: string,
  desk: ClientUi = {},
): Promise<TestClient> {
  return kind === 'v1' ? connectOlder(server, name, desk) : connectCurrent(kind, server, name, desk)
}

const capabilitiesOf = ({ person, browser, extensions }: ClientUi) => ({
  ...((person || browser) && { elicitation: { ...(person && { form: {} }), ...(browser && { url: {} }) } }),
  ...(extensions && { extensions }),
})

async function answerOf(
  { person, browser }: ClientUi,
  params: { message: string; url?: unknown },
): Promise<Answer> {
  const answer = 'url' in params ? browser?.(String(params.url), params.message) : person?.(params.message)
  if (!answer) throw new Error('the server asked for something that this client does not support')
  return answer
}

async function connectCurrent(
  kind: 'modern' | 'legacy',
  server: StdioLaunch | Program | HttpAddress,
  name: string,
  desk: ClientUi,
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
  const how = (params: CallParams, options?: CallOptions) =>
    client.callTool({ ...params, ...metaOf(options) }, options)
  if ('url' in server) {
    const { url, headers } = server
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }))
    return { ...testClient(client, null, how), sdk: client }
  }
  if ('ended' in server) {
    await client.connect(new ProgramTransport(server))
    return { ...testClient(client, server.pid ?? null, how), sdk: client }
  }
  const transport = new StdioClientTransport({ ...server, stderr: 'pipe' })
  transport.stderr?.on('data', (piece) => server.stderr(String(piece)))
  await client.connect(transport)
  return { ...testClient(client, transport.pid, how), sdk: client }
}

async function connectOlder(
  server: StdioLaunch | Program | HttpAddress,
  name: string,
  desk: ClientUi,
): Promise<TestClient> {
  const client = new OlderClient({ name, version: '1.0.0' }, { capabilities: capabilitiesOf(desk) })
  if (desk.person || desk.browser) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => answerOf(desk, params))
  }
  const how = (params: CallParams, options?: CallOptions) =>
    client.callTool({ ...params, ...metaOf(options) }, undefined, options)
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

/** Transport over the standard streams of a running program, one message per line, for clients of both SDKs. */
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

  /** Like the SDKs: closes stdin, and kills the program if it has not exited after 5 s. */
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
export interface CallOptions {
  timeout?: number
  signal?: AbortSignal
  /** Asks for progress. */
  onprogress?: (progress: Progress) => void
  /** What goes with the call as `_meta`. */
  meta?: Record<string, unknown>
}

export interface Progress {
  progress: number
  total?: number | undefined
  message?: string | undefined
}

const metaOf = (options: CallOptions | undefined) => (options?.meta ? { _meta: options.meta } : {})

const testClient = (
  client: Pick<Client, 'close'> & {
    getServerCapabilities(): object | undefined
    listTools(): Promise<{ tools: { name: string }[] }>
    listResources(): Promise<{ resources: { uri: string }[] }>
    readResource(params: { uri: string }): Promise<unknown>
    listPrompts(): Promise<{ prompts: Awaited<ReturnType<TestClient['listPrompts']>> }>
    getPrompt(params: { name: string; arguments: Record<string, string> }): Promise<{ messages: unknown[] }>
    complete(params: {
      ref: Parameters<TestClient['complete']>[0]
      argument: { name: string; value: string }
    }): Promise<{ completion: { values: string[] } }>
  },
  pid: number | null,
  callTool: (params: CallParams, options?: CallOptions) => Promise<unknown>,
): TestClient => ({
  pid,
  extensions: () =>
    (client.getServerCapabilities() as { extensions?: Record<string, unknown> }).extensions ?? {},
  listTools: async () => (await client.listTools()).tools,
  listResources: async () => (await client.listResources()).resources,
  readResource: (uri) => client.readResource({ uri }),
  listPrompts: async () => (await client.listPrompts()).prompts,
  getPrompt: async (name, args) => {
    const { messages } = await client.getPrompt({ name, arguments: args })
    return messages.map((one) => (one as { content: { text: string } }).content.text).join('\n')
  },
  complete: async (ref, argument) => (await client.complete({ ref, argument })).completion.values,
  callTool: async (name, args, options) =>
    (await callTool({ name, arguments: args as Record<string, unknown> }, options)) as ToolResult,
  close: () => client.close(),
})
