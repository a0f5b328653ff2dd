import { Unavailable } from '../errors.ts'
import type { BudgetLeft } from '../identity/operations.ts'
import type { Store } from '../store/store.ts'
import type { Learned } from './brakes.ts'
import {
  freeAt,
  type Limits,
  land,
  left,
  newState,
  reach,
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

/** How a process goes on by itself while its store cannot be used. */
export interface Alone {
  /** What it then spends at most of every limit. */
  share: number
  /** Told when it begins, with the reason, and when it ends. */
  say: (alone: boolean, reason?: unknown) => void
}

/** What a process knows of a bucket: how it last saw it, and what the store has not heard of yet. */
interface Known {
  state: State
  /** `at` by our own clock. */
  owed: { ticket: Ticket; learned: Learned | undefined; at: number }[]
}

// Beyond the longest window, so that a bucket nobody uses is forgotten.
const KEPT_MS = 2 * 86_400_000
/** Buckets of which a process knows by itself; of more it forgets those that were used least lately. */
const MOST_KNOWN = 1_000

/**
 * A ledger whose tokens are shared by everyone who uses the same store, by the store's clock. A store that has lost its
 * data is told what is known here. With `alone`, a process whose store cannot be used goes on with its share of what it
 * last saw, and accounts for it later.
 */
export function storeLedger(store: Store, alone?: Alone): Ledger {
  const known = knownBuckets()
  /** Tickets that were given out without the store, which knows nothing of them. */
  const own = new WeakSet<Ticket>()
  const keyOf = (bucket: string) => `budget/${bucket}`
  /** How far the store's clock is ahead of ours, rather too much than too little: no token comes back too early. */
  let aheadMs = 0
  let isAlone = false

  /** Works on a bucket as the store has it, at the store's time, or as it is known here when there is no other way. */
  async function change<Result>(bucket: string, work: Work<Result>): Promise<Done<Result>> {
    const mine = known(bucket)
    const owed = mine.owed.splice(0)
    const began = Date.now()
    try {
      const { state, ...done } = await store.update<State, Done<Result> & { state: State }>(
        keyOf(bucket),
        (current, now) => {
          const state = current ?? structuredClone(mine.state)
          // What is known here has it already.
          for (const { ticket, learned, at } of current ? owed : []) {
            settle(state, ticket, learned, now, now - (began - at))
          }
          return {
            next: state,
            ttl: KEPT_MS,
            result: { result: work(state, now, 1), now, state, shared: true },
          }
        },
      )
      mine.state = state
      aheadMs = done.now - began
      if (isAlone) alone?.say(false)
      isAlone = false
      return done
    } catch (error) {
      mine.owed.unshift(...owed)
      return byItself(bucket, error, work)
    }
  }

  /** Looks at a bucket without changing it. */
  async function look<Result>(bucket: string, work: Work<Result>): Promise<Done<Result>> {
    try {
      const [current, now] = await Promise.all([store.get<State>(keyOf(bucket)), store.now()])
      const state = current ?? structuredClone(known(bucket).state)
      return { result: work(state, now, 1), now, shared: true }
    } catch (error) {
      return byItself(bucket, error, work)
    }
  }

  function byItself<Result>(bucket: string, error: unknown, work: Work<Result>): Done<Result> {
    if (!alone || !(error instanceof Unavailable)) throw error
    if (!isAlone) alone.say(true, error)
    isAlone = true
    const now = Date.now() + aheadMs
    return { result: work(known(bucket).state, now, alone.share), now, shared: false }
  }

  return {
    async take(bucket, limits, { atOnce, ...wanted } = {}) {
      const { result, now, shared } = await change(bucket, (state, now, share) =>
        take(state, partOf(limits, share), { ...wanted, atOnce: part(atOnce, share) }, now),
      )
      if (!shared && 'ticket' in result) own.add(result.ticket)
      return 'retryAt' in result ? { retryAt: here(result.retryAt, now) } : result
    },

    async settle(bucket, ticket, learned) {
      // Younger than every ticket of the store's, and none of them.
      const told = own.has(ticket) ? { ...ticket, id: Number.POSITIVE_INFINITY } : ticket
      const { shared } = await change(bucket, (state, now, share) =>
        settle(state, share === 1 ? told : ticket, learned, now),
      )
      if (shared) return
      const { state, owed } = known(bucket)
      owed.push({ ticket: told, learned, at: Date.now() })
      while (owed[0] && owed[0].at < Date.now() - reach(state.longestMs)) owed.shift()
    },

    async giveBack(bucket, ticket) {
      if (own.has(ticket)) land(known(bucket).state, ticket)
      else await change(bucket, (state) => land(state, ticket))
    },

    async freeAt(bucket, limits, wanted) {
      const { result, now } = await look(bucket, (state, now, share) =>
        freeAt(state, partOf(limits, share), wanted, now),
      )
      return here(result, now)
    },

    left: async (bucket, limits) =>
      (await look(bucket, (state, now, share) => left(state, partOf(limits, share), now))).result,

    // Not deleted, which would look like a loss.
    forget: (bucket) => store.set(keyOf(bucket), newState(), KEPT_MS),
  }
}

/** What is done with a bucket, at a time of the store's, with a share of what may be spent. */
type Work<Result> = (state: State, now: number, share: number) => Result

/** What came of it, at which time of the store's, and whether the store knows. */
interface Done<Result> {
  result: Result
  now: number
  shared: boolean
}

/** A time of the store's by our own clock, given what time it is there. */
const here = (time: number, now: number) => time - now + Date.now()

/** A share of what may be spent, one at least. */
const part = (most: number | undefined, share: number) => most && Math.max(1, Math.floor(most * share))

const partOf = ({ perSecond, perMinute, perHour, perDay }: Limits, share: number): Limits => ({
  perSecond: part(perSecond, share),
  perMinute: part(perMinute, share),
  perHour: part(perHour, share),
  perDay: part(perDay, share),
})

function knownBuckets(): (bucket: string) => Known {
  const all = new Map<string, Known>()
  return (bucket) => {
    const known = all.get(bucket) ?? { state: newState(), owed: [] }
    all.delete(bucket)
    all.set(bucket, known)
    const oldest = all.keys().next()
    if (all.size > MOST_KNOWN && !oldest.done) all.delete(oldest.value)
    return known
  }
}
