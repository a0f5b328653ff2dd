import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Approval } from '../../src/approvals/approval.ts'
import type { Run, RunRow } from '../../src/domain/run.ts'
import { openRunStore, type RunStore } from '../../src/runs/run-store.ts'
import { openRunner } from '../../src/runs/runner.ts'
import { memoryStore } from '../../src/store/table-store.ts'

/** A run that was killed goes on within this time, milliseconds. */
const MOST_MS = 5_000
const NEVER = new Promise<never>(() => undefined)

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-03-01T12:00:00Z') }))
afterEach(() => void vi.useRealTimers())

const RUN: Omit<Run, 'createdAt'> = {
  id: 'run-1a2b3c4d5e6f',
  tool: 'offboard',
  caller: { id: 'local:bot', client: 'test', self: { names: [], mayBe: [] }, grant: { scopes: [] } as never },
  request: 'request-1',
  input: { reason: 'left' },
  state: 'running',
  plan: { people: 1, accounts: 1, byHand: 0, skippedCount: 0 },
  pages: 1,
}
const ROW: RunRow = {
  person: 'ada@example.com',
  tenant: 'acme',
  account: { id: '1', userName: 'ada@example.com' },
  outcome: 'waiting',
  verified: false,
  frozen: '',
  steps: ['deactivateAccount'],
}

/** Processes on one store with a run that is to be carried out. */
async function open(run: Omit<Run, 'createdAt'> = RUN) {
  const store = memoryStore()
  const runs = openRunStore(store, store)
  await runs.add(run)
  await runs.setPage(run, 0, [ROW])
  /** A process that says when it makes a step, and whose step takes forever; `kill` ends all that it does. */
  const start = (onStep: () => void) => {
    let isDead = false
    const mortal = Object.fromEntries(
      Object.entries(runs).map(([name, method]) => [
        name,
        // A killed process asks the store for nothing more, and hears nothing more of it.
        async (...args: never[]) => {
          if (isDead) return NEVER
          const result = await (method as (...args: never[]) => Promise<unknown>)(...args)
          return isDead ? NEVER : result
        },
      ]),
    ) as unknown as RunStore
    const runner = openRunner({
      runs: mortal,
      approvals: { get: async (id) => (id === 'used' ? ({ usedAt: Date.now() } as Approval) : undefined) },
      planning: () => {
        throw new TypeError('it is planned already')
      },
      log: { error: () => undefined },
      mayHave: () => true,
      limits: { failures: 20, failureShare: 0.2 },
      isSource: () => false,
      async step() {
        onStep()
        return NEVER
      },
    })
    runner.start()
    return {
      kill: () => {
        isDead = true
      },
    }
  }
  return { start }
}

/** How long it takes until `isSo`, milliseconds; at most twice what it may. */
async function timeUntil(isSo: () => boolean): Promise<number> {
  const began = Date.now()
  while (!isSo() && Date.now() - began < 2 * MOST_MS) await vi.advanceTimersByTimeAsync(50)
  return Date.now() - began
}

const MOMENTS = Array.from({ length: 20 }, (_, at) => at * 100)

test.each(MOMENTS)(
  'goes on in the next process within 5 s when it is killed %i ms after a step began',
  async (ms) => {
    const place = await open()
    const steps = { first: 0, next: 0 }
    const first = place.start(() => steps.first++)
    await timeUntil(() => steps.first > 0)
    await vi.advanceTimersByTimeAsync(ms)
    first.kill()
    place.start(() => steps.next++)
    expect(await timeUntil(() => steps.next > 0)).toBeLessThanOrEqual(MOST_MS)
  },
)

test.each(MOMENTS)('goes on in another instance, which began %i ms later, within 5 s', async (ms) => {
  const place = await open()
  const steps = { first: 0, other: 0 }
  const first = place.start(() => steps.first++)
  await timeUntil(() => steps.first > 0)
  await vi.advanceTimersByTimeAsync(ms)
  place.start(() => steps.other++)
  // As long as the first one lives, the other leaves the run to it.
  await vi.advanceTimersByTimeAsync(20_000)
  expect(steps.other).toBe(0)
  first.kill()
  expect(await timeUntil(() => steps.other > 0)).toBeLessThanOrEqual(MOST_MS)
})

test('a run whose process ended between the use of its approval and its begin is begun by the next one', async () => {
  const waiting = { ...RUN, state: 'waiting_for_approval' } as const
  const steps = { used: 0, unused: 0 }
  const used = await open({ ...waiting, approval: 'used' })
  const unused = await open({ ...waiting, approval: 'unused' })
  used.start(() => steps.used++)
  unused.start(() => steps.unused++)
  expect(await timeUntil(() => steps.used > 0)).toBeLessThanOrEqual(MOST_MS)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(steps).toEqual({ used: 1, unused: 0 })
})

test('a run with a time begins then, once, however the clock is set meanwhile', async () => {
  const at = Date.now() + 60_000
  const place = await open({ ...RUN, state: 'scheduled', at })
  let steps = 0
  place.start(() => steps++)
  for (const time of [at - 3_600_000, at - 30_000, at - 7_200_000, at - 10_000]) {
    vi.setSystemTime(time)
    await vi.advanceTimersByTimeAsync(6_000)
    expect(steps).toBe(0)
  }
  vi.setSystemTime(at + 1_000)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(steps).toBe(1)
  vi.setSystemTime(at - 3_600_000)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(steps).toBe(1)
})
