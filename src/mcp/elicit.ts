import { randomUUID } from 'node:crypto'
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  type ClientCapabilities,
  type ElicitResult,
  type Implementation,
  type InputRequiredResult,
  type InputResponseView,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { APPROVAL_TTL_MS } from '../approvals/approvals.ts'
import { waitForDecision } from '../approvals/wait-for-decision.ts'
import { CALL_TIME } from '../auth/principal.ts'
import type { Parts } from '../engine/dispatch.ts'
import type { ApprovalLink, Call, PersonsAnswer, Reply } from '../guards/call.ts'
import { plainText } from '../text/text.ts'
import type { Progress } from './progress.ts'

/** How long a person can take to answer a question within a call, milliseconds. */
const QUESTION_TIMEOUT_MS = 5 * 60_000
/** Part of a call's time reserved for the change while a person decides on the page, milliseconds. */
const CHANGE_RESERVE_MS = 15_000

const CONFIRM_FORM = {
  type: 'object' as const,
  properties: { confirm: { type: 'boolean' as const, title: 'Yes, do this', default: false } },
  required: ['confirm'],
}

/** The client's name, and what it can show to a person. */
export interface ClientTraits {
  name: string
  /** Whether it can show a form. */
  canAsk: boolean
  /** Whether it can open a link. */
  canOpen: boolean
  /** What it declares of an extension of the protocol; undefined if it does not speak it. */
  extension: (id: string) => unknown
}

/** Name of a client that does not give one. */
export const UNKNOWN_CLIENT = 'unknown client'

export function clientOf(mcp: McpServer, { mcpReq }: ServerContext): ClientTraits {
  // A modern client sends this with every request, validated by the SDK; an older one when it connects.
  const envelope = mcpReq.envelope as
    | { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities; [CLIENT_INFO_META_KEY]?: Implementation }
    | undefined
  const capabilities = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? mcp.server.getClientCapabilities()
  const info = envelope?.[CLIENT_INFO_META_KEY] ?? mcp.server.getClientVersion()
  const asks = capabilities?.elicitation
  return {
    name: info ? plainText(`${info.name}/${info.version}`, 80) : UNKNOWN_CLIENT,
    // A bare `elicitation: {}` means forms (MCP 2025-11-25, client/elicitation).
    canAsk: asks !== undefined && (asks.form !== undefined || asks.url === undefined),
    canOpen: asks?.url !== undefined,
    extension: (id) => capabilities?.extensions?.[id],
  }
}

type Dispatch = (call: Call) => Promise<Reply>

/**
 * Runs a call, with its questions to the person at the client, in both eras of the protocol: a modern client gets the
 * question as its answer and repeats the call, an older one is asked while the call waits.
 */
export async function withPerson(
  call: Call,
  { era, canOpen, progress }: { era: 'modern' | 'legacy'; canOpen: boolean; progress: Progress },
  context: ServerContext,
  {
    dispatch,
    signer,
    approvals,
    asking,
  }: Pick<Parts, 'signer' | 'approvals' | 'asking'> & { dispatch: Dispatch },
): Promise<Reply | InputRequiredResult> {
  const boundTo = ['link', call.tool.name, call.caller.id, call.caller.client]
  /** Repeats the call with the id of the approval request that the link led to. */
  const afterLink = async (approvalId: string, action: PersonsAnswer['action']) => {
    // Opening the link is not a decision, and neither is not opening it.
    if (action === 'accept') {
      const until = call.deadline - CHANGE_RESERVE_MS
      await progress.during(DECIDING, waitForDecision(approvals, approvalId, until, call.signal))
    }
    return dispatch({ ...call, input: { ...(call.input as object), approvalId } })
  }

  const { mcpReq } = context
  const state = mcpReq.requestState<string>()
  const linked = typeof state === 'string' ? await signer.verify(boundTo, state) : undefined
  // Signed here for this caller, so it is the approval id that was put in below.
  if (linked) return afterLink(linked as string, actionOf(ownResponse(mcpReq, 'approve')))
  const answer = typeof state === 'string' ? toAnswer(state, ownResponse(mcpReq, 'confirm')) : undefined

  let reply = await dispatch({ ...call, ...(answer && { answer }) })
  if ('question' in reply) {
    if (era === 'modern') return toQuestion(reply.question)
    reply = await askWithin(call, reply.question, context, { dispatch, asking, progress })
  }
  if ('question' in reply || !reply.link || !canOpen) return reply
  const { approvalId, ...link } = reply.link
  if (era === 'modern') {
    const requestState = await signer.sign(boundTo, approvalId, APPROVAL_TTL_MS)
    return inputRequired({ inputRequests: { approve: inputRequired.elicitUrl(link) }, requestState })
  }
  const action = await openWithin(call, link, context, progress)
  return action === 'none' ? reply : afterLink(approvalId, action)
}

