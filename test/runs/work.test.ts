import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Carried } from '../../src/domain/change.ts'
import type { Run, RunRow } from '../../src/domain/run.ts'
import { Forbidden, Unavailable } from '../../src/errors.ts'
import { openRunStore, ROWS_PER_PAGE, type RunStore } from '../../src/runs/run-store.ts'
import type { StepAnswer } from '../../src/runs/step.ts'
import { ChangedSince, type StepInput } from '../../src/runs/step-changes.ts'
import { allRows, workOn } from '../../src/runs/work.ts'
import { memoryStore } from '../../src/store/table-store.ts'

const SOURCE = 'hr'
const TENANTS = [SOURCE, 'crm', 'wiki'] as const

/** What an app does with the deactivation of an account. `busy`: it cannot be reached so many times, and does it then. */
interface Fate {
  kind: 'done' | 'refused' | 'lost' | 'lost-undone' | 'changed' | 'meanwhile' | 'busy'
  times: number
}

interface Leaver {
  tenant: (typeof TENANTS)[number]
  fate: Fate
  endsSessions: boolean
}

/** The apps as they are, and everything that was done to them. */
interface Apps {
  active: Map<string, boolean>
  busy: Map<string, number>
  written: { step: string; key: string }[]
}

const keyOf = ({ tenant, id }: { tenant: string | undefined; id: string | undefined }) => `${tenant} ${id}`
const carried = (outcome: Carried['outcome'], verified = outcome === 'done'): StepAnswer => ({
  already: false,
  carried: { outcome, verified, ...(outcome === 'unknown' && { code: 'unknown_outcome' as const }) },
})

const nobody = (key: string): never => {
  throw new TypeError(`${key} is nobody's`)
}

/** A process that is killed at one of the places where a run waits for the store or an app. */
function mortal(dies: number) {
  let die = (_: 'killed') => {}
  const killed = new Promise<'killed'>((resolve) => {
    die = resolve
  })
  let places = 0
  let isDead = false
  return {
    killed,
    async place(): Promise<void> {
      places += 1
      if (places === dies) {
        isDead = true
        die('killed')
      }
      if (isDead) await new Promise(() => undefined)
    },
  }
}

type Mortal = ReturnType<typeof mortal>

const storeOf = (runs: RunStore, { place }: Mortal): RunStore => ({
  ...runs,
  async setPage(run, page, rows) {
    await place()
    // What is in the store is no object that the process goes on to change.
    await runs.setPage(run, page, structuredClone(rows))
    await place()
  },
})

const stepOf =
  (apps: Apps, leavers: ReadonlyMap<string, Leaver>, { place }: Mortal) =>
  async ({ tenant, account, step }: StepInput): Promise<StepAnswer> => {
    const key = keyOf({ tenant, id: account.id })
    const { kind, times } = leavers.get(key)?.fate ?? nobody(key)
    await place()
    if (!apps.active.get(key)) return { already: true }
    if (step === 'endSessions') {
      apps.written.push({ step, key })
      await place()
      return carried('done')
    }
    if (kind === 'changed') throw new ChangedSince(tenant)
    if (kind === 'refused') throw new Forbidden('The app refuses it.', 'Look there.')
    if (kind === 'busy') {
      const before = apps.busy.get(key) ?? 0
      apps.busy.set(key, before + 1)
      if (before < times) throw new Unavailable('The app does not answer.', 'Later.')
    }
    if (kind !== 'lost-undone') {
      apps.active.set(key, false)
      apps.written.push({ step, key })
    }
    await place()
    return kind === 'lost' || kind === 'lost-undone' ? carried('unknown') : carried('done')
  }

const fate: fc.Arbitrary<Fate> = fc.record({
  kind: fc.constantFrom(
    ...(['done', 'done', 'done', 'done', 'done', 'done'] as const),
    ...(['refused', 'lost', 'lost-undone', 'changed', 'meanwhile', 'busy', 'busy'] as const),
  ),
  times: fc.integer({ min: 1, max: 6 }),
})
const leavers = fc.array(
  fc.record({ tenant: fc.constantFrom(...TENANTS), fate, endsSessions: fc.boolean() }),
  {
    minLength: 1,
    maxLength: 90,
  },
)

/** At which place each process is killed; the one behind them lives. */
const lives = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 })

/** What may be told of an account, as the app shows it now. */
const TOLD: Record<Fate['kind'], RunRow['outcome'][]> = {
  done: ['done'],
  refused: ['failed'],
  // Whoever takes over reads what a killed process did not hear.
  lost: ['unknown', 'done'],
  'lost-undone': ['unknown'],
  changed: ['skipped'],
  // A process that was killed had begun it, and it is inactive.
  meanwhile: ['already', 'done'],
  busy: ['done', 'failed'],
}

