import { kindNamed } from '../../changes/index.ts'
import type { Briefing } from '../../domain/briefing.ts'
import { agentInWords, personInWords } from '../../domain/caller-names.ts'
import { sameText } from '../../text/text.ts'
import { type Approval, statusOf, whoMustAgree } from '../approval.ts'
import { changesSection, headline } from './changes.ts'
import {
  agreedSoFar,
  decisionForm,
  type EnteredValues,
  type FormProblem,
  outcome,
  problemSummary,
  statusLine,
} from './decision.ts'
import { type Html, html } from './html.ts'
import { count, layout, quoted, time } from './layout.ts'
import type { RecentChanges } from './recent-changes.ts'

/** The contents of the page for one request. */
interface RequestView {
  approval: Approval
  recentChanges: RecentChanges
  token: string
  /** Whether approvers are named: a stranger with the link is not told who they are. */
  names: boolean
  /** The command that adds an approver, when there is none yet. */
  addApprover?: string
  given?: EnteredValues
  problem?: FormProblem
}

/** The whole request, with the decision form. */
export function requestPage({ approval, recentChanges, names, problem, ...form }: RequestView): Html {
  const { id, briefing, plan } = approval
  const open = statusOf(approval) === 'pending'
  const title = briefing ? headline(briefing) : 'A change is waiting for approval'
  const words = html`<div class="box">
<p class="from">The same text that the agent got. Names and quoted text come from the app or the agent.</p>
${plan.filter((line) => line !== '').map((line) => html`<p>${line}</p>`)}
</div>`
  const main = html`${problem && problemSummary(problem)}
${statusLine(approval)}
<h1>${title}</h1>
${open ? agreedSoFar(approval, names) : outcome(approval, names)}
${requestFacts(approval)}
<section aria-labelledby="plan"><h2 id="plan">Planned change</h2>${words}</section>
${briefing && changesSection(briefing)}
<section aria-labelledby="lately"><h2 id="lately">Same caller, last hour</h2>${recentTable(recentChanges)}</section>
${open && decisionForm(approval, { ...form, ...(problem?.field && { field: problem.field }) })}`
  return layout(
    `${problem ? 'Problem: ' : ''}${title} (${id})`,
    main,
    open ? { id: 'decide', label: 'Skip to your decision' } : undefined,
  )
}

function requestFacts(approval: Approval): Html {
  const { briefing, agent, via, client, reason, createdAt, expiresAt, tool } = approval
  const quorum = whoMustAgree(approval)
  const minutes = Math.ceil((expiresAt - Date.now()) / 60_000)
  const rows: [string, Html | undefined][] = [
    ['Person', briefing && person(briefing)],
    ['Reason', reason === undefined ? html`<em>none given</em>` : quoted(reason, 'from the agent')],
    ['Requested by', html`${personInWords(approval)}`],
    ['Agent', agent === undefined ? undefined : html`${agentInWords({ agent, via })}`],
    ['Client', client === undefined ? undefined : quoted(client, 'self-reported')],
    ['Tool', html`<code>${tool}</code>`],
    ['Needs', quorum === undefined ? undefined : html`${quorum}`],
    ['Requested', time(createdAt)],
    ['Expires', html`${time(expiresAt)}${minutes > 0 && html`, in ${count(minutes, 'minute')}`}`],
  ]
  return html`<dl class="facts">${rows.map(([name, value]) => value && html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

/** The person concerned, or the number of accounts. */
function person({ changes, run }: Briefing): Html {
  if (run) return html`${run.people === 1 ? '1 person' : `${run.people} people`}, named in the plan`
  const accounts = changes.flatMap((change) => change.accounts)
  const [first] = accounts
  if (!first || accounts.some(({ userName }) => !sameText(userName, first.userName))) {
    return html`${count(accounts.length, 'account')} with different user names, listed below`
  }
  const from = changes.some(({ operation }) => kindNamed(operation)?.makes === 'account')
    ? 'from the agent'
    : 'from the app'
  return quoted(first.name === undefined ? first.userName : `${first.name} (${first.userName})`, from)
}

function recentTable({ changes, of }: RecentChanges): Html {
  if (of === 0) return html`<p>No other changes.</p>`
  return html`<p>${count(of, 'change')}${of > changes.length && html`, latest ${changes.length} shown`}:</p>
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
