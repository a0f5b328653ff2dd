import * as z from 'zod'
import { argumentsIn, type Message, type Model, ModelFailed, type ModelSettings, post } from './model.ts'

const Reply = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.string().nullish(),
          tool_calls: z
            .array(
              z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.unknown() }) }),
            )
            .nullish(),
        }),
      }),
    )
    .min(1),
  // Some servers of local models leave it out.
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
})

/** A model behind an API in the form of OpenAI's chat completions. */
export const openaiModel = (settings: ModelSettings): Model => ({
  name: settings.name,
  async next({ system, tools, messages }) {
    const reply = await post(settings, {
      path: '/chat/completions',
      headers: { authorization: `Bearer ${settings.key}` },
      body: {
        model: settings.name,
        messages: [{ role: 'system', content: system }, ...messages.flatMap(toMessages)],
        tools: tools.map(({ name, description, schema }) => ({
          type: 'function',
          function: { name, description, parameters: schema },
        })),
      },
    })
    const { data } = Reply.safeParse(reply)
    const said = data?.choices[0]?.message
    if (!said)
      throw new ModelFailed('The model API answered with another form than that of chat completions.')
    return {
      text: said.content ?? '',
      calls: (said.tool_calls ?? []).map(({ id, function: { name, arguments: given } }) => ({
        id,
        name,
        args: argumentsIn(given),
      })),
      tokens: { input: data.usage?.prompt_tokens ?? 0, output: data.usage?.completion_tokens ?? 0 },
    }
  },
})

function toMessages(message: Message): object[] {
  if (message.from === 'person') return [{ role: 'user', content: message.text }]
  if (message.from === 'tools') {
    return message.results.map(({ id, text }) => ({ role: 'tool', tool_call_id: id, content: text }))
  }
  const { text, calls } = message
  const tool_calls = calls.map(({ id, name, args = {} }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }))
  return [{ role: 'assistant', content: text, ...(calls.length > 0 && { tool_calls }) }]
}
