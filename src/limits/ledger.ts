import type { BudgetLeft } from '../domain/operations.ts'
import { Unavailable } from '../errors.ts'
import { keepingLastKnown } from '../store/last-known.ts'
import type { Store } from '../store/store.ts'
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
} from './sliding-window.ts'
import type { Learned } from './throttle.ts'

/**
 * Keeps the tokens of every bucket. A token comes back one window after the answer that spent it, so that no sliding
 * window at the app holds more than its limit, whatever the network does. Throws `Unavailable` as its store does.
 */
export interface Ledger {
  /** Takes tokens out, all that are wanted or none. Every ticket is to be settled or given back. */
  take(bucket: string, limits: Limits, wanted?: Wanted): Promise<Taken>
  /**
   * The answer is here, or is not to be waited for: the tokens were spent, and this was learned from it. Others hear of it
   * within `SETTLE_WITHIN_MS`, and at once of an app that wants to be left alone. Of a ticket for several, `spent` is how
   * many of them were; all when left out, and the others are free again.
   */
  settle(bucket: string, ticket: Ticket, learned?: Learned, spent?: number): Promise<void>
  /** Nothing was sent: the tokens are free again at once. */
  giveBack(bucket: string, ticket: Ticket): Promise<void>
  /** When the `nth` token from now on comes free at the earliest, epoch milliseconds. Takes nothing. */
  freeAt(bucket: string, limits: Limits, wanted: { nth: number; reserve: number }): Promise<number>
  left(bucket: string, limits: Limits): Promise<BudgetLeft[]>
  /** Starts the count anew. */
  forget(bucket: string): Promise<void>
  /** Accounts for all that was settled, for when the process is about to end. */
  flush(): Promise<void>
}

/** How a process goes on by itself while its store cannot be used. */
export interface Alone {
  /** What it then spends at most of every limit. */
  share: number
  /** Told when it begins, with the reason, and when it ends. */
  say: (alone: boolean, reason?: unknown) => void
}

/** What a process does with a bucket by itself. */
interface Solo {
  /** The bucket as it was last seen, and what became of it since. */
  state?: State
  /** What was spent since, which the store has not heard of; `at` by our own clock. */
  owed: { ticket: Ticket; learned: Learned | undefined; at: number }[]
}

/**
 * How long a settled ticket may wait to be written along with the next one that is taken, milliseconds. Until then it
 * counts as in flight, so that nobody spends what it spent.
 */
const SETTLE_WITHIN_MS = 25

// Beyond the longest window, so that a bucket nobody uses is forgotten.
const KEPT_MS = 2 * 86_400_000

/**
 * A ledger whose tokens are shared by everyone who uses the same store, by the store's clock. With `alone`, a process
 * whose store cannot be used goes on with its share of what it last saw, and accounts for it later.
 */
