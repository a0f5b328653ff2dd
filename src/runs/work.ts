import type { Run, RunRow } from '../domain/run.ts'
import { Conflict, IdentityError, Paused, ReadOnly } from '../errors.ts'
import type { Reply } from '../guards/call.ts'
import { afterStep, ended, refusedRow } from './row-after.ts'
import { type RunStore, rowsOf } from './run-store.ts'
import type { StepAnswer } from './step.ts'
import { ChangedSince, type StepInput } from './step-changes.ts'

/** What carrying a run out needs. */
export interface WorkParts {
  runs: RunStore
  /** Makes one step, through the guards. */
  step(input: StepInput, run: Run): Promise<StepAnswer>
  isSource(tenant: string): boolean
  limits: { failures: number; failureShare: number }
  /** Resolves at this time, or when the work stops. */
  sleepUntil(time: number): Promise<void>
  /** Whether this process must let go of the run. */
  isStopped(): boolean
}

/** How many accounts of one tenant are changed at a time. */
const AT_ONCE = 4
/** How often a step is made that certainly did not happen, and the shortest pause before the next, milliseconds. */
const MOST_ATTEMPTS = 4
const PAUSE_MS = 1_000
/** The share of failures says nothing of fewer attempts. */
const FEWEST_TRIED = 5

/** Why work ended before the run did. */
type Halt = { paused: string } | 'left'

/**
 * Carries out what is left of a run: first the sessions everywhere, then the sources of people, then the other apps, and
 * groups last. Before a step its row is saved as begun, so that whoever takes over settles it by reading.
 */
export async function workOn(run: Run, parts: WorkParts): Promise<'done' | Halt> {
  const table = await openRows(run, parts.runs)
  const tried = new Tally(table.rows, run)
  for (;;) {
    const waiting = [...table.rows.entries()].filter(([, { outcome }]) => outcome === 'waiting')
    if (waiting.length === 0) return 'done'
    const phases = waiting.map(([, row]) => phaseOf(row, parts))
    const next = Math.min(...new Set(phases))
    const left = waiting.flatMap(([at], index) => (phases[index] === next ? [at] : []))
    const halts = await Promise.all(
      [...byTenant(table.rows, left)].map((some) => workThrough(run, some, { table, tried, parts })),
    )
    const halt = halts.find((one) => one !== undefined)
    if (halt !== undefined) return halt
  }
}

const phaseOf = ({ steps = [], tenant = '' }: RunRow, { isSource }: WorkParts): number => {
  if (steps[0] === 'endSessions') return 0
  if (steps[0] === 'joinGroup') return 3
  return isSource(tenant) ? 1 : 2
}

function byTenant(rows: readonly RunRow[], indexes: readonly number[]): Iterable<number[]> {
  const groups = new Map<string, number[]>()
  for (const at of indexes) {
    const tenant = rows[at]?.tenant ?? ''
    groups.set(tenant, [...(groups.get(tenant) ?? []), at])
  }
  return groups.values()
}

/** All rows of a run in memory, saved page by page. */
interface RowTable {
  rows: RunRow[]
  /** Resolves when these rows, as they are now, are in the store. */
  save(indexes: readonly number[]): Promise<void>
}

async function openRows(run: Run, runs: RunStore): Promise<RowTable> {
  const pages: RunRow[][] = []
  const placeOf: [page: number, index: number][] = []
  for (let page = 0; page < run.pages; page++) {
    const rows = await runs.page(run.id, page)
    pages.push(rows)
    for (const index of rows.keys()) placeOf.push([page, index])
  }
  const rows = pages.flat()
  const waiting = new Map<number, Promise<void>>()
  const savePage = (page: number): Promise<void> => {
    // One that waits for its turn takes what was changed meanwhile along.
    const queued = waiting.get(page)
    if (queued) return queued
    const last = writing.get(page) ?? Promise.resolve()
    const next = last.then(async () => {
      waiting.delete(page)
      await runs.setPage(run, page, pages[page] ?? [])
    })
    waiting.set(page, next)
    writing.set(
      page,
      next.catch(() => undefined),
    )
    return next
  }
  const writing = new Map<number, Promise<void>>()
  return {
    rows,
    async save(indexes) {
      const changed = new Set<number>()
      for (const at of indexes) {
        const [page, index] = placeOf[at] ?? [0, 0]
        const row = rows[at]
        if (row) (pages[page] ?? [])[index] = row
        changed.add(page)
      }
      await Promise.all([...changed].map(savePage))
    },
  }
}

/** Failures and attempts since the run began, or was resumed by a person. */
class Tally {
  #failed: number
  #tried: number

  constructor(rows: readonly RunRow[], { forgiven }: Pick<Run, 'forgiven'>) {
    const count = (outcomes: readonly RunRow['outcome'][]) =>
      rows.filter(({ outcome }) => outcomes.includes(outcome)).length
    this.#failed = count(['failed', 'unknown']) - (forgiven?.failed ?? 0)
    this.#tried = count(['failed', 'unknown', 'done']) - (forgiven?.tried ?? 0)
  }

