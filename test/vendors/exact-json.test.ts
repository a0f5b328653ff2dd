import { describe, expect, test } from 'vitest'
import { LargeInteger, parseExact, stringifyExact } from '../../src/vendors/http/exact-json.ts'
import { parseJson } from '../../src/vendors/http/values.ts'

/** Wherever in the text a number stands: what looks for long ones does not look at every letter. */
const PLACES = Array.from({ length: 34 }, (_, blanks) => ' '.repeat(blanks))

describe('a large integer', () => {
  test.each([
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567',
    '10000000000000000000000000000001',
  ])('keeps its digits wherever it stands: %s', (digits) => {
    for (const before of PLACES) {
      const value = parseExact(`${before}{"id":${digits},"n":1}`) as { id: unknown }
      expect(value).toEqual({ id: new LargeInteger(digits), n: 1 })
      expect(stringifyExact(value)).toBe(`{"id":${digits},"n":1}`)
    }
  })

  test('keeps its digits behind thousands of small ones', () => {
    const small = Array.from({ length: 5_000 }, (_, index) => 1_790_000_000 + index)
    expect(parseExact(`[${small.join(',')},9007199254740993]`)).toEqual([
      ...small,
      new LargeInteger('9007199254740993'),
    ])
  })
})

test.each<[string, string, unknown]>([
  ['a safe integer of 16 digits', '9007199254740991', 9_007_199_254_740_991],
  ['an integer of 15 digits', '123456789012345', 123_456_789_012_345],
  ['a fraction with many digits', '0.12345678901234567', Number('0.12345678901234567')],
  ['digits in a string', '"9007199254740993"', '9007199254740993'],
  ['digits in a string behind a quote', '"\\"9007199254740993"', '"9007199254740993'],
])('is what it was: %s', (_, text, value) => {
  for (const before of PLACES) expect(parseExact(before + text)).toBe(value)
})

describe('a reply that is nested too deeply', () => {
  const inside = (levels: number, before: string, after: string) =>
    before.repeat(levels) + 1 + after.repeat(levels)

  test.each([
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
    ['objects behind others', '{"a":1,"b":"x","c":', '}'],
    ['objects under the name of a prototype', '{"__proto__":', '}'],
  ])('is no JSON: %s', (_, before, after) => {
    expect(parseJson(inside(64, before, after))).toBeDefined()
    expect(parseJson(inside(65, before, after))).toBeUndefined()
    expect(parseJson(inside(12_000, before, after))).toBeUndefined()
  })
})
