import type { BudgetLeft } from '../domain/operations.ts'
import { Unavailable } from '../errors.ts'
import { keepingLastKnown } from '../store/last-known.ts'
import type { Store } from '../store/store.ts'
import {
  freeAt,
  type Limits,
  left,
  newState,
  removeTicket,
  type State,
  settle,
  spentMs,
  type Taken,
  type TakeOptions,
  type Ticket,
  take,
} from './sliding-window.ts'
import { callsForCare, type Learned } from './throttle.ts'

/**
 * Keeps the tokens of every bucket. A token comes back one window after the response that spent it, so no sliding window
 * at the app exceeds its limit, whatever the network does. Throws `Unavailable` when its store does.
 */
export interface Ledger {
  /** Takes all requested tokens or none. Every ticket must be settled or given back. */
  take(bucket: string, limits: Limits, wanted?: TakeOptions): Promise<Taken>
  /**
   * The response arrived, or the wait for it ended: the tokens were spent, and `learned` is what the response taught.
   * Other processes see this within `SETTLE_WITHIN_MS`, and a limit that is near immediately. `spent` is how many tokens of
   * the ticket were used, by default all; the rest are free again.
   */
  settle(bucket: string, ticket: Ticket, learned?: Learned, spent?: number): Promise<void>
  /** Nothing was sent: the tokens are free again immediately. */
  giveBack(bucket: string, ticket: Ticket): Promise<void>
  /** Earliest time when the `nth` token from now is free, epoch milliseconds. Takes nothing. */
  freeAt(bucket: string, limits: Limits, wanted: { nth: number; reserve: number }): Promise<number>
  left(bucket: string, limits: Limits): Promise<BudgetLeft[]>
  /** Resets the count. */
  forget(bucket: string): Promise<void>
  /** Writes all settled tickets to the store, before the process ends. */
  flush(): Promise<void>
}

/** How a process continues while its store is unavailable. */
interface OutageFallback {
  /** The share of every limit that it may then spend. */
  share: number
  /** Called when the outage begins, with the reason, and when it ends. */
  say: (alone: boolean, reason?: unknown) => void
}

/** What a process knows about a bucket that the store does not know yet. */
interface LocalBucket {
  /** During an outage: the bucket as last seen, with the local changes since. */
  state?: State
  /** Tickets spent since, not yet in the store; `at` is by the local clock. */
  owed: { ticket: Ticket; learned: Learned | undefined; at: number }[]
}

/**
 * How long a settled ticket may wait to be written together with the next `take`, milliseconds. Until then it counts as
 * in flight, so its tokens cannot be spent twice.
 */
const SETTLE_WITHIN_MS = 25

// Longer than the longest window, so only unused buckets expire.
const BUCKET_TTL_MS = 2 * 86_400_000

/**
 * A ledger whose tokens are shared by all processes that use the same store, by the store's clock. With `alone`, a process
 * whose store is unavailable continues with its share of the last known state, and writes what it spent later.
 */
