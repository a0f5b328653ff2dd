import type * as z from 'zod'
import { Surprise } from './surprise.ts'

/** An MCP client that has started its own server. */
export interface Agent {
  /** Calls a tool. Throws a `Surprise` if the answer does not match `expected`. */
  call<Answer>(tool: string, args: Args, expected: z.ZodType<Answer>): Promise<Answer>
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
  return {
    async call(tool, args, expected) {
      const { content } = await client.callTool({ name: tool, arguments: args })
      const [first] = content
      const text = first?.type === 'text' ? first.text : JSON.stringify(content)
      const parsed = expected.safeParse(JSON.parse(text))
      if (parsed.success) return parsed.data
      throw new Surprise(`${tool} answers with ${expected.description ?? 'something else'}`, text)
    },
    close: () => client.close(),
  }
}
