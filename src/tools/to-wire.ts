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
  annotations: { readOnlyHint: boolean; destructiveHint: boolean; idempotentHint?: boolean }
}

export function toWire(tool: Tool): WireTool {
  const { name, title, description, effect, input, output } = tool
  const { properties = {}, required } = z.toJSONSchema(input(), { io: 'input' })
  const answer = z.toJSONSchema(output(), { io: 'input' })
  return {
    name,
    title,
    description,
    inputSchema: {
      type: 'object',
      ...(Object.keys(properties).length > 0 && { properties: mapFields(properties, inputField) }),
      ...(required && { required }),
      additionalProperties: false,
    },
    outputSchema: { type: 'object', properties: mapFields(listed(answer.properties), outputField) },
    annotations: {
      readOnlyHint: effect === 'reads',
      destructiveHint: !isClassified(tool) || effect === 'removes' || effect === 'changes',
      // Every change first checks whether there is anything to do, so a repeated call changes nothing more.
      ...(effect !== 'reads' && { idempotentHint: true }),
    },
  }
}

const listed = (fields: Record<string, Field> = {}) =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !UNLISTED.has(name)))

type Field = z.core.JSONSchema.JSONSchema | boolean
const mapFields = (fields: Record<string, Field>, show: (field: JsonSchema) => JsonSchema) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, show(field as JsonSchema)]))

/** What an agent needs to fill in a field; the error of a call that exceeds a bound names the bound. */
const inputField = ({ type, description, enum: oneOf, items }: JsonSchema): JsonSchema => ({
  type,
  ...(oneOf !== undefined && { enum: oneOf }),
  ...(items !== undefined && { items: { type: (items as JsonSchema).type } }),
  ...(description !== undefined && { description }),
})

/** The top level of an answer, by name and type; the rest is in `docs/tools.md`. */
const outputField = ({ type, enum: words }: JsonSchema): JsonSchema => ({
  type: words === undefined ? type : 'string',
})

/** Fields that agents understand without a declaration. */
const UNLISTED = new Set([
  ...['outcome', 'note', 'code', 'verified', 'account', 'group', 'change', 'alsoChanged'],
  ...['nextCursor', 'complete'],
])
