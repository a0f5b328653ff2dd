import type { Ledger } from '../budget/ledger.ts'
import type { Ticket } from '../budget/state.ts'
import type { Settings } from '../config.ts'
import { LimitReached } from '../errors.ts'
import { removes } from '../identity/plan.ts'
import type { Call, CallGuard } from './call.ts'

/** How much may be changed, and where it is counted; the count outlives the process. */
export interface BlastRadius {
  ledger: Ledger
  limits: Settings['limits']
}

// Longer than any call may take.
const HOLD_MS = 3_600_000

/** Refuses a call that would take its caller over the changes allowed in an hour, in any tenant it touches. */
export const blastRadius = ({ ledger, limits }: BlastRadius): CallGuard =>
  async function blastRadius(call, next) {
    const counts = countByTenant(call)
    if (counts.size === 0) return next(call)
    const perHour = removes(call.tool) ? limits.removesPerHour : limits.changesPerHour
    const taken: { bucket: string; ticket: Ticket }[] = []
    const release = (spent: boolean) =>
      Promise.all(
        taken.map(({ bucket, ticket }) =>
          spent ? ledger.settle(bucket, ticket) : ledger.giveBack(bucket, ticket),
        ),
      )
    for (const [tenant, count] of counts) {
      const bucket = bucketOf(call, tenant)
      const got = await ledger.take(bucket, { perHour }, { count, holdMs: HOLD_MS })
      if (!('ticket' in got)) {
        await release(false)
        throw limitReached(call, perHour, tenant, 'retryAt' in got ? got.retryAt : undefined)
      }
      taken.push({ bucket, ticket: got.ticket })
    }
    // A change counts once it was about to leave; what was only asked for, or declined, does not.
    let started = false
    const record: Call['record'] = async (event) => {
      if (event.event === 'started') started = true
      await call.record(event)
    }
    try {
      return await next({ ...call, record })
    } finally {
      // What came of the call is true all the same; a ticket that is left lapses, and counts as spent.
      await release(started).catch(() => undefined)
    }
  }

function countByTenant({ plan }: Call): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { tenant, accounts } of plan?.changes ?? []) {
    counts.set(tenant, (counts.get(tenant) ?? 0) + Math.max(1, accounts.length))
  }
  return counts
}

const bucketOf = ({ caller, tool }: Call, tenant: string) =>
  JSON.stringify(['changes', removes(tool) ? 'removes' : 'other', caller.id, tenant])

const limitReached = ({ tool }: Call, perHour: number, tenant: string, retryAt: number | undefined) =>
  new LimitReached(
    `This would pass the limit of ${perHour} ${removes(tool) ? 'removals' : 'changes'} an hour in ${tenant}.`,
    'Wait until `retryAt`, or have the person who runs this server look at what is going on.',
    { tenant, ...(retryAt !== undefined && { retryAt }) },
  )
