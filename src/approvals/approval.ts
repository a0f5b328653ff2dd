import type { Briefing } from '../domain/briefing.ts'
import { mayBeRequester, personInWords, type Requester } from '../domain/caller-names.ts'
import { ApprovalVoid, Conflict, Refused } from '../errors.ts'
import type { JournalEvent } from '../journal/events.ts'
import { sameText } from '../text/text.ts'
import type { Given } from './binding.ts'

export type Channel = NonNullable<NonNullable<JournalEvent['approval']>['how']>

/** The approvers that a change requires. */
export interface Quorum {
  /** How many different people; 1 by default. */
  approvers?: number
  /** Whether the requester is excluded (four-eyes principle). */
  fourEyes?: boolean
}

/** What approvers are asked to approve, and what their yes is bound to. */
export interface ApprovalRequest extends Quorum, Requester, Given {
  tool: string
  /** The exact change, in lines for the approver. */
  plan: string[]
  /** The lines of the plan about what is not done, and what could not be found out. */
  asides?: readonly string[]
  reason?: string
  /** Further names that the requester may have. */
  mayBe?: readonly string[]
  /** Reference and arguments of the call that asked, for the journal. */
  call?: string
  args?: Record<string, unknown>
  /** The same change as data, with further information for the approver. */
  briefing?: Briefing
  /** What the approver must type besides the passphrase, for a high-impact change. */
  mustType?: string
}

export interface Approval extends ApprovalRequest {
  /** For people to read out and type: "K7Q2-M9XD-41". */
  id: string
  /** Epoch milliseconds, like all times here. */
  createdAt: number
  expiresAt: number
  state: 'pending' | 'approved' | 'denied'
  /** The approvals so far, one per person. */
  agreed?: { by: string; how: Channel; at: number }[]
  /** Who decided: all approvers of an approved request, or the person who denied it. */
  by?: string
  how?: Channel
  decidedAt?: number
  /** Why it was denied, in the words of the person. */
  denialReason?: string
  usedAt?: number
}

/** The current status of an approval, by the local clock unless a time is given. */
export function statusOf(approval: Approval, now = Date.now()): Approval['state'] | 'used' | 'expired' {
  if (approval.usedAt !== undefined) return 'used'
  if (approval.state === 'denied') return 'denied'
  return approval.expiresAt <= now ? 'expired' : approval.state
}

export const howExpired = ({ id, state }: Approval): string =>
  state === 'approved'
    ? `The request ${id} was approved, but it has expired: it was not used in time.`
    : `The request ${id} has expired without a decision.`

/** Throws `ApprovalVoid` or `Conflict` unless the request is still pending. */
export function checkUndecided(approval: Approval, now?: number): void {
  const status = statusOf(approval, now)
  if (status === 'expired') throw new ApprovalVoid(howExpired(approval), ASK_AGAIN_HINT)
  if (status === 'pending') return
  // Without the name of the approver: whoever has the link reads this.
  throw new Conflict(`The request ${approval.id} is already ${approval.state}.`, 'A decision is final.')
}

/** Throws what `checkUndecided` throws, and `Refused` for a second approval by the same person or one by the requester. */
export function checkDecision(
  approval: Approval,
  decision: 'approved' | 'denied',
  by: string,
  now?: number,
): void {
  checkUndecided(approval, now)
  if (decision === 'denied') return
  if (approval.agreed?.some((one) => sameText(one.by, by))) {
    throw new Refused(`${by} has already approved this.`, 'Another person must approve it too.')
  }
  if (approval.fourEyes && mayBeRequester(by, approval)) {
    throw new Refused(
      `${by} may be the requester (${personInWords(approval)}), who cannot approve this.`,
      'Another person must approve it.',
    )
  }
}

/** Who approves and who asks, at the time when an approval is used. */
export interface Parties {
  approvers: readonly { name: string; addedAt: number }[]
  requester: Requester & { mayBe: readonly string[] }
}

/** Why an approval no longer counts, though it did when it was given; undefined if it does. Names nobody to the agent. */
export function whyNoLonger({ agreed = [], fourEyes }: Approval, now: Parties): string | undefined {
  // Whoever answered a form is the person at the client.
  const given = agreed.filter(({ how }) => how !== 'form')
  const isApprover = ({ by, at }: (typeof given)[number]) =>
    now.approvers.some(({ name, addedAt }) => sameText(name, by) && addedAt <= at)
  if (!given.every(isApprover)) return 'who gave it is no approver any more'
  return fourEyes && given.some(({ by }) => mayBeRequester(by, now.requester))
    ? 'who gave it may be the requester, by the names that the caller has now'
    : undefined
}

/** How many different people must approve. */
export const approversOf = ({ approvers = 1 }: Quorum): number => approvers

/** Approvals so far, when more than one is required: "1 of 2". */
export const progressOf = (approval: Approval): string | undefined =>
  approversOf(approval) > 1 ? `${approval.agreed?.length ?? 0} of ${approversOf(approval)}` : undefined

/** The quorum, unless any one approver is enough: "2 approvers, not local:ada, who asked for it". */
export const whoMustAgree = (approval: Approval): string | undefined =>
  [
    approversOf(approval) > 1 && `${approversOf(approval)} approvers`,
    approval.fourEyes && `not ${personInWords(approval)}, who asked for it`,
  ]
    .filter(Boolean)
    .join(', ') || undefined

/** Whether enough people, and the right ones, are asked. */
export const meetsQuorum = (approval: Quorum, required: Quorum): boolean =>
  approversOf(approval) >= approversOf(required) && (approval.fourEyes === true || !required.fourEyes)

export const ASK_AGAIN_HINT = 'Make the call again without an approvalId to request a new approval.'