export function storeLedger(store: Store, alone?: Alone): Ledger {
  const buckets = keepingLastKnown(store)
  const solos = new Map<string, Solo>()
  /** Tickets that were given out without the store, which knows nothing of them. */
  const own = new WeakSet<Ticket>()
  const keyOf = (bucket: string) => `budget/${bucket}`
  /** How far the store's clock is ahead of ours, rather too much than too little: no token comes back too early. */
  let aheadMs = 0
  let isAlone = false

  /** Works on a bucket as the store has it, at the store's time, or by itself when there is no other way. */
  async function change<Result>(bucket: string, work: Work<Result>): Promise<Done<Result>> {
    const solo = solos.get(bucket)
    // Whoever comes first accounts for all of it.
    const owed = solo?.owed.splice(0) ?? []
    const began = Date.now()
    try {
      const done = await buckets.update<State, Done<Result>>(keyOf(bucket), (state = newState(), now) => {
        for (const { ticket, learned, at } of owed) settle(state, ticket, learned, now, now - (began - at))
        return { next: state, ttl: KEPT_MS, result: { result: work(state, now, 1), now, shared: true } }
      })
      if (solo) delete solo.state
      if (solo?.owed.length === 0) solos.delete(bucket)
      aheadMs = done.now - began
      if (isAlone) alone?.say(false)
      isAlone = false
      return done
    } catch (error) {
      solo?.owed.unshift(...owed)
      return byItself(bucket, error, work)
    }
  }

  /** Looks at a bucket without changing it. */
  async function look<Result>(bucket: string, work: Work<Result>): Promise<Done<Result>> {
    try {
      const [state, now] = await Promise.all([buckets.get<State>(keyOf(bucket)), store.now()])
      return { result: work(state ?? newState(), now, 1), now, shared: true }
    } catch (error) {
      return byItself(bucket, error, work)
    }
  }

  function byItself<Result>(bucket: string, error: unknown, work: Work<Result>): Done<Result> {
    if (!alone || !(error instanceof Unavailable)) throw error
    if (!isAlone) alone.say(true, error)
    isAlone = true
    const solo = solos.get(bucket) ?? { owed: [] }
    solos.set(bucket, solo)
    const now = Date.now() + aheadMs
    if (!solo.state) {
      const state = buckets.last<State>(keyOf(bucket)) ?? newState()
      for (const { ticket, learned, at } of solo.owed) settle(state, ticket, learned, now, at + aheadMs)
      solo.state = state
    }
    return { result: work(solo.state, now, alone.share), now, shared: false }
  }

  /** Leaves a ticket to be accounted for by the next change of its bucket, or soon. */
  function owe(bucket: string, ticket: Ticket, learned: Learned | undefined): void {
    const solo = solos.get(bucket) ?? { owed: [] }
    solos.set(bucket, solo)
    solo.owed.push({ ticket, learned, at: Date.now() })
    // One that cannot be accounted for now is by the next change.
    if (solo.owed.length === 1)
      setTimeout(() => void pay(bucket).catch(() => undefined), SETTLE_WITHIN_MS).unref()
  }

  async function pay(bucket: string): Promise<void> {
    if (solos.get(bucket)?.owed.length) await change(bucket, () => undefined)
  }

  return {
    flush: async () => void (await Promise.all([...solos.keys()].map(pay))),

    async take(bucket, limits, { atOnce, ...wanted } = {}) {
      const { result, now, shared } = await change(bucket, (state, now, share) =>
        take(state, partOf(limits, share), { ...wanted, atOnce: part(atOnce, share) }, now),
      )
      if (!shared && 'ticket' in result) own.add(result.ticket)
      return 'retryAt' in result ? { retryAt: here(result.retryAt, now) } : result
    },

    async settle(bucket, taken, learned, spent = taken.count) {
      const ticket = { ...taken, count: spent }
      // Younger than every ticket of the store's, and none of them.
      const told = own.has(taken) ? { ...ticket, id: Number.POSITIVE_INFINITY } : ticket
      if (!isAlone && !learned?.throttled && learned?.pauseMs === undefined) return owe(bucket, told, learned)
      await change(bucket, (state, now, share) => {
        settle(state, share === 1 ? told : ticket, learned, now)
        if (share === 1) return
        const owed = solos.get(bucket)?.owed ?? []
        owed.push({ ticket: told, learned, at: Date.now() })
        while (owed[0] && owed[0].at < Date.now() - reach(state.longestMs)) owed.shift()
      })
    },

    async giveBack(bucket, ticket) {
      await change(bucket, (state, _now, share) => {
        // The store knows nothing of a ticket of our own.
        if (share < 1 || !own.has(ticket)) land(state, ticket)
      })
    },

    async freeAt(bucket, limits, wanted) {
      const { result, now } = await look(bucket, (state, now, share) =>
        freeAt(state, partOf(limits, share), wanted, now),
      )
      return here(result, now)
    },

    left: async (bucket, limits) =>
      (await look(bucket, (state, now, share) => left(state, partOf(limits, share), now))).result,

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
