import { kindNamed } from '../../changes/index.ts'
import type { Briefing } from '../../domain/briefing.ts'
import { sameText } from '../../text/text.ts'
import { type Approval, statusOf, whoMustAgree } from '../approvals.ts'
import { changesSection, headline } from './changes.ts'
import {
  agreedSoFar,
  decisionForm,
  type Given,
  outcome,
  type Problem,
  problemSummary,
  statusLine,
} from './decision.ts'
import { type Html, html } from './html.ts'
import { count, layout, said, time } from './layout.ts'
import type { RecentChanges } from './recent-changes.ts'

/** What one view of a request shows. */
export interface Shown {
  approval: Approval
  recentChanges: RecentChanges
  token: string
  /** What to type to become an approver, where there is none yet. */
  addApprover?: string
  given?: Given
  problem?: Problem
}

/** The whole request, for a person to judge and decide. */
export function requestPage({ approval, recentChanges, problem, ...form }: Shown): Html {
  const { id, briefing, plan } = approval
  const open = statusOf(approval) === 'pending'
  const title = briefing ? headline(briefing) : 'A change that waits for a person'
  const words = html`<div class="box">
<p class="from">As the agent was told it. Names, and what stands in quotes, come from the app or the agent.</p>
${plan.filter((line) => line !== '').map((line) => html`<p>${line}</p>`)}
</div>`
  const main = html`${problem && problemSummary(problem)}
${statusLine(approval)}
<h1>${title}</h1>
${open ? agreedSoFar(approval) : outcome(approval)}
${facts(approval)}
<section aria-labelledby="plan"><h2 id="plan">What would be done</h2>${words}</section>
${briefing && changesSection(briefing)}
<section aria-labelledby="lately"><h2 id="lately">By the same caller in the last hour</h2>${recent(recentChanges)}</section>
${open && decisionForm(approval, { ...form, ...(problem?.field && { field: problem.field }) })}`
  return layout(
    `${problem ? 'Problem: ' : ''}${title} (${id})`,
    main,
    open ? { id: 'decide', label: 'Skip to your decision' } : undefined,
  )
}

function facts(approval: Approval): Html {
  const { briefing, caller, client, reason, createdAt, expiresAt, tool } = approval
  const takes = whoMustAgree(approval)
  const minutes = Math.ceil((expiresAt - Date.now()) / 60_000)
  const rows: [string, Html | undefined][] = [
    ['Person', briefing && person(briefing)],
    ['Reason', reason === undefined ? html`<em>none given</em>` : said(reason, 'from the agent')],
    ['Asked for by', html`${caller}`],
    ['With the client', client === undefined ? undefined : said(client, 'as it calls itself')],
    ['Tool', html`<code>${tool}</code>`],
    ['Takes', takes === undefined ? undefined : html`${takes}`],
    ['Asked', time(createdAt)],
    ['Expires', html`${time(expiresAt)}${minutes > 0 && html`, in ${count(minutes, 'minute')}`}`],
  ]
  return html`<dl class="facts">${rows.map(([name, value]) => value && html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

/** Whom it is about: one person, or how many accounts there are. */
function person({ changes }: Briefing): Html {
  const accounts = changes.flatMap((change) => change.accounts)
  const [first] = accounts
  if (!first || accounts.some(({ userName }) => !sameText(userName, first.userName))) {
    return html`${count(accounts.length, 'account')} with different names, listed below`
  }
  const from = changes.some(({ operation }) => kindNamed(operation)?.makes === 'account')
    ? 'from the agent'
    : 'from the app'
  return said(first.name === undefined ? first.userName : `${first.name} (${first.userName})`, from)
}

function recent({ changes, of }: RecentChanges): Html {
  if (of === 0) return html`<p>No other change.</p>`
  return html`<p>${count(of, 'change')}${of > changes.length && html`, of which the latest ${changes.length}`}:</p>
<table>
<thead><tr><th scope="col">Time</th><th scope="col">Tool</th><th scope="col">Account or group <small>from the app</small></th><th scope="col">Outcome</th></tr></thead>
<tbody>${changes.map(
    ({
      at,
      tool,
      account,
      event,
    }) => html`<tr><td data-label="Time">${time(Date.parse(at))}</td><td data-label="Tool"><code>${tool}</code></td>
<td data-label="Account"><bdi>${account?.userName}</bdi> <span class="tenant">${account?.tenant}</span></td><td data-label="Outcome">${event}</td></tr>`,
  )}</tbody>
</table>`
}
