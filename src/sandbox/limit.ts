/** The requests that one token can make in any window of that length. Absent: no such window. */
export interface Limits {
  perSecond?: number | undefined
  perMinute?: number | undefined
  perHour?: number | undefined
  perDay?: number | undefined
}

const WINDOW_MS = { perSecond: 1_000, perMinute: 60_000, perHour: 3_600_000, perDay: 86_400_000 } as const

export interface Limiter {
  /**
   * Counts one arrival. Returns whether it is admitted, the rate limit headers of its reply, and the whole seconds
   * until the next request would be admitted.
   */
  arrive(at: number): { admitted: boolean; headers: Record<string, string>; wait: number }
}

/** A strict sliding log for one token. Refused arrivals count too: a client that keeps retrying stays throttled. */
export function openLimiter(limits: Limits, spelling: RateSpelling = 'ratelimit'): Limiter {
  const windows = Object.entries(WINDOW_MS).flatMap(([name, span]) => {
    const limit = limits[name as keyof Limits] // the keys of WINDOW_MS are those of Limits
    return limit === undefined ? [] : [openWindow(limit, span)]
  })
  return {
    arrive(at) {
      const states = windows.map((window) => window(at))
      const tightest = states.reduce<WindowState | undefined>(
        (one, other) => (one && tighter(one, other) ? one : other),
        undefined,
      )
      return {
        admitted: states.every(({ admitted }) => admitted),
        headers: tightest ? SPELLINGS[spelling](tightest, at) : {},
        wait: tightest?.reset ?? 0,
      }
    },
  }
}

interface WindowState {
  admitted: boolean
  limit: number
  remaining: number
  /** Whole seconds until the next request would be admitted. */
  reset: number
}

function openWindow(limit: number, span: number): (at: number) => WindowState {
  const times: number[] = []
  return (at) => {
    while ((times[0] ?? at) <= at - span) times.shift()
    times.push(at)
    // The next request is admitted when this arrival is out of the window.
    const freedBy = times[Math.max(0, times.length - limit)] ?? at
    return {
      admitted: times.length <= limit,
      limit,
      remaining: Math.max(0, limit - times.length),
      reset: Math.ceil((freedBy + span - at) / 1000),
    }
  }
}

const tighter = (one: WindowState, other: WindowState) =>
  one.remaining === other.remaining ? one.reset >= other.reset : one.remaining < other.remaining

const limitHeaders = (prefix: string, { limit, remaining }: WindowState, reset: number) => ({
  [`${prefix}-limit`]: String(limit),
  [`${prefix}-remaining`]: String(remaining),
  [`${prefix}-reset`]: String(reset),
})

/** Reset times and the `Date` header use the same clock. */
const dateHeader = (at: number) => ({ date: new Date(at).toUTCString() })
const resetTime = (at: number, reset: number) => Math.floor(at / 1000) + reset

/** The rate limit headers that apps send; no two agree. */
const SPELLINGS = {
  none: () => ({}),
  // As netskopeoss/ta_cloud_exchange_plugins reads it: `reset` is a duration, not a time.
  ratelimit: (state: WindowState) => limitHeaders('ratelimit', state, state.reset),
  // draft-ietf-httpapi-ratelimit-headers
  'ratelimit-fields': ({ limit, remaining, reset }: WindowState) => ({
    'ratelimit-policy': `"default";q=${limit}`,
    ratelimit: `"default";r=${remaining};t=${reset}`,
  }),
  'x-ratelimit': (state: WindowState) => limitHeaders('x-ratelimit', state, state.reset),
  'x-ratelimit-epoch': (state: WindowState, at: number) => ({
    ...limitHeaders('x-ratelimit', state, resetTime(at, state.reset)),
    ...dateHeader(at),
  }),
  'x-ratelimit-epoch-ms': (state: WindowState, at: number) => ({
    ...limitHeaders('x-ratelimit', state, at + state.reset * 1000),
    ...dateHeader(at),
  }),
  // Okta and others.
  'x-rate-limit-epoch': (state: WindowState, at: number) => ({
    ...limitHeaders('x-rate-limit', state, resetTime(at, state.reset)),
    ...dateHeader(at),
  }),
} satisfies Record<string, (state: WindowState, at: number) => Record<string, string>>
export type RateSpelling = keyof typeof SPELLINGS

/** The most `times` (ascending) in any window of `span` milliseconds. */
export function mostIn(times: readonly number[], span: number): number {
  let first = 0
  let most = 0
  for (const [last, at] of times.entries()) {
    while ((times[first] ?? at) <= at - span) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}
