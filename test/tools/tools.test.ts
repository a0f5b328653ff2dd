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
    for (const field of Object.values(wire.inputSchema.properties ?? {})) {
      expect(field).toHaveProperty('description')
    }
  })

  test('declares its effect, and the hints that follow from it', () => {
    expect(wire.annotations).toEqual({
      readOnlyHint: tool.effect === 'reads',
      destructiveHint: ['removes', 'changes'].includes(tool.effect),
      ...(tool.effect !== 'reads' && { idempotentHint: true }),
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

test('all tools together cost an agent at most 800 bytes each', () => {
  const bytes = Buffer.byteLength(JSON.stringify({ tools: tools.map(toWire) }))
  expect(bytes / tools.length).toBeLessThanOrEqual(800)
})
