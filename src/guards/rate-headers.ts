import type { Learned } from '../limits/throttle.ts'
import type { AppReply } from './request.ts'

/** One window as an app tells of it. */
interface Window {
  limit?: number
  remaining?: number
  /** Milliseconds until it begins anew. */
  reset?: number
}

const WINDOW_MS: Record<string, number> = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const LONGEST_PAUSE = 86_400_000
// Nobody says in which unit a reset comes, so a wrong guess must not close an app for a day.
const LONGEST_RESET = 3_600_000
// For an app that says that nothing is left, but not until when.
const SHORT_PAUSE = 1_000

/** What a reply says about the pace that the app wants, in any of the spellings that apps use. */
export function readRates({ status, headers }: AppReply): Learned {
  // Against the app's own clock where it tells: ours may be wrong.
  const appNow = Date.parse(headers.date ?? '') || Date.now()
  const throttled = status === 429
  const { limit = 0, remaining, reset } = tightest(headers, appNow)
  const asked = status >= 400 ? retryAfter(headers['retry-after'], appNow) : undefined
  const spent = remaining === 0 && reset === undefined ? SHORT_PAUSE : undefined
  const pauseMs = asked ?? (throttled ? reset : spent)
  return {
    throttled,
    // Some apps send 0 beside a 429, which says nothing.
    ...(pauseMs && { pauseMs }),
    ...(remaining !== undefined && reset && { allowance: { remaining, resetMs: reset, limit } }),
  }
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3), as milliseconds from now. */
function retryAfter(value: string | undefined, appNow: number): number | undefined {
  if (value === undefined) return undefined
  const ms = /^\s*[\d.]+\s*$/.test(value) ? Number.parseFloat(value) * 1_000 : Date.parse(value) - appNow
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_PAUSE)
}

function tightest(headers: AppReply['headers'], appNow: number): Window {
  const windows = [...figureByFigure(headers, appNow), ...inOneHeader(headers.ratelimit ?? '', appNow)]
  windows.sort(
    (one, other) =>
      (one.remaining ?? Infinity) - (other.remaining ?? Infinity) || (other.reset ?? 0) - (one.reset ?? 0),
  )
  return windows[0] ?? {}
}

// `X-` or not, "rate limit" as one word or two, and sometimes the window at the end.
const FIGURE = /^(?:x-)?rate-?limit-(limit|remaining|reset)(?:-(second|minute|hour|day))?$/

function figureByFigure(headers: AppReply['headers'], appNow: number): Window[] {
  const windows = new Map<string, Window>()
  for (const [header, value] of Object.entries(headers)) {
    const [, figure, name = ''] = FIGURE.exec(header) ?? []
    const number = Number.parseFloat(value)
    if (figure === undefined || !(number >= 0)) continue
    const window = windows.get(name) ?? { reset: WINDOW_MS[name] }
    if (figure === 'reset') window.reset = untilReset(number, appNow)
    else if (figure === 'limit') window.limit = number
    else window.remaining = number
    windows.set(name, window)
  }
  return [...windows.values()]
}

/** `RateLimit: limit=10, remaining=5, reset=30` or `"name";r=5;t=30, …` (draft-ietf-httpapi-ratelimit-headers 07, 10). */
function inOneHeader(value: string, appNow: number): Window[] {
  const figures = (name: RegExp) => [...value.matchAll(name)].map(([, digits]) => Number(digits))
  const limits = figures(/\b(?:limit|q)=(\d+)/g)
  const resets = figures(/\b(?:reset|t)=(\d+)/g)
  return figures(/\b(?:remaining|r)=(\d+)/g).map((remaining, index) => {
    const reset = resets[index]
    return { remaining, limit: limits[index], reset: reset === undefined ? reset : untilReset(reset, appNow) }
  })
}

/** A wait in seconds, a time in seconds or one in milliseconds: apps send any of them, told apart by their size. */
function untilReset(value: number, appNow: number): number | undefined {
  if (value < 1e6) return Math.min(value * 1_000, LONGEST_RESET)
  const at = value < 1e11 ? value * 1_000 : value
  return at < 1e12 ? undefined : Math.min(Math.max(at - appNow, 0), LONGEST_RESET)
}