export function storeLedger(store: Store, alone?: OutageFallback): Ledger {
  const buckets = keepingLastKnown(store)
  const localBuckets = new Map<string, LocalBucket>()
  /** Tickets issued during an outage, unknown to the store. */
  const localTickets = new WeakSet<Ticket>()
  const keyOf = (bucket: string) => `budget/${bucket}`
  /** How far the store's clock is ahead of ours. An upper estimate, so no token comes back too early. */
  let clockAheadMs = 0
  let inOutage = false

  /** Updates a bucket in the store, or locally when the store is unavailable. */
  async function change<Result>(bucket: string, work: BucketWork<Result>): Promise<BucketOutcome<Result>> {
    const local = localBuckets.get(bucket)
    // This update also writes all pending tickets.
    const owed = local?.owed.splice(0) ?? []
    const began = Date.now()
    try {
      const outcome = await buckets.update<State, BucketOutcome<Result>>(
        keyOf(bucket),
        (state = newState(), now) => {
          for (const { ticket, learned, at } of owed) settle(state, ticket, learned, now, now - (began - at))
          return {
            next: state,
            ttl: BUCKET_TTL_MS,
            result: { result: work(state, now, 1), now, shared: true },
          }
        },
      )
      if (local) delete local.state
      if (local?.owed.length === 0) localBuckets.delete(bucket)
      clockAheadMs = outcome.now - began
      if (inOutage) alone?.say(false)
      inOutage = false
      return outcome
    } catch (error) {
      local?.owed.unshift(...owed)
      return changeLocally(bucket, error, work)
    }
  }

  /** Reads a bucket without changing it. */
  async function read<Result>(bucket: string, work: BucketWork<Result>): Promise<BucketOutcome<Result>> {
    try {
      const [state, now] = await Promise.all([buckets.get<State>(keyOf(bucket)), store.now()])
      return { result: work(state ?? newState(), now, 1), now, shared: true }
    } catch (error) {
      return changeLocally(bucket, error, work)
    }
  }

  function changeLocally<Result>(
    bucket: string,
    error: unknown,
    work: BucketWork<Result>,
  ): BucketOutcome<Result> {
    if (!alone || !(error instanceof Unavailable)) throw error
    if (!inOutage) alone.say(true, error)
    inOutage = true
    const local = localBuckets.get(bucket) ?? { owed: [] }
    localBuckets.set(bucket, local)
    const now = Date.now() + clockAheadMs
    if (!local.state) {
      const state = buckets.last<State>(keyOf(bucket)) ?? newState()
      for (const { ticket, learned, at } of local.owed) settle(state, ticket, learned, now, at + clockAheadMs)
      local.state = state
    }
    return { result: work(local.state, now, alone.share), now, shared: false }
  }

  /** Queues a ticket for the next update of its bucket, or for a short timer. */
  function queueTicket(bucket: string, ticket: Ticket, learned: Learned | undefined): void {
    const local = localBuckets.get(bucket) ?? { owed: [] }
    localBuckets.set(bucket, local)
    local.owed.push({ ticket, learned, at: Date.now() })
    // If this fails, the next update writes it.
    if (local.owed.length === 1)
      setTimeout(() => void writeQueued(bucket).catch(() => undefined), SETTLE_WITHIN_MS).unref()
  }

  async function writeQueued(bucket: string): Promise<void> {
    if (localBuckets.get(bucket)?.owed.length) await change(bucket, () => undefined)
  }

  return {
    flush: async () => void (await Promise.all([...localBuckets.keys()].map(writeQueued))),

    async take(bucket, limits, { atOnce, ...wanted } = {}) {
      const { result, now, shared } = await change(bucket, (state, now, share) =>
        take(state, shareOfLimits(limits, share), { ...wanted, atOnce: shareOf(atOnce, share) }, now),
      )
      if (!shared && 'ticket' in result) localTickets.add(result.ticket)
      return 'retryAt' in result ? { retryAt: toLocalTime(result.retryAt, now) } : result
    },

    async settle(bucket, taken, learned, spent = taken.count) {
      const ticket = { ...taken, count: spent }
      // For a ticket the store does not know: newer than all of its tickets, and equal to none.
      const storeTicket = localTickets.has(taken) ? { ...ticket, id: Number.POSITIVE_INFINITY } : ticket
      if (!inOutage && !(learned && callsForCare(learned))) return queueTicket(bucket, storeTicket, learned)
      await change(bucket, (state, now, share) => {
        settle(state, share === 1 ? storeTicket : ticket, learned, now)
        if (share === 1) return
        const owed = localBuckets.get(bucket)?.owed ?? []
        owed.push({ ticket: storeTicket, learned, at: Date.now() })
        while (owed[0] && owed[0].at < Date.now() - spentMs(state.longestMs)) owed.shift()
      })
    },

    async giveBack(bucket, ticket) {
      await change(bucket, (state, _now, share) => {
        // The store does not know a locally issued ticket.
        if (share < 1 || !localTickets.has(ticket)) removeTicket(state, ticket)
      })
    },

    async freeAt(bucket, limits, wanted) {
      const { result, now } = await read(bucket, (state, now, share) =>
        freeAt(state, shareOfLimits(limits, share), wanted, now),
      )
      return toLocalTime(result, now)
    },

    left: async (bucket, limits) =>
      (await read(bucket, (state, now, share) => left(state, shareOfLimits(limits, share), now))).result,

    forget: (bucket) => store.set(keyOf(bucket), newState(), BUCKET_TTL_MS),
  }
}

/** A change or read of a bucket at the store's time `now`, with a share of the limits. */
type BucketWork<Result> = (state: State, now: number, share: number) => Result

/** Its result, the store's time, and whether the store has it. */
interface BucketOutcome<Result> {
  result: Result
  now: number
  shared: boolean
}

/** Converts a store time to the local clock; `now` is the store's current time. */
const toLocalTime = (time: number, now: number) => time - now + Date.now()

/** A share of a limit, at least one. */
const shareOf = (most: number | undefined, share: number) => most && Math.max(1, Math.floor(most * share))

const shareOfLimits = ({ perSecond, perMinute, perHour, perDay }: Limits, share: number): Limits => ({
  perSecond: shareOf(perSecond, share),
  perMinute: shareOf(perMinute, share),
  perHour: shareOf(perHour, share),
  perDay: shareOf(perDay, share),
})
