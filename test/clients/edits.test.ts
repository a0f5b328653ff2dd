import toml from '@iarna/toml'
import fc from 'fast-check'
import { parse, visit } from 'jsonc-parser'
import { describe, expect, test } from 'vitest'
import { diffLines } from '../../src/clients/diff.ts'
import { appendTo, removeFrom, setIn } from '../../src/clients/json-edit.ts'
import { removeTable, setTable, tableAt } from '../../src/clients/toml-edit.ts'

const ENTRY = { command: 'node', args: ['/opt/main.js', '--config', '/home/ada/identity-mcp.json'] }
const PATH = ['mcpServers', 'identity']

/** Files as people have them, each a way to lose something. */
const JSON_FILES: Record<string, string> = {
  'with two blanks': '{\n  "theme": "dark",\n  "mcpServers": {\n    "other": { "command": "x" }\n  }\n}\n',
  'with tabs': '{\n\t"mcpServers": {\n\t\t"other": {\n\t\t\t"command": "x"\n\t\t}\n\t}\n}\n',
  'with four blanks and no end of line': '{\n    "mcpServers": {\n        "other": {}\n    }\n}',
  'of Windows': '{\r\n  "mcpServers": {\r\n    "other": {}\r\n  }\r\n}\r\n',
  'without servers': '{\n  "theme": "dark"\n}\n',
  'with a comma at the end': '{\n  "mcpServers": {\n    "other": {}, // mine\n  },\n}\n',
  'with a comment beside the last': '{\n  "mcpServers": {\n    "other": {} // mine\n    // the end\n  }\n}\n',
  'with a comment at the end': '{\n  "mcpServers": {\n    "other": {}\n    /* to come */\n  }\n}\n',
  'with comments about everything':
    '// mine\n{\n  // servers\n  "mcpServers": { // all\n    // first\n    "other": {\n      "command": "x" // it\n    } // done\n  } // servers\n  // end\n}\n// after\n',
  'on one line': '{"mcpServers":{"other":{"command":"x"}},"a":1}',
  'on one line with a comma at the end': '{"mcpServers":{"other":{},},}',
  'with names that need escapes':
    '{\n  "a \\"b\\"": "// no comment",\n  "mcpServers": {\n    "ü/*": {}\n  }\n}\n',
}

describe.each(Object.entries(JSON_FILES))('a JSON file %s', (_, text) => {
  test('gets a server, keeps all else, and is the same again without it', () => {
    const edited = setIn(text, PATH, ENTRY)
    const value = parse(edited)
    expect(value.mcpServers.identity).toEqual(ENTRY)
    delete value.mcpServers.identity
    const before = parse(text)
    expect(value).toEqual({ mcpServers: {}, ...before })
    expect(comments(edited)).toEqual(comments(text))
    // Where there were no servers, the place for them goes too.
    expect(removeFrom(edited, PATH)).toBe(text)
    // No line of anybody else changes, but for a comma.
    const gone = diffLines(text, edited).filter((line) => line.startsWith('-'))
    if (text.includes('\n')) expect(gone.length).toBeLessThanOrEqual(1)
  })
})

const comments = (text: string): string[] => {
  const found: string[] = []
  visit(text, { onComment: (offset, length) => void found.push(text.slice(offset, offset + length)) })
  return found
}

describe('JSON that is not edited', () => {
  test.each([
    ['broken', '{ "mcpServers": {'],
    ['a list', '[]'],
    ['nothing', ''],
    ['servers that are a list', '{ "mcpServers": [] }'],
    ['servers that are a text', '{ "mcpServers": "none" }'],
    ['servers that are there twice', '{ "mcpServers": { "a": {} }, "mcpServers": { "b": {} } }'],
  ])('is what is %s', (_, text) => {
    expect(() => setIn(text, PATH, ENTRY)).toThrow(/^(is|holds|cannot)/)
  })
})

/** Any JSON, with comments and commas wherever they can be. */
const dressed = fc
  .tuple(
    fc.dictionary(
      fc.string({ maxLength: 6 }).filter((name) => name !== '__proto__'),
      fc.jsonValue({ maxDepth: 2 }),
      {
        maxKeys: 4,
      },
    ),
    fc.dictionary(fc.constantFrom('a', 'b', '//', 'identity2'), fc.jsonValue({ maxDepth: 1 }), {
      maxKeys: 3,
    }),
    fc.array(fc.constantFrom('', ' ', '\n', ' // one\n', ' /* two */ ', '\n\t'), {
      minLength: 3,
      maxLength: 9,
    }),
    fc.constantFrom(undefined, 1, 2, '\t'),
  )
  .map(([others, servers, fillers, space]) => {
    const text = JSON.stringify({ ...others, mcpServers: servers }, undefined, space)
    let at = 0
    // After a bracket or a comma that is not inside a text.
    return text.replace(/("(?:[^"\\]|\\.)*")|[{}[\],]/g, (token, quoted?: string) =>
      quoted === undefined && token !== '}' && token !== ']' ? token + fillers[at++ % fillers.length] : token,
    )
  })

