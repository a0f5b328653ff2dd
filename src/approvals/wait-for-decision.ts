import { setTimeout } from 'node:timers/promises'
import { type Approvals, statusOf } from './approvals.ts'

/** Another process may hold the page or the terminal in which a person decides, so the store is looked at this often. */
const EVERY_MS = 250

/** Resolves when the request waits no longer, at `until` (epoch milliseconds) at the latest; throws when `signal` ends. */
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
    await setTimeout(Math.min(EVERY_MS, left), undefined, { signal })
  }
}
