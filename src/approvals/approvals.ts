import { createHash } from 'node:crypto'
import type { Briefing } from '../domain/briefing.ts'
import { mayBeRequester, personInWords, type Requester } from '../domain/caller-names.ts'
import { ApprovalDenied, ApprovalUsed, ApprovalVoid, Conflict, NotFound, Refused } from '../errors.ts'
import type { JournalEvent } from '../journal/events.ts'
import type { Store } from '../store/store.ts'
import { sameText } from '../text/text.ts'
import { newApprovalId, readApprovalId } from './approval-id.ts'
import type { Given } from './binding.ts'
import { openDenials } from './denials.ts'
import { openRequestsIn } from './open-requests.ts'

/** How long the approver has to decide and the caller to act, from the time of the request. */
export const APPROVAL_TTL_MS = 60 * 60_000
/** How long a record is kept after that, to report "used" and "expired". */
const KEPT_AFTER_MS = 24 * 60 * 60_000

export type Channel = NonNullable<NonNullable<JournalEvent['approval']>['how']>

/** The approvers that a change requires. */
interface Quorum {
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
  usedAt?: number
}

/** Decisions on plans. Each is bound to one plan, can be used once, and expires. */
export interface Approvals {
  /**
   * An open request with this digest and at least this quorum, or a new one. Throws `ApprovalDenied` for a plan that a person
   * denied lately, and `LimitReached` for a caller with too many open requests.
   */
  request(request: ApprovalRequest): Promise<Approval>
  get(id: string): Promise<Approval | undefined>
  /** The unused approval of this plan that a person gave in a form after the call had ended. */
  givenInForm(digest: string): Promise<Approval | undefined>
  /** Oldest first; `pending` lists only undecided ones. */
  list(options?: { pending?: boolean }): Promise<Approval[]>
  /** Ids of the pending requests that approvers are not shown yet: they wait in line behind others. */
  inLine(): Promise<ReadonlySet<string>>
  /** Requests that approvers are shown from now on, and approvals that expired unused: each once. */
  news(): Promise<{ shown: Approval[]; unused: Approval[]; open: number }>
  /**
   * Records a decision. A request is approved when enough different people approve; one denial is final. Throws `NotFound`
   * and what `checkDecision` throws. The caller must first check that `by` is an approver.
   */
  decide(id: string, decision: 'approved' | 'denied', by: string, how: Channel): Promise<Approval>
  /**
   * Uses up an approved request, exactly once. A pending one is returned unchanged. Otherwise throws `ApprovalVoid` (also
   * when the request has a lower quorum than `required`), `ApprovalDenied` or `ApprovalUsed`.
   */
  use(id: string, digest: string, required?: Quorum): Promise<Approval>
  /** True for exactly one answer to a question asked through the client. */
  claimQuestion(id: string, ttl: number): Promise<boolean>
}

/** The current status of an approval, by the local clock unless a time is given. */
export function statusOf(approval: Approval, now = Date.now()): Approval['state'] | 'used' | 'expired' {
  if (approval.usedAt !== undefined) return 'used'
  if (approval.state === 'denied') return 'denied'
  return approval.expiresAt <= now ? 'expired' : approval.state
}

// All requests with one digest are one value, so each step is one atomic update of the store.
const DIGEST_PREFIX = 'approval/digest/'
const digestKey = (digest: string) => DIGEST_PREFIX + createHash('sha256').update(digest).digest('hex')
const idKey = (id: string) => `approval/id/${id}`

