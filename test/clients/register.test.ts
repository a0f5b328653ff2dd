import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import toml from '@iarna/toml'
import { parse } from 'jsonc-parser'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CLIENTS, type Machine, type ServerStart } from '../../src/clients/clients.ts'
import { clientsOn, type FoundClient } from '../../src/clients/installed.ts'
import { type Edit, registering, removing, write } from '../../src/clients/register.ts'

const START: ServerStart = {
  command: '/usr/bin/node',
  args: ['/opt/server/main.js', '--config', '/home/ada/acme.json'],
  variables: [],
}
const WITH_SECRET: ServerStart = { ...START, variables: ['ACME_TOKEN'] }

let home: string
let machine: Machine
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'clients-'))
  machine = { platform: 'linux', home, env: {} }
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** The client as if it were installed, with this settings file. */
function installed(name: string, text?: string): FoundClient {
  const client = CLIENTS.find((one) => one.name === name)
  const file = client?.file(machine)
  if (!client || !file) throw new Error(`no ${name}`)
  mkdirSync(dirname(file), { recursive: true })
  if (text !== undefined) writeFileSync(file, text)
  return { client, file }
}

function edited(result: ReturnType<typeof registering>): Edit {
  if ('why' in result) throw new Error(result.why)
  return result
}

const read = ({ file, client: { form } }: FoundClient) =>
  (form === 'toml' ? toml.parse : parse)(readFileSync(file, 'utf8')) as Record<
    string,
    Record<string, unknown>
  >

describe.each(CLIENTS)('$title', ({ name, servers, form }) => {
  const others = form === 'toml' ? '# mine\n[mcp_servers.other]\ncommand = "x"\n' : undefined
  const text = others ?? `{\n  // mine\n  "${servers}": {\n    "other": { "command": "x" } // it\n  }\n}\n`

  test('is told of the server, once, and forgets it again without a trace', () => {
    const found = installed(name, text)
    expect(write(edited(registering(found, WITH_SECRET)))).toBeUndefined()
    const { identity, other } = read(found)[servers] ?? {}
    expect(identity).toMatchObject({ command: START.command, args: START.args })
    expect(other).toEqual({ command: 'x' })
    // No secret is in it, only names.
    expect(edited(registering(found, WITH_SECRET)).diff).toEqual([])
    expect(write(edited(removing(found, START)))).toBeUndefined()
    expect(readFileSync(found.file, 'utf8')).toBe(text)
    expect(edited(removing(found, START)).diff).toEqual([])
  })

  test('without a file gets one for its owner alone, and has none afterwards', () => {
    const found = installed(name)
    write(edited(registering(found, START)))
    expect(read(found)[servers]).toHaveProperty('identity')
    expect(statSync(found.file).mode & 0o777).toBe(0o600)
    write(edited(removing(found, START)))
    expect(existsSync(found.file)).toBe(false)
  })

  test('keeps another server of that name', () => {
    const strange =
      form === 'toml'
        ? '[mcp_servers.identity]\ncommand = "x"\n'
        : `{ "${servers}": { "identity": { "command": "x" } } }`
    const found = installed(name, strange)
    expect(registering(found, START)).toMatchObject({ why: 'has another server of the name identity' })
    expect(edited(removing(found, START)).diff).toEqual([])
  })

  test('is left alone with a file that cannot be read', () => {
    const found = installed(name, '{ broken')
    expect(registering(found, START)).toMatchObject({ why: expect.stringMatching(/is not/) })
    expect(readFileSync(found.file, 'utf8')).toBe('{ broken')
  })
})

test('a server of this name that was moved is told its new place, and keeps what a person set', () => {
  const found = installed(
    'cursor',
    '{"mcpServers":{"identity":{"command":"node","args":["/old/identity-mcp/main.js"],"disabled":true}}}',
  )
  write(edited(registering(found, START)))
  expect(read(found).mcpServers?.identity).toEqual({
    command: START.command,
    args: START.args,
    disabled: true,
  })
})

