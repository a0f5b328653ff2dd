import type { Briefing } from '../../domain/briefing.ts'
import { inWords, personInWords } from '../../domain/caller-names.ts'
import type { Earlier } from '../alarms.ts'
import { type Approval, statusOf, whoMustAgree } from '../approval.ts'
import { makesAccount } from '../existing-accounts.ts'
import { headline, onePerson, plainHeadline } from '../headline.ts'
import type { Result } from '../result.ts'
import { changesSection } from './changes.ts'
import {
  agreedSoFar,
  decisionForm,
  type EnteredValues,
  type FormProblem,
  problemSummary,
  statusLine,
} from './decision.ts'
import { detailSections } from './details.ts'
import { type Html, html } from './html.ts'
import { count, inMarkup, layout, quoted, time } from './layout.ts'
import { outcome } from './outcome.ts'
import type { RecentChanges } from './recent-changes.ts'
import { unusualSection } from './unusual.ts'

/** The contents of the page for one request. */
interface RequestView {
  approval: Approval
  recentChanges: RecentChanges
  earlier: Earlier
  /** What came of it; undefined where the journal cannot tell. */
  result: Result | undefined
  token: string
  /** Whether approvers are named: a stranger with the link is not told who they are. */
  names: boolean
  /** The command that adds an approver, when there is none yet. */
  addApprover?: string
  given?: EnteredValues
  problem?: FormProblem
}

/** The whole request: who and what, what is unusual, why and for whom, and the rest on demand; then the decision. */
export function requestPage(view: RequestView): Html {
  const { approval, recentChanges, earlier, result, names, problem, ...form } = view
  const { id, briefing } = approval
  const open = statusOf(approval) === 'pending'
  const words = briefing ? headline(briefing) : ['A change is waiting for approval']
  const main = html`${problem && problemSummary(problem)}
${statusLine(approval)}
<h1>${inMarkup(words)}</h1>
${briefing && whoAndWhere(briefing)}
${open ? agreedSoFar(approval, names) : outcome(approval, { names, result })}
${open && unusualSection(approval, earlier)}
${requestFacts(approval)}
${briefing && changesSection(briefing, id)}
${detailSections(approval, recentChanges)}
${open && decisionForm(approval, { ...form, ...(problem && { problem }) })}`
  return layout(
    `${problem ? 'Problem: ' : ''}${plainHeadline(words)} (${id})`,
    main,
    open ? { id: 'decide', label: 'Skip to your decision' } : undefined,
  )
}

/** The user name of the one person, and the tenant if it is one. */
function whoAndWhere({ changes, run }: Briefing): Html | undefined {
  if (run) return undefined
  const person = onePerson(changes)
  const from = changes.some(makesAccount) ? 'from the agent' : 'from the app'
  const [tenant, ...others] = new Set(changes.map((change) => change.tenant))
  return html`<p class="about">${person && quoted(person.userName, from)}${others.length === 0 && html` <span class="tenant">${tenant}</span>`}</p>`
}

function requestFacts(approval: Approval): Html {
  const { agent, client, reason, expiresAt } = approval
  const quorum = whoMustAgree(approval)
  const open = statusOf(approval) === 'pending'
  const minutes = Math.ceil((expiresAt - Date.now()) / 60_000)
  const by = html`${agent === undefined ? personInWords(approval) : inWords(approval)}${client !== undefined && html`, with ${quoted(client, 'self-reported')}`}`
  const rows: [string, Html | undefined][] = [
    ['Reason', reason === undefined ? html`<em>none given</em>` : quoted(reason, 'from the agent')],
    ['Requested by', by],
    ['Needs', quorum === undefined ? undefined : html`${quorum}`],
    ['Expires', open ? html`in ${count(minutes, 'minute')}, ${time(expiresAt)}` : undefined],
  ]
  return html`<dl class="facts">${rows.map(([name, value]) => value && html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}
