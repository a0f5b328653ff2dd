import { type Approval, progressOf, statusOf } from '../approval.ts'
import { MAX_REASON } from '../denials.ts'
import { type Html, html } from './html.ts'
import { pathOf, quoted, time } from './layout.ts'

/** What the person entered before, to fill the form again after an error. Never includes the passphrase. */
export interface EnteredValues {
  decision?: string | undefined
  approver?: string | undefined
  typed?: string | undefined
  why?: string | undefined
}

type FormField = 'decision' | 'typed' | 'why' | 'approver' | 'passphrase'

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
    problem,
    addApprover,
  }: { token: string; given?: EnteredValues; problem?: FormProblem; addApprover?: string },
): Html {
  if (addApprover !== undefined) {
    return section(html`<p>There are no approvers yet. Add one with a passphrase, on the machine that runs this server:</p>
<pre><code>${addApprover}</code></pre>
<p>Then reload this page.</p>`)
  }
  const isWrong = (name: FormField) => problem?.field === name
  const wrong = (name: FormField) => isWrong(name) && html` aria-invalid="true"`
  /** The field's hint, and what is wrong with it. */
  const told = (name: FormField, hint?: string) => {
    const ids = [...(hint ? [`${name}-hint`] : []), ...(isWrong(name) ? [`${name}-problem`] : [])]
    return html`${ids.length > 0 && html` aria-describedby="${ids.join(' ')}"`}${wrong(name)}`
  }
  const hinted = (name: FormField, hint?: string) =>
    html`${hint && html`<p class="hint" id="${name}-hint">${hint}</p>`}${isWrong(name) && html`<p class="wrong" id="${name}-problem">${problem?.message}</p>`}`
  return section(html`<form method="post" action="${pathOf(id)}" autocomplete="off">
<input type="hidden" name="token" value="${token}">
<fieldset id="decision"${told('decision')}>
<legend>Approve this change?</legend>
${hinted('decision')}
${choice('approved', 'Approve', 'Allows exactly this change, once, if the accounts have not changed since the request.', given)}
${choice('denied', 'Deny', 'Nothing is changed. The agent gets this answer.', given)}
</fieldset>
${
  mustType !== undefined &&
  html`<div class="field to-approve">
<label for="typed">To approve, type ${/^\d+$/.test(mustType) ? 'the number of accounts' : 'the user name'}: ${quoted(mustType, 'as shown above')}</label>
${hinted('typed', TYPED_HINT)}
<input id="typed" name="typed" type="text" autocapitalize="none" spellcheck="false" maxlength="400" value="${given.typed ?? ''}"${told('typed', TYPED_HINT)}>
</div>`
}
<div class="field to-deny">
<label for="why">Reason for the denial <small>(optional)</small></label>
${hinted('why', WHY_HINT)}
<input id="why" name="why" type="text" maxlength="${MAX_REASON}" value="${given.why ?? ''}"${told('why', WHY_HINT)}>
</div>
<div class="field">
<label for="approver">Approver name</label>
<input id="approver" name="approver" type="text" required autocapitalize="none" spellcheck="false" maxlength="64" value="${given.approver ?? ''}"${told('approver')}>
</div>
<div class="field">
<label for="passphrase">Passphrase</label>
${hinted('passphrase', PASSPHRASE_HINT)}
<input id="passphrase" name="passphrase" type="password" required maxlength="1024"${told('passphrase', PASSPHRASE_HINT)}>
</div>
<button type="submit">Submit decision</button>
</form>`)
}

const TYPED_HINT = 'This is a high-impact change. To deny it, leave this empty.'
const WHY_HINT = 'The agent gets to read it, and so may whoever asked.'
const PASSPHRASE_HINT = 'Do not save it in the browser: an agent may be able to use your browser.'

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
<input type="radio" id="${value}" name="decision" value="${value}" aria-describedby="${value}-hint"${given.decision === value && html` checked`}>
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
  return html`<p class="status"><span class="pill ${status}">${STATUS[status]}${progress !== undefined && html`, ${progress}`}</span> <span>Request <code>${approval.id}</code></span></p>`
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
