// A token bucket in its stricter, sliding-window form: there is no burst at a window's edge, and a token comes back one
// window after the answer that spent it.

import { Paused, Refused, Unavailable, WrongAddress } from '../errors.ts'
import type { Ledger } from '../limits/ledger.ts'
import { type Limits, mostIn } from '../limits/sliding-window.ts'
import { readRates } from './rate-headers.ts'
import type { AppRequest, RequestGuard } from './request.ts'
import { tokenQueue } from './token-queue.ts'

/** The budget of a token. */
export interface Spending extends Limits {
  /** Requests in flight at the same time, over all processes; 4 when absent. */
  atOnce?: number | undefined
  /** Share of every window that bulk work leaves to interactive requests; a tenth when absent. */
  reserve?: number | undefined
}

/**
 * Takes a token for each request from the bucket `name`, which others may share, and reports to the ledger what each
 * reply says about the app's rate limit. A request that cannot get a token before its deadline throws `RateLimited`
 * immediately, with `retryAt`. `holdMs` is the longest that a request can be in flight; `waited` gets the wait of
 * each one. Made once per bucket, whose queue it keeps.
 */
export function tokenBucket(
  ledger: Ledger,
  name: string,
  { atOnce = 4, reserve = RESERVE, ...limits }: Spending,
  holdMs?: number,
  waited: (ms: number) => void = () => {},
): RequestGuard {
  const reserved = reservedOf(reserve)
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

const RESERVE = 0.1
const reservedOf = (reserve: number) => ({ interactive: 0, bulk: reserve })

/** How the bucket `name` pays for many requests, for those who can tell beforehand how many they need. */
export const payingFrom = (
  ledger: Pick<Ledger, 'freeAt'>,
  name: string,
  { reserve = RESERVE, ...limits }: Spending,
) => ({
  readyAt: (nth: number, { priority }: Pick<AppRequest['context'], 'priority'>): Promise<number> =>
    ledger.freeAt(name, limits, { nth, reserve: reservedOf(reserve)[priority] }),
  most: (
    ms: number,
    { priority }: Pick<AppRequest['context'], 'priority'> = { priority: 'interactive' },
  ): number => mostIn(limits, ms, reservedOf(reserve)[priority]),
})

// A failure here does not change the request's outcome; a ticket that is not settled lapses.
const booked = (work: Promise<void>): Promise<void> => work.catch(() => undefined)

const neverSent = ({ effect }: AppRequest, error: unknown) =>
  error instanceof WrongAddress ||
  (effect === 'writes' && [Unavailable, Refused, Paused].some((kind) => error instanceof kind))
