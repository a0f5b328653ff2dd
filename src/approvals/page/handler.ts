import type { IncomingMessage, ServerResponse } from 'node:http'
import { IdentityError, InvalidInput, Refused } from '../../errors.ts'
import type { InFlight } from '../../in-flight.ts'
import type { StateSigner } from '../../store/signed-state.ts'
import { sameText } from '../../text/text.ts'
import type { Approval } from '../approval.ts'
import type { Approvals } from '../approvals.ts'
import type { EnteredAt } from '../attempts.ts'
import { decide } from '../decide.ts'
import type { TaskParts } from '../finish-task.ts'
import type { ShownRuns } from '../result.ts'
import type { FormProblem } from './decision.ts'
import { formIn } from './form.ts'
import { cookieFor, type KnownBrowser, knownBrowser } from './known-browser.ts'
import { pathOf, ROOT, STYLE_PATH } from './layout.ts'
import { type RecentChanges, recentChangesIn } from './recent-changes.ts'
import { isSameOrigin, messageReply, type Reply, retryAfter, statusFor } from './reply.ts'
import { runAccountsPage } from './run-accounts.ts'
import { boundTo, showRequest } from './show.ts'
import { STYLE } from './style.ts'
import { namesTask, taskReply } from './task.ts'

/** Dependencies of the page. */
export interface PageParts extends TaskParts {
  approvals: Approvals
  signer: StateSigner
  /** The process waits for running decisions before it exits. */
  inFlight: InFlight
  /** The command that adds an approver. */
  addApprover: string
  runs: ShownRuns
  warn: (message: string, error: unknown) => void
}

type PageHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

// No scripts, images, frames, external resources, caching or referrer.
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

const REQUEST_PATH = new RegExp(`^${ROOT}/([0-9A-Za-z-]{10,20})(?:/accounts/([1-9]\\d{0,5}))?$`)

/**
 * Handles everything under `/approvals`: the page of a request, for everyone with its link, and the decision on it.
 * `origins` are the public addresses of this server, such as "http://127.0.0.1:41233"; other host names are rejected.
 */
export function approvalPage(parts: PageParts, origins: readonly string[]): PageHandler {
  const view = { ...parts, recentChanges: recentChangesIn(parts.journal) }
  return async function approvalPage(request, response) {
    let reply: Reply
    try {
      reply = await route(view, origins, request)
    } catch (error) {
      parts.warn('the approval page failed', error)
      reply = messageReply(
        500,
        'Something went wrong',
        'Nothing was decided. See the server log for details.',
      )
    }
    const { status, body = '', headers } = reply
    response.writeHead(status, {
      ...HEADERS,
      'content-type': 'text/html; charset=utf-8',
      // The rest of a rejected request is not read.
      ...(status >= 400 && { connection: 'close' }),
      ...headers,
    })
    response.end(body)
  }
}

/** What is kept between requests. */
interface View extends PageParts {
  recentChanges: (caller: string) => Promise<RecentChanges>
}

async function route(parts: View, origins: readonly string[], request: IncomingMessage): Promise<Reply> {
  const { method, headers } = request
  // A DNS rebinding attack sends its own host name.
  const origin = origins.find((one) => new URL(one).host === headers.host)
  if (!origin) return messageReply(421, 'Wrong address', 'This server does not use this host name.')
  if (method !== 'GET' && method !== 'POST') {
    return messageReply(405, 'Not possible', 'This page only shows and decides a request.', {
      allow: 'GET, POST',
    })
  }
  const [path = ''] = (request.url ?? '').split('?')
  if (path === STYLE_PATH && method === 'GET') {
    return { status: 200, body: STYLE, headers: { 'content-type': 'text/css; charset=utf-8' } }
  }
  const [, id, accounts] = REQUEST_PATH.exec(path) ?? []
  if (id !== undefined && namesTask(id)) {
    const task = await parts.tasks.get(id)
    if (!task) return notFound()
    return taskReply(parts, task, { method, origin, request, browser: await knownBrowser(request, parts) })
  }
  const approval = id === undefined ? undefined : await parts.approvals.get(id)
  if (!approval) return notFound()
  if ((await parts.approvals.inLine()).has(approval.id)) {
    const text =
      'Too many requests wait at this moment. Decide those first: this one follows when some have ended.'
    return messageReply(method === 'GET' ? 200 : 409, 'This request waits in line', text)
  }
  if (accounts !== undefined) return showAccounts(parts, approval, Number(accounts), method)
  const browser = await knownBrowser(request, parts)
  return method === 'GET'
    ? showRequest(parts, approval, { browser })
    : submitDecision(parts, approval, { origin, request, browser })
}

async function showAccounts(
  { runs }: View,
  approval: Approval,
  number: number,
  method: 'GET' | 'POST',
): Promise<Reply> {
  const { briefing } = approval
  const page = method === 'GET' && briefing?.run ? await runs.pageOf(briefing.run.id, number) : undefined
  return page ? { status: 200, body: runAccountsPage(approval, page, number).markup } : notFound()
}

const notFound = (): Reply =>
  messageReply(
    404,
    'Page not found',
    'Use the complete link that you received. In the terminal, identity-mcp approvals lists what waits.',
  )

async function submitDecision(
  parts: View,
  approval: Approval,
  {
    origin,
    request,
    browser,
  }: { origin: string; request: IncomingMessage; browser: KnownBrowser | undefined },
): Promise<Reply> {
  if (!isSameOrigin(request, origin)) {
    return messageReply(
      403,
      'Nothing was decided',
      'This form was not sent from this page. Open the link and decide there.',
    )
  }
  const form = await formIn(request)
  if (typeof form === 'number')
    return messageReply(form, 'Nothing was decided', 'The form is not valid. Open the link and decide there.')
  const { decision, approver = '', passphrase = '', typed, why, token = '' } = form
  const given = { decision, approver, typed, why }
  const again = (status: number, problem: FormProblem) =>
    showRequest(parts, approval, { browser, status, given, problem })
  if ((await parts.signer.verify(boundTo(approval), token)) !== true) {
    return again(403, { message: 'The form is not valid any more.', hint: 'Use the one below.' })
  }
  if (decision !== 'approved' && decision !== 'denied') {
    return again(422, {
      message: 'Choose Approve or Deny.',
      hint: 'Then submit again.',
      field: 'decision',
    })
  }
  const { id } = approval
  const address = request.socket.remoteAddress ?? ''
  const where = `on the approval page, from ${address}`
  const from: EnteredAt =
    browser && sameText(browser.approver, approver)
      ? { place: 'own browser', browser: browser.id }
      : { place: 'page', address, link: id }
  try {
    await parts.inFlight.track(
      decide(parts, { id, decision, approver, passphrase, how: 'page', from, typed, reason: why, where }),
    )
    const known = from.place === 'page' ? await cookieFor(approver, origin, parts) : {}
    // Redirects to this page, which shows the outcome and can be reloaded without deciding again.
    return { status: 303, headers: { location: pathOf(id), ...known } }
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    const now = (await parts.approvals.get(approval.id)) ?? approval
    const reply = await showRequest(parts, now, {
      browser,
      status: statusFor(error),
      given,
      problem: { message: error.message, hint: error.hint, ...fieldFor(error, decision) },
    })
    return { ...reply, headers: retryAfter(error) }
  }
}

const fieldFor = (error: IdentityError, decision: 'approved' | 'denied'): Pick<FormProblem, 'field'> => {
  if (error instanceof InvalidInput) return { field: decision === 'denied' ? 'why' : 'typed' }
  return error instanceof Refused ? { field: 'passphrase' } : {}
}
