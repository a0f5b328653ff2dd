import * as z from 'zod'
import { isClassified } from '../domain/change.ts'
import type { Tool } from '../engine/tool.ts'

type JsonSchema = { [key: string]: unknown }

/** A tool as `tools/list` shows it; every agent pays for every byte of it, in every session. */
export interface WireTool {
  name: string
  title: string
  description: string
  inputSchema: JsonSchema & { type: 'object' }
  outputSchema: JsonSchema & { type: 'object' }
  annotations: {
    readOnlyHint: boolean
    destructiveHint: boolean
    idempotentHint?: boolean
    openWorldHint: boolean
  }
}

export function toWire(tool: Tool): WireTool {
  const { name, title, description, effect, input, local = false } = tool
  return {
    name,
    title,
    description,
    // `required` always, since a converter makes null of none (@anthropic-ai/sdk, helpers/beta/mcp).
    inputSchema: { required: [], ...inputObject(z.toJSONSchema(input(), { io: 'input' })) },
    // Models are not shown it, and every client is sent it: docs/tools.md has what an answer holds.
    outputSchema: { type: 'object' },
    annotations: {
      readOnlyHint: effect === 'reads',
      destructiveHint: !isClassified(tool) || effect === 'removes' || effect === 'changes',
      // Every change first checks whether there is anything to do, so a repeated call changes nothing more. Of a tool that
      // only reads, the hint means nothing.
      ...(effect !== 'reads' && { idempotentHint: true }),
      openWorldHint: !local,
    },
  }
}

type Field = z.core.JSONSchema.JSONSchema | boolean
const mapFields = (fields: Record<string, Field>, show: (field: JsonSchema) => JsonSchema) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, show(field as JsonSchema)]))

/** `properties` always, also of no arguments: some clients refuse all tools for one without (github/copilot-cli#1825). */
const inputObject = ({ properties = {}, required }: z.core.JSONSchema.JSONSchema) => ({
  type: 'object' as const,
  properties: mapFields(properties, inputField),
  ...(required && { required }),
  additionalProperties: false,
})

/** Bounds that every converter to a model's own schemas keeps. Those of texts are told by the error. */
const BOUNDS = ['enum', 'format', 'maximum', 'maxItems'] as const

/** What an agent needs to fill in a field. */
function inputField(field: JsonSchema): JsonSchema {
  const { type, description, items, properties } = field
  const told = description === undefined ? {} : { description }
  if (type === 'object') {
    // Converters lose an object whose fields have no names, or refuse it. JSON text is read as the object.
    return properties ? { ...inputObject(field), ...told } : { type: 'string', ...told }
  }
  const bounds = BOUNDS.flatMap((name) => (field[name] === undefined ? [] : [[name, field[name]]]))
  return {
    type,
    ...Object.fromEntries(bounds),
    // The list itself says what is in it.
    ...(items !== undefined && { items: inputField({ ...(items as JsonSchema), description: undefined }) }),
    ...told,
  }
}
