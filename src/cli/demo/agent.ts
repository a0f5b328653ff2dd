import type * as z from 'zod'
import { Surprise } from './surprise.ts'

/** What an agent runs on: an MCP client that has started a server of its own. */
export interface Agent {
  /** Has a tool called. Throws a `Surprise` when the answer has not the form of `expected`, which says what it is. */
  call<Answer>(tool: string, args: Args, expected: z.ZodType<Answer>): Promise<Answer>
  close(): Promise<void>
}

export type Args = Record<string, string | number | string[]>

/** A question as the client puts it before a person: the words, and the box to tick. */
export interface Question {
  message: string
  tick: string
}

/** Whoever sits at a client and is asked there. */
export type Person = (question: Question) => Promise<boolean>

interface Launch {
  command: string
  args: string[]
  cwd: string
  env: Record<string, string>
  /** Told what the server says to the person who runs it. */
  log: (text: string) => void
}

/** Without a `person` to ask, the client says that it has no way to ask one. */
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
