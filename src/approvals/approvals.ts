import { createHash } from 'node:crypto'
import type { Briefing } from '../domain/briefing.ts'
import { mayBeCaller } from '../domain/caller-names.ts'
import { ApprovalDenied, ApprovalUsed, ApprovalVoid, Conflict, NotFound, Refused } from '../errors.ts'
import type { JournalEvent } from '../journal/events.ts'
import type { Store } from '../store/store.ts'
import { sameText } from '../text/text.ts'
import { newApprovalId, readApprovalId } from './approval-id.ts'

/** How long a person has to decide, and the caller to act on it, from the moment of the request. */
export const APPROVAL_TTL_MS = 60 * 60_000
/** How long a record stays after that, so that "used" and "expired" can still be told. */
const KEPT_MS = 24 * 60 * 60_000

export type Channel = NonNullable<NonNullable<JournalEvent['approval']>['how']>

/** Who must agree. */
export interface Quorum {
  /** How many different people; 1 when left out. */
  approvers?: number
  /** Whether the one who asked is not among them. */
  fourEyes?: boolean
}

/** What people are asked to agree to. */
export interface ApprovalRequest extends Quorum {
  /** Binds tool, arguments, targets with their states, and caller; opaque here. */
  digest: string
  tool: string
  /** The exact change, in lines that a person can judge. */
  plan: string[]
  reason?: string
  caller: string
  client?: string
  /** Reference of the call that asked, for the journal. */
  call?: string
  /** The same change as data, with what else a person should know. */
  briefing?: Briefing
  /** What the approver types besides the passphrase, where the change is one of weight. */
  mustType?: string
}

export interface Approval extends ApprovalRequest {
  /** For people to read out and type: "K7Q2-M9XD-41". */
  id: string
  /** Epoch milliseconds, as all times here. */
  createdAt: number
  expiresAt: number
  state: 'pending' | 'approved' | 'denied'
  /** Every yes so far, one for each person. */
  agreed?: { by: string; how: Channel; at: number }[]
  /** Who decided: all whose yes it took, or the one who said no. */
  by?: string
  how?: Channel
  decidedAt?: number
  usedAt?: number
}

/** People's yes or no to one plan each: bound to it, used once, gone after its time. */
export interface Approvals {
  /**
   * The request with this digest that is still to be decided or used, or a new one when there is none that asks for as
   * much.
   */
  request(request: ApprovalRequest): Promise<Approval>
  get(id: string): Promise<Approval | undefined>
  /** Oldest first; `pending` leaves only those that still wait for a person. */
  list(options?: { pending?: boolean }): Promise<Approval[]>
  /**
   * A yes counts once enough different people have given theirs, a no at once. Throws what `checkDecision` throws, and
   * `NotFound`. Whether `by` is an approver is for the caller to check first.
   */
  decide(id: string, decision: 'approved' | 'denied', by: string, how: Channel): Promise<Approval>
  /**
   * Uses up an approved request: for exactly one caller, ever. A pending one is returned as it is, for the caller to
   * wait on. Throws `ApprovalVoid`, `ApprovalDenied` or `ApprovalUsed` otherwise; void is also one that was asked for
   * when less was required than is now.
   */
  use(id: string, digest: string, required?: Quorum): Promise<Approval>
  /** True for exactly one answer to a question put through the client. */
  claimQuestion(id: string, ttl: number): Promise<boolean>
}

/** What an approval amounts to at this moment, by our own clock unless a time is given. */
export function statusOf(approval: Approval, now = Date.now()): Approval['state'] | 'used' | 'expired' {
  if (approval.usedAt !== undefined) return 'used'
  if (approval.state === 'denied') return 'denied'
  return approval.expiresAt <= now ? 'expired' : approval.state
}

// All requests with one digest are one value, so that each step on them is one atomic change of the store.
const DIGESTS = 'approval/digest/'
const digestKey = (digest: string) => DIGESTS + createHash('sha256').update(digest).digest('hex')
const idKey = (id: string) => `approval/id/${id}`

