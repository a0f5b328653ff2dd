import { setTimeout } from 'node:timers/promises'
import { statusOf } from './approval.ts'
import type { Approvals } from './approvals.ts'

/** Polling interval for the store: the decision can be made in another process. */
const POLL_MS = 250

/** Resolves when the request is no longer pending, or at `until` (epoch milliseconds). Throws when `signal` aborts. */
export async function waitForDecision(
  approvals: Pick<Approvals, 'get'>,
  id: string,
  until: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const approval = await approvals.get(id)
    const left = until - Date.now()
    if (!approval || statusOf(approval) !== 'pending' || left <= 0) return
    await setTimeout(Math.min(POLL_MS, left), undefined, { signal })
  }
}
