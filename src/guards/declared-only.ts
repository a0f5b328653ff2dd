import type * as z from 'zod'
import { InvalidInput } from '../errors.ts'
import { inQuotes, plainText } from '../text/text.ts'
import { type Call, type CallGuard, parsedInput } from './call.ts'

/** Rejects input and output that the tool's schemas do not declare. */
export const declaredOnly = (): CallGuard =>
  async function declaredOnly(call, next) {
    const parsed = parsedInput(call)
    if (!parsed.success) throw misfit(call, listed(parsed.error.issues.map(issueText), '; '))
    // zod ignores a key of this name at any depth.
    if (holdsPrototype(call.input)) throw misfit(call, 'unknown argument "__proto__"')
    const reply = await next({ ...call, input: parsed.data })
    if ('question' in reply) return reply
    // An answer that does not match its schema is a bug of this server, and fails as one.
    return { ...reply, answer: call.tool.output().parse(reply.answer) as Record<string, unknown> }
  }

const misfit = ({ tool }: Call, what: string) =>
  new InvalidInput(
    `The arguments of ${tool.name} are not valid: ${what}.`,
    'See the input schema of the tool.',
  )

/** For input that a schema has accepted, so the depth is bounded. A copy on the way may have applied the key. */
const holdsPrototype = (input: unknown): boolean =>
  typeof input === 'object' &&
  input !== null &&
  (Object.hasOwn(input, '__proto__') ||
    ![Object.prototype, Array.prototype].includes(Object.getPrototypeOf(input)) ||
    Object.values(input).some(holdsPrototype))

const MAX_LISTED = 5

/** The first few: a caller that sends thousands does not get thousands back. */
const listed = (texts: readonly string[], between: string): string =>
  [
    ...texts.slice(0, MAX_LISTED),
    ...(texts.length > MAX_LISTED ? [`${texts.length - MAX_LISTED} more`] : []),
  ].join(between)

function issueText(issue: z.core.$ZodIssue): string {
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
