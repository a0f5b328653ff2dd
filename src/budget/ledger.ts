import type { BudgetLeft } from '../identity/operations.ts'
import type { Store } from '../store/store.ts'
import type { Learned } from './brakes.ts'
import {
  freeAt,
  type Limits,
  land,
  left,
  newState,
  type State,
  settle,
  type Taken,
  type Ticket,
  take,
  type Wanted,
} from './state.ts'

/**
 * Keeps the tokens of every bucket. A token comes back one window after the answer that spent it, so that no sliding
 * window at the app holds more than its limit, whatever the network does. Throws `Unavailable` as its store does.
 */
export interface Ledger {
  /** Takes tokens out, all that are wanted or none. Every ticket is to be settled or given back. */
  take(bucket: string, limits: Limits, wanted?: Wanted): Promise<Taken>
  /** The answer is here, or is not to be waited for: the tokens were spent, and this was learned from it. */
  settle(bucket: string, ticket: Ticket, learned?: Learned): Promise<void>
  /** Nothing was sent: the tokens are free again at once. */
  giveBack(bucket: string, ticket: Ticket): Promise<void>
  /** When the `nth` token from now on comes free at the earliest, epoch milliseconds. Takes nothing. */
  freeAt(bucket: string, limits: Limits, wanted: { nth: number; reserve: number }): Promise<number>
  left(bucket: string, limits: Limits): Promise<BudgetLeft[]>
  /** Starts the count anew. */
  forget(bucket: string): Promise<void>
}

// Beyond the longest window, so that a bucket nobody uses is forgotten.
const KEPT_MS = 2 * 86_400_000

/** A ledger whose tokens are shared by everyone who uses the same store. */
export function storeLedger(store: Store): Ledger {
  const keyOf = (bucket: string) => `budget/${bucket}`
  const change = <Result>(bucket: string, work: (state: State, now: number) => Result) =>
    store.update<State, Result>(keyOf(bucket), (state = newState()) => {
      const result = work(state, Date.now())
      return { next: state, ttl: KEPT_MS, result }
    })
  const read = async (bucket: string) => (await store.get<State>(keyOf(bucket))) ?? newState()
  return {
    take: (bucket, limits, wanted = {}) => change(bucket, (state, now) => take(state, limits, wanted, now)),
    settle: (bucket, ticket, learned) => change(bucket, (state, now) => settle(state, ticket, learned, now)),
    giveBack: (bucket, ticket) => change(bucket, (state) => land(state, ticket)),
    freeAt: async (bucket, limits, wanted) => freeAt(await read(bucket), limits, wanted, Date.now()),
    left: async (bucket, limits) => left(await read(bucket), limits, Date.now()),
    forget: (bucket) => store.delete(keyOf(bucket)),
  }
}
