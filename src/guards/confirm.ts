import type { Approval, Parties } from '../approvals/approval.ts'
import type { Approvers } from '../approvals/approvers.ts'
import { ASK_APPROVAL_AGAIN, type Binding, bindingOf, mustCover } from '../approvals/binding.ts'
import { mustType } from '../approvals/typed-confirmation.ts'
import type { Briefing } from '../domain/briefing.ts'
import { type Plan, shownOf } from '../domain/change.ts'
import { ApprovalVoid, InvalidInput } from '../errors.ts'
import type { JournalEvent } from '../journal/events.ts'
import { type Call, type CallGuard, mustBeNamed, type Reply, requesterOf } from './call.ts'
import { ASK_AGAIN, type Asking, answerIn, askInForm, mustBeWhole, wording } from './form.ts'
import { type Demand, demandOf, weigh } from './policy.ts'

/** What confirmations are checked against and stored in. */
export interface Confirming extends Asking {
  /** Where a person decides: in words, with the address of the page if there is one. */
  approveAt: (approval: Approval) => Promise<{ words: string; url?: string }>
  /** Who can approve now. */
  approvers: Pick<Approvers, 'list'>
  /** Looks after open requests; called when one is made. Never throws. */
  tend: () => Promise<void>
  /** What a person should know about the plan; called only if a person must approve it. */
  brief: (call: Call, plan: Plan) => Promise<Briefing>
}

/**
 * Lets a change through only after a person has agreed to exactly that change: in the client, or outside the agent's
 * reach. Whatever the client cannot do, a change never runs unasked and a call never dead-ends.
 */
export const confirm = (by: Confirming): CallGuard =>
  async function confirm(call, next) {
    const { plan } = call
    // Nothing to change, so nothing to confirm.
    if (!plan || (plan.changes.length === 0 && !plan.run)) {
      if (plan?.uncovered) throw givenForOthers(approvalIdOf(call))
      return next(call)
    }
    const bound = bindingOf(call, plan, by.policy.about)
    const { digest } = bound
    const demand = demandOf(weigh(plan, by.policy.about, leastOf(call, plan)), by.policy)
    if (demand.fourEyes) mustBeNamed(call)
    const approvalId = approvalIdOf(call)
    if (approvalId !== undefined) {
      const given = await by.approvals.get(approvalId)
      if (given) mustCover(given, bound, plan)
      if (given?.how === 'form' && demand.level !== 'ask') {
        throw new ApprovalVoid(
          `The approval ${approvalId} no longer meets the requirements.`,
          ASK_APPROVAL_AGAIN,
        )
      }
      const approval = await by.approvals.use(
        approvalId,
        given?.digest ?? digest,
        demand,
        await partiesOf(call, by),
      )
      if (approval.state === 'pending') {
        const { answer } = waiting(approval, await placeOf(approval, by))
        return { answer: { ...answer, ...plan.settled } }
      }
      return next(allowedBy(call, approval))
    }
    const { level } = demand
    if (level === 'none') return next(call)
    mustFitQuestion(plan)
    const given = level === 'ask' && !call.answer ? await by.approvals.givenInForm(digest) : undefined
    if (given)
      return next(
        allowedBy(call, await by.approvals.use(given.id, digest, demand, await partiesOf(call, by))),
      )
    if (level === 'ask' && call.answer) {
      const question = await answerIn(call, plan, bound, call.answer, by)
      if (question === 'elsewhere') return request(call, plan, { bound, demand }, by)
      if (question) {
        const approval = { id: question.id, by: call.caller.id, how: 'form' as const }
        await call.record({ event: 'approved', approval, plan: shownOf(plan) })
        return next(allowedBy(call, approval))
      }
    }
    return level === 'ask' && call.canAsk
      ? askInForm(call, plan, { bound, demand }, by)
      : request(call, plan, { bound, demand }, by)
  }

const partiesOf = async (call: Call, { approvers }: Confirming): Promise<Parties> => ({
  approvers: await approvers.list(),
  requester: { ...requesterOf(call), mayBe: call.self.mayBe },
})

