import { expect, test } from 'vitest'
import { amongIds, sameAddress, sameId, sameUserName, wordsOf } from '../../src/domain/same.ts'

test.each([
  ['ada@example.com', 'ADA@Example.com', true],
  [' ada ', 'ada', true],
  ['jose\u0301', 'jos\u00e9', true],
  ['ada', 'ada\u200b', false],
  ['ada', '\u0430da', false],
  ['1001', '01001', false],
])('%j and %j, as user names, addresses and ids', (one, other, same) => {
  for (const compare of [sameUserName, sameAddress, sameId]) expect(compare(one, other)).toBe(same)
})

test('nothing is the same as what is not known', () => {
  for (const compare of [sameUserName, sameAddress, sameId]) {
    expect(compare(undefined, undefined)).toBe(false)
    expect(compare('', undefined)).toBe(false)
  }
})

test.each([
  [['abc', 'ABC'], 'abc', true],
  [['ABC'], 'abc', true],
  // Two ids that differ only in letter case are two; neither is taken for a third.
  [['aBC', 'ABC'], 'abc', false],
  [[], 'abc', false],
])('of the ids %j, %s is one: %s', (ids, id, among) => {
  expect(amongIds(ids)(id)).toBe(among)
})

test('words of a name do without accents, case and commas', () => {
  expect(wordsOf('Núñez, Zoë-Ann')).toEqual(['nunez', 'zoe', 'ann'])
})
