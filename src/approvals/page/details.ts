import { fieldLabel } from '../../changes/field-labels.ts'
import type { BriefedAccount, BriefedChange, Briefing, Place } from '../../domain/briefing.ts'
import { agentInWords } from '../../domain/caller-names.ts'
import type { Approval } from '../approval.ts'
import { existingAccounts } from '../existing-accounts.ts'
import { MAX_GROUPS_SHOWN, placeOf } from './changes.ts'
import { type Html, html } from './html.ts'
import { count, folded, quoted, time } from './layout.ts'
import type { RecentChanges } from './recent-changes.ts'

/** Everything else, each part on demand under what it says in short. */
export const detailSections = (approval: Approval, recent: RecentChanges): Html => {
  const { briefing, plan } = approval
  return html`<div class="card folds">
${planSection(plan, briefing?.changes.length === 0 || !briefing)}
${briefing && accountsSection(briefing.changes)}
${briefing && !briefing.run && elsewhereSection(briefing.elsewhere)}
${recentSection(recent)}
${requestSection(approval)}
</div>`
}

/** The words that the approval is bound to. Open where nothing else names everybody. */
const planSection = (plan: readonly string[], open: boolean): Html => {
  const lines = plan.filter((line) => line !== '')
  return folded(
    `The plan, word for word (${count(lines.length, 'line')})`,
    html`<div class="box">
<p class="from">The same text that the agent got. Names and quoted text come from the app or the agent.</p>
${lines.map((line) => html`<p>${line}</p>`)}
</div>`,
    open,
  )
}

const FIELDS = ['name', 'userName', 'email', 'title', 'department', 'id', 'externalId'] as const
type Field = (typeof FIELDS)[number] | 'groups'

const fieldOf = ({ loses, ...account }: BriefedAccount, field: Field): string | undefined => {
  if (field !== 'groups') return account[field]
  const { first = [] } = loses?.groups ?? {}
  return first.length > MAX_GROUPS_SHOWN ? first.join(', ') : undefined
}

/** The records as the apps show them: what is the same everywhere is told once. */
function accountsSection(changes: readonly BriefedChange[]): Html | undefined {
  const rows = existingAccounts(changes)
  if (rows.length === 0) return undefined
  const told = [...FIELDS, 'groups' as const].filter((field) =>
    rows.some(({ account }) => fieldOf(account, field) !== undefined),
  )
  const values = (field: Field) => new Set(rows.map(({ account }) => fieldOf(account, field)))
  const shared = told.filter((field) => values(field).size === 1)
  const apart = told.filter((field) => values(field).size > 1)
  const [first] = rows
  const severalPlaces = new Set(changes.map(({ tenant }) => tenant)).size > 1
  const label = (field: Field) => (field === 'groups' ? 'Groups' : fieldLabel(field))
  return folded(
    rows.length === 1 ? 'The account' : `The ${rows.length} accounts`,
    html`<div class="box">
<p class="from">From the app</p>
<dl>${shared.map((field) => html`<div><dt>${label(field)}</dt><dd><bdi>${first && fieldOf(first.account, field)}</bdi></dd></div>`)}</dl>
${
  apart.length > 0 &&
  html`<table><thead><tr>${severalPlaces && html`<th scope="col">App</th>`}${apart.map((field) => html`<th scope="col">${label(field)}</th>`)}</tr></thead>
<tbody>${rows.map(({ change, account }) => html`<tr>${severalPlaces && html`<th scope="row">${placeOf(change)}</th>`}${apart.map((field) => html`<td data-label="${label(field)}"><bdi>${fieldOf(account, field) ?? '–'}</bdi></td>`)}</tr>`)}</tbody></table>`
}
</div>`,
  )
}

function elsewhereSection(elsewhere: Briefing['elsewhere']): Html {
  if (!elsewhere) {
    return folded(
      'In other apps: not checked',
      html`<p>The change is not about exactly one existing person.</p>`,
    )
  }
  const { active, unknown } = elsewhere
  const list = (places: readonly Place[]) =>
    html`<ul>${places.map((place) => html`<li>${placeOf(place)}</li>`)}</ul>`
  const inShort = [
    ...(active.length > 0 ? [`active in ${active.length}`] : []),
    ...(unknown.length > 0 ? [`not known for ${unknown.length}`] : []),
  ]
  return folded(
    `In other apps: ${inShort.join(', ') || 'not active'}`,
    html`${
      active.length > 0
        ? html`<p>This person is also active in <strong>${count(active.length, 'other app')}</strong>, not affected by this change:</p>${list(active)}`
        : html`<p>Not active in any other connected app${unknown.length > 0 && html` that answered`}.</p>`
    }${unknown.length > 0 && html`<p>Not known for ${count(unknown.length, 'other app')} (no answer in time, or not available):</p>${list(unknown)}`}`,
  )
}

function recentSection({ changes, of }: RecentChanges): Html {
  const inShort = `Same caller, last hour: ${of === 0 ? 'no other changes' : count(of, 'change')}`
  if (of === 0) return html`<p>${inShort}</p>`
  return folded(
    inShort,
    html`${of > changes.length && html`<p>The latest ${changes.length}:</p>`}
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
</table>`,
  )
}

function requestSection({ agent, via, client, tool, createdAt }: Approval): Html {
  const rows: [string, Html | undefined][] = [
    ['Tool', html`<code>${tool}</code>`],
    ['Agent', agent === undefined ? undefined : html`${agentInWords({ agent, via })}`],
    ['Client', client === undefined ? undefined : quoted(client, 'self-reported')],
    ['Requested', time(createdAt)],
  ]
  return folded(
    'The request',
    html`<dl>${rows.map(([name, value]) => value && html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`,
  )
}
