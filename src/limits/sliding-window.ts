import type { BudgetLeft } from '../domain/operations.ts'
import {
  easeThrottle,
  type Learned,
  learn,
  mustAwaitAnswers,
  speedShare,
  spendAllowance,
  type Throttle,
  throttledUntil,
} from './throttle.ts'

/** What may be spent in any second, minute, hour and 24 hours; absent means no such window. */
export interface Limits {
  perSecond?: number | undefined
  perMinute?: number | undefined
  perHour?: number | undefined
  perDay?: number | undefined
}

/** Tokens that were taken and not yet accounted for. */
export interface Ticket {
  readonly id: number
  readonly count: number
}

export interface Wanted {
  /** Tokens, all or none; 1 when left out. */
  count?: number | undefined
  /** Share of every window that must stay for others. */
  reserve?: number | undefined
  /** Tickets that may be out at the same moment. */
  atOnce?: number | undefined
  /** Milliseconds after which a ticket that nobody accounted for lapses, and counts as spent at that moment. */
  holdMs?: number | undefined
}

/**
 * `retryAt` is when the tokens come free at the earliest, epoch milliseconds. `busy` means that it takes an answer to
 * what is under way, and `never` that more are wanted than a window ever holds.
 */
export type Taken = { ticket: Ticket } | { retryAt: number } | { busy: true } | { never: true }

/** A bucket as it is stored: what was spent when, and what is under way. */
export interface State {
  /** The last ticket's id. */
  newest: number
  /** The longest window that anybody asked for, so that nobody's is cut short. */
  longestMs: number
  /** Spent tokens, oldest first: `counts[i]` of them at `times[i]`. */
  spent: { times: number[]; counts: number[] }
  flights: { id: number; count: number; from: number; holdMs: number }[]
  throttle: Throttle
}

const WINDOWS = [
  { window: 'second', limit: 'perSecond', ms: 1_000 },
  { window: 'minute', limit: 'perMinute', ms: 60_000 },
  { window: 'hour', limit: 'perHour', ms: 3_600_000 },
  { window: 'day', limit: 'perDay', ms: 86_400_000 },
] as const

const MINUTE = 60_000
const DAY = 86_400_000
// Longer than any single request may take.
const HOLD_MS = 150_000

export const newState = (): State => ({
  newest: 0,
  longestMs: 0,
  spent: { times: [], counts: [] },
  flights: [],
  throttle: {},
})

/** Takes tokens out, changing `state`. */
export function take(state: State, limits: Limits, wanted: Wanted, now: number): Taken {
  const { count = 1, reserve = 0, atOnce = Number.POSITIVE_INFINITY, holdMs = HOLD_MS } = wanted
  state.longestMs = Math.max(state.longestMs, ...windowsOf(limits).map(({ ms }) => ms))
  tidy(state, now)
  if (windowsOf(limits).some(({ most }) => count > usable(most, reserve))) return { never: true }
  const at = nextFree(state, limits, { nth: count, reserve }, now)
  if (at > now) return { retryAt: at }
  const flying = inFlight(state)
  if (state.flights.length >= atOnce || mustAwaitAnswers(state.throttle, { flying, count, reserve })) {
    return { busy: true }
  }
  state.newest += 1
  state.flights.push({ id: state.newest, count, from: now, holdMs })
  return { ticket: { id: state.newest, count } }
}

/** Accounts for a ticket's tokens: they were spent at the latest `at`, and come back one window later. */
export function settle(
  state: State,
  ticket: Ticket,
  learned: Learned | undefined,
  now: number,
  at: number = now,
): void {
  tidy(state, now)
  land(state, ticket)
  spend(state, Math.min(at, now), ticket.count)
  if (!learned?.allowance) spendAllowance(state.throttle, ticket.count)
  const { newest, longestMs } = state
  if (learned) learn(state.throttle, learned, { ticket: ticket.id, newest, longestMs }, Math.min(at, now))
}

/** Takes a ticket back whose tokens were not spent. */
export function land(state: State, { id }: Ticket): void {
  state.flights = state.flights.filter((flight) => flight.id !== id)
}

/** When the `nth` token from now on comes free, as far as can be known: not before then. */
export function freeAt(
  state: State,
  limits: Limits,
  { nth, reserve }: { nth: number; reserve: number },
  now: number,
): number {
  tidy(state, now)
  return nextFree(state, limits, { nth, reserve }, now)
}

