import type { RequestContext } from '../../domain/operations.ts'
import { deadline } from '../../guards/deadline.ts'

const LONGEST_MS = 30_000

/** Work that several callers need at the same moment: done once, and not given up when the one who asked first leaves. */
export function singleFlight<Value>(
  work: (context: RequestContext) => Promise<Value>,
): (context: RequestContext) => Promise<Value> {
  const patience = deadline<RequestContext, Value>((context) => context.deadline, 0)
  let inFlight: Promise<Value> | undefined
  return (context) =>
    patience(context, () => {
      inFlight ??= work({
        caller: context.caller,
        priority: 'interactive',
        deadline: Date.now() + LONGEST_MS,
        signal: AbortSignal.timeout(2 * LONGEST_MS),
      }).finally(() => {
        inFlight = undefined
      })
      return inFlight
    })
}
