import { UnknownOutcome } from '../errors.ts'
import type { Call, CallGuard, Reply } from './call.ts'
import { deadline } from './deadline.ts'

/**
 * Ends a call at its deadline, with `TimedOut`. A call that had started a write by then, and does not say in time what became
 * of it, ends with `UnknownOutcome`.
 */
export const callDeadline = (graceMs?: number): CallGuard =>
  async function callDeadline(call, next) {
    let started = false
    const record: Call['record'] = async (event) => {
      // Before it is journalled: right after, the write may leave.
      if (event.event === 'started') started = true
      await call.record(event)
    }
    const lost = (_: Call, reason: unknown) =>
      started
        ? new UnknownOutcome(
            'Time ran out, and the outcome of the change is not known.',
            'Look the account up with find_user before doing anything else; the journal has more.',
          )
        : reason
    return deadline<Call, Reply>(({ deadline }) => deadline, graceMs, lost)({ ...call, record }, next)
  }