describe('a secret in an environment variable', () => {
  test.each([
    ['vscode', { env: { ACME_TOKEN: `\${input:identity-ACME_TOKEN}` } }],
    ['cursor', { env: { ACME_TOKEN: `\${env:ACME_TOKEN}` } }],
    ['windsurf', { env: { ACME_TOKEN: `\${env:ACME_TOKEN}` } }],
    ['claude-code', { env: { ACME_TOKEN: `\${ACME_TOKEN}` } }],
    ['copilot', { env: { ACME_TOKEN: `\${ACME_TOKEN}` } }],
    ['gemini', { env: { ACME_TOKEN: '$ACME_TOKEN' } }],
    ['codex', { env_vars: ['ACME_TOKEN'] }],
  ])('is referred to as %s does it', (name, entry) => {
    const found = installed(name)
    write(edited(registering(found, WITH_SECRET)))
    expect(read(found)[found.client.servers]?.identity).toMatchObject(entry)
  })

  test('is asked for by VS Code, hidden, once', () => {
    const found = installed('vscode', '{ "inputs": [{ "id": "mine" }] }')
    write(edited(registering(found, WITH_SECRET)))
    write(edited(registering(found, WITH_SECRET)))
    expect(read(found).inputs).toMatchObject([
      { id: 'mine' },
      { type: 'promptString', id: 'identity-ACME_TOKEN', password: true },
    ])
    write(edited(removing(found, START)))
    expect(readFileSync(found.file, 'utf8')).toBe('{ "inputs": [{ "id": "mine" }] }')
  })
})