const givenForOthers = (approvalId: string | undefined) =>
  approvalId === undefined
    ? new ApprovalVoid('What the person agreed to is not this (it was for other accounts).', ASK_AGAIN)
    : new ApprovalVoid(`The approval ${approvalId} was given for other accounts.`, ASK_APPROVAL_AGAIN)

/** The same call, whose further events all name the approval. */
const allowedBy = (call: Call, { id, by, how }: NonNullable<JournalEvent['approval']>): Call => ({
  ...call,
  record: (event) => call.record({ ...event, approval: { id, ...(by && { by }), ...(how && { how }) } }),
})

const leastOf = ({ leastLevel }: Call, { mustAsk, run }: Plan) =>
  leastLevel ?? (run ? 'approve' : mustAsk ? 'ask' : undefined)

const argumentsOf = ({ input }: Call): Record<string, unknown> => {
  const { approvalId: _, ...args } = input as Record<string, unknown>
  return args
}

const approvalIdOf = ({ input }: Call): string | undefined => {
  const { approvalId } = input as { approvalId?: unknown }
  return typeof approvalId === 'string' ? approvalId : undefined
}

/** What a person can be asked at once, in characters: about 200 people by name. */
const MAX_QUESTION_LENGTH = 10_000

/** Nothing in a question is left out, so a plan that is too long for one is refused. */
function mustFitQuestion(plan: Plan): void {
  const length = shownOf(plan).reduce((sum, line) => sum + line.length, 0)
  if (length <= MAX_QUESTION_LENGTH) return
  throw new InvalidInput(
    'This is too long for one question to a person, who must see every part of it.',
    'Ask for less in one call: fewer people, fields or values at a time.',
  )
}

/** Makes an approval request for a person outside the agent's reach; the same call finds the same request again. */
async function request(
  call: Call,
  plan: Plan,
  { bound, demand: { approvers, fourEyes, kinds } }: { bound: Binding; demand: Demand },
  by: Confirming,
): Promise<Reply> {
  mustBeWhole(call, plan)
  const typed = mustType(plan, kinds)
  const approval = await by.approvals.request({
    call: call.id,
    args: argumentsOf(call),
    ...bound,
    approvers,
    fourEyes,
    tool: call.tool.name,
    plan: shownOf(plan),
    ...(plan.asides && { asides: plan.asides }),
    ...(plan.reason !== undefined && { reason: plan.reason }),
    ...requesterOf(call),
    ...(call.self.mayBe.length > 0 && { mayBe: call.self.mayBe }),
    briefing: await by.brief(call, plan),
    ...(typed !== undefined && { mustType: typed }),
  })
  await plan.run?.asked(approval.id)
  const at = await placeOf(approval, by)
  // An existing request was journalled by the call that made it.
  if (approval.call === call.id) {
    await call.record({ event: 'asked', approval: { id: approval.id }, ...(at.inLine && UNSEEN) })
  }
  await by.tend()
  const link = at.url !== undefined && { approvalId: approval.id, url: at.url, message: wording(plan, call) }
  return { answer: { ...waiting(approval, at).answer, ...plan.settled }, ...(link && { link }) }
}

/** Where a request is decided, or that no person sees it yet. */
const placeOf = async (approval: Approval, { approvals, approveAt }: Confirming) =>
  (await approvals.inLine()).has(approval.id)
    ? { words: IN_LINE, url: undefined, inLine: true }
    : { url: undefined, inLine: false, ...(await approveAt(approval)) }

const IN_LINE =
  'In line: too many requests wait already, so no person is shown this one until some of them are decided or have expired.'
const UNSEEN = { code: 'limit_reached', note: 'in line, not shown to approvers yet' } as const

const waiting = ({ id, plan, expiresAt }: Approval, { words }: { words: string }) => ({
  answer: {
    status: 'approval_required',
    approval: { id, plan, approveAt: words, expiresAt: new Date(expiresAt).toISOString() },
  },
})