/** What is left of each window. */
export function left(state: State, limits: Limits, now: number): BudgetLeft[] {
  tidy(state, now)
  return windowsOf(limits).map(({ window, ms, most }) => ({
    window,
    limit: most,
    left: Math.max(0, most - inFlight(state) - spentSince(state, now - reach(ms))),
  }))
}

function nextFree(
  state: State,
  limits: Limits,
  { nth, reserve }: { nth: number; reserve: number },
  now: number,
): number {
  const braked = throttledUntil(state.throttle, { nth, reserve }, now)
  const share = speedShare(state.throttle, now)
  const free = windowsOf(limits).map(({ ms, most }) => {
    // An hour's or a day's limit is a quota and no speed: to use less of it helps nobody.
    const slowed = ms <= MINUTE ? Math.max(1, Math.floor(most * share)) : most
    return freeInWindow(state, { ms, most: usable(slowed, reserve), nth }, now)
  })
  return Math.max(braked, ...free)
}

const windowsOf = (limits: Limits) =>
  WINDOWS.flatMap(({ window, limit, ms }) => {
    const most = limits[limit]
    return most === undefined ? [] : [{ window, ms, most }]
  })

const usable = (most: number, reserve: number) => Math.max(1, Math.floor(most * (1 - reserve)))

/** How long a token stays away: a little longer than the window, for two clocks that differ by up to a thousandth in speed. */
export const reach = (ms: number) => ms + ms / 1_000

const inFlight = ({ flights }: State) => flights.reduce((sum, { count }) => sum + count, 0)

function spentSince({ spent: { times, counts } }: State, since: number): number {
  const first = times.findIndex((time) => time >= since)
  return first < 0 ? 0 : counts.slice(first).reduce((sum, count) => sum + count, 0)
}

function freeInWindow(
  state: State,
  { ms, most, nth }: { ms: number; most: number; nth: number },
  now: number,
): number {
  // Past a full window the same pattern comes round again.
  const rounds = Math.floor((nth - 1) / most)
  const later = rounds * reach(ms)
  let over = inFlight(state) + spentSince(state, now - reach(ms)) + nth - rounds * most - most
  if (over <= 0) return now + later
  const { times, counts } = state.spent
  for (const [index, time] of times.entries()) {
    if (time < now - reach(ms)) continue
    over -= counts[index] ?? 0
    if (over <= 0) return time + reach(ms) + 1 + later
  }
  // What is under way comes back one window after its answer, which is still to come.
  return now + reach(ms) + 1 + later
}

/** Lets tickets lapse, forgets what left every window, and makes one of what is close together. */
function tidy(state: State, now: number): void {
  easeThrottle(state.throttle, now)
  // A time in the future, after the clock was set back, counts as now.
  for (const flight of state.flights) flight.from = Math.min(flight.from, now)
  for (const flight of state.flights.filter(({ from, holdMs }) => from + holdMs <= now)) {
    land(state, flight)
    spend(state, flight.from + flight.holdMs, flight.count)
  }
  const { times, counts } = state.spent
  state.spent = { times: [], counts: [] }
  for (const [index, time] of times.entries()) {
    const at = Math.min(time, now)
    if (at >= now - reach(state.longestMs)) append(state.spent, at, counts[index] ?? 0, grain(now - at))
  }
}

// The older a token, the longer the windows that still hold it, and the less a moment more matters to them: at most
// one in 500 comes back that much later, and no window has more than 500 entries.
const grain = (age: number) => (WINDOWS.find(({ ms }) => age < ms)?.ms ?? DAY) / 500

/** Tokens of the same grain of time become one entry, at the later time, so that none comes back too early. */
function append({ times, counts }: State['spent'], at: number, count: number, grain: number): void {
  const last = times.length - 1
  if (Math.floor((times[last] ?? Number.NaN) / grain) === Math.floor(at / grain)) {
    times[last] = at
    counts[last] = (counts[last] ?? 0) + count
  } else {
    times.push(at)
    counts.push(count)
  }
}

function spend({ spent: { times, counts } }: State, at: number, count: number): void {
  const index = times.findLastIndex((time) => time <= at) + 1
  times.splice(index, 0, at)
  counts.splice(index, 0, count)
}
