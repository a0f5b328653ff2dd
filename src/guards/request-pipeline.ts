import type { BudgetLeft } from '../domain/operations.ts'
import { UnknownOutcome } from '../errors.ts'
import type { Ledger } from '../limits/ledger.ts'
import type { Limits } from '../limits/sliding-window.ts'
import type { BreakerState } from '../meter.ts'
import { breaker } from './breaker.ts'
import { deadline } from './deadline.ts'
import { recheckKillSwitch } from './kill-switch.ts'
import type { AppRequest, RequestGuard } from './request.ts'
import { retry } from './retry.ts'
import { sameOrigin } from './same-origin.ts'
import { throttled } from './throttled.ts'
import { type Spending, tokenBucket } from './token-bucket.ts'

export type { AppReply, AppRequest, RequestGuard } from './request.ts'

const GRACE_MS = 2_000

/** What the request guards of one tenant need. */
export interface RequestPolicy {
  ledger: Ledger
  /** `write`: limits on changes alone, beside those on all requests. */
  budget: Spending & { write?: Limits | undefined }
  /** Time limit of one attempt once it is sent, milliseconds. */
  timeoutMs: number
  maxRetries: number
  /** Gets the wait of each request, each answer 429, and each change of the breaker's state. */
  watch?: { waited(ms: number): void; throttled(): void; breaker(state: BreakerState): void }
}

/** An address of the app, and the token that is used there. */
interface GuardedSurface {
  base: URL
  token: { fingerprint: string }
  pool?: string | undefined
}

/** The ledger's name for the budget of a token at one host, or of a part of the app with a limit of its own. */
export const bucketOf = ({ base, token, pool }: GuardedSurface): string =>
  `${token.fingerprint}@${base.host}${pool === undefined ? '' : `/${pool}`}`

/** The ledger's name for the limits on changes alone. */
const writesOf = (bucket: string): string => `${bucket} writes`

/** What is left of the budget of a bucket, and of its limits on changes. */
export async function leftIn(
  ledger: Pick<Ledger, 'left'>,
  bucket: string,
  { write, ...all }: RequestPolicy['budget'],
): Promise<BudgetLeft[]> {
  const changes = write ? await ledger.left(writesOf(bucket), write) : []
  return [...(await ledger.left(bucket, all)), ...changes.map((one) => ({ ...one, of: 'changes' as const }))]
}

/**
 * The guards that every request to a tenant's app passes, outermost first. Called once per tenant; the result is
 * called once per surface.
 */
export function requestGuards({ ledger, budget, timeoutMs, maxRetries, watch }: RequestPolicy) {
  const broken = breaker(watch?.breaker)
  const repeated = retry({ maxRetries })
  const buckets = new Map<string, RequestGuard>()
  const { write, ...all } = budget
  const bucket = (name: string, limits: Limits): RequestGuard => {
    const { atOnce, reserve } = budget
    const paid =
      buckets.get(name) ??
      tokenBucket(ledger, name, { ...limits, atOnce, reserve }, timeoutMs + 2 * GRACE_MS, watch?.waited)
    buckets.set(name, paid)
    return paid
  }

  return (surface: GuardedSurface): readonly RequestGuard[] => {
    // Named anew for each request: a token that is read again from its file may be another one, with a budget of its own.
    const paid: RequestGuard = (request, next) => bucket(bucketOf(surface), all)(request, next)
    const paidWrite: RequestGuard = (request, next) =>
      write && request.effect === 'writes'
        ? bucket(writesOf(bucketOf(surface)), write)(request, next)
        : next(request)
    return [
      sameOrigin(surface.base),
      deadline((request) => request.context.deadline, GRACE_MS, replyLost),
      broken,
      repeated,
      ...(write ? [paidWrite] : []),
      paid,
      ...(watch ? [throttled(watch.throttled)] : []),
      recheckKillSwitch,
      // Waiting for a token does not count towards the app's time to answer.
      deadline(() => Date.now() + timeoutMs, GRACE_MS, replyLost),
    ]
  }
}

const replyLost = ({ effect }: AppRequest, reason: unknown) =>
  effect === 'reads'
    ? reason
    : new UnknownOutcome(
        'The reply to a change was lost, so the change may or may not have been made.',
        'Look the account up before doing anything else.',
      )
