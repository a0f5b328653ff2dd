import { UnknownOutcome } from '../errors.ts'
import type { Ledger } from '../limits/ledger.ts'
import type { BreakerState } from '../meter.ts'
import { breaker } from './breaker.ts'
import { deadline } from './deadline.ts'
import { lastLook } from './kill-switch.ts'
import type { AppRequest, RequestGuard } from './request.ts'
import { retry } from './retry.ts'
import { sameOrigin } from './same-origin.ts'
import { type Spending, tokenBucket } from './token-bucket.ts'

export type { AppReply, AppRequest, RequestGuard } from './request.ts'

const GRACE_MS = 2_000

/** What the request guards of one tenant work from. */
export interface RequestPolicy {
  ledger: Ledger
  budget: Spending
  /** Longest that one try may take once it has left, milliseconds. */
  timeoutMs: number
  maxRetries: number
  /** Told how long requests wait, and of every change of the breaker. */
  watch?: { waited(ms: number): void; breaker(state: BreakerState): void }
}

/** An address of the app, and the token that goes there. */
export interface Guarded {
  base: URL
  token: { fingerprint: string }
}

/** The ledger's name for what a token may spend at one host. */
export const bucketOf = ({ base, token }: Guarded): string => `${token.fingerprint}@${base.host}`

/**
 * The policy for requests, outermost first: what every request to a tenant's app goes through. Called once per tenant;
 * what comes back is called once per surface.
 */
export function requestGuards({ ledger, budget, timeoutMs, maxRetries, watch }: RequestPolicy) {
  const broken = breaker(watch?.breaker)
  const repeated = retry({ maxRetries })
  const buckets = new Map<string, RequestGuard>()

  return (surface: Guarded): readonly RequestGuard[] => {
    const name = bucketOf(surface)
    const paid =
      buckets.get(name) ?? tokenBucket(ledger, name, budget, timeoutMs + 2 * GRACE_MS, watch?.waited)
    buckets.set(name, paid)
    return [
      sameOrigin(surface.base),
      deadline((request) => request.context.deadline, GRACE_MS, lost),
      broken,
      repeated,
      paid,
      lastLook,
      // The wait for a token is no part of the time that an app has to answer.
      deadline(() => Date.now() + timeoutMs, GRACE_MS, lost),
    ]
  }
}

const lost = ({ effect }: AppRequest, reason: unknown) =>
  effect === 'reads'
    ? reason
    : new UnknownOutcome(
        'The reply to a change was lost, so the change may or may not have been made.',
        'Look the account up before doing anything else.',
      )