describe('the file of a client', () => {
  test('is where each system has it', () => {
    const places: [Machine, Record<string, string>][] = [
      [
        { platform: 'darwin', home: '/Users/ada', env: {} },
        {
          'claude-desktop': '/Users/ada/Library/Application Support/Claude/claude_desktop_config.json',
          vscode: '/Users/ada/Library/Application Support/Code/User/mcp.json',
          zed: '/Users/ada/.config/zed/settings.json',
          codex: '/Users/ada/.codex/config.toml',
        },
      ],
      [
        { platform: 'win32', home: 'C:\\Users\\ada', env: { APPDATA: 'C:\\Users\\ada\\AppData\\Roaming' } },
        {
          'claude-desktop': 'C:\\Users\\ada\\AppData\\Roaming\\Claude\\claude_desktop_config.json',
          'claude-code': 'C:\\Users\\ada\\.claude.json',
          vscode: 'C:\\Users\\ada\\AppData\\Roaming\\Code\\User\\mcp.json',
          zed: 'C:\\Users\\ada\\AppData\\Roaming\\Zed\\settings.json',
          windsurf: 'C:\\Users\\ada\\.codeium\\windsurf\\mcp_config.json',
        },
      ],
      [
        { platform: 'linux', home: '/home/ada', env: { XDG_CONFIG_HOME: '/cfg', CODEX_HOME: '/cx' } },
        {
          'claude-desktop': '/cfg/Claude/claude_desktop_config.json',
          vscode: '/cfg/Code/User/mcp.json',
          zed: '/cfg/zed/settings.json',
          codex: '/cx/config.toml',
          cursor: '/home/ada/.cursor/mcp.json',
          gemini: '/home/ada/.gemini/settings.json',
          copilot: '/home/ada/.copilot/mcp-config.json',
        },
      ],
      [{ platform: 'linux', home: undefined, env: {} }, {}],
    ]
    for (const [machine, files] of places) {
      const all = Object.fromEntries(CLIENTS.map(({ name, file }) => [name, file(machine)]))
      expect(all).toMatchObject(files)
      if (machine.home === undefined) expect(Object.values(all).filter(Boolean)).toEqual([])
    }
  })

  test('tells that the client is there, or its folder does', () => {
    expect(clientsOn(machine)).toEqual([])
    mkdirSync(join(home, '.cursor'))
    writeFileSync(join(home, '.claude.json'), '{}')
    expect(clientsOn(machine).map(({ client }) => client.name)).toEqual(['claude-code', 'cursor'])
  })

  describe('is not there yet, and the client is known', () => {
    const namesOf = (machine: Machine) => clientsOn(machine).map(({ client }) => client.name)
    const program = (...names: string[]) => {
      const file = join(home, ...names)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, '', { mode: 0o755 })
      return dirname(file)
    }

    test.each([
      ['claude', 'claude-code'],
      ['code', 'vscode'],
      ['cursor', 'cursor'],
      ['cursor-agent', 'cursor'],
      ['windsurf', 'windsurf'],
      ['gemini', 'gemini'],
      ['codex', 'codex'],
      ['zeditor', 'zed'],
      ['copilot', 'copilot'],
    ])('by its command %s on the PATH: %s', (command, name) => {
      const folder = program('bin', command)
      expect(namesOf({ ...machine, env: { PATH: `/nowhere:${folder}` } })).toEqual([name])
      chmodSync(join(folder, command), 0o644)
      expect(namesOf({ ...machine, env: { PATH: folder } })).toEqual([])
    })

    test('by no folder of that name, nor by what lies in the working folder, nor by a `zed`, which is one of ZFS, too', () => {
      mkdirSync(join(home, 'bin', 'codex'), { recursive: true })
      const folder = program('bin', 'zed')
      const inWorkingFolder = relative(process.cwd(), program('here', 'gemini'))
      expect(namesOf({ ...machine, env: { PATH: `:.:${inWorkingFolder}:${folder}` } })).toEqual([])
    })

    test.each([
      ['.claude', 'linux', 'claude-code'],
      ['.local/zed.app', 'linux', 'zed'],
      ['Applications/Claude.app', 'darwin', 'claude-desktop'],
      ['Applications/Cursor.app', 'darwin', 'cursor'],
      ['Applications/Zed.app', 'darwin', 'zed'],
    ])('by %s on %s: %s', (folder, platform, name) => {
      mkdirSync(join(home, folder), { recursive: true })
      expect(namesOf({ ...machine, platform })).toEqual([name])
    })

    test('and it is told of the server all the same, and forgets it without a file left', () => {
      const env = { PATH: program('bin', 'gemini') }
      const [found] = clientsOn({ ...machine, env })
      if (!found) throw new Error('not found')
      expect(write(edited(registering(found, START)))).toBeUndefined()
      expect(read(found).mcpServers).toHaveProperty('identity')
      expect(write(edited(removing(found, START)))).toBeUndefined()
      expect(existsSync(found.file)).toBe(false)
    })
  })

  test('keeps its mode and the link that leads to it', () => {
    const found = installed('cursor')
    const elsewhere = join(home, 'dotfiles.json')
    writeFileSync(elsewhere, '{}\n')
    chmodSync(elsewhere, 0o644)
    symlinkSync(elsewhere, found.file)
    write(edited(registering(found, START)))
    expect(parse(readFileSync(elsewhere, 'utf8'))).toHaveProperty('mcpServers.identity')
    expect(statSync(elsewhere).mode & 0o777).toBe(0o644)
    expect(readdirSync(home).filter((name) => name.startsWith('dotfiles'))).toEqual(['dotfiles.json'])
  })

  test('that another program changed meanwhile is not written over', () => {
    const found = installed('cursor', '{}')
    const edit = edited(registering(found, START))
    writeFileSync(found.file, '{"new":1}')
    expect(write(edit)).toMatch(/meanwhile/)
    expect(readFileSync(found.file, 'utf8')).toBe('{"new":1}')
  })

  test('keeps its byte order mark', () => {
    const found = installed('cursor', '\uFEFF{\r\n  "a": 1\r\n}\r\n')
    write(edited(registering(found, START)))
    expect(readFileSync(found.file, 'utf8')).toMatch(/^\uFEFF\{\r\n {2}"a": 1,\r\n {2}"mcpServers"/)
  })
})
