import * as z from 'zod'
import { argumentsIn, type Message, type Model, ModelFailed, type ModelSettings, post } from './model.ts'

const MAX_TOKENS = 4_096

const Reply = z.object({
  content: z.array(
    z.union([
      z.object({ type: z.literal('text'), text: z.string() }),
      z.object({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.unknown() }),
      z.object({ type: z.string() }),
    ]),
  ),
  usage: z.object({ input_tokens: z.number(), output_tokens: z.number() }),
})

/** A model behind the Anthropic Messages API. */
export const anthropicModel = (settings: ModelSettings): Model => ({
  name: settings.name,
  async next({ system, tools, messages }) {
    const reply = await post(settings, {
      path: '/v1/messages',
      headers: { 'x-api-key': settings.key, 'anthropic-version': '2023-06-01' },
      body: {
        model: settings.name,
        max_tokens: MAX_TOKENS,
        system,
        tools: tools.map(({ name, description, schema }) => ({ name, description, input_schema: schema })),
        messages: messages.map(toMessage),
      },
    })
    const { data } = Reply.safeParse(reply)
    if (!data)
      throw new ModelFailed('The model API answered with another form than that of Anthropic Messages.')
    const text = data.content.flatMap((part) => ('text' in part ? part.text : [])).join('\n')
    const calls = data.content.flatMap((part) =>
      'id' in part ? { id: part.id, name: part.name, args: argumentsIn(part.input) } : [],
    )
    return { text, calls, tokens: { input: data.usage.input_tokens, output: data.usage.output_tokens } }
  },
})

function toMessage(message: Message): object {
  if (message.from === 'person') return { role: 'user', content: message.text }
  if (message.from === 'tools') {
    const content = message.results.map(({ id, text, isError }) => ({
      type: 'tool_result',
      tool_use_id: id,
      content: text,
      is_error: isError,
    }))
    return { role: 'user', content }
  }
  const { text, calls } = message
  const used = calls.map(({ id, name, args = {} }) => ({ type: 'tool_use', id, name, input: args }))
  return { role: 'assistant', content: [...(text ? [{ type: 'text', text }] : []), ...used] }
}
