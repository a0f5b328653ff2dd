import type { Io } from '../app/io.ts'
import type { DataFolder } from '../app/stores.ts'
import { statusOf } from '../approvals/approval.ts'
import { openApprovals } from '../approvals/approvals.ts'
import { checkTyped } from '../approvals/typed-confirmation.ts'
import { callsOf } from '../auth/principal.ts'
import { callerId } from '../domain/caller-names.ts'
import type { Tell } from '../domain/operations.ts'
import { EVERYTHING, narrowed, type Scope } from '../domain/scopes.ts'
import { dispatcher, type Parts } from '../engine/dispatch.ts'
import type { Tool } from '../engine/tool.ts'
import type { Call, PersonsAnswer, Reply } from '../guards/call.ts'
import type { PendingApproval } from '../tools/fields.ts'
import { withProgress } from './progress.ts'
import { canPrompt, readTyped, readYes } from './prompts.ts'
import { print, wrap } from './terminal.ts'

/** Where a person runs a command that calls tools. */
export interface Terminal {
  io: Io
  parts: Parts & { scopes?: readonly Scope[] }
  data: DataFolder
  /** The command line for a command on the same data. */
  self: (words: string) => string
}

/** The time limit of each call, milliseconds. */
export const CALL_TIME_HERE = 50_000
const READ_TIME_HERE = 10 * 60_000

export const WAITING = 'Waiting for the apps'

/** The terminal on which a person is spoken to while standard output holds a document. */
export const besideDocument = <Here extends { io: Io }>(here: Here): Here => ({
  ...here,
  io: { ...here.io, stdout: here.io.stderr },
})

export function toolNamed({ tools }: Pick<Parts, 'tools'>, name: string): Tool {
  const tool = tools.find((one) => one.name === name)
  if (!tool) throw new TypeError(`there is no ${name}`)
  return tool
}

/** The answer of a tool that only reads. A person waits longer than a client: as long as a budget takes to have room. */
export async function readHere<Answer>(
  { io, parts }: Pick<Terminal, 'io' | 'parts'>,
  tool: string,
  input: object,
  tell: Tell,
): Promise<Answer> {
  const call = newCall({ io, parts }, toolNamed(parts, tool), input, {})
  return answerIn<Answer>(await dispatcher(parts)({ ...call, deadline: Date.now() + READ_TIME_HERE, tell }))
}

/**
 * Makes a call that changes something, under the rules of an agent's: where it asks, the person at this terminal is asked.
 * Undefined if an approver must decide first, which it says.
 */
export async function changeHere<Answer>(
  { io, parts, data }: Pick<Terminal, 'io' | 'parts' | 'data'>,
  tool: string,
  input: object,
): Promise<Answer | undefined> {
  const dispatch = dispatcher(parts)
  const call = newCall({ io, parts }, toolNamed(parts, tool), input, { canAsk: canPrompt(io) })
  const run = (more: Partial<Call>) =>
    withProgress(io, WAITING, (tell) =>
      dispatch({ ...call, deadline: Date.now() + CALL_TIME_HERE, tell, ...more }),
    )
  const first = await run({})
  const reply = 'question' in first ? await run({ answer: await askHere(io, first.question) }) : first
  const answer = answerIn<Answer & Pending>(reply)
  if (!answer.approval) return answer
  const { id } = answer.approval
  const asked = await openApprovals(data.store).get(id)
  // A person approved this very call since it was made last.
  if (asked && statusOf(asked) === 'approved')
    return answerIn<Answer>(await run({ input: { ...input, approvalId: id } }))
  sayWhereToApprove(io, answer.approval)
  return undefined
}

export interface Pending {
  status?: string
  approval?: PendingApproval
}

/** An answer has passed the tool's output schema. */
export function answerIn<Answer>(reply: Reply): Answer {
  if ('question' in reply) throw new TypeError('a question is not an answer')
  return reply.answer as unknown as Answer
}

/** A call of the person at this terminal, with what they may do by the command line. */
export function newCall(
  { io, parts: { scopes } }: Pick<Terminal, 'io' | 'parts'>,
  tool: Tool,
  input: object,
  { canAsk = false, leastLevel }: Partial<Pick<Call, 'canAsk' | 'leastLevel'>>,
): Call {
  const make = callsOf({
    caller: callerId.local(io.user),
    self: { names: [io.user], mayBe: [] },
    grant: scopes ? narrowed(EVERYTHING, scopes) : EVERYTHING,
  })
  const call = make({ tool, input, client: 'identity-mcp', canAsk })
  return { ...call, deadline: Date.now() + CALL_TIME_HERE, ...(leastLevel && { leastLevel }) }
}

/** Shows a question as a client would, and takes the answer. No option of a command answers it. */
async function askHere(
  io: Io,
  { message, state, mustType }: Extract<Reply, { question: unknown }>['question'],
): Promise<PersonsAnswer> {
  print(io, ...message.split('\n').flatMap((line) => wrap(io, line, '')), '')
  if (mustType !== undefined) {
    checkTyped({ mustType }, await readTyped(io, undefined))
    return { state, action: 'accept', confirmed: true }
  }
  const yes = await readYes(io, 'Do this?')
  if (yes === 'cancelled') return { state, action: 'cancel', confirmed: false }
  return { state, action: yes ? 'accept' : 'decline', confirmed: yes }
}

function sayWhereToApprove(io: Io, { plan, approveAt }: PendingApproval): void {
  print(
    io,
    ...plan.flatMap((line) => wrap(io, line, '  ')),
    '',
    'Nothing is changed yet: an approver must agree to it first.',
    // Never wrapped: people copy it.
    approveAt,
    'Then run the same command again.',
  )
  io.exit(3)
}