export function openApprovals(store: Store): Approvals {
  const keyOf = (id: string) => store.get<string>(idKey(id))

  /** Changes the one approval with `id`; `change` throws to refuse. */
  const change = async (
    id: string,
    unknown: () => Error,
    edit: (approval: Approval, now: number) => Approval,
  ) => {
    const key = await keyOf(id)
    if (key === undefined) throw unknown()
    return store.update<Approval[], Approval>(key, (approvals = [], now) => {
      const before = approvals.find((approval) => approval.id === id)
      if (!before) throw unknown()
      const result = edit(before, now)
      const all = approvals.map((approval) => (approval === before ? result : approval))
      return { ...kept(all, now), result }
    })
  }

  return {
    async request(request) {
      const key = digestKey(request.digest)
      const approval = await store.update<Approval[], Approval>(key, (approvals = [], now) => {
        const open = approvals.find((one) => isOpenAt(one, now) && meets(one, request))
        if (open) return { ...kept(approvals, now), result: open }
        const expiresAt = now + APPROVAL_TTL_MS
        const result: Approval = {
          ...request,
          id: newApprovalId(),
          createdAt: now,
          expiresAt,
          state: 'pending',
        }
        return { ...kept([...approvals, result], now), result }
      })
      // Each time, so that no id is handed out that leads nowhere, whatever ended or was lost between the two.
      await store.set(idKey(approval.id), key, APPROVAL_TTL_MS + KEPT_MS)
      return approval
    },

    async get(text) {
      const id = readApprovalId(text)
      const key = await keyOf(id)
      return key === undefined
        ? undefined
        : (await store.get<Approval[]>(key))?.find((approval) => approval.id === id)
    },

    async list({ pending = false } = {}) {
      const keys = await store.keys(DIGESTS)
      const approvals = (await Promise.all(keys.map((key) => store.get<Approval[]>(key)))).flat()
      return approvals
        .filter((approval) => approval !== undefined)
        .filter((approval) => !pending || isPending(approval))
        .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
    },

    decide(text, decision, by, how) {
      const id = readApprovalId(text)
      return change(
        id,
        () => noRequest(id),
        (approval, at) => {
          checkDecision(approval, decision, by, at)
          if (decision === 'denied') return { ...approval, state: decision, by, how, decidedAt: at }
          const agreed = [...(approval.agreed ?? []), { by, how, at }]
          if (agreed.length < approversOf(approval)) return { ...approval, agreed }
          const names = agreed.map((one) => one.by).join(', ')
          return { ...approval, agreed, state: decision, by: names, how, decidedAt: at }
        },
      )
    },

    use(text, digest, required = {}) {
      const id = readApprovalId(text)
      const unknown = () => new ApprovalVoid(`There is no approval ${id} for this call.`, askAgain)
      return change(id, unknown, (approval, now) => {
        if (approval.digest !== digest) throw unknown()
        const status = statusOf(approval, now)
        if (status === 'used') {
          // The answer of the call that used it may have been lost.
          throw new ApprovalUsed(
            `The approval ${id} was used already.`,
            'Make the call again without an approvalId: it finds what is done, and asks a person anew for what is not.',
          )
        }
        if (status === 'denied') {
          throw new ApprovalDenied(`A person denied this change (${id}).`, 'Tell the person you work for.')
        }
        if (status === 'expired') throw new ApprovalVoid(`The approval ${id} has expired.`, askAgain)
        if (!meets(approval, required)) {
          throw new ApprovalVoid(`The approval ${id} was asked for when less was required.`, askAgain)
        }
        // Used from here on, even should this process end before it acts.
        return status === 'approved' ? { ...approval, usedAt: now } : approval
      })
    },

    // Twice as long as its answer counts, whose end each instance takes from its own clock.
    claimQuestion: (id, ttl) => store.claim(`approval/question/${id}`, 2 * ttl),
  }
}

export const noRequest = (id: string): NotFound =>
  new NotFound(`There is no request ${id}.`, 'List them with `identity-mcp approvals --all`.')

/** Throws `ApprovalVoid` or `Conflict` unless a person can still decide this one. */
export function checkUndecided(approval: Approval, now?: number): void {
  const status = statusOf(approval, now)
  if (status === 'expired') throw new ApprovalVoid(`The request ${approval.id} has expired.`, askAgain)
  if (status === 'pending') return
  const decided = `${approval.state} by ${approval.by}`
  throw new Conflict(
    `The request ${approval.id} is already ${decided}.`,
    'It cannot be decided a second time.',
  )
}

/** Throws what `checkUndecided` throws, and `Refused` for a yes that would not be one more person's, or the caller's own. */
export function checkDecision(
  approval: Approval,
  decision: 'approved' | 'denied',
  by: string,
  now?: number,
): void {
  checkUndecided(approval, now)
  if (decision === 'denied') return
  if (approval.agreed?.some((one) => sameText(one.by, by))) {
    throw new Refused(`${by} has agreed to this already.`, 'It takes another person as well.')
  }
  if (approval.fourEyes && mayBeCaller(by, approval.caller)) {
    throw new Refused(
      `${by} may be the one who asked for this (${approval.caller}), who may not approve it.`,
      'It takes another person.',
    )
  }
}

/** How many different people must agree. */
export const approversOf = ({ approvers = 1 }: Quorum): number => approvers

/** How far it has come, where it takes more than one: "1 of 2". */
export const progressOf = (approval: Approval): string | undefined =>
  approversOf(approval) > 1 ? `${approval.agreed?.length ?? 0} of ${approversOf(approval)}` : undefined

/** Who it takes, where that is not just anybody who may approve: "2 approvers, not local:ada, who asked for it". */
export const whoMustAgree = (approval: Approval): string | undefined =>
  [
    approversOf(approval) > 1 && `${approversOf(approval)} approvers`,
    approval.fourEyes && `not ${approval.caller}, who asked for it`,
  ]
    .filter(Boolean)
    .join(', ') || undefined

const meets = (approval: Quorum, required: Quorum): boolean =>
  approversOf(approval) >= approversOf(required) && (approval.fourEyes === true || !required.fourEyes)

const askAgain = 'Make the call again without an approvalId to ask a person anew.'

const isPending = (approval: Approval) => statusOf(approval) === 'pending'
/** Still good for the call that asked: to be decided, or agreed to and not yet used. */
const isOpenAt = (approval: Approval, now: number) =>
  ['pending', 'approved'].includes(statusOf(approval, now))

/** The value of a digest's key: those of its approvals that have not been over for long. */
function kept(approvals: Approval[], now: number): { next: Approval[] | undefined; ttl: number } {
  const next = approvals.filter((approval) => approval.expiresAt + KEPT_MS > now)
  const last = Math.max(now, ...next.map((approval) => approval.expiresAt))
  return { next: next.length > 0 ? next : undefined, ttl: last + KEPT_MS - now }
}
