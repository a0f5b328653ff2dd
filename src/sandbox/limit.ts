/** How many requests one token may make in any stretch of that length. Absent means no such window. */
export interface Limits {
  perSecond?: number | undefined
  perMinute?: number | undefined
  perHour?: number | undefined
  perDay?: number | undefined
}

const SPANS = { perSecond: 1_000, perMinute: 60_000, perHour: 3_600_000, perDay: 86_400_000 } as const

export interface Limiter {
  /**
   * Counts one arrival and says whether it is served, with the rate headers of its reply and the whole seconds until
   * one more would be served.
   */
  arrive(at: number): { admitted: boolean; headers: Record<string, string>; wait: number }
}

/**
 * A strict sliding log for one token. Every arrival counts, refused ones too, so that a client that goes on knocking
 * stays out.
 */
export function openLimiter(limits: Limits, spelling: RateSpelling = 'ratelimit'): Limiter {
  const windows = Object.entries(SPANS).flatMap(([name, span]) => {
    const limit = limits[name as keyof Limits] // the keys of SPANS are those of Limits
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
  /** Whole seconds until one more would be served. */
  reset: number
}

function openWindow(limit: number, span: number): (at: number) => WindowState {
  const times: number[] = []
  return (at) => {
    while ((times[0] ?? at) <= at - span) times.shift()
    times.push(at)
    // The next one is served once so many have left the window that it finds room.
    const leaves = times[Math.max(0, times.length - limit)] ?? at
    return {
      admitted: times.length <= limit,
      limit,
      remaining: Math.max(0, limit - times.length),
      reset: Math.ceil((leaves + span - at) / 1000),
    }
  }
}

const tighter = (one: WindowState, other: WindowState) =>
  one.remaining === other.remaining ? one.reset >= other.reset : one.remaining < other.remaining

const named = (prefix: string, { limit, remaining }: WindowState, reset: number) => ({
  [`${prefix}-limit`]: String(limit),
  [`${prefix}-remaining`]: String(remaining),
  [`${prefix}-reset`]: String(reset),
})

/** A time is told by the same clock that the reply is dated by. */
const dated = (at: number) => ({ date: new Date(at).toUTCString() })
const epoch = (at: number, reset: number) => Math.floor(at / 1000) + reset

/** How apps word what is left; no two agree. */
const SPELLINGS = {
  none: () => ({}),
  // As netskopeoss/ta_cloud_exchange_plugins reads it: `reset` is a wait, not a time.
  ratelimit: (state: WindowState) => named('ratelimit', state, state.reset),
  // draft-ietf-httpapi-ratelimit-headers
  'ratelimit-fields': ({ limit, remaining, reset }: WindowState) => ({
    'ratelimit-policy': `"default";q=${limit}`,
    ratelimit: `"default";r=${remaining};t=${reset}`,
  }),
  'x-ratelimit': (state: WindowState) => named('x-ratelimit', state, state.reset),
  'x-ratelimit-epoch': (state: WindowState, at: number) => ({
    ...named('x-ratelimit', state, epoch(at, state.reset)),
    ...dated(at),
  }),
  'x-ratelimit-epoch-ms': (state: WindowState, at: number) => ({
    ...named('x-ratelimit', state, at + state.reset * 1000),
    ...dated(at),
  }),
  // Okta's, among others.
  'x-rate-limit-epoch': (state: WindowState, at: number) => ({
    ...named('x-rate-limit', state, epoch(at, state.reset)),
    ...dated(at),
  }),
} satisfies Record<string, (state: WindowState, at: number) => Record<string, string>>
export type RateSpelling = keyof typeof SPELLINGS

/** The most times, in rising order, that any stretch of `span` milliseconds holds. */
export function mostIn(times: readonly number[], span: number): number {
  let first = 0
  let most = 0
  for (const [last, at] of times.entries()) {
    while ((times[first] ?? at) <= at - span) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}
