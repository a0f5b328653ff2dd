import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import module from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CLIENTS, connect } from '../support/clients.ts'
import { MAIN } from '../support/main.ts'
import { openWorld } from '../support/world.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'identity-mcp-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const environment = () => ({ PATH: process.env.PATH ?? '', HOME: folder, TOKEN: 'a-token-of-some-kind' })

const settings = (more: Record<string, unknown> = {}) => {
  const file = join(folder, 'identity-mcp.json')
  const tenants = {
    nowhere: { vendor: 'netskope', url: 'https://nowhere.invalid', tokens: { scim: 'env:TOKEN' } },
  }
  writeFileSync(file, JSON.stringify({ tenants, dataDir: join(folder, 'data'), ...more }))
  return file
}

/** Runs the program to its end, with `stdin` on standard input. */
const run = (args: string[], { stdin = '', env = environment() as Record<string, string> } = {}) =>
  new Promise<{ code: number | null; stdout: string; stderr: string; ms: number }>((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], { env, cwd: folder })
    const out = { stdout: '', stderr: '' }
    child.stdout.on('data', (piece) => {
      out.stdout += String(piece)
    })
    child.stderr.on('data', (piece) => {
      out.stderr += String(piece)
    })
    const begun = performance.now()
    child.on('close', (code) => resolve({ code, ...out, ms: performance.now() - begun }))
    child.stdin.end(stdin)
  })

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'probe', version: '1' } },
}
const LIST = { jsonrpc: '2.0', id: 2, method: 'tools/list', params: {} }

describe('over stdio', () => {
  test('nothing but protocol is written to stdout, and the process ends with its input', async () => {
    const stdin = [INITIALIZE, { jsonrpc: '2.0', method: 'notifications/initialized' }, LIST].map((one) =>
      JSON.stringify(one),
    )
    const child = spawn(process.execPath, [MAIN, '--config', settings()], { env: environment(), cwd: folder })
    let stdout = ''
    const listed = new Promise<void>((resolve) => {
      child.stdout.on('data', (piece) => {
        stdout += String(piece)
        if (stdout.includes('"id":2')) resolve()
      })
    })
    child.stdin.write(`${stdin.join('\n')}\n`)
    await listed
    const begun = performance.now()
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    child.stdin.end()
    expect(await ended).toBe(0)
    expect(performance.now() - begun).toBeLessThan(2_000)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([1, 2])
  })

  test.each(CLIENTS)('tools are listed to a %s client with every tenant out of reach', async (kind) => {
    const launch = {
      command: process.execPath,
      args: [MAIN, '--config', settings()],
      env: environment(),
      stderr: () => {},
    }
    const client = await connect(kind, launch, 'probe')
    expect((await client.listTools()).length).toBe(21)
    const found = await client.callTool('find_user', { user: 'ada@example.com' })
    expect(found.structuredContent).toMatchObject({
      searched: [{ outcome: 'not_searched', code: 'unavailable' }],
    })
    await client.close()
  })

  test('a start touches nothing, so that a client may probe with a second copy', async () => {
    await run(['--config', settings()], { stdin: `${JSON.stringify(INITIALIZE)}\n` })
    expect(() => statSync(join(folder, 'data'))).toThrow('ENOENT')
  })

  test('a write under way is carried to its end when the input closes', async () => {
    await using world = await openWorld({
      ownProcess: true,
      settings: { confirm: { removes: 'none' } },
      sandbox: { faults: [{ fault: 'slow', method: 'PATCH', ms: 500 }] },
    })
    const leaves = { user: 'ada@example.com', tenants: ['acme-netskope'], reason: 'left' }
    const lost = world.call('deactivate_user', leaves).catch(() => 'lost')
    while (world.netskope.writes.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await world.close()
    expect(await lost).toBe('lost')
    while (world.journal().length < 2) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(world.journal().map(({ event }) => event)).toEqual(['started', 'done'])
  })

  test('the data folder is for its owner alone', async () => {
    await using world = await openWorld({ ownProcess: true })
    await world.call('find_user', { user: 'ada@example.com' })
    expect(statSync(world.dataDir).mode & 0o077).toBe(0)
  })
})

// Node keeps what it compiled since 22.1.
describe.skipIf(!('enableCompileCache' in module))('what Node compiled', () => {
  const cache = () => join(folder, '.cache', 'identity-mcp')
  const kept = () =>
    readdirSync(cache(), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())

  test('is kept for the next start, for its owner alone', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0 })
    expect(statSync(cache()).mode & 0o777).toBe(0o700)
    expect(kept().length).toBeGreaterThan(0)
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d/) })
  })

  test.each([
    ['that others can write to', () => mkdirSync(cache(), { recursive: true }), 0o777],
    ['that cannot be made', () => writeFileSync(join(folder, '.cache'), ''), undefined],
  ])('is not kept in a folder %s, and all else goes on', async (_, make, mode) => {
    make()
    if (mode !== undefined) chmodSync(cache(), mode)
    expect(await run(['--version'])).toMatchObject({ code: 0, stderr: '' })
    if (mode !== undefined) expect(kept()).toEqual([])
  })
})

