import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { storePeople } from '../../src/limits/people.ts'
import { diskStore, memoryStore } from '../../src/store/table-store.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

test('two stores on one folder never let more different people through than there may be', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'people-'))
  const stores = [diskStore(folder, { durable: false }), diskStore(folder, { durable: false })]
  const counts = stores.map(storePeople)
  const holds = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      counts[index % 2]?.take('b', { perDay: 7 }, [`p${index}`], HOUR),
    ),
  )
  expect(holds.filter((hold) => hold !== undefined)).toHaveLength(7)
  for (const store of stores) await store.close()
  await rm(folder, { recursive: true })
})

describe('in time', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: 0 }))
  afterEach(() => vi.useRealTimers())

  test('a hold that nobody ended counts as spent when it lapses', async () => {
    const people = storePeople(memoryStore())
    await people.take('b', { perHour: 1 }, ['ada'], 10 * MINUTE)
    vi.setSystemTime(65 * MINUTE)
    expect(await people.take('b', { perHour: 1 }, ['eve'], MINUTE)).toBeUndefined()
    vi.setSystemTime(71 * MINUTE)
    expect(await people.take('b', { perHour: 1 }, ['eve'], MINUTE)).toBeDefined()
  })

  test('what one gives back leaves the hold of another on the same person', async () => {
    const people = storePeople(memoryStore())
    const first = await people.take('b', { perHour: 1 }, ['ada'], HOUR)
    await people.take('b', { perHour: 1 }, ['ada'], HOUR)
    await people.giveBack('b', first ?? 0)
    expect(await people.take('b', { perHour: 1 }, ['eve'], HOUR)).toBeUndefined()
  })

  // A step: who, how many minutes later, and what becomes of the hold.
  const step = fc.record({
    who: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', '__proto__'), {
      minLength: 1,
      maxLength: 3,
    }),
    wait: fc.integer({ min: 0, max: 200 }),
    end: fc.constantFrom('settle', 'giveBack'),
  })

  test('no window ever holds more different people than it may, and none is refused without need', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        async (steps, perHour, perDay) => {
          vi.setSystemTime(0)
          const people = storePeople(memoryStore())
          const changed: { who: string; at: number }[] = []
          const within = (ms: number, more: readonly string[]) => {
            const since = Date.now() - ms
            return new Set([...changed.filter(({ at }) => at > since).map(({ who }) => who), ...more]).size
          }
          for (const { who, wait, end } of steps) {
            vi.setSystemTime(Date.now() + wait * MINUTE)
            const fits = within(HOUR, who) <= perHour && within(24 * HOUR, who) <= perDay
            const hold = await people.take('b', { perHour, perDay }, who, HOUR)
            expect(hold !== undefined).toBe(fits)
            if (hold === undefined) continue
            await people[end as 'settle' | 'giveBack']('b', hold)
            if (end === 'settle') changed.push(...who.map((one) => ({ who: one, at: Date.now() })))
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
