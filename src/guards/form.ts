import { checkDecision } from '../approvals/approval.ts'
import type { Approvals } from '../approvals/approvals.ts'
import { type Binding, whyNotCovered } from '../approvals/binding.ts'
import { newQuestion, QUESTION_TTL_MS, type Question, readQuestion } from '../approvals/question.ts'
import { mustType } from '../approvals/typed-confirmation.ts'
import { agentInWords } from '../domain/caller-names.ts'
import { type Plan, shownOf } from '../domain/change.ts'
import { ApprovalUsed, ApprovalVoid, Declined } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import type { StateSigner } from '../store/signed-state.ts'
import { inQuotes, plainText } from '../text/text.ts'
import type { Call, CallGuard, PersonsAnswer, Reply } from './call.ts'
import type { Demand, Policy } from './policy.ts'

/** What a question through the client is made and checked with. */
export interface Asking {
  policy: Policy
  approvals: Approvals
  signer: StateSigner
}

/** Asks the person at the client about the plan. */
export async function askInForm(
  call: Call,
  plan: Plan,
  { bound, demand: { kinds } }: { bound: Binding; demand: Pick<Demand, 'kinds'> },
  { signer }: Pick<Asking, 'signer'>,
): Promise<Reply> {
  mustBeWhole(call, plan)
  const { question, state } = await newQuestion(signer, call, bound)
  await call.record({ event: 'asked', approval: { id: question.id, how: 'form' } })
  const typed = mustType(plan, kinds)
  return {
    question: { message: wording(plan, call), state, ...(typed !== undefined && { mustType: typed }) },
  }
}

/**
 * The question, if the answer is yes; undefined if there is no answer; `elsewhere` if somebody else is to decide. Throws for
 * every other kind of no.
 */
export async function answerIn(
  call: Call,
  plan: Plan,
  bound: Binding,
  answer: PersonsAnswer,
  { signer, approvals, policy }: Asking,
) {
  const question = await questionOf(call, answer, signer)
  if (answer.action === 'none') return undefined
  const why = answer.action === 'accept' ? whyNotCovered(question, bound, plan) : undefined
  if (why !== undefined) throw new ApprovalVoid(`What the person agreed to is not this (${why}).`, ASK_AGAIN)
  await useUp(question, approvals)
  if (answer.action === 'accept' && answer.confirmed) return question
  if (!leadsElsewhere(answer, policy)) throw saidNo(answer.action)
  await call.record({ event: 'declined', approval: { id: question.id, how: 'form' } })
  return 'elsewhere'
}

/** Ends a call whose answer is a no before anything is looked up for it: no app is asked for what will not be done. */
export const saysNo = ({ signer, approvals, policy }: Asking): CallGuard =>
  async function saysNo(call, next) {
    const { answer } = call
    if (!answer || answer.action === 'none' || leadsElsewhere(answer, policy)) return next(call)
    const { action, confirmed } = answer
    if (action === 'accept' && confirmed) return next(call)
    await useUp(await questionOf(call, answer, signer), approvals)
    throw saidNo(action)
  }

async function questionOf(call: Call, { state }: PersonsAnswer, signer: StateSigner): Promise<Question> {
  const question = await readQuestion(signer, call, state)
  if (question) return question
  throw new ApprovalVoid('This confirmation was not requested, or it has expired.', ASK_AGAIN)
}

/** A no also uses up the question, so it cannot become a yes later. */
async function useUp({ id }: Question, approvals: Pick<Approvals, 'claimQuestion'>): Promise<void> {
  if (await approvals.claimQuestion(id, QUESTION_TTL_MS)) return
  throw new ApprovalUsed('This confirmation has already been used.', ASK_AGAIN)
}

/** Whether an approver is to decide what the client declined, perhaps by itself. */
const leadsElsewhere = ({ action }: PersonsAnswer, { confirm }: Policy): boolean =>
  (action === 'decline' || action === 'cancel') && confirm.declined === 'approve'

const saidNo = (action: Exclude<PersonsAnswer['action'], 'none'>) =>
  new Declined(
    `${HOW_DECLINED[action]}; nothing was changed.`,
    'Stop here unless the person asks for it again.',
  )

/**
 * Counts an answer to a form that came after its call had ended: a yes or a no decides the request that the call ended with,
 * if it is about the same plan. Anything else leaves that request to others.
 */
export async function answerLate(
  { tool, caller }: Call,
  { state, action, confirmed }: PersonsAnswer,
  approvalId: string,
  {
    signer,
    approvals,
    policy,
    journal,
  }: Asking & {
    journal: Pick<Journal, 'append'>
  },
): Promise<void> {
  const decision =
    action === 'accept' && confirmed
      ? 'approved'
      : action === 'decline' && policy.confirm.declined === 'stop'
        ? 'denied'
        : undefined
  const question = await readQuestion(signer, { tool, caller }, state)
  const approval = await approvals.get(approvalId)
  if (!decision || !question || approval?.digest !== question.digest) return
  if (!(await approvals.claimQuestion(question.id, QUESTION_TTL_MS))) return
  checkDecision(approval, decision, caller.id)
  await journal.append({
    event: decision,
    call: approval.call ?? approval.id,
    tool: tool.name,
    caller: caller.id,
    client: caller.client,
    approval: { id: approval.id, by: caller.id, how: 'form' },
  })
  await approvals.decide(approval.id, decision, caller.id, 'form')
}

const HOW_DECLINED = {
  cancel: 'The person closed the question',
  decline: 'The person said no',
  accept: 'The person sent the form without ticking its box, which is no yes',
}

export const ASK_AGAIN = 'Repeat the call; the person is then asked about the current state.'

/** Throws what made the plan smaller and passes: a person would agree to less than what was asked for. */
export function mustBeWhole({ input }: Call, { passing }: Plan): void {
  const { partial } = input as { partial?: unknown }
  if (passing && partial !== true) throw passing
}

/** All that a person is told, in lines. */
export function wording(plan: Plan, { caller: { agent, via, client } }: Call): string {
  const by = agent === undefined ? client : `${agentInWords({ agent, via })} (${client})`
  return [
    ...shownOf(plan),
    ...(plan.reason === undefined ? [] : [`Reason given: ${inQuotes(plan.reason, 500)}`]),
    `Requested by ${plainText(by, 200)}.`,
  ].join('\n')
}