  add({ outcome }: RunRow): void {
    if (outcome === 'failed' || outcome === 'unknown') this.#failed++
    if (['failed', 'unknown', 'done'].includes(outcome)) this.#tried++
  }

  /** Why a person must look at it first; undefined as long as it goes well. */
  problem({ failures, failureShare }: WorkParts['limits']): string | undefined {
    const [failed, tried] = [this.#failed, this.#tried]
    if (failed >= failures) return `${failed} changes failed; a person looks at it at ${failures}.`
    return tried >= FEWEST_TRIED && failed / tried >= failureShare
      ? `${failed} of ${tried} changes failed; a person looks at it at ${failureShare * 100} %.`
      : undefined
  }
}

interface Work {
  table: RowTable
  tried: Tally
  parts: WorkParts
}

/** Works through rows of one tenant. */
async function workThrough(run: Run, indexes: readonly number[], work: Work): Promise<Halt | undefined> {
  const { table, tried, parts } = work
  for (let start = 0; start < indexes.length; start += AT_ONCE) {
    const halt = await haltOf(run, work)
    if (halt !== undefined) return halt
    const some = indexes.slice(start, start + AT_ONCE)
    const before = some.map((at) => table.rows[at] as RunRow)
    for (const at of some) {
      const row = table.rows[at] as RunRow
      const [step] = row.steps ?? []
      if (step) table.rows[at] = { ...row, begun: step }
    }
    await table.save(some)
    const halts = await Promise.all(
      some.map(async (at, index) => {
        const ended = await stepOn(before[index] as RunRow, run, parts)
        if ('halt' in ended) {
          // It certainly did not happen, so it waits as before.
          table.rows[at] = withoutBegun(before[index] as RunRow)
          return ended.halt
        }
        table.rows[at] = ended.row
        tried.add(ended.row)
        return undefined
      }),
    )
    await table.save(some)
    const stop = halts.find((one) => one !== undefined)
    if (stop !== undefined) return stop
  }
  return haltOf(run, work)
}

const withoutBegun = ({ begun: _, ...row }: RunRow): RunRow => row

/** Whether a person, a limit or this process stops the work. */
async function haltOf({ id }: Run, { tried, parts }: Work): Promise<Halt | undefined> {
  const problem = tried.problem(parts.limits)
  if (problem !== undefined) return { paused: problem }
  if (parts.isStopped()) return 'left'
  return (await parts.runs.get(id))?.state === 'running' ? undefined : 'left'
}

type Ended = { row: RunRow } | { halt: Halt }

/** Makes the next step of a row, as often as it certainly did not happen for a reason that passes. */
async function stepOn(row: RunRow, run: Run, parts: WorkParts): Promise<Ended> {
  const { tenant, account, steps = [], frozen = '', fields, groups } = row
  const [step] = steps
  if (!step || tenant === undefined || !account) throw new TypeError('a row without a step')
  const input: StepInput = {
    tenant,
    account,
    step,
    frozen,
    reason: run.input.reason,
    ...(row.begun === step && { begun: { run: run.id, caller: run.caller.id } }),
    undo: run.input.undo,
    fields,
    group: groups?.[0],
  }
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await parts.step(input, run)
      const passing = passingIn(answer)
      if (passing !== undefined && attempt < MOST_ATTEMPTS) {
        await parts.sleepUntil(Date.now() + PAUSE_MS * 2 ** attempt)
        if (parts.isStopped()) return { halt: 'left' }
        continue
      }
      return { row: afterStep(row, answer) }
    } catch (error) {
      if (!(error instanceof IdentityError)) {
        return { row: ended(row, 'failed', { code: 'internal', note: 'Something went wrong on our side.' }) }
      }
      if (error instanceof Paused || error instanceof ReadOnly) return { halt: { paused: error.message } }
      const mayPass = error.retryable || (error instanceof Conflict && !(error instanceof ChangedSince))
      if (mayPass && (attempt < MOST_ATTEMPTS || error.code === 'rate_limited')) {
        await parts.sleepUntil(Math.max(error.details.retryAt ?? 0, Date.now() + PAUSE_MS * attempt))
        if (parts.isStopped()) return { halt: 'left' }
        continue
      }
      return { row: refusedRow(row, error) }
    }
  }
}

/** The code of a change that was not sent for a reason that passes. */
const passingIn = ({ carried }: StepAnswer): string | undefined =>
  carried?.outcome === 'failed' && ['rate_limited', 'unavailable', 'timeout'].includes(carried.code ?? '')
    ? carried.code
    : undefined

/** The answer of a step, out of the reply of the guards. */
export const stepAnswer = (reply: Reply): StepAnswer => {
  if ('question' in reply) throw new TypeError('a step of a run asks nobody')
  return reply.answer as unknown as StepAnswer
}

/** How many rows ended how, counted from the store. */
export async function allRows(run: Run, runs: RunStore): Promise<RunRow[]> {
  const rows: RunRow[] = []
  for await (const row of rowsOf(runs, run)) rows.push(row)
  return rows
}
