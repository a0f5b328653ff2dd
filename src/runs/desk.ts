import { createHash } from 'node:crypto'
import { requestHash } from '../approvals/binding.ts'
import { hasEnded, type Run, type RunInput, type RunRow, shownRow } from '../domain/run.ts'
import type { RunDesk, RunStatus } from '../engine/run-desk.ts'
import {
  Conflict,
  type ErrorCode,
  Internal,
  InvalidInput,
  LimitReached,
  NotFound,
  Unavailable,
} from '../errors.ts'
import type { Call } from '../guards/call.ts'
import { countsOf, noRun, type RunStore, rowsOf } from './run-store.ts'
import type { Runner } from './runner.ts'

/** Time that a call keeps for its answer, and for how long it waits for a run that it has begun, milliseconds. */
const ANSWER_MARGIN_MS = 5_000
const SHORT_RUN_MS = 2_000
const POLL_MS = 50

interface DeskParts {
  runs: RunStore
  runner: Pick<Runner, 'work' | 'start'>
  /** The runs that can be undone, and which of them by this caller. */
  past: Pick<RunStore, 'get'>
  undoable(run: Run): boolean
}

/** The runs of the caller of a call. */
export function runDesk(call: Call, { runs, runner, past, undoable }: DeskParts): RunDesk {
  const own = async (id: string): Promise<Run> => {
    const run = await runs.get(id)
    if (run?.caller.id === call.caller.id) return run
    throw noRun(id)
  }
  const statusOf = async (run: Run): Promise<RunStatus> => ({ run, counts: await countsOf(runs, run) })
  /** The run once `isOver` holds of it, or when the time has passed. */
  const until = async (id: string, isOver: (run: Run) => boolean, time: number): Promise<Run> => {
    void runner.work(id)
    let told = 0
    for (;;) {
      const run = await own(id)
      const { done, of } = run.planned ?? { done: 0, of: 0 }
      if (run.state === 'planning' && done > told) {
        told = done
        call.tell?.(`Planning: ${done} of ${of} people are looked up`, { done, of })
      }
      if (isOver(run) || Date.now() >= time || call.signal.aborted) return run
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }
  return {
    async open(input) {
      const { at, until: end } = input
      const asked = { tool: call.tool.name, caller: callerOf(call), request: keyOf(call), input, pages: 0 }
      const times = { ...(at !== undefined && { at }), ...(end !== undefined && { until: end }) }
      runner.start()
      // The same call means the same run, also once its time has come.
      const run = await runs.open({ ...asked, state: 'planning', ...times }, (now) => mustBeAhead(input, now))
      const time = call.deadline - ANSWER_MARGIN_MS
      const planned = await until(run.id, ({ state }) => state !== 'planning', time)
      if (planned.failed) throw errorOf(planned.failed)
      return statusOf(planned)
    },
    async asked(id, approval) {
      await own(id)
      await runs.change(id, (run) => (run.state === 'waiting_for_approval' ? { ...run, approval } : run))
    },
    async begun(id) {
      await own(id)
      // The approval is used by now. Should this process end before it is noted here, the runner sees it.
      await runs.change(id, (run) =>
        run.state === 'waiting_for_approval' ? { ...run, state: 'scheduled' } : run,
      )
      const time = Math.min(Date.now() + SHORT_RUN_MS, call.deadline - ANSWER_MARGIN_MS)
      const isOver = (run: Run) => hasEnded(run) || run.state === 'paused' || (run.at ?? 0) > Date.now()
      return statusOf(await until(id, isOver, time))
    },
    get: async (id) => statusOf(await own(id)),
    async undone(id) {
      const run = await past.get(id)
      if (!run || !undoable(run)) return undefined
      if (hasEnded(run)) return { run: id, caller: run.caller.id }
      throw new Conflict(
        `The run ${id} is ${run.state.replaceAll('_', ' ')}, so it may change more.`,
        'Cancel it with cancel_run first, or wait for its end.',
      )
    },
    async rows(id, from, keep, limit) {
      const run = await own(id)
      const rows: RunRow[] = []
      let at = 0
      for await (const row of rowsOf(runs, run)) {
        const shown = shownRow(row, run)
        if (at >= from && keep(shown)) {
          if (rows.length >= limit) return { rows, next: at }
          rows.push(shown)
        }
        at++
      }
      return { rows }
    },
    async cancel(id, reason) {
      await own(id)
      return statusOf(
        await runs.change(id, (run) =>
          hasEnded(run) ? run : { ...run, state: 'cancelled', paused: reason },
        ),
      )
    },
  }
}

/** The same call of the same caller, whatever approval it comes with. */
const keyOf = (call: Call): string => createHash('sha256').update(requestHash(call)).digest('hex')

const callerOf = ({ caller, self, grant }: Call): Run['caller'] => ({ ...caller, self, grant })

/** Throws for a time that is over. */
function mustBeAhead({ at, until }: RunInput, now: number): void {
  if (at !== undefined && at < now)
    throw new InvalidInput('`at` is in the past.', 'Leave it out to begin at once, or give a later time.')
  if (until !== undefined && until <= (at ?? now))
    throw new InvalidInput('`until` is over before the run begins.', 'Give a later time, or leave it out.')
}

/** Why a run could not be planned, as an error of the call. */
function errorOf({ code, message, hint }: NonNullable<Run['failed']>): Error {
  const kinds: Partial<Record<ErrorCode, new (message: string, hint: string) => Error>> = {
    limit_reached: LimitReached,
    not_found: NotFound,
    invalid_input: InvalidInput,
    internal: Internal,
  }
  return new (kinds[code as ErrorCode] ?? Unavailable)(message, hint)
}
