import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toTest } from '../../src/guards/protected.ts'

test.each([
  ['*@robots.example.com', 'ci@robots.example.com', true],
  ['*@robots.example.com', 'ci@robots.example.com.evil', false],
  ['breakglass', 'BREAKGLASS', true],
  ['breakglass', 'breakglass2', false],
  ['svc-*-prod*', 'svc-mail-prod', true],
  ['ab*ba', 'aba', false],
  ['*', '', true],
])('the pattern %s and the name %s', (pattern, text, fits) => {
  expect(toTest(pattern)(text)).toBe(fits)
})

test('a pattern means what it says, whatever its stars', () => {
  const letters = fc.stringMatching(/^[ab*.]{0,8}$/)
  const asRegExp = (pattern: string) =>
    new RegExp(
      `^${pattern
        .split('*')
        .map((part) => part.replaceAll('.', '\\.'))
        .join('.*')}$`,
      's',
    )
  fc.assert(
    fc.property(letters, fc.stringMatching(/^[ab.]{0,10}$/), (pattern, text) => {
      expect(toTest(pattern)(text)).toBe(asRegExp(pattern).test(text))
    }),
    { numRuns: 2_000 },
  )
})

test('no number of stars holds a name up', () => {
  // A pattern with backtracking would not come back within the time of a test.
  expect(toTest(`${'*.'.repeat(40)}x`)('.'.repeat(5_000))).toBe(false)
})
