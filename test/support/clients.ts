import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as OlderTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
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

/** As much of an MCP client as the tests use, whichever it is. */
export interface TestClient {
  pid: number | null
  listTools(): Promise<{ name: string }[]>
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
  launch: Launch,
  name: string,
  desk: Desk = {},
): Promise<TestClient> {
  return kind === 'v1' ? connectOlder(launch, name, desk) : connectCurrent(kind, launch, name, desk)
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
  { stderr, ...launch }: Launch,
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
  const transport = new StdioClientTransport({ ...launch, stderr: 'pipe' })
  transport.stderr?.on('data', (piece) => stderr(String(piece)))
  await client.connect(transport)
  return testClient(client, transport, (params, options) => client.callTool(params, options))
}

async function connectOlder({ stderr, ...launch }: Launch, name: string, desk: Desk): Promise<TestClient> {
  const client = new OlderClient({ name, version: '1.0.0' }, { capabilities: capabilitiesOf(desk) })
  if (desk.person || desk.browser) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => answerOf(desk, params))
  }
  const transport = new OlderTransport({ ...launch, stderr: 'pipe' })
  transport.stderr?.on('data', (piece) => stderr(String(piece)))
  await client.connect(transport)
  return testClient(client, transport, (params, options) => client.callTool(params, undefined, options))
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
