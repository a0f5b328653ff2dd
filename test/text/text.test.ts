import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/text/canonical-json.ts'
import { plainText, sameText } from '../../src/text/text.ts'

test.each([
  ['Ada\u202eecalevoL', 'AdaecalevoL'],
  ['a\u0000b\u001b[31mc', 'ab[31mc'],
  ['zero\u200bwidth\ufeff', 'zerowidth'],
  ['two\n\tlines  here', 'two lines here'],
  ['tags\u{e0041}\u{e0042}', 'tags'],
  ['Zoë 李 😀', 'Zoë 李 😀'],
])('plainText makes %j %j', (text, plain) => {
  expect(plainText(text)).toBe(plain)
})

test('plainText leaves nothing unseen, stays within its bound, and is done the first time', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 600 }),
      fc.integer({ min: 1, max: 100 }),
      (text, max) => {
        const plain = plainText(text, max)
        expect(plain).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
        expect(Array.from(plain).length).toBeLessThanOrEqual(max)
        expect(plainText(plain, max)).toBe(plain)
      },
    ),
  )
})

test('plainText is quick with a megabyte', () => {
  expect(plainText('x'.repeat(1_000_000)).length).toBe(256)
})

test('sameText ignores case and composition, and never equals nothing', () => {
  expect(sameText('ZOË@example.com', 'zoe\u0308@example.com')).toBe(true)
  expect(sameText('a', 'b')).toBe(false)
  expect(sameText(undefined, undefined)).toBe(false)
})

test('canonicalJson gives equal values equal texts', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const shuffled = Object.fromEntries(Object.entries(value).reverse())
      expect(canonicalJson(shuffled)).toBe(canonicalJson(value))
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})
