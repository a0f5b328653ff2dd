import { createHash } from 'node:crypto'
import { ApprovalDenied } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { canonicalJson } from '../text/canonical-json.ts'
import { inQuotes } from '../text/text.ts'

const MINUTE_MS = 60_000
/** How long a denied plan cannot be requested again: after the first denial, the second, and so on. */
const PAUSES_MS = [15, 60, 4 * 60, 24 * 60].map((minutes) => minutes * MINUTE_MS)
/** After that long without a new denial, the pauses begin again with the first. */
const KEPT_MS = 24 * 60 * MINUTE_MS
/** Most characters of the reason that a person gives for a denial. */
export const MAX_REASON = 400

/** What a request and its denial are remembered by. */
export interface RequestedPlan {
  tool: string
  caller: string
  /** Hashes of what is done to each account; the digest counts where there are none. */
  targets?: Readonly<Record<string, string>>
  digest: string
}

interface Denied {
  times: number
  reason?: string
  /** Epoch milliseconds. */
  at: number
  until: number
}

/** The plans that people denied lately, by what they would change and for whom: other words for it are the same plan. */
interface Denials {
  add(plan: RequestedPlan & { denialReason?: string }): Promise<void>
  /** How often the plan was denied lately. */
  times(plan: RequestedPlan): Promise<number>
  /** When the plan can be requested again, if it was denied lately. */
  until(plan: RequestedPlan): Promise<number | undefined>
  /** Throws `ApprovalDenied` if that is not yet. */
  check(plan: RequestedPlan): Promise<void>
}

export function openDenials(store: Store): Denials {
  const current = async (plan: RequestedPlan) => {
    const denied = await store.get<Denied>(keyOf(plan))
    return denied && denied.until > (await store.now()) ? denied : undefined
  }
  return {
    add: (plan) =>
      store.update<Denied, void>(keyOf(plan), (denied, now) => {
        const times = (denied?.times ?? 0) + 1
        const pause = PAUSES_MS[Math.min(times, PAUSES_MS.length) - 1] ?? 0
        const reason = plan.denialReason
        const next = { times, at: now, until: now + pause, ...(reason !== undefined && { reason }) }
        return { next, ttl: pause + KEPT_MS, result: undefined }
      }),
    times: async (plan) => (await store.get<Denied>(keyOf(plan)))?.times ?? 0,
    until: async (plan) => (await current(plan))?.until,
    async check(plan) {
      const denied = await current(plan)
      if (!denied) return
      const iso = (time: number) => new Date(time).toISOString()
      throw new ApprovalDenied(
        `A person denied this change at ${iso(denied.at)}.${reasonInWords(denied.reason)} It can be requested again from ${iso(denied.until)}.`,
        'Tell the person you work for.',
        { retryAt: denied.until },
      )
    },
  }
}

const keyOf = (plan: RequestedPlan) => `approval/denied/${planHash(plan)}`

/** The same for one plan in any words. */
export function planHash({ tool, caller, targets, digest }: RequestedPlan): string {
  const plan = canonicalJson([tool, caller, targets ?? digest])
  return createHash('sha256').update(plan).digest('hex')
}

/** What the person said, for the agent; empty if nothing. */
export const reasonInWords = (reason: string | undefined): string =>
  reason === undefined ? '' : ` The reason, in the person's words: ${inQuotes(reason, MAX_REASON)}.`
