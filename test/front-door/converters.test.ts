import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { WireTool } from '../../src/tools/to-wire.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld, type ToolAnswer } from '../support/world.ts'

// What turns tools of MCP into those of a model, by its vendors. Installed apart; `.ci/run` does that.
const INTEROP = join(import.meta.dirname, '../interop/node_modules')
const FILES = {
  openai: '@openai/agents-core/dist/index.js',
  gemini: '@google/genai/dist/node/index.mjs',
  anthropic: '@anthropic-ai/sdk/helpers/beta/mcp.mjs',
}
const notThere = !Object.values(FILES).every((file) => existsSync(join(INTEROP, file)))
const load = (name: keyof typeof FILES) => import(pathToFileURL(join(INTEROP, FILES[name])).href)

interface Schema {
  type?: unknown
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  required?: unknown
  additionalProperties?: unknown
  [keyword: string]: unknown
}

const shared = shareWorld(() => openWorld({ settings: { confirm: { changes: 'none' } } }))
let tools: WireTool[]
beforeAll(async () => {
  tools = (await shared().client.listTools()) as WireTool[] // they are ours
})
const toolNamed = (name: string): WireTool => {
  const tool = tools.find((one) => one.name === name)
  if (!tool) throw new Error(`no tool ${name}`)
  return tool
}
const client = {
  listTools: async () => ({ tools }),
  callTool: ({ name, arguments: args }: { name: string; arguments: unknown }) =>
    shared().client.callTool(name, args),
}

/** Every place in a schema, with what an agent fills it in by. */
function placesIn(schema: Schema, place = ''): Record<string, unknown> {
  const { description, maximum, maxItems, enum: values } = schema
  const inner = Object.entries(schema.properties ?? {}).map(([name, one]) =>
    placesIn(one, `${place}.${name}`),
  )
  const items = schema.items ? [placesIn(schema.items, `${place}[]`)] : []
  return Object.assign({ [place]: { description, maximum, maxItems, values } }, ...inner, ...items)
}

/** A schema of OpenAI's without the null that it makes of what may be left out. */
function withoutNulls(schema: Schema): Schema {
  const { anyOf, ...rest } = schema
  const [only, ...others] = anyOf?.filter(({ type }) => type !== 'null') ?? []
  const one = anyOf && only && others.length === 0 ? { ...rest, ...only } : schema
  const notNull = (value: unknown) => value !== null
  return {
    ...one,
    ...(Array.isArray(one.enum) && { enum: one.enum.filter(notNull) }),
    ...(one.properties && {
      properties: Object.fromEntries(
        Object.entries(one.properties).map(([name, inner]) => [name, withoutNulls(inner)]),
      ),
    }),
    ...(one.items && { items: withoutNulls(one.items) }),
  }
}

const textIn = (content: unknown): ToolAnswer =>
  JSON.parse((content as { text: string }[])[0]?.text ?? 'null')
const UPDATE = { tenant: 'acme-netskope', user: 'ada@example.com', set: { department: 'Numbers' } }

describe.skipIf(notThere && !process.env.IDENTITY_MCP_FULL)('tools/list is converted whole', () => {
  test('by @openai/agents, to schemas that are strict', async () => {
    const { mcpToFunctionTool } = await load('openai')
    const server = {
      name: 'identity',
      callTool: async (name: string, args: unknown) => (await shared().client.callTool(name, args)).content,
    }
    for (const tool of tools) {
      const made = mcpToFunctionTool(tool, server, true)
      // It falls back to one that is not where it cannot.
      expect(made.strict, tool.name).toBe(true)
      expect(placesIn(withoutNulls(made.parameters)), tool.name).toEqual(placesIn(tool.inputSchema))
      for (const object of objectsIn(made.parameters)) {
        expect(object.additionalProperties).toBe(false)
        expect(object.required).toEqual(Object.keys(object.properties ?? {}))
      }
    }
  })

  test('and what a strict model fills in by it is taken', async () => {
    // Strict means that everything is there, as null where it is left out.
    const filled = filledWithNulls(toolNamed('update_user').inputSchema, UPDATE)
    expect(filled).toMatchObject({ reason: null, approvalId: null, set: { email: null, custom: null } })
    expect(await shared().call('update_user', filled as Record<string, unknown>)).toMatchObject({
      status: expect.stringMatching(/^(done|unchanged)$/),
      after: { department: 'Numbers' },
    })
  })

  test('by @google/genai, and no object is without properties', async () => {
    const { mcpToTool } = await load('gemini')
    const callable = mcpToTool(client)
    const { functionDeclarations } = (await callable.tool()) as {
      functionDeclarations: { name: string; parametersJsonSchema: Schema; responseJsonSchema: Schema }[]
    }
    expect(functionDeclarations.map(({ name }) => name)).toEqual(tools.map(({ name }) => name))
    for (const { name, parametersJsonSchema: schema } of functionDeclarations) {
      expect(placesIn(schema), name).toEqual(placesIn(toolNamed(name).inputSchema))
      // The API refuses the others: "should be non-empty for OBJECT type", "items: missing field".
      const [, ...inner] = objectsIn(schema)
      for (const { properties } of inner)
        expect(Object.keys(properties ?? {}).length, name).toBeGreaterThan(0)
    }
    const args = { ...UPDATE, set: JSON.stringify(UPDATE.set) }
    const [part] = await callable.callTool([{ name: 'update_user', args }])
    expect(textIn(part.functionResponse.response.content)).toMatchObject({ after: { department: 'Numbers' } })
  })

  test('by @anthropic-ai/sdk, and runs', async () => {
    const { mcpTools } = await load('anthropic')
    const made = mcpTools(tools, client) as {
      name: string
      input_schema: Schema
      run(args: unknown): Promise<unknown>
    }[]
    for (const { name, input_schema: schema } of made) {
      expect(placesIn(schema), name).toEqual(placesIn(toolNamed(name).inputSchema))
      // JSON Schema has no null here.
      expect(Array.isArray(schema.required), name).toBe(true)
      expect(schema.properties, name).toBeTypeOf('object')
    }
    const find = made.find(({ name }) => name === 'find_user')
    expect(textIn(await find?.run({ user: 'ada@example.com' }))).toMatchObject({
      people: [{ name: 'Ada Lovelace' }],
    })
  })
})

/** The objects in a schema, itself included. */
function objectsIn(schema: Schema): Schema[] {
  const inner = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.anyOf ?? []),
    ...(schema.items ? [schema.items] : []),
  ]
  return [...(schema.type === 'object' ? [schema] : []), ...inner.flatMap(objectsIn)]
}

/** Arguments with null for everything that they leave out. */
function filledWithNulls({ properties }: Schema, given: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties ?? {}).map(([name, inner]) => {
      const value = given[name] ?? null
      const isHeld = inner.type === 'object' && typeof value === 'object' && value !== null
      return [name, isHeld ? filledWithNulls(inner, value as Record<string, unknown>) : value]
    }),
  )
}
