/** What one response says about the request rate that the app accepts. */
export interface Learned {
  /** The app answered 429 Too Many Requests (RFC 6585 §4). */
  throttled: boolean
  /** The app asks for no requests for this long, milliseconds. */
  pauseMs?: number
  /** The app accepts `remaining` more requests in the next `resetMs`, out of `limit`. */
  allowance?: { remaining: number; resetMs: number; limit: number }
}

/** Remaining requests that are always enough. Some apps report only what remains, not their limit. */
const ENOUGH_REMAINING = 50

/** Whether the app is near or over its limit, which other processes must learn immediately. */
export const callsForCare = ({ throttled, pauseMs, allowance }: Learned): boolean =>
  throttled ||
  pauseMs !== undefined ||
  (allowance !== undefined && allowance.remaining < Math.max(allowance.limit / 2, ENOUGH_REMAINING))

/** What responses said so far. It can only slow a bucket down. Times are epoch milliseconds, in the past. */
export interface Throttle {
  pause?: { from: number; ms: number }
  allowance?: { from: number; ms: number; remaining: number; limit: number }
  /** After a 429: the remaining share of the speed, and the newest ticket issued by then. */
  slow?: { from: number; share: number; newest: number; strikes: number }
}

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const MIN_SPEED_SHARE = 0.1
const RECOVERY_MS = 10 * MINUTE_MS

/** Drops what has expired. A future time, left after the clock was set back, counts as now. */
export function easeThrottle(throttle: Throttle, now: number): void {
  for (const held of [throttle.pause, throttle.allowance, throttle.slow]) {
    if (held) held.from = Math.min(held.from, now)
  }
  const { pause, allowance, slow } = throttle
  if (pause && pause.from + pause.ms < now) delete throttle.pause
  if (allowance && allowance.from + allowance.ms < now) delete throttle.allowance
  if (slow?.strikes === 0 && speedShare(throttle, now) === 1) delete throttle.slow
}

/** The share of its limits that a bucket may use. Each 429 halves it; it recovers fully within ten minutes. */
export function speedShare({ slow }: Throttle, now: number): number {
  return slow ? Math.min(1, slow.share + (now - slow.from) / RECOVERY_MS) : 1
}

/** Earliest time when the throttle lets the `nth` request from now pass. */
export function throttledUntil(
  { pause, allowance }: Throttle,
  { nth, reserve }: { nth: number; reserve: number },
  now: number,
): number {
  const pauseEnds = pause ? pause.from + pause.ms + 1 : now
  const allowanceRenews =
    allowance && leftOf(allowance, reserve) < nth ? allowance.from + allowance.ms + 1 : now
  return Math.max(now, pauseEnds, allowanceRenews)
}

/** Whether only the responses to the `flying` requests can tell if the app accepts `count` more. */
export const mustAwaitAnswers = (
  { allowance }: Throttle,
  { flying, count, reserve }: { flying: number; count: number; reserve: number },
): boolean => allowance !== undefined && leftOf(allowance, reserve) - flying < count

const leftOf = ({ remaining, limit }: NonNullable<Throttle['allowance']>, reserve: number) =>
  remaining - Math.floor(limit * reserve)

/** Deducts requests whose responses carried no allowance from the last known allowance. */
export function spendAllowance({ allowance }: Throttle, count: number): void {
  if (allowance) allowance.remaining -= count
}

/** Applies what a response taught. `newest` is the last ticket issued, `longestMs` the longest window of the bucket. */
export function learn(
  throttle: Throttle,
  learned: Learned,
  { ticket, newest, longestMs }: { ticket: number; newest: number; longestMs: number },
  now: number,
): void {
  // A 429 to a request sent before we slowed down is not news.
  const news = ticket > (throttle.slow?.newest ?? 0)
  if (learned.throttled && news) {
    const strikes = (throttle.slow?.strikes ?? 0) + 1
    const share = Math.max(MIN_SPEED_SHARE, speedShare(throttle, now) / 2)
    throttle.slow = { from: now, share, newest, strikes }
    pauseFor(throttle, learned.pauseMs ?? backoff(strikes, longestMs), now)
  } else if (learned.pauseMs !== undefined) {
    pauseFor(throttle, learned.pauseMs, now)
  }
  if (!learned.throttled && news && throttle.slow) throttle.slow.strikes = 0
  if (learned.allowance) throttle.allowance = mergedAllowance(throttle.allowance, learned.allowance, now)
}

const backoff = (strikes: number, longestMs: number) =>
  Math.min(SECOND_MS * 2 ** (strikes - 1), Math.max(MINUTE_MS, Math.min(longestMs, HOUR_MS)))

function pauseFor(throttle: Throttle, ms: number, now: number): void {
  const until = throttle.pause ? throttle.pause.from + throttle.pause.ms : now
  if (now + ms > until) throttle.pause = { from: now, ms }
}

function mergedAllowance(
  known: Throttle['allowance'],
  { remaining, resetMs, limit }: NonNullable<Learned['allowance']>,
  now: number,
): NonNullable<Throttle['allowance']> {
  // Responses can arrive out of order: within one window of the app, the lowest figure is the latest. Resets are in whole
  // seconds, so two that are this close are the same window.
  const same = known && Math.abs(known.from + known.ms - (now + resetMs)) < 1.5 * SECOND_MS
  if (same) return { ...known, remaining: Math.min(known.remaining, remaining) }
  return { from: now, ms: resetMs, remaining, limit }
}
