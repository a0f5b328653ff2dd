import { kill } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type * as z from 'zod'
import { Surprise } from './surprise.ts'

/** An MCP client that has started its own server. */
export interface Agent {
  /** Calls a tool. Throws a `Surprise` if the answer does not match `expected`. */
  call<Answer>(tool: string, args: Args, expected: z.ZodType<Answer>): Promise<Answer>
  /** Process id of the server. */
  pid: number
  /** Kills the server with SIGKILL, which no program can catch. Resolves when it is gone. */
  killServer(): Promise<void>
  /** Resolves when the server has ended. */
  close(): Promise<void>
}

export type Args = Record<string, string | number | string[]>

/** A question that the client shows to a person: the text, and the checkbox. */
export interface Question {
  message: string
  tick: string
}

/** The person at a client, who answers its questions. */
export type Person = (question: Question) => Promise<boolean>

interface Launch {
  command: string
  args: string[]
  cwd: string
  env: Record<string, string>
  /** Receives the server's stderr. */
  log: (text: string) => void
}

/** A slow machine must not end the demo: the server has deadlines of its own. */
const CALL_TIMEOUT_MS = 300_000

/** Without a `person`, the client declares no elicitation capability. */
export async function connect({ log, ...launch }: Launch, name: string, person?: Person): Promise<Agent> {
  const { Client } = await import('@modelcontextprotocol/client')
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio')
  const client = new Client(
    { name, version: '1.0.0' },
    {
      versionNegotiation: { mode: { pin: '2026-07-28' } },
      capabilities: person ? { elicitation: { form: {} } } : {},
    },
  )
  if (person) {
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      if (params.mode === 'url') return { action: 'decline' }
      const { message, requestedSchema } = params
      const [[field = '', { title = field } = {}] = []] = Object.entries(requestedSchema.properties)
      const yes = await person({ message, tick: title })
      return yes ? { action: 'accept', content: { [field]: true } } : { action: 'decline' }
    })
  }
  const transport = new StdioClientTransport({ ...launch, stderr: 'pipe' })
  transport.stderr?.on('data', (piece) => log(String(piece)))
  await client.connect(transport).catch(async (error) => {
    await transport.close()
    throw error
  })
  const pid = transport.pid ?? Number.NaN
  return {
    pid,
    async call(tool, args, expected) {
      const { content } = await client.callTool({ name: tool, arguments: args }, { timeout: CALL_TIMEOUT_MS })
      const [first] = content
      const text = first?.type === 'text' ? first.text : JSON.stringify(content)
      const parsed = expected.safeParse(JSON.parse(text))
      if (parsed.success) return parsed.data
      throw new Surprise(`${tool} answers with ${expected.description ?? 'something else'}`, text)
    },
    async killServer() {
      kill(pid, 'SIGKILL')
      await ended(pid)
    },
    async close() {
      await client.close()
      // The client gives up on a server that is slow to end; its files are removed next.
      await ended(pid)
    },
  }
}

/** Resolves when the process has ended and its parent, this process, knows. */
async function ended(pid: number): Promise<void> {
  while (isRunning(pid)) await sleep(20)
}

function isRunning(pid: number): boolean {
  try {
    return kill(pid, 0)
  } catch {
    return false
  }
}
