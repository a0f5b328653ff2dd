import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { inbound } from '../../src/transports/inbound.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const codeOf = (work: () => unknown) => {
  try {
    work()
    return 'let in'
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('lets so many of one caller in at once, and more as they leave', () => {
  const door = inbound({ perMinute: 100, atOnce: 2 })
  const [leave] = [door.enter('ada'), door.enter('ada')]
  expect(codeOf(() => door.enter('ada'))).toBe('rate_limited')
  expect(codeOf(() => door.enter('grace'))).toBe('let in')
  leave()
  expect(codeOf(() => door.enter('ada'))).toBe('let in')
})

test('tells when to come again, and that is true', () => {
  const door = inbound({ perMinute: 3, atOnce: 10 })
  for (let time = 0; time < 3; time++) {
    door.enter('ada')()
    vi.advanceTimersByTime(1_000)
  }
  let retryAt = 0
  try {
    door.enter('ada')
  } catch (error) {
    retryAt = (error as { details: { retryAt: number } }).details.retryAt
  }
  vi.setSystemTime(retryAt - 200)
  expect(codeOf(() => door.enter('ada'))).toBe('rate_limited')
  vi.setSystemTime(retryAt)
  expect(codeOf(() => door.enter('ada'))).toBe('let in')
})

test('lets no caller have more in any minute, however it comes, and never one pay for another', () => {
  const arrivals = fc.array(
    fc.tuple(fc.constantFrom('ada', 'grace', 'alan'), fc.integer({ min: 0, max: 20_000 })),
    { maxLength: 120 },
  )
  fc.assert(
    fc.property(arrivals, (all) => {
      vi.setSystemTime(1_800_000_000_000)
      const door = inbound({ perMinute: 5, atOnce: 100 })
      const alone = new Map<string, ReturnType<typeof inbound>>()
      const seen = new Map<string, number[]>()
      for (const [caller, pause] of all) {
        vi.advanceTimersByTime(pause)
        const own = alone.get(caller) ?? inbound({ perMinute: 5, atOnce: 100 })
        alone.set(caller, own)
        const outcome = codeOf(() => door.enter(caller)())
        expect(outcome).toBe(codeOf(() => own.enter(caller)()))
        if (outcome === 'let in') seen.set(caller, [...(seen.get(caller) ?? []), Date.now()])
      }
      for (const times of seen.values()) {
        for (const from of times) {
          expect(times.filter((time) => time >= from && time < from + 60_000).length).toBeLessThanOrEqual(5)
        }
      }
    }),
  )
})
