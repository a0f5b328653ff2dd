import { RateLimited, Unavailable } from '../errors.ts'
import { readRates } from './rate-headers.ts'
import type { AppReply, AppRequest, RequestGuard } from './request.ts'

// Full jitter, as in the standard mode of the AWS SDKs: a random wait up to a bound that doubles.
const BASE_MS = 100
const THROTTLED_BASE_MS = 1_000
const LONGEST_MS = 20_000
// In an outage no more than ten repeats leave, whatever the number of requests; answers earn new ones.
const QUOTA = 100
const COST = 10

type Tried = { reply: AppReply } | { error: unknown }

/**
 * Repeats what is safe to repeat: reads, and writes that certainly did not happen. Never waits beyond the context's
 * deadline. A 429 that stays one becomes `RateLimited` with `retryAt`. Made once per tenant, whose quota it keeps.
 */
export function retry({ maxRetries }: { maxRetries: number }): RequestGuard {
  let quota = QUOTA

  return async function retry(request, next) {
    for (let repeats = 0; ; repeats += 1) {
      const tried = await outcome(next(request))
      if (!mayRepeat(request, tried)) {
        if (wasAnswered(tried)) quota = Math.min(QUOTA, quota + (repeats > 0 ? COST : 1))
        return unwrap(tried)
      }
      const wait = waitAfter(tried, repeats)
      const tooLate = Date.now() + wait.ms >= request.context.deadline
      if (repeats >= maxRetries || quota < COST || tooLate) return giveUp(tried, wait)
      quota -= COST
      await pause(wait.ms, request.signal)
    }
  }
}

const REPEATED_READS = [429, 502, 503, 504]

/** A write only after 429, or when it was never sent, which is what `Unavailable` says of a write. */
function mayRepeat({ effect }: AppRequest, tried: Tried): boolean {
  if ('error' in tried) return tried.error instanceof Unavailable
  return effect === 'reads' ? REPEATED_READS.includes(tried.reply.status) : tried.reply.status === 429
}

const wasAnswered = (tried: Tried) => 'reply' in tried && tried.reply.status < 500

interface Wait {
  ms: number
  /** The longest it could have been, were it not for chance. */
  atMost: number
}

function waitAfter(tried: Tried, repeats: number): Wait {
  const { throttled = false, pauseMs = 0 } = 'reply' in tried ? readRates(tried.reply) : {}
  const bound = Math.min(LONGEST_MS, (throttled ? THROTTLED_BASE_MS : BASE_MS) * 2 ** repeats)
  return { ms: Math.max(pauseMs, Math.random() * bound), atMost: Math.max(pauseMs, bound) }
}

function giveUp(tried: Tried, { atMost }: Wait): AppReply {
  if ('reply' in tried && tried.reply.status === 429) {
    throw new RateLimited(
      'The app takes no more requests for now.',
      'Try again at `retryAt`, or ask for less at once.',
      { retryAt: Math.ceil(Date.now() + atMost) },
    )
  }
  return unwrap(tried)
}

const outcome = (work: Promise<AppReply>): Promise<Tried> =>
  work.then(
    (reply) => ({ reply }),
    (error: unknown) => ({ error }),
  )

function unwrap(tried: Tried): AppReply {
  if ('error' in tried) throw tried.error
  return tried.reply
}

/** Throws the signal's reason when that comes first. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', leave)
      resolve()
    }, ms)
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  })
}
