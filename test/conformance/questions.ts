import {
  acceptedContent,
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  createRequestStateCodec,
  type InputRequests,
  type InputRequiredResult,
  inputRequired,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server'
import * as z from 'zod'

type Reply = CallToolResult | InputRequiredResult

const NOTHING = z.object({})
const done = (text: string) => ({ content: [{ type: 'text' as const, text }] })

const form = (message: string, field: string) => formOf(message, { [field]: { type: 'string' } })
const yesOrNo = (message: string, field: string) => formOf(message, { [field]: { type: 'boolean' } })
const formOf = (message: string, properties: Record<string, { type: 'string' } | { type: 'boolean' }>) =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties, required: Object.keys(properties) },
  })
const sample = (text: string, maxTokens: number) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens })

/** Seals what a question hands to the client; one process serves every round. */
export const codec = createRequestStateCodec<string>({
  key: 'a key for the conformance suite alone',
  ttlSeconds: 60,
})

/** What came back, by name: the text of a form, or whatever else was asked for. */
const answersIn = ({ mcpReq }: ServerContext) => (mcpReq.inputResponses ?? {}) as Record<string, unknown>

/** The tools and the prompt that the conformance suite names and that ask the client for something. */
export function offerQuestions(mcp: McpServer): void {
  const asking = (name: string, run: (_: unknown, context: ServerContext) => Reply | Promise<Reply>) =>
    mcp.registerTool(name, { description: 'Asks what the suite expects.', inputSchema: NOTHING }, run)
  /** Asks until every one of `inputRequests` is answered. */
  const once =
    (inputRequests: InputRequests, answer: (answers: Record<string, unknown>) => string) =>
    (_: unknown, context: ServerContext) => {
      const answers = answersIn(context)
      const all = Object.keys(inputRequests).every((name) => name in answers)
      return all ? done(answer(answers)) : inputRequired({ inputRequests })
    }

  asking('test_input_required_result_elicitation', (_, context) => {
    const named = acceptedContent(context.mcpReq.inputResponses, 'user_name', z.object({ name: z.string() }))
    if (named) return done(`Hello, ${named.name}!`)
    return inputRequired({ inputRequests: { user_name: form('What is your name?', 'name') } })
  })
  asking(
    'test_input_required_result_sampling',
    once({ capital_question: sample('What is the capital of France?', 100) }, (answers) =>
      JSON.stringify(answers),
    ),
  )
  asking(
    'test_input_required_result_list_roots',
    once({ client_roots: inputRequired.listRoots() }, (answers) => JSON.stringify(answers)),
  )
  asking(
    'test_missing_capability',
    once({ needed: sample('Anything.', 10) }, () => 'done'),
  )
  asking(
    'test_streaming_elicitation',
    once({ confirm: yesOrNo('Please confirm', 'ok') }, () => 'done'),
  )

  // What the suite has older clients asked within the call.
  asking(
    'test_sampling',
    once({ said: sample('Anything.', 100) }, () => 'done'),
  )
  for (const name of [
    'test_elicitation',
    'test_elicitation_sep1034_defaults',
    'test_elicitation_sep1330_enums',
  ]) {
    asking(
      name,
      once({ said: form('Anything?', 'anything') }, () => 'done'),
    )
  }

  /** Goes through `steps` one by one, each named by the state that the client brings back. */
  const stepping =
    (steps: Record<string, InputRequests>, end: string) => async (_: unknown, context: ServerContext) => {
      const names = Object.keys(steps)
      const at = names.indexOf(context.mcpReq.requestState<string>() ?? '')
      const asked = Object.keys(steps[names[at] ?? ''] ?? {})
      const answered = at >= 0 && asked.every((name) => name in answersIn(context))
      const next = names[answered ? at + 1 : Math.max(at, 0)]
      if (next === undefined) return done(end)
      return inputRequired({
        inputRequests: steps[next] ?? {},
        requestState: await codec.mint(next, context),
      })
    }
  const confirm = { confirm: yesOrNo('Please confirm', 'ok') }
  asking('test_input_required_result_request_state', stepping({ confirm }, 'state-ok'))
  asking('test_input_required_result_tampered_state', stepping({ confirm }, 'done'))
  asking(
    'test_input_required_result_multiple_inputs',
    stepping(
      {
        all: {
          user_name: form('What is your name?', 'name'),
          greeting: sample('Generate a greeting', 50),
          client_roots: inputRequired.listRoots(),
        },
      },
      'done',
    ),
  )
  asking(
    'test_input_required_result_multi_round',
    stepping(
      {
        first: { step1: form('Step 1: What is your name?', 'name') },
        second: { step2: form('Step 2: What is your favorite color?', 'color') },
      },
      'done',
    ),
  )
  asking('test_input_required_result_capabilities', (_, context) => {
    const envelope = context.mcpReq.envelope as
      | { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities }
      | undefined
    const { elicitation, sampling } = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? {}
    const inputRequests = {
      ...(elicitation && { user_name: form('What is your name?', 'name') }),
      ...(sampling && { greeting: sample('Generate a greeting', 50) }),
    }
    return Object.keys(answersIn(context)).length > 0 ? done('done') : inputRequired({ inputRequests })
  })

  mcp.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'A prompt that asks.' },
    (context: ServerContext) => {
      const given = acceptedContent(
        context.mcpReq.inputResponses,
        'user_context',
        z.object({ context: z.string() }),
      )
      if (!given) {
        return inputRequired({
          inputRequests: { user_context: form('What context should the prompt use?', 'context') },
        })
      }
      return { messages: [{ role: 'user', content: { type: 'text', text: given.context } }] }
    },
  )
}
