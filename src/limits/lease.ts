import type { Ledger } from './ledger.ts'
import type { Limits, Ticket } from './sliding-window.ts'
import { callsForCare, type Learned } from './throttle.ts'

/** Tokens that a lease takes in addition to the one needed now. */
const TOKENS_AHEAD = 7
/** How long a lease lasts, milliseconds. Tokens it did not spend are then free for others again. */
const LEASE_MS = 250
/** The share of every window, and of the requests in flight, that a lease must leave unused. */
const UNLEASED_SHARE = 0.5
/** Windows with a smaller limit are never leased from: there, tokens held ahead would make others wait. */
const MIN_LEASED_LIMIT = 64
/** After a bucket could not grant a lease: how long before the next attempt, milliseconds. */
const LEASE_RETRY_MS = 1_000

/** Several tokens under one ticket, spent by one request after another. */
interface Lease {
  ticket: Ticket
  unspent: number
  spent: number
  learned?: Learned
  /** A request is in flight. */
  busy: boolean
  over: boolean
  timer?: NodeJS.Timeout
}

/**
 * A ledger that takes a few tokens ahead while a bucket is less than half used, to save sequential requests a store update
 * each. All tokens of a lease count as in flight until it ends, and the spent ones come back one window after it ends.
 * A window therefore never holds more than it would without leases.
 */
export function leasing(inner: Ledger): Ledger {
  const leases = new Map<string, Lease>()
  const leaseOfTicket = new WeakMap<Ticket, Lease>()
  const noLeaseUntil = new Map<string, number>()

  /** Takes one token from a lease that has no request in flight. */
  function takeFromLease(lease: Lease): { ticket: Ticket } {
    lease.busy = true
    lease.unspent -= 1
    const ticket = { id: lease.ticket.id, count: 1 }
    leaseOfTicket.set(ticket, lease)
    return { ticket }
  }

  async function endLease(bucket: string, lease: Lease): Promise<void> {
    if (leases.get(bucket) === lease) leases.delete(bucket)
    clearTimeout(lease.timer)
    if (lease.spent === 0) await inner.giveBack(bucket, lease.ticket)
    else await inner.settle(bucket, lease.ticket, lease.learned, lease.spent)
  }

  function startLease(bucket: string, ticket: Ticket): Lease {
    const lease: Lease = { ticket, unspent: ticket.count, spent: 0, busy: false, over: false }
    lease.timer = setTimeout(() => {
      lease.over = true
      // If this fails, the ticket expires by itself.
      if (!lease.busy) void endLease(bucket, lease).catch(() => undefined)
    }, LEASE_MS).unref()
    leases.set(bucket, lease)
    return lease
  }

  return {
    ...inner,

    async take(bucket, limits, wanted = {}) {
      const { count = 1, atOnce } = wanted
      const lease = leases.get(bucket)
      if (lease && !lease.busy && !lease.over && lease.unspent > 0 && count === 1) return takeFromLease(lease)
      const tooSoon = Date.now() < (noLeaseUntil.get(bucket) ?? 0)
      if (!lease && !tooSoon && count === 1 && isAmple(limits)) {
        // Set first: no second lease is requested while this one is pending.
        noLeaseUntil.set(bucket, Date.now() + LEASE_RETRY_MS)
        const taken = await inner.take(bucket, limits, {
          ...wanted,
          count: 1 + TOKENS_AHEAD,
          reserve: UNLEASED_SHARE,
          ...(atOnce !== undefined && { atOnce: Math.floor(atOnce * UNLEASED_SHARE) }),
        })
        if ('ticket' in taken) {
          noLeaseUntil.delete(bucket)
          return takeFromLease(startLease(bucket, taken.ticket))
        }
      }
      return inner.take(bucket, limits, wanted)
    },

    async settle(bucket, ticket, learned, spent) {
      const lease = leaseOfTicket.get(ticket)
      if (!lease) return inner.settle(bucket, ticket, learned, spent)
      lease.busy = false
      lease.spent += 1
      if (learned) lease.learned = learned
      const mustSlowDown = learned !== undefined && callsForCare(learned)
      if (mustSlowDown || lease.over || lease.unspent === 0) await endLease(bucket, lease)
    },

    async giveBack(bucket, ticket) {
      const lease = leaseOfTicket.get(ticket)
      if (!lease) return inner.giveBack(bucket, ticket)
      lease.busy = false
      lease.unspent += 1
      if (lease.over) await endLease(bucket, lease)
    },

    async left(bucket, limits) {
      const mine = leases.get(bucket)?.unspent ?? 0
      return (await inner.left(bucket, limits)).map((window) => ({ ...window, left: window.left + mine }))
    },

    async flush() {
      await Promise.all(
        [...leases].map(([bucket, lease]) => (lease.busy ? undefined : endLease(bucket, lease))),
      )
      await inner.flush()
    },
  }
}

const isAmple = ({ perSecond, perMinute, perHour, perDay }: Limits): boolean =>
  [perSecond, perMinute, perHour, perDay].every((most) => most === undefined || most >= MIN_LEASED_LIMIT)
