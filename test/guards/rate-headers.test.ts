import { expect, test } from 'vitest'
import { readRates } from '../../src/guards/rate-headers.ts'

const pauseAfter = (headers: Record<string, string>, status = 200) =>
  readRates({ status, headers, text: '' }).pauseMs

test.each([
  ['0.8', undefined],
  ['0.99', undefined],
  ['1', 1_000],
  ['1.8', 1_000],
  ['', undefined],
  ['none', undefined],
  ['1e400', 1_000],
])('x-ms-throttle-limit-percentage %s makes a pause of %s ms', (share, pause) => {
  expect(pauseAfter({ 'x-ms-throttle-limit-percentage': share })).toBe(pause)
})

test('a Retry-After counts more than the share that is used', () => {
  expect(pauseAfter({ 'x-ms-throttle-limit-percentage': '1.2', 'retry-after': '7' }, 429)).toBe(7_000)
})
