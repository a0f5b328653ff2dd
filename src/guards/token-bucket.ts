import { Paused, Refused, Unavailable, WrongAddress } from '../errors.ts'
import type { Ledger } from '../limits/ledger.ts'
import type { Limits } from '../limits/sliding-window.ts'
import { readRates } from './rate-headers.ts'
import type { AppRequest, RequestGuard } from './request.ts'
import { tokenQueue } from './token-queue.ts'

/** What a token may spend. */
export interface Spending extends Limits {
  /** Requests under way at the same moment, over all processes; 4 when left out. */
  atOnce?: number | undefined
  /** Share of every window that bulk work leaves to questions asked just now; a tenth when left out. */
  reserve?: number | undefined
}

/**
 * Pays for each request from the bucket called `name`, whoever else spends from it, and teaches the ledger what each
 * reply says of the app's pace. A request that can't be paid for before its request's deadline is `RateLimited` at once,
 * with `retryAt`. `holdMs` is the longest that a request may be under way; `waited` is told how long each one waited.
 * Made once per bucket, whose queue it keeps.
 */
export function tokenBucket(
  ledger: Ledger,
  name: string,
  { atOnce = 4, reserve = 0.1, ...limits }: Spending,
  holdMs?: number,
  waited: (ms: number) => void = () => {},
): RequestGuard {
  const reserved = { interactive: 0, bulk: reserve }
  const queue = tokenQueue({
    take: (priority) => ledger.take(name, limits, { reserve: reserved[priority], atOnce, holdMs }),
    freeAt: (priority, nth) => ledger.freeAt(name, limits, { nth, reserve: reserved[priority] }),
    giveBack: (ticket) => booked(ledger.giveBack(name, ticket)),
  })

  return async function tokenBucket(request, next) {
    const came = performance.now()
    const ticket = await queue.ticketFor(request)
    waited(performance.now() - came)
    try {
      const reply = await next(request)
      await booked(ledger.settle(name, ticket, readRates(reply)))
      return reply
    } catch (error) {
      await booked(neverSent(request, error) ? ledger.giveBack(name, ticket) : ledger.settle(name, ticket))
      throw error
    } finally {
      queue.changed()
    }
  }
}

// A ticket that can't be accounted for lapses by itself; what came of the request is true all the same.
const booked = (work: Promise<void>): Promise<void> => work.catch(() => undefined)

const neverSent = ({ effect }: AppRequest, error: unknown) =>
  error instanceof WrongAddress ||
  (effect === 'writes' && [Unavailable, Refused, Paused].some((kind) => error instanceof kind))
