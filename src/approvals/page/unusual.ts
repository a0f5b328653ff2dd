import { alarmsOf, type Earlier, warningsOf } from '../alarms.ts'
import type { Approval } from '../approval.ts'
import { type Html, html } from './html.ts'

/** What an approver must not overlook, right below the headline; undefined if there is nothing. */
export function unusualSection(approval: Approval, earlier: Earlier): Html | undefined {
  const { briefing, plan, asides = [] } = approval
  const alarms = alarmsOf(briefing, earlier)
  const warnings = warningsOf(plan)
  // Those of a run name everybody, and are shown with its plan.
  const notes = briefing?.run ? [] : asides.filter((line) => !warnings.includes(line))
  if (alarms.length + warnings.length + notes.length === 0) return undefined
  return html`<section class="unusual" aria-labelledby="unusual"><h2 id="unusual">Look closely</h2>
<ul>${alarms.map((text) => html`<li><strong>${text}</strong></li>`)}${warnings.map((text) => html`<li class="words">${text}</li>`)}${notes.map((text) => html`<li class="words note">${text}</li>`)}</ul>
</section>`
}
