import type { Errand } from '../../domain/operations.ts'
import { deadline } from '../../guards/deadline.ts'

const LONGEST_MS = 30_000

/** Work that several callers need at the same moment: done once, and not given up when the one who asked first leaves. */
export function singleFlight<Value>(
  work: (errand: Errand) => Promise<Value>,
): (errand: Errand) => Promise<Value> {
  const patience = deadline<Errand, Value>((errand) => errand.deadline, 0)
  let underWay: Promise<Value> | undefined
  return (errand) =>
    patience(errand, () => {
      underWay ??= work({
        caller: errand.caller,
        pace: 'interactive',
        deadline: Date.now() + LONGEST_MS,
        signal: AbortSignal.timeout(2 * LONGEST_MS),
      }).finally(() => {
        underWay = undefined
      })
      return underWay
    })
}