type ElicitResponse = InputResponseView | ElicitResult

/** The response under this name, never one inherited through a `__proto__` key among the responses. */
const ownResponse = ({ inputResponses }: ServerContext['mcpReq'], name: string): InputResponseView =>
  inputResponse(Object.hasOwn(inputResponses ?? {}, name) ? inputResponses : undefined, name)

const actionOf = (response: ElicitResponse): PersonsAnswer['action'] =>
  'action' in response ? response.action : 'none'

const toAnswer = (state: string, response: ElicitResponse): PersonsAnswer => ({
  state,
  action: actionOf(response),
  confirmed: 'action' in response && response.content?.confirm === true,
})

type Question = Extract<Reply, { question: unknown }>['question']

const toQuestion = ({ message, state }: Question): InputRequiredResult =>
  inputRequired({
    inputRequests: { confirm: inputRequired.elicit({ message, requestedSchema: CONFIRM_FORM }) },
    requestState: state,
  })

/**
 * Asks the person while the call waits, as clients before 2026-07-28 need. A client that fails to ask counts as
 * unable to. Before it gives up on the call, the call answers that a person must approve; the form stays open, and an
 * answer to it then decides that request.
 */
async function askWithin(
  call: Call,
  { message, state }: Question,
  context: ServerContext,
  { dispatch, asking, progress }: { dispatch: Dispatch; asking: Parts['asking']; progress: Progress },
): Promise<Reply> {
  const again = (more: Partial<Call>) => dispatch({ ...call, deadline: Date.now() + CALL_TIME, ...more })
  const answering: Promise<PersonsAnswer | 'not asked'> = context.mcpReq
    .send(
      { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema: CONFIRM_FORM } },
      { timeout: QUESTION_TIMEOUT_MS, signal: call.signal },
    )
    .then(
      (response) => toAnswer(state, response),
      () => 'not asked',
    )
  const begun = call.deadline - CALL_TIME
  const answer = await progress.during(DECIDING, within(begun + asking.waitMs - Date.now(), answering))
  if (answer === 'late') {
    const reply = await again({ canAsk: false, deadline: Date.now() + LATE_REPLY_MS })
    const pending = approvalIn(reply)
    void answering.then((late) => {
      if (late !== 'not asked' && pending !== undefined) return asking.late(call, late, pending)
    })
    return reply
  }
  if (answer === 'not asked') {
    // If the caller disconnected, a later answer of the person does not count.
    call.signal.throwIfAborted()
    return again({ canAsk: false })
  }
  const reply = await again({ answer })
  return 'question' in reply ? again({ canAsk: false }) : reply
}

/** Time to answer that a person must approve, milliseconds. */
const LATE_REPLY_MS = 10_000
const DECIDING = 'Waiting for a person to decide'

/** What `work` resolves with, or `late` if that takes longer than `ms`. */
async function within<Result>(ms: number, work: Promise<Result>): Promise<Result | 'late'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), Math.max(0, ms))
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** The id of the request that the reply waits for. */
const approvalIn = (reply: Reply): string | undefined =>
  'answer' in reply ? (reply.answer as { approval?: { id?: string } }).approval?.id : undefined

/** Sends an older client the link while the call waits; `none` if that fails or the call's time runs out. */
async function openWithin(
  call: Call,
  link: Omit<ApprovalLink, 'approvalId'>,
  context: ServerContext,
  progress: Progress,
): Promise<PersonsAnswer['action']> {
  try {
    const opening = context.mcpReq.send(
      { method: 'elicitation/create', params: { mode: 'url', elicitationId: randomUUID(), ...link } },
      { timeout: Math.max(0, call.deadline - CHANGE_RESERVE_MS - Date.now()), signal: call.signal },
    )
    return (await progress.during(DECIDING, opening)).action
  } catch {
    call.signal.throwIfAborted()
    return 'none'
  }
}
