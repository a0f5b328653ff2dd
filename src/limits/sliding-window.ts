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

/** Most tokens in any second, minute, hour and 24 hours; absent means no limit for that window. */
export interface Limits {
  perSecond?: number | undefined
  perMinute?: number | undefined
  perHour?: number | undefined
  perDay?: number | undefined
}

/** Tokens that were taken and not yet settled or given back. */
export interface Ticket {
  readonly id: number
  readonly count: number
}

export interface TakeOptions {
  /** Tokens, all or none; 1 by default. */
  count?: number | undefined
  /** Share of every window that must stay free for others. */
  reserve?: number | undefined
  /** Most tickets in flight at the same time, of all processes that say that they are there. */
  atOnce?: number | undefined
  /** Milliseconds after which an open ticket expires; its tokens then count as spent at that moment. */
  holdMs?: number | undefined
  /** The process that takes them. */
  by?: string | undefined
}

/**
 * `retryAt` is the earliest time when the tokens are free, epoch milliseconds. `busy`: wait for a request in flight.
 * `never`: the request is larger than a window.
 */
export type Taken = { ticket: Ticket } | { retryAt: number } | { busy: true } | { never: true }

/** A bucket as stored: what was spent when, and what is in flight. */
export interface State {
  /** Id of the last ticket. */
  newest: number
  /** The longest window requested so far; no spent token is dropped before it ends. */
  longestMs: number
  /** Spent tokens, oldest first: `counts[i]` of them at `times[i]`. */
  spent: { times: number[]; counts: number[] }
  flights: Flight[]
  throttle: Throttle
  /** How many tokens each process has ever said that it spent, and when it last did: it sees by that what a store lost. */
  written?: Record<string, { total: number; at: number }>
}

/** A ticket in flight, and the process that took it. */
interface Flight {
  id: number
  count: number
  from: number
  /** When its process last said that it waits for it; absent until then. */
  seen?: number
  holdMs: number
  by?: string
}

const WINDOWS = [
  { window: 'second', limit: 'perSecond', ms: 1_000 },
  { window: 'minute', limit: 'perMinute', ms: 60_000 },
  { window: 'hour', limit: 'perHour', ms: 3_600_000 },
  { window: 'day', limit: 'perDay', ms: 86_400_000 },
] as const

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
// Longer than the longest possible request.
const HOLD_MS = 150_000
// A process that was killed never gives its place back, and the others need not wait until its tokens expire.
const SILENT_MS = 3_000
/** How often a process says which requests it waits for, milliseconds. */
export const SAY_EVERY_MS = 1_000

export const newState = (): State => ({
  newest: 0,
  longestMs: 0,
  spent: { times: [], counts: [] },
  flights: [],
  throttle: {},
})

/** Takes tokens from `state`, which it changes. */
export function take(state: State, limits: Limits, wanted: TakeOptions, now: number): Taken {
  const { count = 1, reserve = 0, atOnce = Number.POSITIVE_INFINITY, holdMs = HOLD_MS, by } = wanted
  state.longestMs = Math.max(state.longestMs, ...limitedWindows(limits).map(({ ms }) => ms))
  compact(state, now)
  if (limitedWindows(limits).some(({ most }) => count > usable(most, reserve))) return { never: true }
  const at = nextFree(state, limits, { nth: count, reserve }, now)
  if (at > now) return { retryAt: at }
  const flying = inFlight(state)
  const places = state.flights.filter(
    ({ by: other, from, seen = from }) => other === by || now - seen < SILENT_MS,
  )
  if (places.length >= atOnce || mustAwaitAnswers(state.throttle, { flying, count, reserve })) {
    return { busy: true }
  }
  state.newest += 1
  state.flights.push({ id: state.newest, count, from: now, holdMs, ...(by !== undefined && { by }) })
  return { ticket: { id: state.newest, count } }
}

/** Settles a ticket of the process `by`: its tokens were spent at `at` or earlier, and come back one window later. */
export function settle(
  state: State,
  ticket: Ticket,
  learned: Learned | undefined,
  { now, at = now, by }: { now: number; at?: number; by?: string },
): void {
  compact(state, now)
  removeTicket(state, ticket)
  spend(state, Math.min(at, now), ticket.count)
  if (by !== undefined) {
    const total = (state.written?.[by]?.total ?? 0) + ticket.count
    state.written = { ...state.written, [by]: { total, at: now } }
  }
  if (!learned?.allowance) spendAllowance(state.throttle, ticket.count)
  const { newest, longestMs } = state
  if (learned) learn(state.throttle, learned, { ticket: ticket.id, newest, longestMs }, Math.min(at, now))
}

