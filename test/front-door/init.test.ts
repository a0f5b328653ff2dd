// @module-tag long

import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'jsonc-parser'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect } from '../support/clients.ts'
import { fakeKeyring } from '../support/fake-keyring.ts'
import { MAIN } from '../support/main.ts'
import { openNewcomer } from '../support/newcomer.ts'
import { startProgram } from '../support/program.ts'
import { hasTerminal, openTerminal } from '../support/terminal.ts'
import { runToEnd } from '../support/world.ts'

const ADA = 'ada@example.com'
const PASSPHRASE = 'a horse that reads maps'

let newcomer: Awaited<ReturnType<typeof openNewcomer>>
let { home, work, env, sandbox } = {} as typeof newcomer
beforeEach(async () => {
  newcomer = await openNewcomer()
  ;({ home, work, env, sandbox } = newcomer)
})
afterEach(() => newcomer.close())

const netskope = () => sandbox.settings.tenants['acme-netskope']
const token = () => sandbox.tokens.scim
const settingsFile = () => join(home, '.config', 'identity-mcp', 'identity-mcp.json')
const settings = () => JSON.parse(readFileSync(settingsFile(), 'utf8'))
const cursor = () => parse(readFileSync(join(home, '.cursor', 'mcp.json'), 'utf8')).mcpServers.identity

/** What Cursor would do with what was written for it. */
async function findAda() {
  const { command, args } = cursor() as { command: string; args: string[] }
  const client = await connect('modern', { command, args, env, stderr: () => {} }, 'cursor')
  try {
    return (await client.callTool('find_user', { user: ADA })).structuredContent
  } finally {
    await client.close()
  }
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())

describe.runIf(hasTerminal)('init at a terminal', () => {
  test('leads from nothing to the first find_user, with six answers at most, in two minutes', async () => {
    const begun = Date.now()
    const terminal = openTerminal(['init'], { cwd: work, env })
    await terminal.answer(/Which app/, 'netskope')
    // As people have it: from the browser, with what is behind.
    await terminal.answer(/Address of your Netskope tenant/, `${netskope().url}/ns#/settings`)
    await terminal.answer(/REST API v2 token/, token())
    await terminal.answer(/Connect another app/, '')
    await terminal.answer(/Tell these clients/, '')
    await terminal.answer(/Passphrase with which/, '')
    expect(await terminal.ended).toBe(0)
    expect(await findAda()).toMatchObject({ people: [{ name: 'Ada Lovelace' }] })
    expect(Date.now() - begun).toBeLessThan(120_000)
    expect(terminal.answers()).toBeLessThanOrEqual(6)

    const screen = terminal.screen()
    expect(screen).toContain('Settings > Tools > REST API v2 > New Token')
    expect(screen).toMatch(/✓ netskope \(Netskope\)/)
    expect(screen).not.toContain(token())
    // Where there is no keyring, the secret is in a file for its owner alone, and nowhere else.
    const [secret = ''] = filesBelow(home).filter((path) => readFileSync(path, 'utf8').includes(token()))
    expect(settings().tenants.netskope.tokens).toEqual({ scim: `file:${secret}` })
    expect(statSync(secret).mode & 0o777).toBe(0o600)
    expect(filesBelow(home).filter((path) => readFileSync(path, 'utf8').includes(token()))).toHaveLength(1)
    expect(existsSync(join(work, 'identity-mcp.json'))).toBe(false)
  })

  test('says at once what is wrong, and mends it, with a keyring and an approver', async () => {
    Object.assign(env, fakeKeyring(join(home, 'keyring')))
    env.PATH = `${join(home, 'keyring', 'bin')}:/usr/bin:/bin`
    const terminal = openTerminal(['init'], { cwd: work, env })
    await terminal.answer(/Which app/, 'netskope')
    await terminal.answer(/Address of your Netskope tenant/, 'ftp://x')
    await terminal.answer(/Must be https/, '\u0015')
    await terminal.answer(/needed/, netskope().url)
    await terminal.answer(/REST API v2 token/, 'short')
    await terminal.answer(/This is no token/, '-but-long-and-wrong')
    await terminal.answer(/Not all of it works/, '')
    await terminal.answer(/Address of your Netskope tenant/, '')
    await terminal.answer(/REST API v2 token/, token())
    await terminal.answer(/Connect another app/, '\u001b[B')
    await terminal.answer(/Which app/, 'another app with')
    await terminal.answer(/SCIM address/, `${sandbox.settings.tenants['acme-scim'].url}/Users/`)
    await terminal.answer(/SCIM token/, sandbox.tenants['acme-scim'].tokens.scim.value)
    await terminal.answer(/Connect another app/, '')
    await terminal.answer(/Tell these clients/, '')
    await terminal.answer(/Passphrase with which/, PASSPHRASE)
    await terminal.answer(/The same again/, PASSPHRASE)
    expect(await terminal.ended).toBe(0)
    expect(settings().tenants).toEqual({
      netskope: { vendor: 'netskope', url: netskope().url, tokens: { scim: 'keychain:netskope.scim' } },
      scim: {
        vendor: 'scim',
        url: sandbox.settings.tenants['acme-scim'].url,
        tokens: { scim: 'keychain:scim.scim' },
      },
    })
    expect(readFileSync(join(home, 'keyring/secrets/netskope.scim'), 'utf8')).toBe(token())
    expect(terminal.screen()).not.toContain(PASSPHRASE)
    const found = await findAda()
    expect(found).toMatchObject({ people: [{ accounts: [{}, {}] }], complete: true })
    const approvers = await runToEnd(
      startProgram(['approvers', '--json', '--config', settingsFile()], { env, ownProcess: true }),
    )
    expect(JSON.parse(approvers.stdout).approvers).toHaveLength(1)

    // Run again, to put another token in the place of the one that there is.
    const again = openTerminal(['init'], { cwd: work, env })
    await again.answer(/Which app/, 'netskope, again')
    await again.answer(/Address of your Netskope tenant/, '')
    await again.answer(/REST API v2 token/, token())
    await again.answer(/Connect another app/, '')
    expect(await again.ended).toBe(0)
    expect(again.screen()).toContain('is told of the server already')
    expect(settings().tenants.netskope.tokens).toEqual({ scim: 'keychain:netskope.scim' })
    expect(readdirSync(join(home, 'keyring/secrets'))).toEqual(['netskope.scim', 'scim.scim'])
  })

  test('that is cancelled writes nothing', async () => {
    const terminal = openTerminal(['init'], { cwd: work, env })
    await terminal.answer(/Which app/, 'slack')
    await terminal.answer(/Token of Slack/, '\u0003')
    expect(await terminal.ended).toBe(2)
    expect(terminal.screen()).toContain('cancelled')
    expect(filesBelow(home).filter((path) => !path.endsWith('secret-tool'))).toEqual([])
  })
})

