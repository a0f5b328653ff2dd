import { createHash, randomUUID } from 'node:crypto'
import type { Approval, Approvals } from '../approvals/approvals.ts'
import type { ConfirmLevel, Settings } from '../config.ts'
import { ApprovalUsed, ApprovalVoid, Declined } from '../errors.ts'
import { canonicalJson } from '../identity/canonical.ts'
import { isClassified, type Plan } from '../identity/plan.ts'
import { inQuotes, plainText } from '../identity/text.ts'
import type { Seal } from '../seal.ts'
import type { JournalEvent } from '../store/events.ts'
import type { Call, CallGuard, PersonsAnswer, Reply } from './call.ts'

/** How long a question put through the client may be answered, milliseconds. */
const QUESTION_TTL = 5 * 60_000

interface Question {
  id: string
  digest: string
}

/** What a confirmation is checked against and kept in. */
export interface Confirming {
  levels: Settings['confirm']
  approvals: Approvals
  seal: Seal
  /** What a person types or opens to decide. */
  approveAt: (approval: Approval) => Promise<string>
}

/**
 * Lets a change through only once a person has agreed to exactly it: asked through the client, or approving outside
 * the agent's reach. Whatever the client cannot do, it never runs unasked and never dead-ends.
 */
export const confirm = (by: Confirming): CallGuard =>
  async function confirm(call, next) {
    const { plan } = call
    // Nothing to do, nobody to ask.
    if (!plan || plan.changes.length === 0) return next(call)
    const digest = digestOf(call, plan)
    const approvalId = approvalIdOf(call)
    if (approvalId !== undefined) {
      const approval = await by.approvals.use(approvalId, digest)
      if (approval.state === 'pending') return waiting(approval, by)
      return next(allowedBy(call, approval))
    }
    const level = levelOf(call, plan, by.levels)
    if (level === 'none') return next(call)
    if (level === 'ask' && call.answer) {
      const question = await answered(call, call.answer, digest, by)
      if (question) {
        const approval = { id: question.id, by: call.caller.id, how: 'form' as const }
        await call.record({ event: 'approved', approval })
        return next(allowedBy(call, approval))
      }
    }
    return level === 'ask' && call.canAsk ? ask(call, plan, digest, by) : request(call, plan, digest, by)
  }

/** The same call, whose every further event names the approval that let it through. */
const allowedBy = (call: Call, { id, by, how }: NonNullable<JournalEvent['approval']>): Call => ({
  ...call,
  record: (event) => call.record({ ...event, approval: { id, ...(by && { by }), ...(how && { how }) } }),
})

/** The strictest of all that the settings say about such a change. */
function levelOf({ tool }: Call, plan: Plan, levels: Settings['confirm']): ConfirmLevel {
  const strictness = ['none', 'ask', 'approve'] as const
  const admins = plan.changes.some(({ accounts }) => accounts.some(({ admin }) => admin))
  const said: ConfirmLevel[] = [
    // What is not classified may be anything, and what only reads has no plan.
    tool.effect === 'reads' || !isClassified(tool) ? 'approve' : levels[tool.effect],
    ...(plan.also ?? []).map((kind) => levels[kind]),
    ...(admins ? [levels.admins] : []),
  ]
  return strictness[Math.max(...said.map((level) => strictness.indexOf(level)))] ?? 'approve'
}

/** What a person agrees to: tool, arguments, each account as it is now, and who asked. */
function digestOf({ tool, input, caller }: Call, plan: Plan): string {
  const { approvalId: _, ...args } = input as Record<string, unknown>
  const targets = plan.changes.map(({ tenant, operation, ask, accounts }) => {
    const states = accounts.map(({ id, userName, email, externalId, status, admin }) => {
      return { id, userName, email, externalId, status, admin }
    })
    return { tenant, operation, ask, accounts: states }
  })
  return createHash('sha256')
    .update(canonicalJson({ tool: tool.name, args, targets, caller }))
    .digest('base64url')
}

const approvalIdOf = ({ input }: Call): string | undefined => {
  const { approvalId } = input as { approvalId?: unknown }
  return typeof approvalId === 'string' ? approvalId : undefined
}

/** Puts the plan before the person at the client. */
async function ask(call: Call, plan: Plan, digest: string, { seal }: Confirming): Promise<Reply> {
  const id = randomUUID()
  await call.record({ event: 'asked', approval: { id, how: 'form' } })
  const state = await seal.close(boundTo(call), { id, digest } satisfies Question, QUESTION_TTL)
  return { question: { message: wording(plan, call), state } }
}

/** The question that was answered with yes, or undefined when it was not answered at all. Throws every kind of no. */
async function answered(call: Call, answer: PersonsAnswer, digest: string, { seal, approvals }: Confirming) {
  // Sealed by us for this caller, so it has the form that `ask` gave it.
  const question = (await seal.open(boundTo(call), answer.state)) as Question | undefined
  if (!question) {
    throw new ApprovalVoid('This confirmation is not one that was asked for, or its time is over.', ASK_AGAIN)
  }
  if (answer.action === 'none') return undefined
  if (answer.action === 'accept' && question.digest !== digest) {
    throw new ApprovalVoid(
      'What the person agreed to has changed since: the arguments or the account.',
      ASK_AGAIN,
    )
  }
  // A no uses the question up as well, so that it can't be turned into a yes.
  if (!(await approvals.claimQuestion(question.id, QUESTION_TTL))) {
    throw new ApprovalUsed('This confirmation has been used.', ASK_AGAIN)
  }
  if (answer.action === 'accept' && answer.confirmed) return question
  throw new Declined(
    answer.action === 'cancel'
      ? 'The person closed the question; nothing was changed.'
      : 'The person said no; nothing was changed.',
    'Leave it at that unless the person asks for it anew.',
  )
}

const ASK_AGAIN = 'Make the call anew; the person is then asked about it as it is now.'
const boundTo = ({ tool, caller }: Call): string[] => ['question', tool.name, caller.id, caller.client]

function wording(plan: Plan, { caller }: Call): string {
  return [
    ...plan.lines,
    ...(plan.reason === undefined ? [] : [`Reason given: ${inQuotes(plan.reason, 500)}`]),
    `Asked for by ${plainText(caller.client, 80)}.`,
  ].join('\n')
}

/** Leaves the plan for a person outside the agent's reach; the same call finds the same request again. */
async function request(call: Call, plan: Plan, digest: string, by: Confirming): Promise<Reply> {
  const approval = await by.approvals.request({
    call: call.id,
    digest,
    tool: call.tool.name,
    plan: [...plan.lines],
    ...(plan.reason !== undefined && { reason: plan.reason }),
    caller: call.caller.id,
    client: call.caller.client,
  })
  // A request that was there already was journalled by the call that made it.
  if (approval.call === call.id) await call.record({ event: 'asked', approval: { id: approval.id } })
  return waiting(approval, by)
}

async function waiting(approval: Approval, { approveAt }: Confirming): Promise<Reply> {
  const { id, plan, expiresAt } = approval
  return {
    answer: {
      status: 'approval_required',
      approval: {
        id,
        plan,
        approveAt: await approveAt(approval),
        expiresAt: new Date(expiresAt).toISOString(),
      },
    },
  }
}
