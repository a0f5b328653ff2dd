/** What one reply taught about the pace that an app wants. */
export interface Learned {
  /** Refused for its priority: status 429 (RFC 6585 §4). */
  throttled: boolean
  /** The app wants to be left alone for so long, milliseconds. */
  pauseMs?: number
  /** The app takes `remaining` more requests in the next `resetMs`, out of `limit`. */
  allowance?: { remaining: number; resetMs: number; limit: number }
}

/** What replies have taught so far. They only ever slow a bucket; times are epoch milliseconds, in the past. */
export interface Throttle {
  pause?: { from: number; ms: number }
  allowance?: { from: number; ms: number; remaining: number; limit: number }
  /** After a 429: the share of the speed that is left, and the newest ticket that was out by then. */
  slow?: { from: number; share: number; newest: number; strikes: number }
}

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 3_600_000
const SMALLEST_SHARE = 0.1
const RECOVERY = 10 * MINUTE

/** Drops what has lapsed. A time in the future, after the clock was set back, counts as now. */
export function easeThrottle(throttle: Throttle, now: number): void {
  for (const held of [throttle.pause, throttle.allowance, throttle.slow]) {
    if (held) held.from = Math.min(held.from, now)
  }
  const { pause, allowance, slow } = throttle
  if (pause && pause.from + pause.ms < now) delete throttle.pause
  if (allowance && allowance.from + allowance.ms < now) delete throttle.allowance
  if (slow?.strikes === 0 && speedShare(throttle, now) === 1) delete throttle.slow
}

/** The share of its limits that a bucket may use: halved by each 429, whole again within ten minutes. */
export function speedShare({ slow }: Throttle, now: number): number {
  return slow ? Math.min(1, slow.share + (now - slow.from) / RECOVERY) : 1
}

/** When the throttle let the `nth` request from now on pass, at the earliest. */
export function throttledUntil(
  { pause, allowance }: Throttle,
  { nth, reserve }: { nth: number; reserve: number },
  now: number,
): number {
  const rested = pause ? pause.from + pause.ms + 1 : now
  const renewed = allowance && leftOf(allowance, reserve) < nth ? allowance.from + allowance.ms + 1 : now
  return Math.max(now, rested, renewed)
}

/** Whether it takes the answers to the `flying` requests to know that the app takes `count` more. */
export const mustAwaitAnswers = (
  { allowance }: Throttle,
  { flying, count, reserve }: { flying: number; count: number; reserve: number },
): boolean => allowance !== undefined && leftOf(allowance, reserve) - flying < count

const leftOf = ({ remaining, limit }: NonNullable<Throttle['allowance']>, reserve: number) =>
  remaining - Math.floor(limit * reserve)

/** Counts a request that nothing was learned from against what the app said it still takes. */
export function spendAllowance({ allowance }: Throttle, count: number): void {
  if (allowance) allowance.remaining -= count
}

/** Takes a lesson in. `newest` is the last ticket given out, `longestMs` the longest window of the bucket. */
export function learn(
  throttle: Throttle,
  learned: Learned,
  { ticket, newest, longestMs }: { ticket: number; newest: number; longestMs: number },
  now: number,
): void {
  // A 429 to a request that was out already when we slowed down is no news.
  const news = ticket > (throttle.slow?.newest ?? 0)
  if (learned.throttled && news) {
    const strikes = (throttle.slow?.strikes ?? 0) + 1
    const share = Math.max(SMALLEST_SHARE, speedShare(throttle, now) / 2)
    throttle.slow = { from: now, share, newest, strikes }
    rest(throttle, learned.pauseMs ?? backoff(strikes, longestMs), now)
  } else if (learned.pauseMs !== undefined) {
    rest(throttle, learned.pauseMs, now)
  }
  if (!learned.throttled && news && throttle.slow) throttle.slow.strikes = 0
  if (learned.allowance) throttle.allowance = tighter(throttle.allowance, learned.allowance, now)
}

const backoff = (strikes: number, longestMs: number) =>
  Math.min(SECOND * 2 ** (strikes - 1), Math.max(MINUTE, Math.min(longestMs, HOUR)))

function rest(throttle: Throttle, ms: number, now: number): void {
  const until = throttle.pause ? throttle.pause.from + throttle.pause.ms : now
  if (now + ms > until) throttle.pause = { from: now, ms }
}

function tighter(
  known: Throttle['allowance'],
  { remaining, resetMs, limit }: NonNullable<Learned['allowance']>,
  now: number,
): NonNullable<Throttle['allowance']> {
  // Replies overtake each other, so within one window of the app's the lowest figure is the latest. Resets come in
  // whole seconds, so two that are closer than that are one.
  const same = known && Math.abs(known.from + known.ms - (now + resetMs)) < 1.5 * SECOND
  if (same) return { ...known, remaining: Math.min(known.remaining, remaining) }
  return { from: now, ms: resetMs, remaining, limit }
}
