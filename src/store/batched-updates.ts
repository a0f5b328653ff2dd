import { setTimeout } from 'node:timers/promises'
import { Unavailable } from '../errors.ts'
import type { Change, Store } from './store.ts'

// Value and result types belong to the caller; here all changes are treated alike.
type AnyChange = Change<unknown, unknown>
export type Outcome = { result: unknown } | { error: unknown }

interface PendingChange {
  change: AnyChange
  end: (outcome: Outcome) => void
}

/**
 * Batches the changes of this process to one key. Each round makes all changes that arrived since the last one began:
 * they never conflict with each other, and a remote store gets one request for all of them. When a `round` fails, each of
 * its changes fails.
 */
export function batchUpdates(
  round: (key: string, changes: readonly AnyChange[]) => Promise<Outcome[]>,
): Store['update'] {
  const queues = new Map<string, PendingChange[]>()

  async function drain(key: string): Promise<void> {
    for (let batch = queues.get(key) ?? []; batch.length > 0; batch = queues.get(key) ?? []) {
      queues.set(key, [])
      const failed = (error: unknown) => batch.map((): Outcome => ({ error }))
      const outcomes = await round(
        key,
        batch.map(({ change }) => change),
      ).catch(failed)
      for (const [at, { end }] of batch.entries()) end(outcomes[at] ?? { error: new TypeError('no outcome') })
    }
    queues.delete(key)
  }

  return <Value, Result>(key: string, change: Change<Value, Result>) =>
    new Promise<Result>((resolve, reject) => {
      const pending: PendingChange = {
        change: change as AnyChange,
        end: (outcome) => ('error' in outcome ? reject(outcome.error) : resolve(outcome.result as Result)),
      }
      const queue = queues.get(key)
      if (queue) queue.push(pending)
      else {
        queues.set(key, [pending])
        void drain(key)
      }
    })
}

/** A value as JSON, undefined when there is none. `ttl` in milliseconds; without it the value stays. */
export interface StoredJson {
  json: string | undefined
  ttl?: number | undefined
}

/** A value in its store, for changes by compare and swap. */
interface Swappable<Mark> {
  /** `mark` tells this state of the value from any other. `parse` makes the value anew each time: a change may alter it. */
  read(): Promise<{ mark: Mark; parse: () => unknown; now: number }>
  /** Writes if the value is still in the state `mark`. */
  swap(mark: Mark, after: StoredJson): Promise<boolean>
}

/** How long a change is retried against those of other processes, and the longest pause between two tries, milliseconds. */
const CONTENDED_MS = 10_000
const LONGEST_PAUSE_MS = 32

/** Makes `changes`, and retries until no other write comes in between. */
export async function swapChanges<Mark>(
  changes: readonly AnyChange[],
  value: Swappable<Mark>,
): Promise<Outcome[]> {
  const until = performance.now() + CONTENDED_MS
  for (let tries = 1; ; tries += 1) {
    const { mark, parse, now } = await value.read()
    const { after, outcomes } = makeChanges(changes, parse, now)
    if (!after || (await value.swap(mark, after))) return outcomes
    if (performance.now() > until) {
      throw new Unavailable('Too many concurrent changes to the same entry of the store.', 'Try again later.')
    }
    await setTimeout(Math.random() * Math.min(2 ** tries, LONGEST_PAUSE_MS))
  }
}

/** Applies `changes` in order; one that throws changes nothing. `after` is absent when nothing was changed. */
function makeChanges(
  changes: readonly AnyChange[],
  parse: () => unknown,
  now: number,
): { after: StoredJson | undefined; outcomes: Outcome[] } {
  let after: StoredJson | undefined
  const current = () => {
    if (!after) return parse()
    return after.json === undefined ? undefined : JSON.parse(after.json)
  }
  const outcomes = changes.map((change): Outcome => {
    try {
      const { next, ttl, result } = change(current(), now)
      after = next === undefined ? { json: undefined } : { json: JSON.stringify(next), ttl }
      return { result }
    } catch (error) {
      return { error }
    }
  })
  return { after, outcomes }
}
