import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { KEYCHAIN_PROGRAMS, keychainOf } from '../../src/config/keychain.ts'
import { secretFrom } from '../../src/config/reference.ts'
import { bundled } from '../support/bundled.ts'
import { fakeKeyring } from '../support/fake-keyring.ts'

const TOKEN = `it's-"a"-$TOKEN;with\\everything'%PATH%`
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keychain-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a secret in the keychain of Linux', () => {
  test('is stored, read, replaced and removed', () => {
    const keychain = keychainOf(fakeKeyring(folder), 'linux')
    expect(keychain.write('acme.scim', TOKEN)).toBeUndefined()
    expect(keychain.read('acme.scim')).toEqual({ value: TOKEN })
    expect(keychain.write('acme.scim', 'another-token')).toBeUndefined()
    expect(keychain.read('acme.scim')).toEqual({ value: 'another-token' })
    expect(keychain.remove('acme.scim')).toBe(true)
    expect(keychain.read('acme.scim')).toEqual({ problem: expect.stringContaining('has no acme.scim') })
  })

  test('is never an argument, which anybody on the machine can list', () => {
    keychainOf(fakeKeyring(folder), 'linux').write('acme.scim', TOKEN)
    const calls = readFileSync(join(folder, 'calls'), 'utf8')
    expect(calls).toContain('store --label=identity-mcp acme.scim service identity-mcp account acme.scim')
    expect(calls).not.toContain('TOKEN')
  })

  test('is not there without the program, and the problem names it', () => {
    const keychain = keychainOf({ PATH: folder }, 'linux')
    expect(keychain.write('acme.scim', TOKEN)).toContain('secret-tool is not installed')
    expect(keychain.read('acme.scim')).toEqual({
      problem: expect.stringContaining('secret-tool is not installed'),
    })
  })

  test('counts as kept only when it can be read back', () => {
    const env = fakeKeyring(folder)
    writeFileSync(join(folder, 'bin', 'secret-tool'), '#!/bin/sh\ncat > /dev/null\n')
    expect(keychainOf(env, 'linux').write('acme.scim', TOKEN)).toContain('did not keep it')
  })

  test('is a source of settings, read again where it was replaced', () => {
    const env = fakeKeyring(folder)
    const keychain = keychainOf(env, 'linux')
    keychain.write('acme.scim', 'the-first-token')
    const kept: { reference: string }[] = []
    const Reference = secretFrom(env, { kept: kept as never })
    const secret = Reference.parse('keychain:acme.scim')
    expect(kept).toMatchObject([{ reference: 'keychain:acme.scim' }])
    keychain.write('acme.scim', 'the-second-token')
    expect(secret.reread()).toBe(true)
    expect(secret.reveal()).toBe('the-second-token')
    for (const bad of ['keychain:', 'keychain:--label=x', 'keychain:a b', "keychain:a'b"])
      expect(Reference.safeParse(bad).success, bad).toBe(false)
    expect(Reference.safeParse('keychain:other').error?.issues[0]?.message).toContain('has no other')
  })
})

/** A program in the place of the system's own, which notes its arguments and its input. */
function noting(file: string): void {
  writeFileSync(file, `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/words'\ncat > '${folder}/input'\n`)
  chmodSync(file, 0o755)
}

describe('a secret in the keychain of Windows', () => {
  const SYSTEM = 'System32\\WindowsPowerShell\\v1.0\\powershell.exe'

  test('goes to PowerShell as its input; the script is the same for every secret', () => {
    // On this system, backslashes are part of a name.
    const program = `${join(folder, 'root')}\\${SYSTEM}`
    noting(program)
    const keychain = keychainOf({ SystemRoot: join(folder, 'root'), PATH: process.env.PATH }, 'win32')
    const scripts = ['first-secret', 'second-secret'].map((secret) => {
      // Nothing was kept, and that is said.
      expect(keychain.write('acme.scim', secret)).toContain('did not keep it')
      return readFileSync(join(folder, 'words'), 'utf8')
    })
    expect(scripts[0]).toBe(scripts[1])
    const words = (scripts[0] ?? '').trim().split('\n')
    expect(Buffer.from(words.at(-1) ?? '', 'base64').toString('utf16le')).toContain(
      "'identity-mcp:acme.scim'",
    )
  })
})

test.each(Object.entries(KEYCHAIN_PROGRAMS))(
  '%s gets the secret as input, in no argument',
  (_, { write }) => {
    const { words, input = '' } = write('acme.scim', TOKEN)
    const spellings = (['utf8', 'hex', 'base64', 'base64url', 'utf16le'] as const).map((form) =>
      Buffer.from(TOKEN).toString(form),
    )
    const decoded = words.map((word) => Buffer.from(word, 'base64').toString('utf16le'))
    for (const spelling of spellings) expect([...words, ...decoded].join('\n')).not.toContain(spelling)
    expect(spellings.some((spelling) => input.includes(spelling))).toBe(true)
  },
)

test('what is too long for a keychain is not cut', () => {
  for (const system of ['darwin', 'win32', 'linux'])
    expect(keychainOf({}, system).write('acme.scim', 'x'.repeat(10_000))).toMatch(/at most/)
})

const canRunKeyring = ['secret-tool', 'gnome-keyring-daemon', 'dbus-run-session'].every(
  (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0,
)

test.runIf(canRunKeyring)('a real keyring keeps a secret as it is', async () => {
  const text = `import { KEYCHAIN_PROGRAMS, keychainOf } from '../../src/config/keychain.ts'
    const keychain = keychainOf(process.env)
    const said = [keychain.write('acme.scim', process.env.TOKEN), keychain.read('acme.scim'), keychain.remove('acme.scim'), keychain.read('acme.scim')]
    console.log(JSON.stringify(said))`
  const file = await bundled({ text, from: import.meta.filename })
  const { stdout } = spawnSync(
    'dbus-run-session',
    [
      '--',
      'sh',
      '-c',
      `printf x | gnome-keyring-daemon --unlock --components=secrets > /dev/null; exec '${process.execPath}' '${file}'`,
    ],
    { env: { PATH: process.env.PATH, HOME: folder, TOKEN, XDG_RUNTIME_DIR: folder }, encoding: 'utf8' },
  )
  expect(JSON.parse(stdout)).toEqual([null, { value: TOKEN }, true, { problem: expect.any(String) }])
  expect(existsSync(join(folder, '.local/share/keyrings'))).toBe(true)
})
