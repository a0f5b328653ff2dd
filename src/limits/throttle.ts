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
export interface Brakes {
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
export function easeBrakes(brakes: Brakes, now: number): void {
  for (const held of [brakes.pause, brakes.allowance, brakes.slow]) {
    if (held) held.from = Math.min(held.from, now)
  }
  const { pause, allowance, slow } = brakes
  if (pause && pause.from + pause.ms < now) delete brakes.pause
  if (allowance && allowance.from + allowance.ms < now) delete brakes.allowance
  if (slow?.strikes === 0 && speedShare(brakes, now) === 1) delete brakes.slow
}

/** The share of its limits that a bucket may use: halved by each 429, whole again within ten minutes. */
export function speedShare({ slow }: Brakes, now: number): number {
  return slow ? Math.min(1, slow.share + (now - slow.from) / RECOVERY) : 1
}

/** When the brakes let the `nth` request from now on pass, at the earliest. */
export function brakedUntil(
  { pause, allowance }: Brakes,
  { nth, reserve }: { nth: number; reserve: number },
  now: number,
): number {
  const rested = pause ? pause.from + pause.ms + 1 : now
  const renewed = allowance && leftOf(allowance, reserve) < nth ? allowance.from + allowance.ms + 1 : now
  return Math.max(now, rested, renewed)
}

/** Whether it takes the answers to the `flying` requests to know that the app takes `count` more. */
export const mustAwaitAnswers = (
  { allowance }: Brakes,
  { flying, count, reserve }: { flying: number; count: number; reserve: number },
): boolean => allowance !== undefined && leftOf(allowance, reserve) - flying < count

const leftOf = ({ remaining, limit }: NonNullable<Brakes['allowance']>, reserve: number) =>
  remaining - Math.floor(limit * reserve)

/** Counts a request that nothing was learned from against what the app said it still takes. */
export function spendAllowance({ allowance }: Brakes, count: number): void {
  if (allowance) allowance.remaining -= count
}

/** Takes a lesson in. `newest` is the last ticket given out, `longestMs` the longest window of the bucket. */
export function learn(
  brakes: Brakes,
  learned: Learned,
  { ticket, newest, longestMs }: { ticket: number; newest: number; longestMs: number },
  now: number,
): void {
  // A 429 to a request that was out already when we slowed down is no news.
  const news = ticket > (brakes.slow?.newest ?? 0)
  if (learned.throttled && news) {
    const strikes = (brakes.slow?.strikes ?? 0) + 1
    const share = Math.max(SMALLEST_SHARE, speedShare(brakes, now) / 2)
    brakes.slow = { from: now, share, newest, strikes }
    rest(brakes, learned.pauseMs ?? backoff(strikes, longestMs), now)
  } else if (learned.pauseMs !== undefined) {
    rest(brakes, learned.pauseMs, now)
  }
  if (!learned.throttled && news && brakes.slow) brakes.slow.strikes = 0
  if (learned.allowance) brakes.allowance = tighter(brakes.allowance, learned.allowance, now)
}

const backoff = (strikes: number, longestMs: number) =>
  Math.min(SECOND * 2 ** (strikes - 1), Math.max(MINUTE, Math.min(longestMs, HOUR)))

function rest(brakes: Brakes, ms: number, now: number): void {
  const until = brakes.pause ? brakes.pause.from + brakes.pause.ms : now
  if (now + ms > until) brakes.pause = { from: now, ms }
}

function tighter(
  known: Brakes['allowance'],
  { remaining, resetMs, limit }: NonNullable<Learned['allowance']>,
  now: number,
): NonNullable<Brakes['allowance']> {
  // Replies overtake each other, so within one window of the app's the lowest figure is the latest. Resets come in
  // whole seconds, so two that are closer than that are one.
  const same = known && Math.abs(known.from + known.ms - (now + resetMs)) < 1.5 * SECOND
  if (same) return { ...known, remaining: Math.min(known.remaining, remaining) }
  return { from: now, ms: resetMs, remaining, limit }
}
