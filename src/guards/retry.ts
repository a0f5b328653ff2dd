import { RateLimited, Unavailable } from '../errors.ts'
import { readRates } from './rate-headers.ts'
import type { AppReply, AppRequest, RequestGuard } from './request.ts'

// Full jitter, as in the standard mode of the AWS SDKs: a random wait up to a bound that doubles.
const BASE_MS = 100
const THROTTLED_BASE_MS = 1_000
const MAX_BACKOFF_MS = 20_000
// In an outage at most ten retries are sent, whatever the number of requests; replies earn new ones.
const MAX_QUOTA = 100
const RETRY_COST = 10

type Attempt = { reply: AppReply } | { error: unknown }

/**
 * Retries what is safe to retry: reads, and writes that certainly did not happen. Never waits beyond the context's
 * deadline. A 429 that persists becomes `RateLimited` with `retryAt`. Made once per tenant, whose quota it keeps.
 */
export function retry({ maxRetries }: { maxRetries: number }): RequestGuard {
  let quota = MAX_QUOTA

  return async function retry(request, next) {
    for (let repeats = 0; ; repeats += 1) {
      const attempt = await outcome(next(request))
      if (!canRetry(request, attempt)) {
        if (wasAnswered(attempt)) quota = Math.min(MAX_QUOTA, quota + (repeats > 0 ? RETRY_COST : 1))
        return unwrap(attempt)
      }
      const wait = waitAfter(attempt, repeats)
      const tooLate = Date.now() + wait.ms >= request.context.deadline
      if (repeats >= maxRetries || quota < RETRY_COST || tooLate) return giveUp(attempt, wait)
      quota -= RETRY_COST
      await pause(wait.ms, request.signal)
    }
  }
}

const RETRIED_READ_STATUSES = [429, 502, 503, 504]

/** A write is retried only after 429, or if it was never sent, which is what `Unavailable` means for a write. */
function canRetry({ effect }: AppRequest, attempt: Attempt): boolean {
  if ('error' in attempt) return attempt.error instanceof Unavailable
  return effect === 'reads'
    ? RETRIED_READ_STATUSES.includes(attempt.reply.status)
    : attempt.reply.status === 429
}

const wasAnswered = (attempt: Attempt) => 'reply' in attempt && attempt.reply.status < 500

interface Wait {
  ms: number
  /** Upper bound of the random wait. */
  atMost: number
}

function waitAfter(attempt: Attempt, repeats: number): Wait {
  const { throttled = false, pauseMs = 0 } = 'reply' in attempt ? readRates(attempt.reply) : {}
  const bound = Math.min(MAX_BACKOFF_MS, (throttled ? THROTTLED_BASE_MS : BASE_MS) * 2 ** repeats)
  return { ms: Math.max(pauseMs, Math.random() * bound), atMost: Math.max(pauseMs, bound) }
}

function giveUp(attempt: Attempt, { atMost }: Wait): AppReply {
  if ('reply' in attempt && attempt.reply.status === 429) {
    throw new RateLimited(
      'The app accepts no more requests for now.',
      'Try again at `retryAt`, or ask for less.',
      { retryAt: Math.ceil(Date.now() + atMost) },
    )
  }
  return unwrap(attempt)
}

const outcome = (work: Promise<AppReply>): Promise<Attempt> =>
  work.then(
    (reply) => ({ reply }),
    (error: unknown) => ({ error }),
  )

function unwrap(attempt: Attempt): AppReply {
  if ('error' in attempt) throw attempt.error
  return attempt.reply
}

/** Throws the signal's reason if it aborts first. */
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