export function openApprovals(store: Store): Approvals {
  const keyOf = (id: string) => store.get<string>(idKey(id))
  const denials = openDenials(store)
  const line = openRequestsIn(store)

  const get = async (text: string) => {
    const id = readApprovalId(text)
    const key = await keyOf(id)
    return key === undefined
      ? undefined
      : (await store.get<Approval[]>(key))?.find((approval) => approval.id === id)
  }
  const getAll = async (ids: readonly string[]) =>
    (await Promise.all(ids.map(get))).filter((approval) => approval !== undefined)

  /** Changes the approval with `id`; `edit` throws to refuse. */
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
      return { ...withoutOld(all, now), result }
    })
  }

  return {
    async request(request) {
      await denials.check(request)
      const key = digestKey(request.digest)
      const isOpen = (one: Approval, now: number) => isOpenAt(one, now) && meetsQuorum(one, request)
      const now = await store.now()
      const known = ((await store.get<Approval[]>(key)) ?? []).some((one) => isOpen(one, now))
      if (!known) await line.mustHaveRoom(request.caller)
      const approval = await store.update<Approval[], Approval>(key, (approvals = [], now) => {
        const open = approvals.find((one) => isOpen(one, now))
        if (open) return { ...withoutOld(approvals, now), result: open }
        const expiresAt = now + APPROVAL_TTL_MS
        const result: Approval = {
          ...request,
          id: newApprovalId(),
          createdAt: now,
          expiresAt,
          state: 'pending',
        }
        return { ...withoutOld([...approvals, result], now), result }
      })
      // Set each time, so every returned id resolves, even after a crash or data loss between the two writes.
      await store.set(idKey(approval.id), key, APPROVAL_TTL_MS + KEPT_AFTER_MS)
      if (approval.state === 'pending') await line.add(approval)
      return approval
    },

    get,
    async givenInForm(digest) {
      const now = await store.now()
      const all = (await store.get<Approval[]>(digestKey(digest))) ?? []
      return all.find((one) => statusOf(one, now) === 'approved' && one.how === 'form')
    },
    inLine: line.inLine,
    async news() {
      const { shown, unused, open } = await line.news()
      return { shown: await getAll(shown), unused: await getAll(unused), open }
    },

    async list({ pending = false } = {}) {
      const keys = await store.keys(DIGEST_PREFIX)
      const approvals = (await Promise.all(keys.map((key) => store.get<Approval[]>(key)))).flat()
      return approvals
        .filter((approval) => approval !== undefined)
        .filter((approval) => !pending || isPending(approval))
        .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
    },

    async decide(text, decision, by, how) {
      const id = readApprovalId(text)
      const decided = await change(
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
      if (decided.state === 'denied') {
        await denials.add(decided)
        await line.remove(id)
      }
      if (decided.state === 'approved') await line.approve(id)
      return decided
    },

    async use(text, digest, required = {}) {
      const id = readApprovalId(text)
      const given = await get(id)
      const retryAt = given?.state === 'denied' ? await denials.until(given) : undefined
      const unknown = () => new ApprovalVoid(`There is no approval ${id} for this call.`, ASK_AGAIN_HINT)
      const used = await change(id, unknown, (approval, now) => {
        if (approval.digest !== digest) throw unknown()
        const status = statusOf(approval, now)
        if (status === 'used') {
          // The response of the call that used it can have been lost.
          throw new ApprovalUsed(
            `The approval ${id} was already used.`,
            'Make the call again without an approvalId: it detects what is done, and requests approval for the rest.',
          )
        }
        if (status === 'denied') {
          throw new ApprovalDenied(`A person denied this change (${id}).`, 'Tell the person you work for.', {
            ...(retryAt !== undefined && { retryAt }),
          })
        }
        if (status === 'expired') throw new ApprovalVoid(howExpired(approval), ASK_AGAIN_HINT)
        if (!meetsQuorum(approval, required)) {
          throw new ApprovalVoid(`The approval ${id} no longer meets the requirements.`, ASK_AGAIN_HINT)
        }
        // Used from here on, even if this process ends before it acts.
        return status === 'approved' ? { ...approval, usedAt: now } : approval
      })
      if (used.usedAt !== undefined) await line.remove(id)
      return used
    },

    // Twice the validity of the answer, since each instance checks that by its own clock.
    claimQuestion: (id, ttl) => store.claim(`approval/question/${id}`, 2 * ttl),
  }
}

export const noRequest = (id: string): NotFound =>
  new NotFound(`There is no request ${id}.`, 'List them with `identity-mcp approvals --all`.')

const howExpired = ({ id, state }: Approval): string =>
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

const meetsQuorum = (approval: Quorum, required: Quorum): boolean =>
  approversOf(approval) >= approversOf(required) && (approval.fourEyes === true || !required.fourEyes)

const ASK_AGAIN_HINT = 'Make the call again without an approvalId to request a new approval.'

const isPending = (approval: Approval) => statusOf(approval) === 'pending'
/** Still valid for the call that asked: pending, or approved and not used. */
const isOpenAt = (approval: Approval, now: number) =>
  ['pending', 'approved'].includes(statusOf(approval, now))

/** The value of a digest's key: its approvals, without those that expired long ago. */
function withoutOld(approvals: Approval[], now: number): { next: Approval[] | undefined; ttl: number } {
  const next = approvals.filter((approval) => approval.expiresAt + KEPT_AFTER_MS > now)
  const last = Math.max(now, ...next.map((approval) => approval.expiresAt))
  return { next: next.length > 0 ? next : undefined, ttl: last + KEPT_AFTER_MS - now }
}
