import type * as z from 'zod'
import { InvalidInput } from '../errors.ts'
import { inQuotes, plainText } from '../text/text.ts'
import { type Call, type CallGuard, parsedInput } from './call.ts'

/** Lets nothing in or out that the tool's schemas do not name. */
export const declaredOnly = (): CallGuard =>
  async function declaredOnly(call, next) {
    const parsed = parsedInput(call)
    if (!parsed.success) throw misfit(call, listed(parsed.error.issues.map(say), '; '))
    // The schemas pass over a key of this name, wherever it stands.
    if (holdsPrototype(call.input)) throw misfit(call, 'unknown argument "__proto__"')
    const reply = await next({ ...call, input: parsed.data })
    if ('question' in reply) return reply
    // A tool's own answer that does not fit is a fault of ours, and ends as one.
    return { ...reply, answer: call.tool.output().parse(reply.answer) as Record<string, unknown> }
  }

const misfit = ({ tool }: Call, what: string) =>
  new InvalidInput(
    `The arguments of ${tool.name} do not fit: ${what}.`,
    'The input schema of the tool says what it takes.',
  )

/** Of input that a schema has let through, so that it is no deeper than the schema. A copy on the way may have acted on it. */
const holdsPrototype = (input: unknown): boolean =>
  typeof input === 'object' &&
  input !== null &&
  (Object.hasOwn(input, '__proto__') ||
    ![Object.prototype, Array.prototype].includes(Object.getPrototypeOf(input)) ||
    Object.values(input).some(holdsPrototype))

const MOST = 5

/** As many as help; a caller that sent thousands is not answered with thousands. */
const listed = (texts: readonly string[], between: string): string =>
  [...texts.slice(0, MOST), ...(texts.length > MOST ? [`${texts.length - MOST} more`] : [])].join(between)

function say(issue: z.core.$ZodIssue): string {
  const at = plainText(issue.path.map(String).join('.'), 64)
  if (issue.code === 'unrecognized_keys') {
    return `unknown argument ${listed(
      issue.keys.map((key) => inQuotes(key, 64)),
      ', ',
    )}`
  }
  const message = issue.message.replace(/^Invalid (input|option|string): /, '')
  return `\`${at || 'arguments'}\` ${message.endsWith('received undefined') ? 'is missing' : message}`
}
