import { expect, test } from 'vitest'
import { limitAs429, readRates } from '../../src/guards/rate-headers.ts'

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

const DATE = 'Thu, 01 Jan 2026 00:00:00 GMT'

test.each<[sign: string, headers: Record<string, string>, status: number]>([
  ['nothing', {}, 403],
  ['Retry-After in seconds', { 'retry-after': '60' }, 429],
  ['Retry-After as a date', { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT', date: DATE }, 429],
  ['Retry-After: 0', { 'retry-after': '0' }, 403],
  ['a Retry-After that cannot be read', { 'retry-after': 'soon' }, 403],
  ['nothing left until a reset', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' }, 429],
  ['nothing left', { 'ratelimit-remaining': '0' }, 429],
  ['nothing left of one window', { ratelimit: '"minute";r=0;t=30, "day";r=9;t=20' }, 429],
  [
    'nothing left, until a reset that is over',
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767225600', date: DATE },
    403,
  ],
  ['something left', { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': '60' }, 403],
  ['no limit at all', { 'x-ratelimit-limit': '0', 'x-ratelimit-remaining': '0' }, 403],
])('a 403 with %s is one with status %3$i', (_, headers, status) => {
  expect(limitAs429({ status: 403, headers, text: '' }).status).toBe(status)
})

test('no other refusal is taken for a rate limit', () => {
  expect(limitAs429({ status: 401, headers: { 'retry-after': '60' }, text: '' }).status).toBe(401)
})
