import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { tools } from '../../src/tools/index.ts'
import { toWire } from '../../src/tools/to-wire.ts'

const ROOT = join(import.meta.dirname, '../..')

describe.each(tools)('$name', (tool) => {
  const wire = toWire(tool)

  test('looks to clients as it did, or the change is on purpose', async () => {
    await expect(`${JSON.stringify(wire, null, 2)}\n`).toMatchFileSnapshot(
      join(ROOT, `test/snapshots/${tool.name}.json`),
    )
  })

  test('stands in the file that bears its name', () => {
    expect(existsSync(join(ROOT, `src/tools/${tool.name.replaceAll('_', '-')}.ts`))).toBe(true)
  })

  test('says what it is for, and describes every argument', () => {
    expect(tool.title.length).toBeGreaterThan(5)
    expect(tool.description.length).toBeGreaterThan(40)
    for (const field of Object.values(wire.inputSchema.properties as object)) {
      expect(field).toHaveProperty('description')
    }
  })

  test('shows all that it takes, in depth, with types, allowed values and bounds', () => {
    const declared = z.toJSONSchema(tool.input(), { io: 'input' })
    expect(partsOf(wire.inputSchema)).toEqual(partsOf(declared))
    for (const [place, { type, properties, items, additionalProperties }] of schemasIn(wire.inputSchema)) {
      expect(type, place).toMatch(/^(object|array|string|integer|boolean)$/)
      if (type === 'array') expect(items, place).toBeDefined()
      if (type === 'object') expect(properties, place).toBeDefined()
      if (type === 'object') expect(additionalProperties, place).toBe(false)
    }
  })

  test('declares its effect, and the hints that follow from it', () => {
    expect(wire.annotations).toEqual({
      readOnlyHint: tool.effect === 'reads',
      destructiveHint: ['removes', 'changes'].includes(tool.effect),
      idempotentHint: true,
      // These alone answer without asking an app.
      openWorldHint: !['list_tenants', 'get_run', 'cancel_run'].includes(tool.name),
    })
    expect('plan' in tool).toBe(tool.effect !== 'reads')
  })

  test('refuses arguments that it does not declare', () => {
    const schema = z.toJSONSchema(tool.input(), { io: 'input' })
    expect(schema.additionalProperties).toBe(false)
    expect(wire.inputSchema.additionalProperties).toBe(false)
  })

  test('demands a reason where it takes something away', () => {
    if (tool.effect !== 'removes') return
    expect(wire.inputSchema.required).toContain('reason')
    expect(wire.inputSchema.required).toSatisfy(
      // Where it acts, or whose reach it takes back.
      // A run finds the apps itself, and a person sees which before anything is done.
      (named: string[]) =>
        tool.name === 'offboard' || ['tenant', 'tenants', 'change'].some((one) => named.includes(one)),
    )
  })
})

test('all tools that are listed by default cost an agent at most 20 kB', () => {
  const listed = tools.filter(({ name }) => name !== 'delete_user')
  expect(Buffer.byteLength(JSON.stringify({ tools: listed.map(toWire) }))).toBeLessThanOrEqual(20_000)
})

type Schema = z.core.JSONSchema.JSONSchema

/** Every schema in a schema, with its place. */
function schemasIn(schema: Schema, place = ''): [place: string, schema: Schema][] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, one]) =>
    schemasIn(one as Schema, `${place}.${name}`),
  )
  const items = schema.items ? schemasIn(schema.items as Schema, `${place}[]`) : []
  return [[place, schema], ...inner, ...items]
}

/** What a schema says of every place; an object without named fields is sent as text. */
const partsOf = (schema: Schema) =>
  Object.fromEntries(
    schemasIn(schema).map(([place, { type, properties, required, maximum, maxItems, enum: values }]) => [
      place,
      {
        type: type === 'object' && !properties ? 'string' : type,
        required: required ?? [],
        maximum,
        maxItems,
        values,
      },
    ]),
  )
