import type { Change, Store } from './store.ts'

// What a change takes and gives is its caller's business; here all are alike.
type AnyChange = Change<unknown, unknown>
export type Outcome = { result: unknown } | { error: unknown }

interface Turn {
  change: AnyChange
  end: (outcome: Outcome) => void
}

/**
 * Lets the changes of this process to one key be made in rounds, each of which takes in all that have come since the
 * last began: they never compete with each other, and a store that is far away is asked once for all of them. A `round`
 * that fails is the failure of each of its changes.
 */
export function inRounds(
  round: (key: string, changes: readonly AnyChange[]) => Promise<Outcome[]>,
): Store['update'] {
  const waiting = new Map<string, Turn[]>()

  async function work(key: string): Promise<void> {
    for (let turns = waiting.get(key) ?? []; turns.length > 0; turns = waiting.get(key) ?? []) {
      waiting.set(key, [])
      const failed = (error: unknown) => turns.map((): Outcome => ({ error }))
      const outcomes = await round(
        key,
        turns.map(({ change }) => change),
      ).catch(failed)
      for (const [at, { end }] of turns.entries()) end(outcomes[at] ?? { error: new TypeError('no outcome') })
    }
    waiting.delete(key)
  }

  return <Value, Result>(key: string, change: Change<Value, Result>) =>
    new Promise<Result>((resolve, reject) => {
      const turn: Turn = {
        change: change as AnyChange,
        end: (outcome) => ('error' in outcome ? reject(outcome.error) : resolve(outcome.result as Result)),
      }
      const others = waiting.get(key)
      if (others) others.push(turn)
      else {
        waiting.set(key, [turn])
        void work(key)
      }
    })
}

/** A value as JSON, undefined when there is none, and how many milliseconds it stays, for ever when left out. */
export interface Held {
  json: string | undefined
  ttl?: number | undefined
}

/** What a value becomes when `changes` are made one on the other; one that throws changes nothing. */
export function makeChanges(
  changes: readonly AnyChange[],
  before: Held,
  now: number,
): { after: Held; outcomes: Outcome[] } {
  let after = before
  const outcomes = changes.map((change): Outcome => {
    try {
      const { next, ttl, result } = change(after.json === undefined ? undefined : JSON.parse(after.json), now)
      after = next === undefined ? { json: undefined } : { json: JSON.stringify(next), ttl }
      return { result }
    } catch (error) {
      return { error }
    }
  })
  return { after, outcomes }
}
