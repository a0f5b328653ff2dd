import { type Approval, progressOf, statusOf } from '../approval.ts'
import { type Html, html } from './html.ts'
import { pathOf, quoted, time } from './layout.ts'

/** What the person entered before, to fill the form again after an error. Never includes the passphrase. */
export interface EnteredValues {
  decision?: string | undefined
  approver?: string | undefined
  typed?: string | undefined
}

type FormField = 'decision' | 'typed' | 'approver' | 'passphrase'

export interface FormProblem {
  message: string
  hint: string
  /** The field to correct, when known. */
  field?: FormField
}

/** The error, first on the page and focused. */
export const problemSummary = ({
  message,
  hint,
  field,
}: FormProblem): Html => html`<div class="problem" role="alert" tabindex="-1" autofocus>
<h2>Nothing was decided</h2>
<p>${field ? html`<a href="#${field === 'decision' ? 'approved' : field}">${message}</a>` : message} ${hint}</p>
</div>`

/** The decision form, or the command that adds the first approver. */
export function decisionForm(
  { id, mustType }: Approval,
  {
    token,
    given = {},
    field,
    addApprover,
  }: { token: string; given?: EnteredValues; field?: FormField; addApprover?: string },
): Html {
  if (addApprover !== undefined) {
    return section(html`<p>There are no approvers yet. Add one with a passphrase, on the machine that runs this server:</p>
<pre><code>${addApprover}</code></pre>
<p>Then reload this page.</p>`)
  }
  const wrong = (name: FormField) => field === name && html` aria-invalid="true"`
  return section(html`<form method="post" action="${pathOf(id)}" autocomplete="off">
<input type="hidden" name="token" value="${token}">
<fieldset id="decision"${wrong('decision')}>
<legend>Approve this change?</legend>
${choice('approved', 'Approve', 'Allows exactly this change, once, if the accounts have not changed since the request.', given)}
${choice('denied', 'Deny', 'Nothing is changed. The agent gets this answer.', given)}
</fieldset>
${
  mustType !== undefined &&
  html`<div class="field">
<label for="typed">To approve, type ${/^\d+$/.test(mustType) ? 'the number of accounts' : 'the user name'}: ${quoted(mustType, 'as shown above')}</label>
<p class="hint" id="typed-hint">This is a high-impact change. To deny it, leave this empty.</p>
<input id="typed" name="typed" type="text" autocapitalize="none" spellcheck="false" maxlength="400" aria-describedby="typed-hint" value="${given.typed ?? ''}"${wrong('typed')}>
</div>`
}
<div class="field">
<label for="approver">Approver name</label>
<input id="approver" name="approver" type="text" required autocapitalize="none" spellcheck="false" maxlength="64" value="${given.approver ?? ''}"${wrong('approver')}>
</div>
<div class="field">
<label for="passphrase">Passphrase</label>
<p class="hint" id="passphrase-hint">Do not save it in the browser: an agent may be able to use your browser.</p>
<input id="passphrase" name="passphrase" type="password" required maxlength="1024" aria-describedby="passphrase-hint"${wrong('passphrase')}>
</div>
<button type="submit">Submit decision</button>
</form>`)
}

const section = (inner: Html): Html => html`<section class="decide" aria-labelledby="decide">
<h2 id="decide" tabindex="-1">Your decision</h2>
${inner}
</section>`

const choice = (
  value: string,
  label: string,
  hint: string,
  given: EnteredValues,
): Html => html`<div class="choice">
<input type="radio" id="${value}" name="decision" value="${value}" required aria-describedby="${value}-hint"${given.decision === value && html` checked`}>
<label for="${value}">${label}</label>
<p class="hint" id="${value}-hint">${hint}</p>
</div>`

const STATUS: Record<ReturnType<typeof statusOf>, string> = {
  pending: 'Waiting for a decision',
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

/** The approvals so far, when more than one is required. `names` says whether approvers are named. */
export const agreedSoFar = (approval: Approval, names: boolean): Html | undefined =>
  approval.agreed &&
  html`<section class="decided" aria-labelledby="agreed"><h2 id="agreed">Approved so far</h2>
${
  names
    ? html`<ul>${approval.agreed.map(({ by, at }) => html`<li><strong>${by}</strong>, ${time(at)}</li>`)}</ul>`
    : html`<p>${progressOf(approval)} approvers have agreed.</p>`
}
<p>Another person must approve too. Until then, nothing is changed.</p></section>`

/** The outcome of a request that is no longer pending. `names` says whether approvers are named. */
export function outcome(approval: Approval, names: boolean): Html {
  const { decidedAt, usedAt, expiresAt } = approval
  const at = decidedAt !== undefined && time(decidedAt)
  const decided = names ? html`by ${approval.by}, ${at}` : html`${at}`
  const texts: Record<ReturnType<typeof statusOf>, Html> = {
    pending: html``,
    approved: html`<p><strong>Approved ${decided}.</strong> The agent can make this change once, until ${time(expiresAt)}, if the accounts
have not changed. You can close this page.</p>`,
    denied: html`<p><strong>Denied ${decided}.</strong> Nothing is changed. You can close this page.</p>`,
    used: html`<p><strong>Approved ${decided}</strong>, and used ${usedAt !== undefined && time(usedAt)}. See the journal for the
result.</p>`,
    expired:
      approval.state === 'approved'
        ? html`<p><strong>Approved ${decided}</strong>, and not used by ${time(expiresAt)}, when it expired. Nothing is changed. The agent can
ask again.</p>`
        : html`<p><strong>Expired ${time(expiresAt)}</strong> without a decision. Nothing is changed. The agent can ask again.</p>`,
  }
  return html`<section class="decided" aria-labelledby="outcome"><h2 id="outcome">Decision</h2>${texts[statusOf(approval)]}</section>`
}
