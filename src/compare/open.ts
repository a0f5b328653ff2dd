import { setMaxListeners } from 'node:events'
import type { ComparedAccount, ComparedKind, Comparison } from '../domain/comparison.ts'
import { askFor } from '../engine/ask.ts'
import type { CompareDesk } from '../engine/compare-desk.ts'
import type { Tenants } from '../engine/tenants.ts'
import { Conflict, Unavailable } from '../errors.ts'
import type { Call } from '../guards/call.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/store.ts'
import { compare } from './compare.ts'
import { type ComparisonStore, noComparison, openComparisonStore } from './comparison-store.ts'

/** Comparisons, what works on them, and the desk at which callers ask for them. */
export interface Comparisons {
  desk(call: Pick<Call, 'caller' | 'grant' | 'deadline' | 'signal'>): CompareDesk
  /** The accounts of these kinds that a comparison found, for a run of the same caller. Throws `NotFound`, `Conflict`. */
  accounts(
    caller: string,
    asked: { id: string; kinds: readonly ComparedKind[] },
  ): Promise<{ accounts: ComparedAccount[]; gaps: string[] }>
  stop(): Promise<void>
}

interface ComparisonsParts {
  store: Store
  /** Where an index is while it is needed; in memory without one. */
  folder: string | undefined
  tenants: Tenants
  log: Log
}

/** Time that a call keeps for its answer, milliseconds. */
const ANSWER_MARGIN_MS = 5_000
const POLL_MS = 50
/** How often whoever works on a comparison says so, and how long one may take, milliseconds. */
const BEAT_MS = 3_000
const LONGEST_MS = 24 * 3_600_000

export function openComparisons({ store, folder, tenants, log }: ComparisonsParts): Comparisons {
  const kept = openComparisonStore(store)
  const stopping = new AbortController()
  // Every request of every comparison listens.
  setMaxListeners(0, stopping.signal)
  // Of each caller, one at a time: the others wait.
  const turns = new Map<string, Promise<void>>()

  const work = async ({ id, caller, truth, tenants: names }: Comparison, seen: Tenants): Promise<void> => {
    let read = 0
    const beat = () => kept.change(id, (one, now) => ({ ...one, read, aliveAt: now })).catch(() => undefined)
    const beating = setInterval(beat, BEAT_MS)
    beating.unref()
    const context = {
      caller,
      priority: 'bulk',
      deadline: Date.now() + LONGEST_MS,
      signal: stopping.signal,
    } as const
    try {
      const result = await compare(
        { truth, tenants: names },
        {
          ask: askFor(seen, context, log),
          folder,
          writer: kept.writer(id),
          signal: stopping.signal,
          progress: (now) => {
            read = now
          },
          log,
        },
      )
      clearInterval(beating)
      await kept.change(id, (one, now) => ({ ...one, ...result, state: 'finished', finishedAt: now }))
    } catch (error) {
      if (stopping.signal.aborted) return
      log.error('a comparison failed', { error })
      clearInterval(beating)
      await kept.change(id, (one) => ({ ...one, state: 'failed' }))
    } finally {
      clearInterval(beating)
    }
  }
  const begin = (comparison: Comparison, seen: Tenants): void => {
    const { caller } = comparison
    const turn = (turns.get(caller) ?? Promise.resolve())
      .then(() => (stopping.signal.aborted ? undefined : work(comparison, seen)))
      .catch((error) => log.error('a comparison could not be kept', { error }))
      .finally(() => {
        if (turns.get(caller) === turn) turns.delete(caller)
      })
    turns.set(caller, turn)
  }

  return {
    desk: (call) => deskFor(call, { kept, seen: tenants.seenBy(call.grant), begin }),
    async accounts(caller, { id, kinds }) {
      const comparison = await kept.get(id)
      if (comparison?.caller !== caller) throw noComparison(id)
      if (comparison.state !== 'finished') throw notFinished()
      const accounts: ComparedAccount[] = []
      for (const kind of kinds) {
        for await (const { person, tenant, account, truth } of kept.rows(comparison, { kind }, 0)) {
          if (!account) continue
          accounts.push({
            person,
            tenant,
            account: { id: account.id, userName: account.userName },
            ...(truth && { truth: { tenant: truth.tenant, id: truth.id } }),
          })
        }
      }
      const gaps = comparison.incomplete.map(
        (one) => `The list of ${one.tenant} was not read whole (${one.code}), so others may have left.`,
      )
      return { accounts, gaps: [...gaps, ...comparison.notes] }
    },
    async stop() {
      stopping.abort()
      await Promise.all(turns.values())
    },
  }
}

function deskFor(
  { caller, deadline, signal }: Pick<Call, 'caller' | 'deadline' | 'signal'>,
  {
    kept,
    seen,
    begin,
  }: { kept: ComparisonStore; seen: Tenants; begin: (comparison: Comparison, seen: Tenants) => void },
): CompareDesk {
  const own = async (id: string): Promise<Comparison> => {
    const comparison = await kept.get(id)
    if (comparison?.caller !== caller.id) throw noComparison(id)
    // What a caller may no longer see, it is not told of either.
    for (const name of [comparison.truth, ...comparison.tenants]) seen.get(name)
    return comparison
  }
  const finished = async (id: string): Promise<Comparison> => {
    for (;;) {
      const comparison = await own(id)
      if (comparison.state === 'failed') throw failed()
      if (comparison.state === 'finished') {
        return comparison.told ? comparison : kept.change(id, (one) => ({ ...one, told: true }))
      }
      if (Date.now() >= deadline - ANSWER_MARGIN_MS || signal.aborted) return comparison
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }
  return {
    async open({ truth, tenants }) {
      const { comparison, begin: isNew } = await kept.open({ caller: caller.id, truth, tenants })
      if (isNew) begin(comparison, seen)
      return finished(comparison.id)
    },
    get: finished,
    rows: (comparison, filter, from) => kept.rows(comparison, filter, from),
  }
}

const notFinished = () =>
  new Conflict(
    'The comparison is not finished.',
    'Ask compare_users for it until it is, and then repeat this.',
  )

const failed = () =>
  new Unavailable('The comparison failed on our side.', 'Ask for it again; the log has more.')
