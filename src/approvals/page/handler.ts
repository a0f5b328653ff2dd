import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApprovalVoid, Conflict, IdentityError, InvalidInput, LimitReached, Refused } from '../../errors.ts'
import type { InFlight } from '../../in-flight.ts'
import type { Journal } from '../../journal/journal.ts'
import type { StateSigner } from '../../store/signed-state.ts'
import type { Approval, Approvals } from '../approvals.ts'
import type { Approvers } from '../approvers.ts'
import { decide } from '../decide.ts'
import type { Given, Problem } from './decision.ts'
import { formIn } from './form.ts'
import { messagePage, pathOf, ROOT, STYLE_PATH } from './layout.ts'
import { recentChanges } from './recent-changes.ts'
import { requestPage } from './request.ts'
import { STYLE } from './style.ts'

/** What the page shows and decides with. */
export interface PageParts {
  approvals: Approvals
  approvers: Approvers
  journal: Journal
  signer: StateSigner
  /** Decisions are seen to their end before the process leaves. */
  inFlight: InFlight
  /** What a person types to set up an approver. */
  addApprover: string
  warn: (message: string, error: unknown) => void
}

export type PageHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

interface Reply {
  status: number
  body?: string
  headers?: Record<string, string>
}

// No script, no image, no frame, nothing from elsewhere, no copy kept, and not a word of it in a referrer.
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

const REQUEST_PATH = new RegExp(`^${ROOT}/([0-9A-Za-z-]{10,20})$`)

/**
 * Answers everything under `/approvals`: one request for whoever has its link, and the decision on it. `origins` are the
 * addresses that people reach this server by, such as "http://127.0.0.1:41233"; under any other name it stays silent.
 */
export const approvalPage = (parts: PageParts, origins: readonly string[]): PageHandler =>
  async function approvalPage(request, response) {
    let reply: Reply
    try {
      reply = await answer(parts, origins, request)
    } catch (error) {
      parts.warn('the approval page failed', error)
      reply = message(500, 'Something went wrong', 'Nothing was decided. The log of the server has more.')
    }
    const { status, body = '', headers } = reply
    response.writeHead(status, {
      ...HEADERS,
      'content-type': 'text/html; charset=utf-8',
      // What is left of a request that was turned away is not waited for.
      ...(status >= 400 && { connection: 'close' }),
      ...headers,
    })
    response.end(body)
  }

const message = (status: number, title: string, text: string, headers = {}): Reply => ({
  status,
  body: messagePage(title, text).markup,
  headers,
})

async function answer(
  parts: PageParts,
  origins: readonly string[],
  request: IncomingMessage,
): Promise<Reply> {
  const { method, headers } = request
  // A page elsewhere that has its own name point here (DNS rebinding) comes with that name.
  const origin = origins.find((one) => new URL(one).host === headers.host)
  if (!origin) return message(421, 'Not here', 'This server does not go by that name.')
  if (method !== 'GET' && method !== 'POST') {
    return message(405, 'Not possible', 'A request can be looked at and decided.', { allow: 'GET, POST' })
  }
  const [path = ''] = (request.url ?? '').split('?')
  if (path === STYLE_PATH && method === 'GET') {
    return { status: 200, body: STYLE, headers: { 'content-type': 'text/css; charset=utf-8' } }
  }
  const id = REQUEST_PATH.exec(path)?.[1]
  const approval = id === undefined ? undefined : await parts.approvals.get(id)
  if (!approval) return message(404, 'There is nothing here', 'Use the whole link that you were given.')
  return method === 'GET' ? show(parts, approval) : decided(parts, approval, origin, request)
}

async function show(
  { approvers, journal, signer, addApprover }: PageParts,
  approval: Approval,
  { status = 200, given, problem }: { status?: number; given?: Given; problem?: Problem } = {},
): Promise<Reply> {
  const shown = {
    approval,
    recentChanges: await recentChanges(journal, approval.caller),
    token: await signer.sign(boundTo(approval), true),
    ...((await approvers.list()).length === 0 && { addApprover }),
    ...(given && { given }),
    ...(problem && { problem }),
  }
  return { status, body: requestPage(shown).markup }
}

const boundTo = ({ id }: Approval): string[] => ['approval page', id]

async function decided(
  parts: PageParts,
  approval: Approval,
  origin: string,
  request: IncomingMessage,
): Promise<Reply> {
  if (!fromItself(request, origin)) {
    return message(
      403,
      'Nothing was decided',
      'This did not come from the page itself. Open the link, and decide there.',
    )
  }
  const form = await formIn(request)
  if (typeof form === 'number')
    return message(form, 'Nothing was decided', 'This is not the form of the page.')
  const { decision, approver = '', passphrase = '', typed, token = '' } = form
  const again = (status: number, problem: Problem) =>
    show(parts, approval, { status, given: { decision, approver, typed }, problem })
  if ((await parts.signer.verify(boundTo(approval), token)) !== true) {
    return again(403, { message: 'This was not the form of this page.', hint: 'Fill in the one below.' })
  }
  if (decision !== 'approved' && decision !== 'denied') {
    return again(422, { message: 'Approve or deny.', hint: 'Neither was chosen.', field: 'decision' })
  }
  const where = `on the approval page, from ${request.socket.remoteAddress}`
  try {
    const { id } = approval
    await parts.inFlight.track(
      decide(parts, { id, decision, approver, passphrase, how: 'page', typed, where }),
    )
    // Always to this very page, which then tells the outcome and can be loaded again without deciding again.
    return { status: 303, headers: { location: pathOf(id) } }
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    const now = (await parts.approvals.get(approval.id)) ?? approval
    const reply = await show(parts, now, {
      status: statusFor(error),
      given: { decision, approver, typed },
      problem: { message: error.message, hint: error.hint, ...fieldFor(error) },
    })
    const { retryAt } = error.details
    if (retryAt === undefined) return reply
    return { ...reply, headers: { 'retry-after': String(Math.ceil((retryAt - Date.now()) / 1000)) } }
  }
}

/**
 * Whether the browser says that the form was sent by this very page. Under `no-referrer` it sends `Origin: null` with its
 * own forms too (Fetch, "append a request Origin header"), and Sec-Fetch-Site then tells; without either it is refused.
 */
function fromItself({ headers }: IncomingMessage, origin: string): boolean {
  const site = headers['sec-fetch-site']
  if (site === undefined) return headers.origin === origin
  return site === 'same-origin' && (!headers.origin || headers.origin === 'null' || headers.origin === origin)
}

const statusFor = (error: IdentityError): number => {
  if (error instanceof InvalidInput) return 422
  if (error instanceof Refused) return 403
  if (error instanceof LimitReached) return 429
  if (error instanceof Conflict) return 409
  return error instanceof ApprovalVoid ? 410 : 503
}

const fieldFor = (error: IdentityError): Pick<Problem, 'field'> => {
  if (error instanceof InvalidInput) return { field: 'typed' }
  return error instanceof Refused ? { field: 'passphrase' } : {}
}