/** First the sessions everywhere, then the source of people, then the other apps. */
const phaseOf = ({ step, key }: Apps['written'][number]): number =>
  step === 'endSessions' ? 0 : key.startsWith(SOURCE) ? 1 : 2

/** How many accounts are changed at a time, in each tenant. */
const MOST_UNDER_WAY = 4 * TENANTS.length

/** Works on a run of these people until it has ended, in as many processes as are killed and one more. */
async function workedOn(leavers: readonly Leaver[], kills: readonly number[], failures: number) {
  const byKey = new Map(leavers.map((one, at) => [keyOf({ tenant: one.tenant, id: `id-${at}` }), one]))
  const apps: Apps = {
    active: new Map([...byKey].map(([key, { fate }]) => [key, fate.kind !== 'meanwhile'])),
    busy: new Map(),
    written: [],
  }
  const store = memoryStore()
  const runs = openRunStore(store, store)
  const rows = leavers.map(
    ({ tenant, endsSessions }, at): RunRow => ({
      ...{ person: `leaver-${at}@example.com`, tenant, outcome: 'waiting', verified: false },
      account: { id: `id-${at}`, userName: `leaver-${at}` },
      steps: endsSessions ? ['endSessions', 'deactivateAccount'] : ['deactivateAccount'],
    }),
  )
  const caller = { id: 'local', client: 'test', self: {}, grant: {} } as never
  const pages = Math.ceil(rows.length / ROWS_PER_PAGE)
  const asked = { tool: 'offboard', caller, request: 'of this call', input: { reason: 'left' } }
  let run: Run = await runs.open({ ...asked, state: 'running', pages })
  for (let page = 0; page < pages; page++) {
    await runs.setPage(run, page, rows.slice(page * ROWS_PER_PAGE, (page + 1) * ROWS_PER_PAGE))
  }
  const pauses: number[] = []
  const left = [...kills]
  for (;;) {
    const life = mortal(left.shift() ?? Number.POSITIVE_INFINITY)
    const work = workOn(run, {
      runs: storeOf(runs, life),
      step: stepOf(apps, byKey, life),
      isSource: (tenant) => tenant === SOURCE,
      limits: { failures, failureShare: 1.1 },
      sleepUntil: async () => undefined,
      isStopped: () => false,
    })
    const ended = await Promise.race([work, life.killed])
    if (ended === 'left') throw new TypeError('nobody stopped it')
    if (ended === 'done') return { told: await allRows(run, runs), byKey, apps, pauses }
    if (ended === 'killed') continue
    // It waits for a person, who resumes it.
    const outcomes = (await allRows(run, runs)).map(({ outcome }) => outcome)
    const count = (...some: string[]) => outcomes.filter((one) => some.includes(one)).length
    const failed = count('failed', 'unknown')
    pauses.push(failed - (run.forgiven?.failed ?? 0))
    run = { ...run, forgiven: { failed, tried: failed + count('done') } }
  }
}

test('a run that is killed anywhere, and goes on, changes everybody once, in order, and tells the truth of each', async () => {
  await fc.assert(
    fc.asyncProperty(leavers, lives, fc.integer({ min: 1, max: 30 }), async (people, kills, failures) => {
      const { told, byKey, apps, pauses } = await workedOn(people, kills, failures)
      expect(told.map(({ person }) => person)).toEqual(people.map((_, at) => `leaver-${at}@example.com`))
      for (const failed of pauses) {
        expect(failed).toBeGreaterThanOrEqual(failures)
        expect(failed).toBeLessThan(failures + MOST_UNDER_WAY)
      }
      for (const { tenant, account, outcome } of told) {
        const key = keyOf({ tenant, id: account?.id })
        const { kind } = byKey.get(key)?.fate ?? nobody(key)
        const isActive = apps.active.get(key)
        const times = apps.written.filter((one) => one.key === key && one.step === 'deactivateAccount').length
        expect(TOLD[kind]).toContain(outcome)
        if (outcome === 'done' || outcome === 'already') expect(isActive).toBe(false)
        if (outcome === 'failed' || outcome === 'skipped') expect(isActive).toBe(true)
        expect(times).toBe(isActive || kind === 'meanwhile' ? 0 : 1)
      }
      const phases = apps.written.map(phaseOf)
      expect(phases).toEqual(phases.toSorted((a, b) => a - b))
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 60) },
  )
})
