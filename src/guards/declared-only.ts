import * as z from 'zod'
import { InvalidInput } from '../errors.ts'
import { insteadOfArgument, type Takes } from '../text/elsewhere.ts'
import { inQuotes, plainText } from '../text/text.ts'
import { type Call, type CallGuard, parsedInput } from './call.ts'
import { asDeclared } from './spoken-input.ts'

/** Rejects input and output that the tool's schemas do not declare. */
export const declaredOnly = (): CallGuard =>
  async function declaredOnly(call, next) {
    const parsed = parsedInput(call)
    if (!parsed.success) throw unfit(call, parsed.error.issues)
    // zod ignores a key of this name at any depth; it can stand in JSON text, too.
    if ([call.input, asDeclared(call.tool.input(), call.input)].some(holdsPrototype))
      throw misfit(call, 'unknown argument "__proto__"')
    const reply = await next({ ...call, input: parsed.data })
    if ('question' in reply) return reply
    // An answer that does not match its schema is a bug of this server, and fails as one.
    return { ...reply, answer: call.tool.output().parse(reply.answer) as Record<string, unknown> }
  }

const misfit = ({ tool }: Call, what: string, hint = 'Correct that and make the call again.') =>
  new InvalidInput(`The arguments of ${tool.name} are not valid: ${what}.`, hint)

type Issue = z.core.$ZodIssue
const inCode = (text: string): string => `\`${text}\``
const placeOf = ({ path }: Pick<Issue, 'path'>): string => plainText(path.map(String).join('.'), 64)

function unfit(call: Call, issues: readonly Issue[]): InvalidInput {
  const strange = issues.filter(({ code }) => code === 'unrecognized_keys').map(placeOf)
  // A rule about all of an object says nothing more to somebody who misnamed a part of it.
  const told = issues.filter((issue) => issue.code !== 'custom' || !strange.includes(placeOf(issue)))
  // What a stranger was meant for is most often what is missing.
  const hints = [...told.filter((one) => !isMissing(one)), ...told.filter(isMissing)].flatMap((issue) =>
    hintsAbout(call, issue),
  )
  return misfit(
    call,
    listed(told.map(issueText), '; '),
    hints.length > 0 ? [...new Set(hints)].slice(0, MAX_LISTED).join(' ') : undefined,
  )
}

/** What was meant by an argument that there is not, and what there is in its place. */
function hintsAbout({ tool }: Call, issue: Issue): string[] {
  const strangers = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, MAX_LISTED - 1) : []
  const isObject = issue.code === 'invalid_type' && issue.expected === 'object'
  if (strangers.length === 0 && !isObject && !isMissing(issue)) return []
  const path = isMissing(issue) ? issue.path.slice(0, -1) : issue.path
  const takes = takesAt(z.toJSONSchema(tool.input(), { io: 'input' }), path)
  if (!takes) return []
  const place = path.length > 0 ? inCode(placeOf({ path })) : tool.name
  const names = takes.names.length > 0 ? takes.names.join(', ') : 'no arguments'
  return [...strangers.flatMap((name) => insteadOfArgument(name, takes) ?? []), `${place} takes ${names}.`]
}

type Schema = z.core.JSONSchema.JSONSchema
const namesOf = (schema: Schema | boolean | undefined): string[] | undefined =>
  typeof schema === 'object' && schema.properties ? Object.keys(schema.properties) : undefined

/** What an object holds at this place in the schema; undefined where any name will do. */
function takesAt(schema: Schema, [step, ...rest]: readonly PropertyKey[]): Takes | undefined {
  const { properties = {} } = schema
  if (step !== undefined) {
    const inner = properties[String(step)]
    return typeof inner === 'object' ? takesAt(inner, rest) : undefined
  }
  const within = Object.entries(properties).flatMap(([name, inner]) => {
    const held = namesOf(inner)
    return held ? [[name, held] as const] : []
  })
  const names = namesOf(schema)
  return names && { names, within: Object.fromEntries(within) }
}

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

function issueText(issue: Issue): string {
  const at = placeOf(issue)
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((key) => inQuotes(key, 64))
    return [`unknown argument ${listed(names, ', ')}`, ...(at ? [inCode(at)] : [])].join(' in ')
  }
  // What is wrong with the name of a field stands one deeper.
  const [inner] = issue.code === 'invalid_key' ? issue.issues : []
  const message = (inner ?? issue).message.replace(/^Invalid (input|option|string): /, '')
  return `${inCode(at || 'arguments')} ${isMissing(issue) ? 'is missing' : message}`
}

const isMissing = ({ path, message }: Issue): boolean =>
  path.length > 0 && message.endsWith('received undefined')
