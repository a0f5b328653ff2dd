import { type Approval, progressOf, statusOf } from '../approvals.ts'
import { type Html, html } from './html.ts'
import { pathOf, said, time } from './layout.ts'

/** What a person typed before, so that only what was wrong has to be typed again; the passphrase never is. */
export interface Given {
  decision?: string | undefined
  approver?: string | undefined
  typed?: string | undefined
}

export type Field = 'decision' | 'typed' | 'approver' | 'passphrase'

export interface Problem {
  message: string
  hint: string
  /** What has to be put right, where that is known. */
  field?: Field
}

/** Says what is wrong before anything else is read; the focus goes there. */
export const problemSummary = ({
  message,
  hint,
  field,
}: Problem): Html => html`<div class="problem" role="alert" tabindex="-1" autofocus>
<h2>Nothing was decided</h2>
<p>${field ? html`<a href="#${field === 'decision' ? 'approved' : field}">${message}</a>` : message} ${hint}</p>
</div>`

/** The form that takes a decision, or who must be set up first. */
export function decisionForm(
  { id, mustType }: Approval,
  {
    token,
    given = {},
    field,
    addApprover,
  }: { token: string; given?: Given; field?: Field; addApprover?: string },
): Html {
  if (addApprover !== undefined) {
    return section(html`<p>Nobody may approve yet. On the machine that runs this server, a person sets up who may, each with a
passphrase of their own:</p>
<pre><code>${addApprover}</code></pre>
<p>Then load this page again.</p>`)
  }
  const wrong = (name: Field) => field === name && html` aria-invalid="true"`
  return section(html`<form method="post" action="${pathOf(id)}" autocomplete="off">
<input type="hidden" name="token" value="${token}">
<fieldset id="decision"${wrong('decision')}>
<legend>What do you decide?</legend>
${choice('approved', 'Approve', 'This very change is let through, once, if nothing has changed since.', given)}
${choice('denied', 'Deny', 'Nothing is changed. The agent is told so.', given)}
</fieldset>
${
  mustType !== undefined &&
  html`<div class="field">
<label for="typed">To approve, type ${/^\d+$/.test(mustType) ? 'the number of accounts' : 'the user name'}: ${said(mustType, 'as shown above')}</label>
<p class="hint" id="typed-hint">This change weighs much. To deny it, leave this empty.</p>
<input id="typed" name="typed" type="text" autocapitalize="none" spellcheck="false" maxlength="400" aria-describedby="typed-hint" value="${given.typed ?? ''}"${wrong('typed')}>
</div>`
}
<div class="field">
<label for="approver">Your name as an approver</label>
<input id="approver" name="approver" type="text" required autocapitalize="none" spellcheck="false" maxlength="64" value="${given.approver ?? ''}"${wrong('approver')}>
</div>
<div class="field">
<label for="passphrase">Your passphrase</label>
<p class="hint" id="passphrase-hint">Do not let the browser keep it: an agent may be able to use your browser.</p>
<input id="passphrase" name="passphrase" type="password" required maxlength="1024" aria-describedby="passphrase-hint"${wrong('passphrase')}>
</div>
<button type="submit">Submit decision</button>
</form>`)
}

const section = (inner: Html): Html => html`<section class="decide" aria-labelledby="decide">
<h2 id="decide" tabindex="-1">Your decision</h2>
${inner}
</section>`

const choice = (value: string, label: string, hint: string, given: Given): Html => html`<div class="choice">
<input type="radio" id="${value}" name="decision" value="${value}" required aria-describedby="${value}-hint"${given.decision === value && html` checked`}>
<label for="${value}">${label}</label>
<p class="hint" id="${value}-hint">${hint}</p>
</div>`

const STATUS: Record<ReturnType<typeof statusOf>, string> = {
  pending: 'Waits for a decision',
  approved: 'Approved',
  denied: 'Denied',
  used: 'Approved and used',
  expired: 'Expired',
}

export const statusLine = (approval: Approval): Html => {
  const status = statusOf(approval)
  const progress = status === 'pending' ? progressOf(approval) : undefined
  return html`<p class="status"><span class="pill ${status}">${STATUS[status]}${progress !== undefined && html`, ${progress}`}</span> Request <code>${approval.id}</code></p>`
}

/** Whose yes there is already, where it takes more than one. */
export const agreedSoFar = ({ agreed }: Approval): Html | undefined =>
  agreed &&
  html`<section class="decided" aria-labelledby="agreed"><h2 id="agreed">Agreed so far</h2>
<ul>${agreed.map(({ by, at }) => html`<li><strong>${by}</strong>, ${time(at)}</li>`)}</ul>
<p>It takes another person as well; until then nothing is changed.</p></section>`

/** What became of a request that nobody can decide any more. */
export function outcome(approval: Approval): Html {
  const { by, decidedAt, usedAt, expiresAt } = approval
  const decided = decidedAt !== undefined && html`${by}, ${time(decidedAt)}`
  const texts: Record<ReturnType<typeof statusOf>, Html> = {
    pending: html``,
    approved: html`<p><strong>Approved by ${decided}.</strong> The agent’s call goes through once, until ${time(expiresAt)}, if nothing has
changed since. You can close this page.</p>`,
    denied: html`<p><strong>Denied by ${decided}.</strong> Nothing is changed. You can close this page.</p>`,
    used: html`<p><strong>Approved by ${decided}</strong>, and let through ${usedAt !== undefined && time(usedAt)}. What came of it stands in
the journal.</p>`,
    expired: html`<p><strong>Nobody decided in time</strong>, so nothing is changed: it expired ${time(expiresAt)}. The agent can ask anew.</p>`,
  }
  return html`<section class="decided" aria-labelledby="outcome"><h2 id="outcome">The decision</h2>${texts[statusOf(approval)]}</section>`
}