describe('init without a terminal', () => {
  const run = (words: string[], stdin = '') => {
    const child = spawn(process.execPath, [MAIN, ...words], { cwd: work, env })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    const { pid, stdin: input, stdout, stderr } = child
    return runToEnd({ pid, stdin: input, stdout, stderr, kill: () => {}, ended }, stdin)
  }
  const flags = () => [
    'init',
    '--yes',
    '--vendor',
    'netskope',
    '--tenant',
    'acme',
    '--url',
    netskope().url,
    '--token-stdin',
  ]

  test('does it all by flags, and undoes it with the clients', async () => {
    const before = '{\n  // mine\n  "mcpServers": {\n    "other": {}\n  }\n}\n'
    writeFileSync(join(home, '.cursor', 'mcp.json'), before)
    const done = await run(
      [...flags(), '--approver', 'grace', '--passphrase-stdin'],
      `${token()}\n${PASSPHRASE}\n`,
    )
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.stdout).toMatch(/✓ acme \(Netskope\)/)
    expect(done.stdout).toMatch(/\+ {5}"identity": \{/)
    expect(done.stdout + done.stderr).not.toContain(token())
    expect(await findAda()).toMatchObject({ people: [{}] })
    expect((await run(['init', '--remove'])).code).toBe(2)
    const removed = await run(['init', '--remove', '--yes'])
    expect(removed.stdout).toContain('Cursor no longer starts the server')
    expect(readFileSync(join(home, '.cursor', 'mcp.json'), 'utf8')).toBe(before)
    expect(settings().tenants.acme.vendor).toBe('netskope')
  })

  test('writes what does not work, says so, and does not hide it', async () => {
    const { code, stdout } = await run([...flags(), '--clients', 'none'], 'a-token-that-is-wrong\n')
    expect(code).toBe(1)
    expect(stdout).toMatch(/✗ acme \(Netskope\)/)
    expect(existsSync(join(home, '.cursor', 'mcp.json'))).toBe(false)
  })

  test('takes settings of any vendor, and references to secrets', async () => {
    const words = ['init', '--vendor', 'entra', '--tenant', 'acme', '--url', 'https://graph.microsoft.com']
    const more = ['--set', 'directory=acme.onmicrosoft.com', '--set', 'clientId=7']
    const { code, stderr } = await run([...words, ...more, '--token', 'clientSecret=keychain:acme.secret'])
    expect([code, stderr]).toEqual([0, ''])
  })
})