describe('the command line', () => {
  test.each([
    ['an unknown option', ['--nonsense']],
    ['an unknown command', ['nonsense']],
    ['settings that are not there', ['--config', 'missing.json']],
    ['no settings at all', []],
  ])('ends with 2 for %s, and says so on stderr alone', async (_, args) => {
    const { code, stdout, stderr } = await run(args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).not.toBe('')
  })

  test('names every problem of the settings by its key, and no secret', async () => {
    const file = settings({
      tenants: {
        one: {
          vendor: 'netskope',
          url: 'http://example.com',
          tokens: { scim: 'a-secret-pasted-here' },
          colour: 'red',
        },
        two: { vendor: 'nextskope', url: 'https://example.com' },
      },
      limits: { removesPerHour: 0 },
      confrim: {},
    })
    const { code, stderr } = await run(['check', '--config', file])
    expect(code).toBe(2)
    for (const key of [
      'tenants.one.url',
      'tenants.one.tokens.scim',
      'tenants.one.colour',
      'tenants.two.vendor',
      'limits.removesPerHour',
      'confrim',
    ]) {
      expect(stderr).toContain(key)
    }
    expect(stderr).not.toContain('a-secret-pasted-here')
  })

  test('names an environment variable that is missing, and quotes nothing of a file that is not JSON', async () => {
    const { TOKEN: _, ...env } = environment()
    expect((await run(['--config', settings()], { env })).stderr).toContain('TOKEN is not set')
    const file = join(folder, 'broken.json')
    writeFileSync(file, '{ "tenants": { "a": { "tokens": { "scim": "pasted-secret }')
    const { code, stderr } = await run(['--config', file])
    expect(code).toBe(2)
    expect(stderr).not.toContain('pasted-secret')
  })

  test.each([
    ['sandbox --list-faults'],
    ['help'],
    ['completion bash'],
    ['list acme-netskope --sandbox'],
    ['list acme-netskope --sandbox --csv'],
    ['audit acme-netskope --sandbox'],
    ['audit export acme-netskope --since 2026-01-01 --sandbox'],
    ['audit follow acme-netskope --since 2026-01-01 --every 1 --sandbox'],
    ['journal --sandbox'],
    ['journal export --sandbox'],
    ['demo --fast'],
  ])('ends in silence when nobody reads on: %s', async (words) => {
    if (words.startsWith('journal')) await run(['brake', 'on', '--sandbox'])
    const child = spawn(process.execPath, [MAIN, ...words.split(' ')], { env: environment(), cwd: folder })
    // At once, or as `head` does after the first lines.
    if (words.includes('--list-faults')) child.stdout.destroy()
    else child.stdout.once('data', () => child.stdout.destroy())
    let stderr = ''
    child.stderr.on('data', (piece) => {
      stderr += String(piece)
    })
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('finds its settings by --config, the environment, and the current folder', async () => {
    const file = settings()
    for (const [args, env] of [
      [['tools', '--config', file], {}],
      [['check', '--json'], { IDENTITY_MCP_CONFIG: file }],
      [['check', '--json'], {}],
    ] as const) {
      expect((await run([...args], { env: { ...environment(), ...env } })).code).not.toBe(2)
    }
  })

  test('check says tenant by tenant what works', async () => {
    await using world = await openWorld({ ownProcess: true })
    const well = await world.run(['check'])
    expect(well).toMatchObject({ code: 0 })
    expect(well.stdout).toContain('acme-netskope')
    world.netskope.tokens.rest.expiresAt = 0
    const unwell = await world.run(['check', '--json'])
    expect(unwell.code).toBe(1)
    expect(JSON.parse(unwell.stdout)).toMatchObject({
      ok: false,
      tenants: [{ tenant: 'acme-netskope', ok: false }],
    })
    expect((await world.run(['check', '--tenant', 'other'])).code).toBe(2)
  })

  test('--sandbox serves an embedded tenant without settings', async () => {
    const launch = {
      command: process.execPath,
      args: [MAIN, '--sandbox'],
      env: environment(),
      stderr: () => {},
    }
    const client = await connect('modern', launch, 'probe')
    const found = await client.callTool('find_user', { user: 'ada@example.com' })
    expect(found.structuredContent).toMatchObject({ complete: true, people: [{ name: 'Ada Lovelace' }] })
    await client.close()
  })
})

describe('init', () => {
  test('writes settings that need nothing but their tokens, and never over others', async () => {
    const words = ['init', '--vendor', 'netskope', '--tenant', 'acme-netskope', '--url', 'http://127.0.0.1:9']
    const first = await run(words)
    expect(first).toMatchObject({ code: 0 })
    const env = {
      ...environment(),
      ACME_NETSKOPE_SCIM_TOKEN: 'a-token-of-some-kind',
      ACME_NETSKOPE_REST_TOKEN: 'another-token',
    }
    expect(first.stdout).toContain('export ACME_NETSKOPE_SCIM_TOKEN=')
    expect((await run(['check'], { env })).code).toBe(1)
    expect(await run(words)).toMatchObject({ code: 2, stderr: expect.stringContaining('already exists') })
  })

  test('says what it lacks where nobody can be asked', async () => {
    expect(await run(['init'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--vendor, --tenant, --url'),
    })
  })
})
