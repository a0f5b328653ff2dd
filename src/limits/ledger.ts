import type { BudgetLeft } from '../domain/operations.ts'
import type { Store } from '../store/store.ts'
import { type OutageFallback, sharedBuckets } from './shared-buckets.ts'
import {
  freeAt,
  keepPlaces,
  type Limits,
  left,
  removeTicket,
  SAY_EVERY_MS,
  settle,
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
   * Other processes see this within 25 ms, and a limit that is near immediately. `spent` is how many tokens of
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

/**
 * A ledger whose tokens are shared by all processes that use the same store. With `alone`, a process whose store is
 * unavailable continues with its share of the last known state, and writes what it spent later.
 */
export function storeLedger(store: Store, alone?: OutageFallback): Ledger {
  const buckets = sharedBuckets(store, alone)
  /** Tickets issued during an outage, unknown to the store. */
  const localTickets = new WeakSet<Ticket>()
  const places = heldPlaces((bucket) =>
    buckets.change(bucket, (state, now) => keepPlaces(state, buckets.by, now)),
  )

  return {
    async take(bucket, limits, { atOnce, ...wanted } = {}) {
      const { result, now, shared } = await buckets.change(bucket, (state, now, share) =>
        take(
          state,
          shareOfLimits(limits, share),
          { ...wanted, atOnce: shareOf(atOnce, share), by: buckets.by },
          now,
        ),
      )
      if ('ticket' in result) {
        if (!shared) localTickets.add(result.ticket)
        places.taken(bucket)
      }
      return 'retryAt' in result ? { retryAt: toLocalTime(result.retryAt, now) } : result
    },

    async settle(bucket, taken, learned, spent = taken.count) {
      places.left(bucket)
      const ticket = { ...taken, count: spent }
      const isLocal = localTickets.has(taken)
      // For a ticket the store does not know: newer than all of its tickets, and equal to none.
      const storeTicket = isLocal ? { ...ticket, id: Number.POSITIVE_INFINITY } : ticket
      // Only a ticket that the store counts as in flight can wait.
      if (!isLocal && !buckets.isBehind(bucket) && !(learned && callsForCare(learned))) {
        return buckets.queue(bucket, storeTicket, learned)
      }
      await buckets.change(bucket, (state, now, share) => {
        settle(state, share === 1 ? storeTicket : ticket, learned, { now, by: buckets.by })
        if (share < 1) buckets.owe(bucket, state, storeTicket, learned)
      })
    },

    async giveBack(bucket, ticket) {
      places.left(bucket)
      await buckets.change(bucket, (state, _now, share) => {
        // The store does not know a locally issued ticket.
        if (share < 1 || !localTickets.has(ticket)) removeTicket(state, ticket)
      })
    },

    async freeAt(bucket, limits, wanted) {
      const { result, now } = await buckets.read(bucket, (state, now, share) =>
        freeAt(state, shareOfLimits(limits, share), wanted, now),
      )
      return toLocalTime(result, now)
    },

    left: async (bucket, limits) =>
      (await buckets.read(bucket, (state, now, share) => left(state, shareOfLimits(limits, share), now)))
        .result,

    forget: buckets.forget,
    flush: buckets.flush,
  }
}

/** Says again and again, while this process waits for answers, that it does: `say` is called for each bucket. */
function heldPlaces(say: (bucket: string) => Promise<unknown>) {
  const held = new Map<string, { tickets: number; timer: NodeJS.Timeout }>()
  return {
    taken(bucket: string): void {
      const known = held.get(bucket)
      // Whoever is not heard loses no more than the place.
      const timer = known?.timer ?? setInterval(() => void say(bucket).catch(() => undefined), SAY_EVERY_MS)
      held.set(bucket, { tickets: (known?.tickets ?? 0) + 1, timer: timer.unref() })
    },
    left(bucket: string): void {
      const known = held.get(bucket)
      if (!known) return
      known.tickets -= 1
      if (known.tickets > 0) return
      clearInterval(known.timer)
      held.delete(bucket)
    },
  }
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
