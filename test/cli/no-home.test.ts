// @module-tag long

import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MAIN } from '../support/main.ts'

let folder: string
let settings: string
const TENANTS = { acme: { vendor: 'scim', url: 'http://127.0.0.1:9', tokens: { scim: 'env:TOKEN' } } }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeless-'))
  settings = join(folder, 'settings.json')
  writeFileSync(settings, JSON.stringify({ tenants: TENANTS }))
  mkdirSync(join(folder, 'work'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Somebody whom the system does not know; only root can become them, and only where they may run this Node and read what was built. */
const STRANGER = 54_321
const isRoot = process.getuid?.() === 0
const canBeStranger = isRoot && spawnSync(process.execPath, ['--check', MAIN], { uid: STRANGER }).status === 0

function run(words: string[], env: Record<string, string>, uid?: number) {
  return new Promise<{ code: number | null; err: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...words], {
      env: { PATH: process.env.PATH, TOKEN: 'a-token-of-acme', ...env },
      cwd: join(folder, 'work'),
      ...(uid !== undefined && { uid }),
    })
    let err = ''
    child.stderr.on('data', (piece) => {
      err += String(piece)
    })
    child.stdout.resume()
    child.stdin.end()
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, err }))
  })
}

const COMMANDS = [['--config'], ['check', '--config'], ['journal', '--config'], ['approvals', '--config']]

test.each([
  [{ HOME: '' }],
  [{ HOME: '.' }],
  [{ HOME: '', XDG_DATA_HOME: 'share', XDG_CONFIG_HOME: 'config' }],
])('without a home (%j) every command says what to set, and writes nothing', async (env) => {
  for (const words of COMMANDS) {
    const { code, err } = await run([...words, settings], env)
    expect([words, code]).toEqual([words, 2])
    expect(err).toMatch(/^no data folder: .*`dataDir`.*\n$/)
  }
  expect(readdirSync(join(folder, 'work'))).toEqual([])
})

test('without a home, `dataDir` is enough', async () => {
  writeFileSync(settings, JSON.stringify({ tenants: TENANTS, dataDir: join(folder, 'data') }))
  const { code, err } = await run(['journal', '--config', settings], { HOME: '' })
  expect({ code, err }).toEqual({ code: 0, err: '' })
})

test('without a home, a store that is elsewhere is enough', async () => {
  writeFileSync(settings, JSON.stringify({ tenants: TENANTS, store: 'redis://127.0.0.1:9' }))
  // Nobody is there; that it is asked shows that nothing else was amiss.
  expect((await run(['approvals', '--config', settings], { HOME: '' })).err).toMatch(
    /^The store .*unavailable/,
  )
}, 30_000)

test('without a home, a missing settings file is told', async () => {
  const { code, err } = await run(['check'], { HOME: '' })
  expect(code).toBe(2)
  expect(err).toMatch(/^no settings: there is no identity-mcp\.json in \S+work\. Write one/)
})

test('a data folder that cannot be made is told with what to set', async () => {
  writeFileSync(settings, JSON.stringify({ tenants: TENANTS, dataDir: join(settings, 'below', 'a-file') }))
  for (const words of COMMANDS) {
    const { code, err } = await run([...words, settings], { HOME: folder })
    expect([words, code]).toEqual([words, 2])
    expect(err).toMatch(/^\S+a-file: .*cannot be written there \(ENOTDIR\): set `dataDir`.*\n$/)
  }
})

// Everybody but root is refused by the mode.
test.runIf(process.platform !== 'win32' && (!isRoot || canBeStranger))(
  'a read-only data folder, or a home that is, is told with what to set',
  async () => {
    const data = join(folder, 'data')
    mkdirSync(data)
    chmodSync(folder, 0o755)
    chmodSync(data, 0o555)
    const user = isRoot ? STRANGER : undefined
    // One that is named, and the one that follows from the home.
    writeFileSync(settings, JSON.stringify({ tenants: TENANTS, dataDir: join(data, 'more') }))
    const named = await run(['check', '--config', settings], { HOME: folder }, user)
    writeFileSync(settings, JSON.stringify({ tenants: TENANTS }))
    const byDefault = await run(['check', '--config', settings], { HOME: data }, user)
    for (const { code, err } of [named, byDefault]) {
      expect(code).toBe(2)
      expect(err).toMatch(/^\S+\/data\/\S+: .*cannot be written there \(EACCES\): set `dataDir`/)
    }
    expect(readdirSync(data)).toEqual([])
    chmodSync(data, 0o755)
  },
)

test.runIf(canBeStranger)('a user whom the system does not know has no home either', async () => {
  chmodSync(folder, 0o755)
  const { code, err } = await run(['check', '--config', settings], {}, STRANGER)
  expect(code).toBe(2)
  expect(err).toMatch(/^no data folder: .*`dataDir`/)
})
