import type { Ledger } from './ledger.ts'
import type { Ticket } from './sliding-window.ts'
import type { Learned } from './throttle.ts'

/** Tokens that a lease takes beside the one that is wanted now. */
const AHEAD = 7
/** How long a lease is held, milliseconds; what it did not spend is then free for others again. */
const LEASE_MS = 250
/** The share of every window, and of what may be in flight, that no lease touches: there is no plenty beyond it. */
const NO_PLENTY = 0.5
/** How long a bucket without plenty is not asked for a lease again, milliseconds. */
const SCARCE_MS = 1_000

/** Some tokens under one ticket, spent by one request after the other. */
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
 * A ledger that takes a few tokens ahead while a bucket is less than half used, so that requests that come one after the
 * other do not each pay for a change of the store. Until a lease is over, all of its tokens count as in flight, and those
 * that were spent come back a window after its end: no window ever holds more than it does without.
 */
export function leasing(inner: Ledger): Ledger {
  const leases = new Map<string, Lease>()
  const ofLease = new WeakMap<Ticket, Lease>()
  const scarceUntil = new Map<string, number>()

  /** The token that a lease has for a request, while none of its own is in flight. */
  function tokenOf(lease: Lease): { ticket: Ticket } {
    lease.busy = true
    lease.unspent -= 1
    const ticket = { id: lease.ticket.id, count: 1 }
    ofLease.set(ticket, lease)
    return { ticket }
  }

  async function end(bucket: string, lease: Lease): Promise<void> {
    if (leases.get(bucket) === lease) leases.delete(bucket)
    clearTimeout(lease.timer)
    if (lease.spent === 0) await inner.giveBack(bucket, lease.ticket)
    else await inner.settle(bucket, lease.ticket, lease.learned, lease.spent)
  }

  function hold(bucket: string, ticket: Ticket): Lease {
    const lease: Lease = { ticket, unspent: ticket.count, spent: 0, busy: false, over: false }
    lease.timer = setTimeout(() => {
      lease.over = true
      // One that cannot be accounted for lapses by itself.
      if (!lease.busy) void end(bucket, lease).catch(() => undefined)
    }, LEASE_MS).unref()
    leases.set(bucket, lease)
    return lease
  }

  return {
    ...inner,

    async take(bucket, limits, wanted = {}) {
      const { count = 1, atOnce } = wanted
      const lease = leases.get(bucket)
      if (lease && !lease.busy && !lease.over && lease.unspent > 0 && count === 1) return tokenOf(lease)
      const scarce = Date.now() < (scarceUntil.get(bucket) ?? 0)
      if (!lease && !scarce && count === 1) {
        // Nobody else asks for one before this one is there.
        scarceUntil.set(bucket, Date.now() + SCARCE_MS)
        const taken = await inner.take(bucket, limits, {
          ...wanted,
          count: 1 + AHEAD,
          reserve: NO_PLENTY,
          ...(atOnce !== undefined && { atOnce: Math.floor(atOnce * NO_PLENTY) }),
        })
        if ('ticket' in taken) {
          scarceUntil.delete(bucket)
          return tokenOf(hold(bucket, taken.ticket))
        }
      }
      return inner.take(bucket, limits, wanted)
    },

    async settle(bucket, ticket, learned, spent) {
      const lease = ofLease.get(ticket)
      if (!lease) return inner.settle(bucket, ticket, learned, spent)
      lease.busy = false
      lease.spent += 1
      if (learned) lease.learned = learned
      const slower = learned?.throttled || learned?.pauseMs !== undefined
      if (slower || lease.over || lease.unspent === 0) await end(bucket, lease)
    },

    async giveBack(bucket, ticket) {
      const lease = ofLease.get(ticket)
      if (!lease) return inner.giveBack(bucket, ticket)
      lease.busy = false
      lease.unspent += 1
      if (lease.over) await end(bucket, lease)
    },

    async left(bucket, limits) {
      const mine = leases.get(bucket)?.unspent ?? 0
      return (await inner.left(bucket, limits)).map((window) => ({ ...window, left: window.left + mine }))
    },

    async flush() {
      await Promise.all([...leases].map(([bucket, lease]) => (lease.busy ? undefined : end(bucket, lease))))
      await inner.flush()
    },
  }
}
