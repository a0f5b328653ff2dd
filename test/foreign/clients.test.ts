import { execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ScimApp, startScimApp } from '../../src/sandbox/scim-app.ts'
import { notInstalled } from '../support/foreign.ts'
import { startProgram } from '../support/program.ts'
import { runToEnd } from '../support/world.ts'

const BIN = join(import.meta.dirname, 'clients/node_modules/.bin')
const TIMEOUT_MS = 90_000

/** MCP clients that others wrote, without an account: each starts the server as `init` registered it, if it can. */
describe.skipIf(notInstalled('clients'))('a client of others', () => {
  let home: string
  let app: ScimApp
  let env: Record<string, string>
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'clients-'))
    app = await startScimApp()
    // Nothing of the person's own: no key of a model, no settings.
    env = { PATH: process.env.PATH ?? '', HOME: home, TERM: 'dumb', ACME_TOKEN: app.tokens.scim.value }
  })
  afterEach(async () => {
    await app.close()
    rmSync(home, { recursive: true, force: true })
  })

  async function register(client: string, folder: string) {
    mkdirSync(join(home, folder), { recursive: true })
    const tenant = [
      '--vendor',
      'scim',
      '--tenant',
      'acme',
      '--url',
      app.scimUrl,
      '--token',
      'scim=env:ACME_TOKEN',
    ]
    const words = ['init', '--yes', ...tenant, '--clients', client]
    expect(await runToEnd(startProgram(words, { env, ownProcess: true }))).toMatchObject({ code: 0 })
  }
  const run = async (name: string, words: string[], more: Record<string, string> = {}) => {
    const options = { cwd: home, env: { ...env, ...more }, timeout: TIMEOUT_MS }
    const { stdout, stderr } = await promisify(execFile)(join(BIN, name), words, options)
    return stdout + stderr
  }

  test('Claude Code connects', async () => {
    // It makes its settings file when it is first started; without one, there is no such client for `init`.
    await run('claude', ['mcp', 'list'])
    await register('claude-code', '.claude')
    expect(await run('claude', ['mcp', 'list'])).toMatch(/^identity: .*Connected$/m)
  })

  test('Gemini CLI connects', async () => {
    await register('gemini', '.gemini')
    const trusting = { GEMINI_CLI_TRUST_WORKSPACE: 'true' }
    expect(await run('gemini', ['mcp', 'list'], trusting)).toMatch(/^.* identity: .*Connected$/m)
  })

  test('Codex lists the tools', async () => {
    await register('codex', '.codex')
    const codex = spawn(join(BIN, 'codex'), ['app-server'], { cwd: home, env, timeout: TIMEOUT_MS })
    const send = (message: object) => codex.stdin.write(`${JSON.stringify(message)}\n`)
    const clientInfo = { name: 'test', title: 'test', version: '1' }
    send({ id: 1, method: 'initialize', params: { clientInfo } })
    let listed: { name: string; tools: object }[] = []
    for await (const line of createInterface({ input: codex.stdout })) {
      const { id, result } = JSON.parse(line) as { id?: number; result?: { data: typeof listed } }
      if (id === 1) send({ method: 'initialized' })
      if (id === 1) send({ id: 2, method: 'mcpServerStatus/list', params: {} })
      if (id !== 2) continue
      listed = result?.data ?? []
      break
    }
    codex.kill()
    expect(listed.map(({ name }) => name)).toEqual(['identity'])
    expect(Object.keys(listed[0]?.tools ?? {})).toEqual(
      expect.arrayContaining(['find_user', 'deactivate_user']),
    )
  })

  test('Copilot CLI knows the server', async () => {
    // Without an account it starts none.
    await register('copilot', '.copilot')
    expect(await run('copilot', ['mcp', 'get', 'identity'])).toMatch(
      /Status: Enabled[\s\S]*Tools: \* \(all\)/,
    )
  })
})
