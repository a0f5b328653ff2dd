import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonFault, parseJsonc } from '../../src/config/jsonc.ts'
import { SettingsError } from '../../src/config/problems.ts'
import { loadSettings, parseSettings, storePlaceIn } from '../../src/config/settings.ts'
import { SigningKey } from '../../src/config/webhook.ts'
import { vendors } from '../../src/vendors/index.ts'

describe('settings', () => {
  test.each<[string, unknown]>([
    ['{"a": 1}', { a: 1 }],
    ['\uFEFF{"a": 1}', { a: 1 }],
    ['{"a": 1} // the end', { a: 1 }],
    ['// first\r\n{"a": /* one */ 1,\r\n}\r\n', { a: 1 }],
    ['[1, /* two, */ 2, // ,\n]', [1, 2]],
    ['{"a": "// no /* comment */", "b": "\\"//,}"}', { a: '// no /* comment */', b: '"//,}' }],
    ['{"a": "b,]"}', { a: 'b,]' }],
    ['{"a": "https://x/*", "b": "*/"}', { a: 'https://x/*', b: '*/' }],
    ['{"a": "\uFEFF"}', { a: '\uFEFF' }],
  ])('%j are read', (text, value) => {
    expect(parseJsonc(text)).toEqual(value)
  })

  test.each([
    ['', '1 column 1'],
    ['{', '1 column 2'],
    ['{"a": }', '1 column 7'],
    ['{"a" 1}', '1 column 6'],
    ['{a: 1}', '1 column 2'],
    ["{'a': 1}", '1 column 2'],
    ['{"a": 1 "b": 2}', '1 column 9'],
    ['{\n  "a": 1,\n  "b": tru\n}', '3 column 8'],
    ['{\r\n  "a": 01\r\n}', '2 column 8'],
    ['{"a": "not closed\n}', '1 column 7'],
    ['{"a": "bad \\x escape"}', '1 column 7'],
    ['[1, 2', '1 column 6'],
    ['[1, 2}', '1 column 6'],
    ['[,]', '1 column 2'],
    ['{,}', '1 column 2'],
    ['[1,,]', '1 column 4'],
    ['{"a": 1,, }', '1 column 9'],
    ['{} {}', '1 column 4'],
    ['{"a": 1 /* not closed }', '1 column 9'],
    ['/* a\n b */ {"a": #}', '2 column 13'],
    ['[1 2]', '1 column 4'],
    ['[1: 2]', '1 column 3'],
    ['[true, NaN]', '1 column 8'],
    ['\uFEFF[x]', '1 column 2'],
  ])('%j are wrong at line %s', (text, at) => {
    expect(() => parseJsonc(text)).toThrow(JsonFault)
    expect(() => parseJsonc(text)).toThrow(`is not valid JSON (line ${at})`)
  })

  test('are what JSON.parse reads, whatever they hold', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJsonc(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  test('that are no JSON are told with a place within them', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('#', '"', '}', ']', ',', ':', '\\', '1', 'x'),
        (text, at, put) => {
          const place = at % (text.length + 1)
          const broken = text.slice(0, place) + put + text.slice(place)
          try {
            parseJsonc(broken)
          } catch (error) {
            expect(error).toBeInstanceOf(JsonFault)
            const column = Number(/line 1 column (\d+)/.exec(String(error))?.[1])
            expect(column).toBeGreaterThan(0)
            expect(column).toBeLessThanOrEqual(broken.length + 1)
          }
        },
      ),
    )
  })

  test('with a byte order mark, comments and a secret file with one are loaded, and a fault quotes nothing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'jsonc-'))
    try {
      const file = join(folder, 'identity-mcp.json')
      const secret = join(folder, 'token')
      writeFileSync(secret, '\uFEFFa-token-of-acme\r\n')
      const tenant = `"acme": { "vendor": "scim", "url": "https://app.example", "tokens": { "scim": "file:${secret}" }, },`
      writeFileSync(file, `\uFEFF{\r\n  // one app\r\n  "tenants": { ${tenant} },\r\n}\r\n`)
      const loaded = loadSettings(file, vendors, {})
      expect(
        (loaded.tenants.acme as unknown as { tokens: { scim: { reveal(): string } } }).tokens.scim.reveal(),
      ).toBe('a-token-of-acme')
      writeFileSync(file, '{\n  "tenants": { "hunter2-hunter2" }\n}')
      expect(() => loadSettings(file, vendors, {})).toThrow(
        new SettingsError(file, ['is not valid JSON (line 2 column 34)']),
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('a reference to a file', () => {
  const problemOf = (reference: string) => {
    const acme = { vendor: 'scim', url: 'https://app.example', tokens: { scim: reference } }
    try {
      parseSettings({ tenants: { acme } }, vendors, {}, 'settings')
    } catch (error) {
      return (error as Error).message
    }
  }

  test.each([
    'file:C:\\secrets\\zoom',
    'file:c:/secrets/zoom',
    'file:\\\\server\\share\\zoom',
    'file:/secrets/zoom',
  ])('%s is one', (reference) => {
    const path = reference.slice('file:'.length)
    // There is no such file here.
    expect(problemOf(reference)).toBe(`settings: tenants.acme.tokens.scim: file ${path} cannot be read`)
    expect(() => storePlaceIn({ store: reference }, {}, 'settings')).toThrow(`file ${path} cannot be read`)
    expect(SigningKey.parse(reference)).toBe(path)
  })

  test.each(['file:zoom', 'file:./zoom', 'file:C:zoom', 'file:', 'C:\\secrets\\zoom', 'a-token-of-acme'])(
    '%s is none',
    (reference) => {
      expect(problemOf(reference)).toBe(
        'settings: tenants.acme.tokens.scim: must be env:NAME, file:/path or keychain:NAME, never the secret itself',
      )
      expect(() => storePlaceIn({ store: reference }, {}, 'settings')).toThrow('must be disk')
      expect(SigningKey.safeParse(reference).success).toBe(false)
    },
  )
})
