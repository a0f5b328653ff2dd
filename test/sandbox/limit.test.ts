import { expect, test } from 'vitest'
import { mostIn } from '../../src/sandbox/index.ts'
import { openLimiter } from '../../src/sandbox/limit.ts'
import { AUDIT, openSandbox } from './asking.ts'

test('serves 300 requests in any minute and not one more, and tells no time to retry after', async () => {
  let now = 1_000_000
  await using sandbox = await openSandbox({ now: () => now })
  for (let n = 0; n < 300; n++) {
    now += 100
    expect((await sandbox.scim('GET', '/Users?count=1')).status).toBe(200)
  }
  const refused = await sandbox.scim('GET', '/Users?count=1')
  expect(refused.status).toBe(429)
  expect(refused.headers.has('retry-after')).toBe(false)
  expect(refused.headers.get('ratelimit-remaining')).toBe('0')
})

test('says in each reply what is left and how many whole seconds to wait', async () => {
  let now = 1_000_000
  await using sandbox = await openSandbox({ now: () => now, perMinute: 3 })
  const headers = async () => {
    const { headers } = await sandbox.scim('GET', '/Users?count=1')
    return ['limit', 'remaining', 'reset'].map((name) => headers.get(`ratelimit-${name}`))
  }
  expect(await headers()).toEqual(['3', '2', '60'])
  now += 20_500
  expect(await headers()).toEqual(['3', '1', '40'])
  expect(await headers()).toEqual(['3', '0', '40'])
  expect(await headers()).toEqual(['3', '0', '60'])
})

test('serves again exactly when the wait that it told is over', async () => {
  let now = 1_000_000
  await using sandbox = await openSandbox({ now: () => now, perMinute: 2 })
  const status = async () => (await sandbox.scim('GET', '/Users?count=1')).status
  expect([await status(), await status()]).toEqual([200, 200])
  now += 59_999
  expect(await status()).toBe(429)
  now += 1
  // The two from the start have left the window; the refused one counts.
  expect([await status(), await status()]).toEqual([200, 429])
})

test('counts each token by itself', async () => {
  await using sandbox = await openSandbox({ perMinute: 1 })
  expect((await sandbox.scim('GET', '/Users')).status).toBe(200)
  expect((await sandbox.ask('GET', AUDIT)).status).toBe(200)
  expect((await sandbox.scim('GET', '/Users')).status).toBe(429)
})

test('keeps several windows at once and tells of the tightest', async () => {
  let now = 1_000_000
  await using sandbox = await openSandbox({ now: () => now, perSecond: 2, perMinute: 3 })
  const ask = async () => {
    const { status, headers } = await sandbox.scim('GET', '/Users?count=1')
    return [status, headers.get('ratelimit-limit'), headers.get('ratelimit-reset')]
  }
  expect(await ask()).toEqual([200, '2', '1'])
  expect(await ask()).toEqual([200, '2', '1'])
  now += 1_000
  expect(await ask()).toEqual([200, '3', '59'])
  expect(await ask()).toEqual([429, '3', '59'])
})

test('lets no stretch of a window hold more than the limit, whatever the pace', () => {
  const limiter = openLimiter({ perSecond: 4, perMinute: 20 })
  const served: number[] = []
  for (let at = 0, step = 7; at < 300_000; at += step, step = (step * 31) % 9_001) {
    if (limiter.arrive(at).admitted) served.push(at)
  }
  expect(served.length).toBeGreaterThan(20)
  expect(mostIn(served, 1_000)).toBeLessThanOrEqual(4)
  expect(mostIn(served, 60_000)).toBeLessThanOrEqual(20)
})
