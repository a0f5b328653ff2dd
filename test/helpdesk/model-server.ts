import { type CannedReply, type ReceivedRequest, serveCanned } from '../support/canned.ts'

/** What a simulated model says next, by what it has read: the request, and the results of its calls. */
export type Brain = (request: string, results: readonly string[]) => Saying
export type Saying = string | readonly { name: string; args: unknown }[] | CannedReply

const isReply = (saying: object): saying is CannedReply => !Array.isArray(saying)

/** A model behind both forms of API. It answers whoever has the key. */
export function serveModel(brain: Brain, key: string) {
  return serveCanned((asked) => {
    const isAnthropic = asked.path === '/v1/messages'
    const given = isAnthropic ? asked.headers['x-api-key'] : asked.headers.authorization
    if (given !== (isAnthropic ? key : `Bearer ${key}`))
      return { status: 401, body: { error: `wrong key ${given}` } }
    const saying = brain(...readOf(asked))
    if (typeof saying === 'object' && isReply(saying)) return saying
    return { body: isAnthropic ? inAnthropic(saying) : inOpenai(saying) }
  })
}

interface Said {
  role: string
  content?: string | { type: string; content?: string }[]
}

function readOf({ body }: ReceivedRequest): [string, string[]] {
  const { messages } = body as { messages: Said[] }
  const first = messages.find(({ role }) => role === 'user')?.content
  const results = messages.flatMap(({ role, content }) => {
    if (role === 'tool') return [String(content)]
    return Array.isArray(content)
      ? content.filter(({ type }) => type === 'tool_result').map((one) => one.content ?? '')
      : []
  })
  return [String(first), results]
}

type Plain = Exclude<Saying, CannedReply>
const callsOf = (saying: Plain) => (typeof saying === 'string' ? [] : saying)
const textOf = (saying: Plain) => (typeof saying === 'string' ? saying : '')

let count = 0
const newId = () => {
  count += 1
  return `call_${count}`
}

const inAnthropic = (saying: Plain) => ({
  content: [
    ...(textOf(saying) ? [{ type: 'text', text: textOf(saying) }] : []),
    ...callsOf(saying).map(({ name, args }) => ({ type: 'tool_use', id: newId(), name, input: args })),
  ],
  usage: { input_tokens: 1_000, output_tokens: 10 },
})

const inOpenai = (saying: Plain) => ({
  choices: [
    {
      message: {
        content: textOf(saying) || null,
        tool_calls: callsOf(saying).map(({ name, args }) => ({
          id: newId(),
          type: 'function',
          function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
        })),
      },
    },
  ],
  usage: { prompt_tokens: 1_000, completion_tokens: 10 },
})
