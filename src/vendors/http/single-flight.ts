import type { RequestContext } from '../../domain/operations.ts'
import { deadline } from '../../guards/deadline.ts'

const MAX_WORK_MS = 30_000

/** Concurrent callers share one run of `work`. It goes on when the first caller gives up. */
export function singleFlight<Value>(
  work: (context: RequestContext) => Promise<Value>,
): (context: RequestContext) => Promise<Value> {
  const withDeadline = deadline<RequestContext, Value>((context) => context.deadline, 0)
  let inFlight: Promise<Value> | undefined
  return (context) =>
    withDeadline(context, () => {
      inFlight ??= work({
        caller: context.caller,
        priority: 'interactive',
        deadline: Date.now() + MAX_WORK_MS,
        signal: AbortSignal.timeout(2 * MAX_WORK_MS),
      }).finally(() => {
        inFlight = undefined
      })
      return inFlight
    })
}
