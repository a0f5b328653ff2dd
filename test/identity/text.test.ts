import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../src/identity/canonical.ts'
import { correlate } from '../../src/identity/correlate.ts'
import { plainText, sameText } from '../../src/identity/text.ts'
import { account } from '../support/call.ts'

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

test('correlate joins by external id, email and user name, and never by display name', () => {
  const people = correlate([
    account({ id: '1', tenant: 'a', userName: 'ada@example.com', name: 'Ada' }),
    account({ id: '2', tenant: 'b', userName: 'alovelace', email: 'ADA@example.com', externalId: 'x' }),
    account({ id: '3', tenant: 'c', userName: 'other', externalId: 'x' }),
    account({ id: '4', tenant: 'd', userName: 'eve@example.com', name: 'Ada' }),
  ])
  expect(people.map(({ accounts }) => accounts.map(({ id }) => id))).toEqual([['1', '2', '3'], ['4']])
})

test('correlate joins two people once a third account belongs to both', () => {
  const people = correlate([
    account({ id: '1', userName: 'a' }),
    account({ id: '2', userName: 'b' }),
    account({ id: '3', userName: 'a', email: 'b' }),
  ])
  expect(people).toHaveLength(1)
})
