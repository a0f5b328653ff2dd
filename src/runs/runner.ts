import { randomUUID } from 'node:crypto'
import type { Approval } from '../approvals/approval.ts'
import type { Approvals } from '../approvals/approvals.ts'
import { changedIn, countRows, givingBackId, hasEnded, type Run } from '../domain/run.ts'
import { IdentityError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { PlanningParts } from './plan-person.ts'
import { planRun } from './plan-run.ts'
import type { RunStore } from './run-store.ts'
import { allRows, type WorkParts, workOn } from './work.ts'

/** The run that gives back what another took, once its time has come: planned then, by what the journal has. */
function givingBack(
  { id, caller, input: { reason } }: Run,
  at: number,
  approval: Approval | undefined,
): Omit<Run, 'createdAt'> {
  const { id: given = '', by, how } = approval ?? {}
  return {
    id: givingBackId(id),
    tool: 'undo_change',
    caller,
    request: `gives back ${id}`,
    input: { undo: { run: id, caller: caller.id }, reason },
    state: 'scheduled',
    pages: 0,
    at,
    agreed: { id: given, ...(by !== undefined && { by }), ...(how && { how }) },
  }
}

/** What works on runs in the background of a server, or of a command. */
export interface Runner {
  /** Looks for runs to work on from now on, if there may be any. */
  start(): void
  /** Works on this run now, if nobody does. Resolves when there is nothing to do for it here any more. */
  work(id: string): Promise<void>
  /** Lets go of every run, at the end of the step that it is in. */
  stop(): Promise<void>
}

interface RunnerParts extends Pick<WorkParts, 'step' | 'isSource' | 'limits'> {
  runs: RunStore
  approvals: Pick<Approvals, 'get'>
  planning(run: Run, stop: AbortSignal): Omit<PlanningParts, 'sleepUntil' | 'tellPlanned'>
  log: Pick<Log, 'error'>
  /** Whether the store can have runs: a start does not make it, and what is not there is not looked into. */
  mayHave(): boolean
}

/** How often open runs are looked for, and how often a lease is renewed, milliseconds. */
const POLL_MS = 2_000
const RENEW_MS = 1_000
/** How often it is told how far a plan is. */
const TOLD_MS = 1_000
/** A start has more urgent things to do. */
const FIRST_POLL_MS = 500
/** A run that is later than this does not begin by itself. */
const TOO_LATE_MS = 24 * 3_600_000

export function openRunner({ runs, approvals, planning, log, mayHave, ...work }: RunnerParts): Runner {
  const owner = randomUUID()
  const stopping = new AbortController()
  const working = new Map<string, Promise<void>>()
  let timer: NodeJS.Timeout | undefined

  const sleepUntil = (time: number) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timeout)
        stopping.signal.removeEventListener('abort', wake)
        resolve()
      }
      const timeout = setTimeout(wake, Math.max(0, Math.min(time - Date.now(), MAX_SLEEP_MS)))
      timeout.unref()
      stopping.signal.addEventListener('abort', wake)
      if (stopping.signal.aborted) wake()
    })

  /** One step of a run's life; whether there may be another one now. */
  const advance = async (run: Run): Promise<boolean> => {
    if (run.state === 'planning') return plan(run)
    if (run.state === 'waiting_for_approval') return begin(run)
    if (run.state === 'scheduled') return wait(run)
    return run.state === 'running' ? carry(run) : false
  }
  const plan = async (run: Run): Promise<boolean> => {
    if (run.input.undo && !(await isOver(run.input.undo.run))) return false
    try {
      const parts = { ...planning(run, stopping.signal), sleepUntil, tellPlanned: tellsPlanned(run) }
      const { planned: _, ...planned } = await planRun(run, runs, parts)
      const { accounts = 0, byHand = 0 } = planned.plan ?? {}
      const nothing = accounts + byHand === 0
      const counts = nothing ? countRows(await allRows(planned, runs)) : undefined
      // What belongs to a run has its yes.
      const next = run.agreed ? 'running' : 'waiting_for_approval'
      await runs.change(run.id, (now) =>
        now.state === 'planning'
          ? { ...planned, state: nothing ? 'finished' : next, ...(counts && { counts }) }
          : now,
      )
      return run.agreed !== undefined && !nothing
    } catch (error) {
      if (stopping.signal.aborted) return false
      const known = error instanceof IdentityError
      if (!known) log.error('a run could not be planned', { error })
      const failed = known
        ? { code: error.code, message: error.message, hint: error.hint }
        : {
            code: 'internal',
            message: 'Something went wrong on our side.',
            hint: 'Ask the person who runs this server.',
          }
      await runs.change(run.id, (now) =>
        now.agreed
          ? { ...now, state: 'paused', paused: `It could not be planned. ${failed.message}` }
          : { ...now, state: 'cancelled', failed },
      )
    }
    return false
  }
  const tellsPlanned = ({ id }: Run): PlanningParts['tellPlanned'] => {
    let last = Date.now()
    return async (planned) => {
      if (Math.abs(Date.now() - last) < TOLD_MS) return
      last = Date.now()
      await runs.change(id, (now) => (now.state === 'planning' ? { ...now, planned } : now))
    }
  }
  /** A run begins as soon as its approval has been used, whoever used it. */
  const begin = async (run: Run): Promise<boolean> => {
    const approval = run.approval === undefined ? undefined : await approvals.get(run.approval)
    if (approval?.usedAt === undefined) return false
    await runs.change(run.id, (now) =>
      now.state === 'waiting_for_approval' ? { ...now, state: 'scheduled' } : now,
    )
    return true
  }
  const wait = async (run: Run): Promise<boolean> => {
    const now = await runs.now()
    const { at = now } = run
    if (at > now) return false
    if (now - at > TOO_LATE_MS) {
      const paused = `It was to begin at ${new Date(at).toISOString()}, more than a day ago.`
      await runs.change(run.id, (one) =>
        one.state === 'scheduled' ? { ...one, state: 'paused', paused } : one,
      )
      return true
    }
    if (run.until !== undefined && run.until <= now) {
      const paused = `It was to give everything back at ${new Date(run.until).toISOString()}, which is over.`
      await runs.change(run.id, (one) =>
        one.state === 'scheduled' ? { ...one, state: 'cancelled', paused } : one,
      )
      return false
    }
    await runs.change(run.id, (one) =>
      one.state === 'scheduled' ? { ...one, state: one.plan ? 'running' : 'planning' } : one,
    )
    return true
  }
  const approvalOf = async ({ approval }: Run) =>
    approval === undefined ? undefined : approvals.get(approval)
  /** Ends a run that is to be undone now, and waits until nobody works on it any more. */
  const isOver = async (id: string): Promise<boolean> => {
    const run = await runs.get(id)
    if (run && !hasEnded(run)) {
      const paused = 'What it took is given back from now on.'
      await runs.change(id, (now) => (hasEnded(now) ? now : { ...now, state: 'cancelled', paused }))
    }
    const waiting = `${owner} undoes`
    if (!(await runs.lease(id, waiting))) return false
    await runs.release(id, waiting)
    return true
  }
  const carry = async (run: Run): Promise<boolean> => {
    // Before anything is taken, also by a run that was late and that a person resumed.
    if (run.until !== undefined) await runs.add(givingBack(run, run.until, await approvalOf(run)))
    const isStopped = () => stopping.signal.aborted || !working.has(run.id)
    const ended = await workOn(run, { runs, sleepUntil, isStopped, ...work })
    if (ended === 'left') return false
    const rows = await allRows(run, runs)
    const counts = countRows(rows)
    const changed = changedIn(rows)
    await runs.change(run.id, (now) => {
      if (now.state !== 'running') return now
      return ended === 'done'
        ? { ...now, state: 'finished', counts, ...(changed && { changed }) }
        : { ...now, state: 'paused', paused: ended.paused, forgiven: now.forgiven ?? { failed: 0, tried: 0 } }
    })
    return false
  }

  const life = async (id: string): Promise<void> => {
    if (!(await runs.lease(id, owner))) return
    const renewing = setInterval(() => {
      runs.lease(id, owner).then(
        (isOurs) => {
          // Another process has taken over while this one stood still.
          if (!isOurs) working.delete(id)
        },
        () => undefined,
      )
    }, RENEW_MS)
    renewing.unref()
    try {
      for (;;) {
        const run = await runs.get(id)
        if (!run || hasEnded(run) || stopping.signal.aborted || !(await advance(run))) return
      }
    } finally {
      clearInterval(renewing)
      await runs.release(id, owner).catch(() => undefined)
    }
  }

  const runner: Runner = {
    start() {
      const look = async () => {
        for (const id of await runs.openIds()) void runner.work(id)
      }
      const poll = () => {
        if (stopping.signal.aborted) return
        look().catch((error) => {
          if (!stopping.signal.aborted) log.error('runs could not be looked for', { error })
        })
      }
      if (timer || !mayHave()) return
      timer = setInterval(poll, POLL_MS).unref()
      setTimeout(poll, FIRST_POLL_MS).unref()
    },
    work(id) {
      const before = working.get(id)
      if (before) return before
      const done = life(id)
        .catch((error) => {
          if (!stopping.signal.aborted) log.error('a run stopped', { error })
        })
        .finally(() => {
          if (working.get(id) === done) working.delete(id)
        })
      working.set(id, done)
      return done
    },
    async stop() {
      clearInterval(timer)
      stopping.abort()
      await Promise.all(working.values())
    },
  }
  return runner
}

const MAX_SLEEP_MS = 2_000_000_000
