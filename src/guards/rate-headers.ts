import type { Learned } from '../limits/throttle.ts'
import type { AppReply } from './request.ts'

/** One rate limit window, as the app reports it. */
interface RateWindow {
  limit?: number
  remaining?: number
  /** Milliseconds until it resets. */
  reset?: number
}

const WINDOW_MS: Record<string, number> = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const MAX_PAUSE_MS = 86_400_000
// The unit of a reset is not specified, so a wrong guess must not block an app for a day.
const MAX_RESET_MS = 3_600_000
// For an app that reports nothing left, but no reset time.
const DEFAULT_PAUSE_MS = 1_000

/** The rate limit that a reply reports, in any of the header forms that apps use. */
export function readRates({ status, headers }: AppReply): Learned {
  const appNow = clockOf(headers)
  const throttled = status === 429
  const { limit = 0, remaining, reset } = tightest(headers, appNow)
  const asked = status >= 400 ? retryAfter(headers['retry-after'], appNow) : undefined
  const isSpent = (remaining === 0 && reset === undefined) || shareUsed(headers) >= 1
  const spent = isSpent ? DEFAULT_PAUSE_MS : undefined
  const pauseMs = asked ?? (throttled ? reset : spent)
  return {
    throttled,
    // Some apps send 0 with a 429, which says nothing.
    ...(pauseMs && { pauseMs }),
    ...(remaining !== undefined && reset && { allowance: { remaining, resetMs: reset, limit } }),
  }
}

/**
 * A 403 by which an app limits requests, as the 429 that it means: GitHub answers so (docs.github.com, "Rate limits for the
 * REST API"). Any other 403 is about permission.
 */
export function limitAs429(reply: AppReply): AppReply {
  const { status, headers } = reply
  if (status !== 403) return reply
  const appNow = clockOf(headers)
  const { limit, remaining, reset } = tightest(headers, appNow)
  const isSpent = remaining === 0 && limit !== 0 && reset !== 0
  return isSpent || retryAfter(headers['retry-after'], appNow) ? { ...reply, status: 429 } : reply
}

/** Epoch milliseconds by the app's clock if it sends them: ours may be wrong. */
const clockOf = (headers: AppReply['headers']): number => Date.parse(headers.date ?? '') || Date.now()

/** Microsoft Graph sends the share of the limit that is used, from 0.8 on (learn.microsoft.com, "Microsoft Graph throttling guidance"). */
const shareUsed = (headers: AppReply['headers']): number =>
  Number(headers['x-ms-throttle-limit-percentage'] ?? 0)

/** Seconds or an HTTP date (RFC 9110 §10.2.3), as milliseconds from now. */
function retryAfter(value: string | undefined, appNow: number): number | undefined {
  if (value === undefined) return undefined
  const ms = /^\s*[\d.]+\s*$/.test(value) ? Number.parseFloat(value) * 1_000 : Date.parse(value) - appNow
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_PAUSE_MS)
}

function tightest(headers: AppReply['headers'], appNow: number): RateWindow {
  const windows = [...figureByFigure(headers, appNow), ...inOneHeader(headers.ratelimit ?? '', appNow)]
  windows.sort(
    (one, other) =>
      (one.remaining ?? Infinity) - (other.remaining ?? Infinity) || (other.reset ?? 0) - (one.reset ?? 0),
  )
  return windows[0] ?? {}
}

// `X-` or not, "rate limit" as one word or two, and sometimes the window at the end.
const FIGURE = /^(?:x-)?rate-?limit-(limit|remaining|reset)(?:-(second|minute|hour|day))?$/

function figureByFigure(headers: AppReply['headers'], appNow: number): RateWindow[] {
  const windows = new Map<string, RateWindow>()
  for (const [header, value] of Object.entries(headers)) {
    const [, figure, name = ''] = FIGURE.exec(header) ?? []
    const number = numberIn(value)
    if (figure === undefined || !(number >= 0)) continue
    const window = windows.get(name) ?? { reset: WINDOW_MS[name] }
    if (figure === 'reset') window.reset = untilReset(number, appNow) ?? window.reset
    else if (figure === 'limit') window.limit = number
    else window.remaining = number
    windows.set(name, window)
  }
  return [...windows.values()]
}

/** A number, or the epoch milliseconds of a date as RFC 3339 or RFC 9110 writes it; NaN for one without its time zone. */
function numberIn(value: string): number {
  if (!/^\s*(\d{4}-\d|[a-z]{3},)/i.test(value)) return Number.parseFloat(value)
  return /(z|gmt|utc|[+-]\d\d:?\d\d)\s*$/i.test(value) ? Date.parse(value) : Number.NaN
}

/** `RateLimit: limit=10, remaining=5, reset=30` or `"name";r=5;t=30, …` (draft-ietf-httpapi-ratelimit-headers 07, 10). */
function inOneHeader(value: string, appNow: number): RateWindow[] {
  if (value === '') return []
  const figures = (name: RegExp) => [...value.matchAll(name)].map(([, digits]) => Number(digits))
  const limits = figures(/\b(?:limit|q)=(\d+)/g)
  const resets = figures(/\b(?:reset|t)=(\d+)(?![\d-])/g)
  return figures(/\b(?:remaining|r)=(\d+)/g).map((remaining, index) => {
    const reset = resets[index]
    return { remaining, limit: limits[index], reset: reset === undefined ? reset : untilReset(reset, appNow) }
  })
}

/** Apps send a delay in seconds, a time in seconds or a time in milliseconds; the size tells which. */
function untilReset(value: number, appNow: number): number | undefined {
  if (value < 1e6) return Math.min(value * 1_000, MAX_RESET_MS)
  const at = value < 1e11 ? value * 1_000 : value
  return at < 1e12 ? undefined : Math.min(Math.max(at - appNow, 0), MAX_RESET_MS)
}
