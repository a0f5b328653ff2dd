// @module-tag long

import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { MultiServerMCPClient } from '@langchain/mcp-adapters'
import { createMCPClient as createOlderMCPClient } from 'ai-sdk-mcp-1'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL_SCOPES, type HttpWorld, openHttpWorld } from '../support/http-world.ts'
import type { ToolAnswer } from '../support/world.ts'

// It runs on Node 22 and later by what it declares, so it is installed apart; `.ci/run` does that.
const AI_SDK = join(import.meta.dirname, '../interop/node_modules/@ai-sdk/mcp/dist/index.js')
const noAiSdk = !existsSync(AI_SDK) && !process.env.IDENTITY_MCP_FULL

/** As much of that client as is used here. */
interface AiSdkClient {
  onElicitationRequest(
    schema: unknown,
    answer: (request: { params: { message: string } }) => { action: 'decline' },
  ): void
  listTools(): Promise<{ tools: { name: string }[] }>
  callTool(call: { name: string; arguments: unknown }): Promise<unknown>
  close(): Promise<void>
}

/** Clients that others wrote: what they list, and what they make of an answer and of a change that must be approved. */
let world: HttpWorld
let headers: { Authorization: string }
beforeAll(async () => {
  world = await openHttpWorld({ ownProcess: true })
  headers = { Authorization: `Bearer ${await world.token('interop', ALL_SCOPES)}` }
})
afterAll(() => world[Symbol.asyncDispose]())

const ADA = { user: 'ada@example.com' }
const LEAVES = { ...ADA, tenants: ['acme-netskope'], reason: 'left' }
const FOUND = { complete: true, people: [{ name: 'Ada Lovelace' }] }
const WAITS = { status: 'approval_required', approval: { plan: expect.any(Array) } }

const textIn = (result: unknown): ToolAnswer =>
  JSON.parse((result as { content?: { text: string }[] }).content?.[0]?.text ?? 'null')

describe('@ai-sdk/mcp', () => {
  test.skipIf(noAiSdk)('of the modern revision lists, calls, and asks its person', async () => {
    const { createMCPClient, ElicitationRequestSchema } = await import(pathToFileURL(AI_SDK).href)
    const client: AiSdkClient = await createMCPClient({
      transport: { type: 'http', url: world.url.href, headers },
      capabilities: { elicitation: {} },
    })
    const asked: string[] = []
    client.onElicitationRequest(ElicitationRequestSchema, ({ params }) => {
      asked.push(params.message)
      return { action: 'decline' }
    })
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toContain('find_user')
    expect(textIn(await client.callTool({ name: 'find_user', arguments: ADA }))).toMatchObject(FOUND)
    const declined = await client.callTool({ name: 'deactivate_user', arguments: LEAVES })
    expect(textIn(declined).error).toMatchObject({ code: 'declined' })
    expect(asked).toHaveLength(1)
    await client.close()
  })

  test('1, which is older, lists, calls, and is told where to approve', async () => {
    const client = await createOlderMCPClient({ transport: { type: 'http', url: world.url.href, headers } })
    const tools = await client.tools()
    expect(Object.keys(tools)).toContain('find_user')
    const call = { toolCallId: '1', messages: [] }
    expect(textIn(await tools.find_user?.execute(ADA, call))).toMatchObject(FOUND)
    expect(textIn(await tools.deactivate_user?.execute(LEAVES, call))).toMatchObject(WAITS)
    await client.close()
  })
})

test('@langchain/mcp-adapters lists, calls, and is told where to approve', async () => {
  const client = new MultiServerMCPClient({
    mcpServers: { identity: { transport: 'http', url: world.url.href, headers } },
  })
  const tools = await client.getTools()
  const run = async (name: string, input: unknown) => {
    const tool = tools.find((one) => one.name === name)
    const said: unknown = await tool?.invoke(input as Record<string, unknown>)
    return JSON.parse((said as { text: string }).text) as ToolAnswer
  }
  expect(await run('find_user', ADA)).toMatchObject(FOUND)
  expect(await run('deactivate_user', LEAVES)).toMatchObject(WAITS)
  await client.close()
})

test('mcporter lists, calls, and is told where to approve', async () => {
  const config = join(world.folder, 'mcporter.json')
  writeFileSync(
    config,
    JSON.stringify({ mcpServers: { identity: { url: world.url.href, headers } }, imports: [] }),
  )
  const cli = join(import.meta.dirname, '../../node_modules/mcporter/dist/cli.js')
  const run = async (...words: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [cli, '--config', config, ...words], {
      env: { PATH: process.env.PATH, HOME: world.folder },
    })
    return JSON.parse(stdout)
  }
  const { tools } = await run('list', 'identity', '--json')
  expect(tools.map(({ name }: { name: string }) => name)).toContain('find_user')
  const call = (tool: string, input: unknown) =>
    run('call', `identity.${tool}`, '--args', JSON.stringify(input), '--output', 'json')
  expect(await call('find_user', ADA)).toMatchObject(FOUND)
  expect(await call('deactivate_user', LEAVES)).toMatchObject(WAITS)
})
