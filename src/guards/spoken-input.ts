import * as z from 'zod'

// Clients and models send one thing in several spellings. Here they become one, before anything is judged or bound.

type Arguments = Readonly<Record<string, unknown>>

/** Whether an argument is one that a client adds by itself; whatever else is unknown is refused. */
const ADDED_BY_CLIENTS: Readonly<Record<string, (given: Arguments) => boolean>> = {
  // Cursor, where a tool needs no arguments (mondaycom/mcp#15).
  random_string: () => true,
  // n8n, of the call by the model (n8n-io/n8n#21500, #21716) and of its own chat (n8n-io/n8n#22787).
  toolCallId: () => true,
  tool: (given) => Object.hasOwn(given, 'toolCallId'),
  sessionId: () => true,
  chatInput: () => true,
  action: ({ action, ...given }) => action === 'sendMessage' && Object.hasOwn(given, 'chatInput'),
}

type Schema = z.core.JSONSchema.JSONSchema

/** A tool's input schema as data, made once. */
const schemas = new WeakMap<z.ZodType, Schema>()
function schemaOf(input: z.ZodType): Schema {
  const made = schemas.get(input) ?? (z.toJSONSchema(input, { io: 'input' }) as Schema)
  schemas.set(input, made)
  return made
}

/** The arguments of a call in the form that the tool's schema has. What does not fit stays as it is, and is refused. */
export function asDeclared(input: z.ZodType, given: unknown): unknown {
  const schema = schemaOf(input)
  if (!isObject(given)) return given
  const isAdded = (name: string) => Object.hasOwn(ADDED_BY_CLIENTS, name) && ADDED_BY_CLIENTS[name]?.(given)
  return read(schema, Object.fromEntries(Object.entries(given).filter(([name]) => !isAdded(name))))
}

function read(schema: Schema, given: unknown): unknown {
  const value = parsedText(schema, given)
  const { properties, required = [], items } = schema
  if (Array.isArray(value)) {
    return typeof items === 'object' && !Array.isArray(items) ? value.map((item) => read(items, item)) : value
  }
  if (!properties || !isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined
      if (typeof known !== 'object') return [[name, inner]]
      // Some clients send everything that may be left out (fctr-id/okta-mcp-server#4, cursor/cursor#3614).
      const isLeftOut = (inner === null || inner === '') && !required.includes(name)
      return isLeftOut ? [] : [[name, read(known, inner)]]
    }),
  )
}

/** A list or an object that was sent as JSON text (anthropics/claude-code#59227). */
function parsedText({ type }: Schema, given: unknown): unknown {
  if (typeof given !== 'string' || (type !== 'array' && type !== 'object')) return given
  try {
    const value: unknown = JSON.parse(given)
    return (type === 'array' ? Array.isArray(value) : isObject(value)) ? value : given
  } catch {
    return given
  }
}

const isObject = (value: unknown): value is Arguments =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
