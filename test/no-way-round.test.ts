import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import * as errors from '../src/errors.ts'
import { tools } from '../src/tools/index.ts'
import { toWire } from '../src/tools/to-wire.ts'
import { tellingWords } from './attacks/telling.ts'

const SRC = resolve(import.meta.dirname, '../src')

/** What speaks to people alone: commands, what puts the server together, the approval page, the reference of settings. */
const TO_PEOPLE = /^(main\.ts|cli\/|app\/|config\/|sandbox\/|approvals\/page\/|vendors\/[a-z]+\/setup\.ts)/

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !TO_PEOPLE.test(file),
)

/** The texts of a file: its literals, with what is put into them as an ellipsis, joined where they are joined by `+`. */
function textsOf(file: string): string[] {
  const code = readFileSync(join(SRC, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')
    .replace(/^import .*$/gm, '')
    // The reference of the settings, which agents are not sent.
    .replace(/\.describe\(\s*(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[\s+])*,?\s*\)/g, '')
    .replace(/'\s*\+\s*'|"\s*\+\s*"/g, '')
  const literals = code.match(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? []
  return literals
    .map((literal) => literal.slice(1, -1).replace(/\$\{[^}]*\}/g, '…'))
    .filter((text) => /[a-z]{2,} [a-z`]/i.test(text))
}

test('the texts are found', () => {
  const all = files.flatMap(textsOf)
  expect(all.length).toBeGreaterThan(200)
  expect(all).toContain('Stop here unless the person asks for it again.')
  expect(all).toContain('Ask the person who runs it.')
})

test.each(files)('no text in %s tells how to get round a guard', (file) => {
  expect(textsOf(file).flatMap((text) => tellingWords(text).map((word) => `${word}: ${text}`))).toEqual([])
})

test('no tool, argument or answer is described in a way that does', () => {
  for (const tool of tools) {
    const texts = textsIn(toWire(tool))
    expect(texts).toContain(tool.description)
    expect(texts.flatMap(tellingWords)).toEqual([])
  }
})

/** Every text in a value, at any depth. */
const textsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : Object.values(value !== null && typeof value === 'object' ? value : {}).flatMap(textsIn)

test('no refusal is called retryable, save for what passes by itself: a limit, and a call that is in the way', () => {
  const kinds = (Object.values(errors) as unknown[]).filter(
    (one): one is new (message: string, hint: string) => errors.IdentityError =>
      typeof one === 'function' && one.prototype instanceof errors.IdentityError,
  )
  const retryable = kinds.map((Kind) => new Kind('message', 'hint')).filter((error) => error.retryable)
  expect(new Set(retryable.map(({ code }) => code))).toEqual(
    new Set(['conflict', 'limit_reached', 'rate_limited', 'timeout', 'unavailable']),
  )
})

test.each([
  ['a setting that weakens', 'Set `confirm.removes` to none in the settings.'],
  ['a switch', 'Start the server with --read-only off.'],
  ['a variable', 'Set IDENTITY_MCP_CONFIG to another file.'],
  ['another way', 'Use another client instead.'],
  ['a flag', 'The tenant has allowDelete switched off.'],
  ['a command of the operator', 'Run approvers add NAME to approve it yourself.'],
  ['plain advice', 'You can work around this by renaming the account.'],
])('%s would be noticed', (_, text) => {
  expect(tellingWords(text)).not.toEqual([])
})