test('no JSON loses a value or a comment, whatever it looks like', () => {
  fc.assert(
    fc.property(dressed, (text) => {
      const edited = setIn(text, PATH, ENTRY)
      expect(comments(edited)).toEqual(comments(text))
      const back = removeFrom(edited, PATH)
      expect(comments(back)).toEqual(comments(text))
      const { mcpServers: servers = {}, ...others } = parse(back)
      expect({ ...others, mcpServers: servers }).toEqual(parse(text))
    }),
    { numRuns: 500 },
  )
})

test('a list gets an element, and loses it again', () => {
  const text = '{\n  "inputs": [\n    { "id": "a" } // mine\n  ]\n}\n'
  const edited = appendTo(text, ['inputs'], { id: 'b' })
  expect(parse(edited)).toEqual({ inputs: [{ id: 'a' }, { id: 'b' }] })
  expect(removeFrom(edited, ['inputs', 1])).toBe(text)
  expect(removeFrom(appendTo('{}', ['inputs'], { id: 'b' }), ['inputs', 0])).toBe('{}')
})

const TABLE = ['mcp_servers', 'identity']
const TOML_FILES: Record<string, string> = {
  empty: '',
  'with settings': 'model = "x"\n# mine\n[mcp_servers.other]\ncommand = "x" # it\n',
  'with texts that look like tables':
    'note = """\n[mcp_servers.identity]\n"""\nraw = \'\'\'\n[a]\n\'\'\'\nlist = [\n  "[b]", # ]\n  "[c]",\n]\n\n[z]\na = 1\n',
  'with lists of tables': '[[profiles]]\nname = "a"\n\n[[profiles]]\nname = "b"\n',
  'with keys in quotes':
    '["mcp_servers".\'other\']\n"command" = "x"\ndate = 1979-05-27T07:32:00Z\ninline = { a = [1], b = "}" }\n',
  'of Windows': 'model = "x"\r\n[mcp_servers.other]\r\ncommand = "x"\r\n',
}

describe.each(Object.entries(TOML_FILES))('a TOML file %s', (_, text) => {
  test('gets a table, keeps all else, and is the same again without it', () => {
    const edited = setTable(text, TABLE, ENTRY)
    const before = toml.parse(text) as { mcp_servers?: object }
    expect(plain(toml.parse(edited))).toEqual(
      plain({ ...before, mcp_servers: { ...before.mcp_servers, identity: ENTRY } }),
    )
    expect(edited.startsWith(text)).toBe(true)
    expect(removeTable(edited, TABLE)).toBe(text)
  })
})

const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

test('a table that is there gets new values, and keeps what a person added', () => {
  const text =
    '[mcp_servers.identity] # ours\ncommand = "old"\nargs = [\n  "a", # first\n  "b",\n]\nstartup_timeout_sec = 20\n\n[mcp_servers.identity.env]\nA = "1"\n\n# about z\n[z]\na = 1\n'
  const edited = setTable(text, TABLE, { ...ENTRY, env_vars: undefined })
  expect(plain(toml.parse(edited))).toEqual({
    mcp_servers: { identity: { ...ENTRY, startup_timeout_sec: 20, env: { A: '1' } } },
    z: { a: 1 },
  })
  expect(edited).toContain('[mcp_servers.identity] # ours\n')
  expect(removeTable(edited, TABLE)).toBe('\n# about z\n[z]\na = 1\n')
  expect(tableAt(text, ['z'])).toContain('a = 1')
})

describe('TOML that is not edited', () => {
  test.each([
    ['a table within its line', 'mcp_servers = { identity = {} }\n'],
    ['a name of several parts', 'mcp_servers.identity.command = "x"\n'],
    ['a server within its line', '[mcp_servers]\nidentity = { command = "x" }\n'],
    ['a list of tables', '[[mcp_servers.identity]]\ncommand = "x"\n'],
    ['what is no TOML', '{ "mcp_servers": {} }\n'],
    ['a text without an end', 'a = """\n[b]\n'],
    ['a list without an end', 'a = [\n1,\n'],
  ])('is %s', (_, text) => {
    for (const edit of [
      () => setTable(text, TABLE, ENTRY),
      () => removeTable(text, TABLE),
      () => tableAt(text, TABLE),
    ])
      expect(edit).toThrow(/^(is|writes)/)
  })
})

test('a difference shows no line that stays', () => {
  expect(diffLines('a\nsecret\nb\n', 'a\nsecret\nc\nb\n')).toEqual(['@@ line 3 @@', '+ c'])
  expect(diffLines('a\nb\nc\nd', 'a\nB\nc\nD')).toEqual([
    '@@ line 2 @@',
    '- b',
    '+ B',
    '@@ line 4 @@',
    '- d',
    '+ D',
  ])
})
