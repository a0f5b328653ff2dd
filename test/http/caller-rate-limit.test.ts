import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type CallerRateLimit, callerRateLimit } from '../../src/http/caller-rate-limit.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => vi.useRealTimers())

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)
/** Knocks, and leaves at once when let in. */
const knock = (door: CallerRateLimit, caller: string) =>
  door.enter(caller).then(
    (leave) => {
      leave()
      return 'let in'
    },
    (error) => error.code,
  )

test('lets so many of one caller in at once, and more as they leave', async () => {
  const door = callerRateLimit({ perMinute: 100, atOnce: 2 })
  const [leave] = await Promise.all([door.enter('ada'), door.enter('ada')])
  expect(await knock(door, 'ada')).toBe('rate_limited')
  expect(await knock(door, 'grace')).toBe('let in')
  leave()
  expect(await knock(door, 'ada')).toBe('let in')
})

test('tells when to come again, and that is true', async () => {
  const door = callerRateLimit({ perMinute: 3, atOnce: 10 })
  for (let time = 0; time < 3; time++) {
    await knock(door, 'ada')
    pass(1_000)
  }
  const { details } = await door.enter('ada').catch((error) => error)
  vi.setSystemTime(details.retryAt - 200)
  expect(await knock(door, 'ada')).toBe('rate_limited')
  vi.setSystemTime(details.retryAt)
  expect(await knock(door, 'ada')).toBe('let in')
})

test('lets no caller have more in any minute, however it comes, and never one pay for another', async () => {
  const arrivals = fc.array(
    fc.tuple(fc.constantFrom('ada', 'grace', 'alan'), fc.integer({ min: 0, max: 20_000 })),
    { maxLength: 60 },
  )
  const limits = { perMinute: 5, atOnce: 100 }
  await fc.assert(
    fc.asyncProperty(arrivals, async (all) => {
      vi.setSystemTime(1_800_000_000_000)
      const door = callerRateLimit(limits)
      const alone = new Map<string, CallerRateLimit>()
      const seen = new Map<string, number[]>()
      for (const [caller, pause] of all) {
        pass(pause)
        const own = alone.get(caller) ?? callerRateLimit(limits)
        alone.set(caller, own)
        const outcome = await knock(door, caller)
        expect(outcome).toBe(await knock(own, caller))
        if (outcome === 'let in') seen.set(caller, [...(seen.get(caller) ?? []), Date.now()])
      }
      for (const times of seen.values()) {
        for (const from of times) {
          expect(times.filter((time) => time >= from && time < from + 60_000).length).toBeLessThanOrEqual(5)
        }
      }
    }),
    { numRuns: 50 },
  )
})

test('lets a quiet caller begin before the queue of a greedy one', async () => {
  const door = callerRateLimit({ perMinute: 1_000, atOnce: 100 })
  const begun: string[] = []
  const come = (caller: string) => door.enter(caller).then(() => void begun.push(caller))
  const greedy = Array.from({ length: 50 }, () => come('greedy'))
  await Promise.all([...greedy, come('quiet'), come('calm'), come('quiet')])
  expect(begun.slice(0, 5)).toEqual(['greedy', 'quiet', 'calm', 'greedy', 'quiet'])
})
