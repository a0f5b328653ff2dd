// @module-tag long

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redactor } from '../src/redact.ts'
import { SPELLINGS } from './support/spellings.ts'

const HIDDEN = '[secret]'
const TOKENS = [
  'canary-7f3a91c5e2d84b06',
  'ab+/cd==/+',
  'a&b<c>d"e\'f\\g%h',
  '%2B%2B%41%41&amp;',
  'back\\slash-of-\\/all',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl_-',
  '12345678',
]

/** All that a reader can make of a text by reading its escapes. */
function readings(text: string): string[] {
  const all = [text]
  for (let last = text; all.length < 8; ) {
    const next = last
      .replace(/\\+u\{?0*([0-9a-f]{1,4})\}?/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/\\+x([0-9a-f]{2})|%([0-9a-f]{2})/gi, (_, one, two) =>
        String.fromCharCode(Number.parseInt(one ?? two, 16)),
      )
      .replace(/&#x0*([0-9a-f]+);/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/&#0*(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
      .replaceAll('&amp;', '&')
      .replace(/\\+([^\w\s\\])/g, '$1')
      .replace(/\\[rnb]|[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, '')
    if (next === last) break
    all.push(next)
    last = next
  }
  return all
}
const decoded = (text: string) => [
  ...readings(text),
  ...readings(text).flatMap((one) =>
    [...one.matchAll(/[\w+/-]{6,}/g)].flatMap(([run]) =>
      [0, 1, 2, 3].map((skip) => Buffer.from(run.slice(skip), 'base64').toString('latin1')),
    ),
  ),
]

describe.each(TOKENS)('the token %s', (token) => {
  test.each(Object.entries(SPELLINGS))('is found %s', (_, spell) => {
    const spelled = spell(token)
    const redacted = redactor(token, HIDDEN)(`before ${spelled} after, and again: ${spelled}.`)
    expect(redacted.split(HIDDEN)).toHaveLength(3)
    expect(redacted.startsWith('before ')).toBe(true)
    expect(redacted).toContain(' after, and again: ')
    for (const reading of decoded(redacted)) expect(reading).not.toContain(token)
  })
})

test('is found however each of its letters is spelled', () => {
  const spellings = Object.entries(SPELLINGS).filter(
    ([name]) => !/base64|hexadecimals$|capitals$|unseen|bidi|tag/.test(name),
  )
  const letters = fc.array(fc.tuple(fc.constantFrom(...'abzAZ019+/=.-_~"<'), fc.constantFrom(...spellings)), {
    minLength: 8,
    maxLength: 40,
  })
  fc.assert(
    fc.property(letters, (spelled) => {
      const token = spelled.map(([letter]) => letter).join('')
      const text = spelled.map(([letter, [, spell]]) => spell(letter)).join('')
      // A letter that stands for itself can make another escape of the next ones, which reads as something else.
      fc.pre(readings(text).some((reading) => reading.includes(token)))
      for (const reading of readings(redactor(token, HIDDEN)(`<${text}>`)))
        expect(reading).not.toContain(token)
    }),
    { numRuns: 500 },
  )
})

test('leaves every other text as it is', () => {
  const redact = redactor('canary-7f3a91c5e2d84b06', HIDDEN)
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom('\\', '\\u0041', '%25', '&amp;', '\u200b', 'canary')),
      (text, more) => {
        const all = more.join('') + text
        expect(redact(all)).toBe(all)
      },
    ),
  )
  expect(redactor('', HIDDEN)('text')).toBe('text')
})

test('what is replaced leaves JSON that was sound so', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...TOKENS.slice(0, 6)),
      fc.constantFrom(...Object.values(SPELLINGS)),
      fc.string(),
      (token, spell, other) => {
        const text = `{"a":${JSON.stringify(other)},"b":"${spell(token)}"}`
        expect(JSON.parse(redactor(token, HIDDEN)(text))).toMatchObject({
          b: expect.stringContaining(HIDDEN),
        })
      },
    ),
  )
})

test.each(['\\', '%25', '&amp;', '\u200b', '\\u0041', 'a\\', '%2', '&#0000000'])(
  'a reply full of %j keeps nobody waiting',
  (piece) => {
    const begun = performance.now()
    redactor(TOKENS[0] ?? '', HIDDEN)(piece.repeat(1_000_000 / piece.length))
    expect(performance.now() - begun).toBeLessThan(10_000)
  },
)
