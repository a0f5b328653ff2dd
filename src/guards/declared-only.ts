import type * as z from 'zod'
import { InvalidInput } from '../errors.ts'
import { plainText } from '../identity/text.ts'
import type { CallGuard } from './call.ts'

/** Lets nothing in or out that the tool's schemas do not name. */
export const declaredOnly = (): CallGuard =>
  async function declaredOnly(call, next) {
    const parsed = call.tool.input.safeParse(call.input ?? {})
    if (!parsed.success) {
      throw new InvalidInput(
        `The arguments of ${call.tool.name} do not fit: ${parsed.error.issues.map(say).join('; ')}.`,
        'The input schema of the tool says what it takes.',
      )
    }
    const reply = await next({ ...call, input: parsed.data })
    if ('question' in reply) return reply
    // A tool's own answer that does not fit is a fault of ours, and ends as one.
    return { ...reply, answer: call.tool.output.parse(reply.answer) as Record<string, unknown> }
  }

function say(issue: z.core.$ZodIssue): string {
  const at = plainText(issue.path.map(String).join('.'), 64)
  if (issue.code === 'unrecognized_keys') {
    return `unknown argument ${issue.keys.map((key) => `"${plainText(key, 64)}"`).join(', ')}`
  }
  const message = issue.message.replace(/^Invalid (input|option|string): /, '')
  return `\`${at || 'arguments'}\` ${message.endsWith('received undefined') ? 'is missing' : message}`
}