/** Removes a ticket from those in flight. */
export function removeTicket(state: State, { id }: Ticket): void {
  state.flights = state.flights.filter((flight) => flight.id !== id)
}

/** Says that the process `by` is there, and waits for what it has in flight. */
export function keepPlaces(state: State, by: string, now: number): void {
  for (const flight of state.flights) if (flight.by === by) flight.seen = now
}

/** Counts what other processes have in flight as spent now: whether it has been answered cannot be known any more. */
export function landOthers(state: State, by: string, now: number): void {
  for (const flight of state.flights.filter((one) => one.by !== by)) {
    removeTicket(state, flight)
    spend(state, now, flight.count)
  }
}

/** Earliest time when the `nth` token from now is free. */
export function freeAt(
  state: State,
  limits: Limits,
  { nth, reserve }: { nth: number; reserve: number },
  now: number,
): number {
  compact(state, now)
  return nextFree(state, limits, { nth, reserve }, now)
}

/** Most tokens that the limits give in `ms` milliseconds to somebody who leaves this share of them to others. */
export const mostIn = (limits: Limits, ms: number, reserve = 0): number =>
  Math.min(
    ...limitedWindows(limits).map(
      (window) => usable(window.most, reserve) * Math.max(1, Math.floor(ms / window.ms)),
    ),
  )

/** What is left of each window. */
export function left(state: State, limits: Limits, now: number): BudgetLeft[] {
  compact(state, now)
  return limitedWindows(limits).map(({ window, ms, most }) => ({
    window,
    limit: most,
    left: Math.max(0, most - inFlight(state) - spentSince(state, now - spentMs(ms))),
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
  const free = limitedWindows(limits).map(({ ms, most }) => {
    // The hour and day limits are quotas, not speeds: slowing them down would not help the app.
    const slowed = ms <= MINUTE_MS ? Math.max(1, Math.floor(most * share)) : most
    return freeInWindow(state, { ms, most: usable(slowed, reserve), nth }, now)
  })
  return Math.max(braked, ...free)
}

const limitedWindows = (limits: Limits) =>
  WINDOWS.flatMap(({ window, limit, ms }) => {
    const most = limits[limit]
    return most === undefined ? [] : [{ window, ms, most }]
  })

const usable = (most: number, reserve: number) => Math.max(1, Math.floor(most * (1 - reserve)))

/** How long a token stays spent: the window plus 0.1 %, to allow for clock drift. */
export const spentMs = (ms: number) => ms + ms / 1_000

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
  // Beyond a full window the same pattern repeats.
  const rounds = Math.floor((nth - 1) / most)
  const later = rounds * spentMs(ms)
  let over = inFlight(state) + spentSince(state, now - spentMs(ms)) + nth - rounds * most - most
  if (over <= 0) return now + later
  const { times, counts } = state.spent
  for (const [index, time] of times.entries()) {
    if (time < now - spentMs(ms)) continue
    over -= counts[index] ?? 0
    if (over <= 0) return time + spentMs(ms) + 1 + later
  }
  // Tokens in flight come back one window after their response, which has not arrived yet.
  return now + spentMs(ms) + 1 + later
}

/** Expires tickets, drops tokens older than every window, and merges entries close in time. */
function compact(state: State, now: number): void {
  easeThrottle(state.throttle, now)
  // A future time, left after the clock was set back, counts as now.
  for (const flight of state.flights) flight.from = Math.min(flight.from, now)
  for (const flight of state.flights.filter(({ from, holdMs }) => from + holdMs <= now)) {
    removeTicket(state, flight)
    spend(state, flight.from + flight.holdMs, flight.count)
  }
  const isRecent = (time: number) => time >= now - spentMs(state.longestMs)
  if (state.written) {
    state.written = Object.fromEntries(Object.entries(state.written).filter(([, { at }]) => isRecent(at)))
  }
  const { times, counts } = state.spent
  state.spent = { times: [], counts: [] }
  for (const [index, time] of times.entries()) {
    const at = Math.min(time, now)
    if (isRecent(at)) append(state.spent, at, counts[index] ?? 0, grainOf(now - at))
  }
}

// An old token is only in long windows, where a small delay matters little. A grain of 1/500 window delays a token by at
// most that much, and limits each window to 500 entries.
const grainOf = (age: number) => (WINDOWS.find(({ ms }) => age < ms)?.ms ?? DAY_MS) / 500

/** Merges tokens of the same grain into one entry at the later time, so none comes back too early. */
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

/** Counts tokens as spent at a time. */
export function spend({ spent: { times, counts } }: State, at: number, count: number): void {
  const index = times.findLastIndex((time) => time <= at) + 1
  times.splice(index, 0, at)
  counts.splice(index, 0, count)
}
