import { createHash } from 'node:crypto'
import { ApprovalDenied, ApprovalUsed, ApprovalVoid, NotFound } from '../errors.ts'
import type { Store } from '../store/store.ts'
import {
  type Approval,
  type ApprovalRequest,
  ASK_AGAIN_HINT,
  approversOf,
  type Channel,
  checkDecision,
  howExpired,
  meetsQuorum,
  type Parties,
  type Quorum,
  statusOf,
  whyNoLonger,
} from './approval.ts'
import { newApprovalId, readApprovalId } from './approval-id.ts'
import { openDenials, reasonInWords } from './denials.ts'
import { openRequestsIn } from './open-requests.ts'
import { countRepeats } from './repeats.ts'

/** How long the approver has to decide and the caller to act, from the time of the request. */
export const APPROVAL_TTL_MS = 60 * 60_000
/** How long a record is kept after that, to report "used" and "expired". */
const KEPT_AFTER_MS = 24 * 60 * 60_000

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
  /** How often the same change was requested in the day before this request, and how often it was denied lately. */
  earlier(approval: Approval): Promise<{ asked: number; denied: number }>
  /** How many requests wait for a decision. Reads one value, however many approvals are kept. */
  pending(): Promise<number>
  /** Ids of the pending requests that approvers are not shown yet: they wait in line behind others. */
  inLine(): Promise<ReadonlySet<string>>
  /** Requests that approvers are shown from now on, and approvals that expired unused: each once. */
  news(): Promise<{ shown: Approval[]; unused: Approval[]; open: number }>
  /**
   * Records a decision. A request is approved when enough different people approve; one denial is final. Throws `NotFound`
   * and what `checkDecision` throws. The caller must first check that `by` is an approver. `reason` is why it is denied.
   */
  decide(
    id: string,
    decision: 'approved' | 'denied',
    by: string,
    how: Channel,
    reason?: string,
  ): Promise<Approval>
  /**
   * Uses up an approved request, exactly once. A pending one is returned unchanged. Otherwise throws `ApprovalVoid` (also
   * when the request has a lower quorum than `required`, or its approval no longer counts with these `parties`), `ApprovalDenied` or
   * `ApprovalUsed`.
   */
  use(id: string, digest: string, required?: Quorum, parties?: Parties): Promise<Approval>
  /** True for exactly one answer to a question asked through the client. */
  claimQuestion(id: string, ttl: number): Promise<boolean>
}

// All requests with one digest are one value, so each step is one atomic update of the store.
const DIGEST_PREFIX = 'approval/digest/'
const digestKey = (digest: string) => DIGEST_PREFIX + createHash('sha256').update(digest).digest('hex')
const idKey = (id: string) => `approval/id/${id}`

export function openApprovals(store: Store): Approvals {
  const keyOf = (id: string) => store.get<string>(idKey(id))
  const denials = openDenials(store)
  const line = openRequestsIn(store)
  const repeats = countRepeats(store)

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
      if (!known) await repeats.add(approval)
      if (approval.state === 'pending') await line.add(approval)
      return approval
    },

    get,
    async givenInForm(digest) {
      const now = await store.now()
      const all = (await store.get<Approval[]>(digestKey(digest))) ?? []
      return all.find((one) => statusOf(one, now) === 'approved' && one.how === 'form')
    },
    async earlier(approval) {
      const [asked, denied] = await Promise.all([repeats.before(approval), denials.times(approval)])
      return { asked, denied }
    },
    pending: line.pending,
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

    async decide(text, decision, by, how, reason) {
      const id = readApprovalId(text)
      const decided = await change(
        id,
        () => noRequest(id),
        (approval, at) => {
          checkDecision(approval, decision, by, at)
          if (decision === 'denied') {
            const why = reason !== undefined && { denialReason: reason }
            return { ...approval, state: decision, by, how, decidedAt: at, ...why }
          }
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

    async use(text, digest, required = {}, parties) {
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
          throw new ApprovalDenied(
            `A person denied this change (${id}).${reasonInWords(approval.denialReason)}`,
            'Tell the person you work for.',
            { ...(retryAt !== undefined && { retryAt }) },
          )
        }
        if (status === 'expired') throw new ApprovalVoid(howExpired(approval), ASK_AGAIN_HINT)
        if (!meetsQuorum(approval, required)) {
          throw new ApprovalVoid(`The approval ${id} no longer meets the requirements.`, ASK_AGAIN_HINT)
        }
        const why = status === 'approved' && parties ? whyNoLonger(approval, parties) : undefined
        if (why !== undefined) {
          throw new ApprovalVoid(`The approval ${id} no longer counts: ${why}.`, ASK_AGAIN_HINT)
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
