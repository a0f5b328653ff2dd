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

/** How long a question may stand before a person, on a client that is asked within the call. */
const QUESTION_TIME = 5 * 60_000
/** How much of a call's time is kept for the change itself while a person decides on the page, milliseconds. */
const CHANGE_TIME = 15_000

const CONFIRM_FORM = {
  type: 'object' as const,
  properties: { confirm: { type: 'boolean' as const, title: 'Yes, do this', default: false } },
  required: ['confirm'],
}

/** Who the client says it is, and what it can put before a person. */
export interface AtClient {
  name: string
  /** Forms. */
  canAsk: boolean
  /** Links to open. */
  canOpen: boolean
}

/** What a client is called that does not say its name. */
export const UNKNOWN_CLIENT = 'unknown client'

export function clientOf(mcp: McpServer, { mcpReq }: ServerContext): AtClient {
  // A modern client says it with every request, where the SDK has checked its form; an older one when it connects.
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
 * Takes a call through, with what the person at the client has to say to it, in both eras of the protocol: a modern
 * client is answered with the question and repeats the call, an older one is asked while the call waits.
 */
export async function withPerson(
  call: Call,
  { era, canOpen }: { era: 'modern' | 'legacy'; canOpen: boolean },
  context: ServerContext,
  { dispatch, signer, approvals }: Pick<Parts, 'signer' | 'approvals'> & { dispatch: Dispatch },
): Promise<Reply | InputRequiredResult> {
  const boundTo = ['link', call.tool.name, call.caller.id, call.caller.client]
  /** The same call, with the id of the request that the person was sent to decide. */
  const afterLink = async (approvalId: string, action: PersonsAnswer['action']) => {
    // That the link was opened is no decision, and that it was not opened is none either.
    if (action === 'accept')
      await waitForDecision(approvals, approvalId, call.deadline - CHANGE_TIME, call.signal)
    return dispatch({ ...call, input: { ...(call.input as object), approvalId } })
  }

  const { mcpReq } = context
  const state = mcpReq.requestState<string>()
  const linked = typeof state === 'string' ? await signer.verify(boundTo, state) : undefined
  // Sealed by us for this caller, so it is the id that was put into it below.
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

type Response = InputResponseView | ElicitResult

/** What was answered under this name, and not what a key `__proto__` among the answers would lend it. */
const ownResponse = ({ inputResponses }: ServerContext['mcpReq'], name: string): InputResponseView =>
  inputResponse(Object.hasOwn(inputResponses ?? {}, name) ? inputResponses : undefined, name)

const actionOf = (response: Response): PersonsAnswer['action'] =>
  'action' in response ? response.action : 'none'

const toAnswer = (state: string, response: Response): PersonsAnswer => ({
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

/** Asks the person while the call waits, as clients before 2026-07-28 do; a client that fails at it is not asked. */
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
      { timeout: QUESTION_TIME, signal: call.signal },
    )
    answer = toAnswer(state, response)
  } catch {
    // A caller that left is not answered, and what a person says after that counts for nothing.
    call.signal.throwIfAborted()
    return again({ canAsk: false })
  }
  const reply = await again({ answer })
  return 'question' in reply ? again({ canAsk: false }) : reply
}

/** Hands an older client the link while the call waits; `none` when it fails at it or lets the call's time run out. */
async function openWithin(
  call: Call,
  link: Omit<ApprovalLink, 'approvalId'>,
  { mcpReq }: ServerContext,
): Promise<PersonsAnswer['action']> {
  try {
    const response = await mcpReq.send(
      { method: 'elicitation/create', params: { mode: 'url', elicitationId: randomUUID(), ...link } },
      { timeout: Math.max(0, call.deadline - CHANGE_TIME - Date.now()), signal: call.signal },
    )
    return response.action
  } catch {
    call.signal.throwIfAborted()
    return 'none'
  }
}
