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
interface ClientTraits {
  name: string
  /** Whether it can show a form. */
  canAsk: boolean
  /** Whether it can open a link. */
  canOpen: boolean
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
  }
}

type Dispatch = (call: Call) => Promise<Reply>

/**
 * Runs a call, with its questions to the person at the client, in both eras of the protocol: a modern client gets the
 * question as its answer and repeats the call, an older one is asked while the call waits.
 */
export async function withPerson(
  call: Call,
  { era, canOpen }: { era: 'modern' | 'legacy'; canOpen: boolean },
  context: ServerContext,
  { dispatch, signer, approvals }: Pick<Parts, 'signer' | 'approvals'> & { dispatch: Dispatch },
): Promise<Reply | InputRequiredResult> {
  const boundTo = ['link', call.tool.name, call.caller.id, call.caller.client]
  /** Repeats the call with the id of the approval request that the link led to. */
  const afterLink = async (approvalId: string, action: PersonsAnswer['action']) => {
    // Opening the link is not a decision, and neither is not opening it.
    if (action === 'accept')
      await waitForDecision(approvals, approvalId, call.deadline - CHANGE_RESERVE_MS, call.signal)
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
    reply = await askWithin(call, reply.question, context, dispatch)
  }
  if ('question' in reply || !reply.link || !canOpen) return reply
  const { approvalId, ...link } = reply.link
  if (era === 'modern') {
    const requestState = await signer.sign(boundTo, approvalId, APPROVAL_TTL_MS)
    return inputRequired({ inputRequests: { approve: inputRequired.elicitUrl(link) }, requestState })
  }
  const action = await openWithin(call, link, context)
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
 * unable to.
 */
async function askWithin(
  call: Call,
  { message, state }: Question,
  { mcpReq }: ServerContext,
  dispatch: Dispatch,
): Promise<Reply> {
  const again = (more: Partial<Call>) => dispatch({ ...call, ...more, deadline: Date.now() + CALL_TIME })
  let answer: PersonsAnswer
  try {
    const response = await mcpReq.send(
      { method: 'elicitation/create', params: { mode: 'form', message, requestedSchema: CONFIRM_FORM } },
      { timeout: QUESTION_TIMEOUT_MS, signal: call.signal },
    )
    answer = toAnswer(state, response)
  } catch {
    // If the caller disconnected, a later answer of the person does not count.
    call.signal.throwIfAborted()
    return again({ canAsk: false })
  }
  const reply = await again({ answer })
  return 'question' in reply ? again({ canAsk: false }) : reply
}

/** Sends an older client the link while the call waits; `none` if that fails or the call's time runs out. */
async function openWithin(
  call: Call,
  link: Omit<ApprovalLink, 'approvalId'>,
  { mcpReq }: ServerContext,
): Promise<PersonsAnswer['action']> {
  try {
    const response = await mcpReq.send(
      { method: 'elicitation/create', params: { mode: 'url', elicitationId: randomUUID(), ...link } },
      { timeout: Math.max(0, call.deadline - CHANGE_RESERVE_MS - Date.now()), signal: call.signal },
    )
    return response.action
  } catch {
    call.signal.throwIfAborted()
    return 'none'
  }
}
