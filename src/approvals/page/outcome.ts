import { accountsOver, countsInWords, hasEnded, type RunProgress } from '../../domain/run.ts'
import { type Approval, statusOf } from '../approval.ts'
import { answerToRequester, appOf, type Result, type WriteResult } from '../result.ts'
import { type Html, html } from './html.ts'
import { pathOf, quoted, time } from './layout.ts'

/** What was decided, what came of it, and what to say to whoever asked. `names` says whether approvers are named. */
export const outcome = (
  approval: Approval,
  { names, result }: { names: boolean; result: Result | undefined },
): Html => {
  const answer = answerToRequester(approval, result)
  return html`<section class="decided" aria-labelledby="outcome"><h2 id="outcome">Decision</h2>${decided(approval, names)}</section>
${approval.state === 'approved' && statusOf(approval) !== 'expired' && resultSection(approval, result)}
${
  answer !== undefined &&
  html`<section class="card" aria-labelledby="answer"><h2 id="answer">For whoever asked</h2>
<p class="quiet">To copy:</p>
<p class="copy">${answer}</p></section>`
}`
}

function decided(approval: Approval, names: boolean): Html {
  const { decidedAt, usedAt, expiresAt, denialReason } = approval
  const at = decidedAt !== undefined && time(decidedAt)
  const how = names ? html`by ${approval.by}, ${at}` : html`${at}`
  const texts: Record<ReturnType<typeof statusOf>, Html> = {
    pending: html``,
    approved: html`<p><strong>Approved ${how}.</strong> The agent can make this change once, until ${time(expiresAt)}, if the accounts
have not changed.</p>`,
    denied: html`<p><strong>Denied ${how}.</strong> Nothing is changed. You can close this page.</p>${
      denialReason !== undefined &&
      html`<p>The agent is told the reason: ${quoted(denialReason, 'from the approver')}</p>`
    }`,
    used: html`<p><strong>Approved ${how}</strong>, and used ${usedAt !== undefined && time(usedAt)}.</p>`,
    expired:
      approval.state === 'approved'
        ? html`<p><strong>Approved ${how}</strong>, and not used by ${time(expiresAt)}, when it expired. Nothing is changed. The agent can
ask again.</p>`
        : html`<p><strong>Expired ${time(expiresAt)}</strong> without a decision. Nothing is changed. The agent can ask again.</p>`,
  }
  return texts[statusOf(approval)]
}

const STATES: Record<Result['state'], string> = {
  waiting: 'Nothing is changed yet: the agent has to repeat its call.',
  'under way': 'Under way.',
  done: 'All of it is done.',
  partly: 'A part of it is done.',
  failed: 'Nothing was changed.',
  unknown: 'It is not certain whether anything was changed.',
}

const WRITES: Record<WriteResult['state'], string> = {
  done: 'done',
  failed: 'failed',
  unknown: 'not certain',
  begun: 'begun; the journal does not say how it ended',
  'by hand': 'to be done by hand',
}

/** What is listed here; a run can be far longer. */
const MAX_WRITES_SHOWN = 50

function resultSection(approval: Approval, result: Result | undefined): Html {
  const { id, briefing } = approval
  const isOver = result !== undefined && result.state !== 'waiting' && result.state !== 'under way'
  return html`<section class="decided" aria-labelledby="result"><h2 id="result">What came of it</h2>
${result ? html`<p><strong>${STATES[result.state]}</strong></p>${result.run && runSection(result.run)}${writesTable(result, briefing)}` : html`<p>The journal cannot tell: it is not as it was written, or cannot be read.</p>`}
${!isOver && html`<p><a class="again" href="${pathOf(id)}">Look again</a></p>`}
<p class="quiet">In the terminal: <code>identity-mcp approvals show ${id}</code>${briefing?.run && html`, and <code>identity-mcp runs show ${briefing.run.id}</code> for every account of the run`}</p>
</section>`
}

/** How far a run is, as in the terminal. */
function runSection({ state, counts, note }: RunProgress): Html {
  const { over, all } = accountsOver(counts)
  return html`<p id="progress">The run is ${state.replaceAll('_', ' ')}: ${countsInWords(counts)}.</p>
${!hasEnded({ state }) && html`<p><progress aria-labelledby="progress" value="${over}" max="${all}"></progress></p>`}
${note !== undefined && html`<p>${quoted(note, 'from the run')}</p>`}`
}

function writesTable({ writes, more }: Result, briefing: Approval['briefing']): Html | undefined {
  if (writes.length === 0) return undefined
  // What went wrong first.
  const sorted = writes.toSorted((a, b) => Number(a.state === 'done') - Number(b.state === 'done'))
  const shown = sorted.slice(0, MAX_WRITES_SHOWN)
  const done = writes.filter(({ state }) => state === 'done').length
  const isCut = more || writes.length > shown.length
  return html`${isCut && html`<p>${done} of ${more && 'more than '}${writes.length} are done. The journal has all of them; ${shown.length} are shown.</p>`}
<table>
<thead><tr><th scope="col">App</th><th scope="col">Account or group <small>from the app</small></th><th scope="col">Result</th></tr></thead>
<tbody>${shown.map(
    ({
      tenant,
      userName,
      state,
      note,
    }) => html`<tr><th scope="row">${appOf(tenant, briefing)} <span class="tenant">${tenant}</span></th>
<td data-label="Account"><bdi>${userName}</bdi></td><td data-label="Result"><strong class="${state === 'done' ? 'good' : 'bad'}">${WRITES[state]}</strong>${note !== undefined && html` <small>${note}</small>`}</td></tr>`,
  )}</tbody>
</table>`
}
