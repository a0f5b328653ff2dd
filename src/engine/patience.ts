import { setTimeout as pause } from 'node:timers/promises'
import { IdentityError } from '../errors.ts'

/** How often a read is tried that an app keeps from us for a while. */
const MOST_ATTEMPTS = 6
const PAUSE_MS = 1_000

/** A read of long work, which nobody waits for: tried again after faults that pass, when the app says or a little later. */
export async function patiently<Answer>(read: () => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted()
    try {
      return await read()
    } catch (error) {
      const passes = error instanceof IdentityError && error.retryable && !signal.aborted
      if (!passes || attempt === MOST_ATTEMPTS) throw error
      const wait = Math.max((error.details.retryAt ?? 0) - Date.now(), PAUSE_MS * attempt)
      await pause(wait, undefined, { signal, ref: false })
    }
  }
}
