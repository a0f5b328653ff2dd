import { fieldLabel } from '../../changes/field-labels.ts'
import { kindNamed } from '../../changes/index.ts'
import type { Alteration, BriefedAccount, BriefedChange, Briefing, Place } from '../../domain/briefing.ts'
import { existingAccounts, makesAccount } from '../existing-accounts.ts'
import { changesTold, onePerson } from '../headline.ts'
import { type Html, html } from './html.ts'
import { count, quoted } from './layout.ts'
import { accountsPath } from './run-accounts.ts'

/** Groups named in the table; the details have all of them. */
export const MAX_GROUPS_SHOWN = 3

export const placeOf = ({ app, tenant }: Place): Html => html`${app} <span class="tenant">${tenant}</span>`

/** One value that is set, with the account and the change that it belongs to. */
interface Row {
  change: BriefedChange
  account: BriefedAccount
  alters: Alteration
}

/** A column of the table; left out where all rows would say the same that stands above. */
interface Column {
  label: string
  isShown: boolean
  cell: (row: Row) => Html
  /** How it is shown where the table is narrow. */
  as?: 'field' | 'now' | 'after' | 'lost'
  /** Whether it shows text of the app without a mark of its own. */
  ofApp?: true
  /** What is the same in every row is told once, below the table. */
  once?: true
}

/** Everything that is set, in one table: equal accounts in different apps are equal rows. */
export function changesSection({ changes, run }: Briefing, request: string): Html {
  if (run) return runSection(run, request)
  const rows = changes.flatMap((change) =>
    change.accounts.flatMap((account) => account.alters.map((alters) => ({ change, account, alters }))),
  )
  const all = columnsFor(changes, rows).filter(({ isShown }) => isShown)
  const isSame = ({ cell }: Column) => new Set(rows.map((row) => cell(row).markup)).size === 1
  const once = rows.length > 1 ? all.filter((column) => column.once && isSame(column)) : []
  const columns = all.filter((column) => !once.includes(column))
  const [first] = rows
  return html`<section class="card" aria-labelledby="changes">
<h2 id="changes">Now and after</h2>
${rows.length > 0 && table(columns, rows)}
${first && once.map(({ label, cell }) => html`<p>${label}, in each: ${cell(first)} <small>from the app</small></p>`)}
<p class="quiet">${ordinary(changes).join(' ')}</p>
</section>`
}

const table = (columns: readonly Column[], rows: readonly Row[]): Html => html`<table>
${columns.some(({ ofApp }) => ofApp) && html`<caption>Names, groups and licences: from the app.</caption>`}
<thead><tr>${columns.map(({ label }) => html`<th scope="col">${label}</th>`)}</tr></thead>
<tbody>${rows.map(
  (row) =>
    html`<tr>${columns.map(({ label, cell, as }, at) =>
      at === 0
        ? html`<th scope="row">${cell(row)}</th>`
        : html`<td data-label="${label}"${as && html` class="${as}"`}>${cell(row)}</td> `,
    )}</tr>`,
)}</tbody>
</table>`

function columnsFor(changes: readonly BriefedChange[], rows: readonly Row[]): Column[] {
  const isOnePerson = onePerson(changes) !== undefined
  const severalPlaces = new Set(changes.map(({ tenant }) => tenant)).size > 1
  const severalFields = new Set(rows.map(({ alters }) => alters.what)).size > 1
  const ofAgent = rows.some(({ alters }) => alters.from === 'agent')
  const severalGroups = new Set(changes.map(({ group }) => group?.name)).size > 1
  const losing = (what: 'groups' | 'licence') =>
    changes.map(({ operation }) => kindNamed(operation)?.losing[what]).find((label) => label) ?? ''
  const losesAny = rows.some(({ account }) => account.loses)
  const hasField = severalFields || ofAgent || severalGroups
  return [
    { label: 'App', isShown: severalPlaces || (isOnePerson && !hasField), cell: placeCell },
    { label: 'Account', isShown: !isOnePerson, cell: accountCell, ofApp: true },
    { label: 'Field', isShown: hasField, cell: fieldCell, as: 'field' },
    { label: 'Now', isShown: true, cell: beforeCell, as: 'now' },
    { label: 'After', isShown: true, cell: afterCell, as: 'after' },
    {
      label: losing('groups'),
      isShown: losesAny && losing('groups') !== '',
      cell: groupsCell,
      as: 'lost',
      ofApp: true,
      once: true,
    },
    {
      label: losing('licence'),
      isShown: losesAny && losing('licence') !== '',
      cell: licenceCell,
      as: 'lost',
      ofApp: true,
      once: true,
    },
  ]
}

const adminBadge = ({ admin }: BriefedAccount) =>
  admin && html` <span class="badge alarm">Administrator</span>`

const placeCell = ({ change, account }: Row): Html => html`${placeOf(change)}${adminBadge(account)}`

const accountCell = ({ account }: Row): Html =>
  html`<bdi>${account.userName}</bdi>${account.name !== undefined && html` <small><bdi>${account.name}</bdi></small>`}${adminBadge(account)}`

function fieldCell({ change: { group }, alters: { what, from } }: Row): Html {
  if (what === 'membership' && group) return html`Group ${quoted(group.name, `from the ${group.from}`)}`
  const label = fieldLabel(what)
  return label === undefined ? quoted(what, `from the ${from}`) : html`${label}`
}

const beforeCell = ({ change, alters: { before, from } }: Row): Html => {
  if (before === undefined) return html`${makesAccount(change) ? 'no account' : 'not known'}`
  return from === 'server' ? html`${before}` : quoted(before, 'from the app')
}

const afterCell = ({ alters: { after, from } }: Row): Html =>
  html`<strong>${from === 'server' ? after : quoted(after, 'from the agent')}</strong>`

const NOTHING = html`<span class="nothing">–</span>`
const NOT_KNOWN = html`<em>not known</em>`

function groupsCell({ account: { loses } }: Row): Html {
  if (!loses) return NOTHING
  const { groups } = loses
  if (!groups) return NOT_KNOWN
  if (groups.of === 0) return html`<em>none</em>`
  const shown = groups.first.slice(0, MAX_GROUPS_SHOWN)
  const more = groups.of - shown.length
  return html`<ul class="names">${shown.map((name) => html`<li><bdi>${name}</bdi></li>`)}${more > 0 && html`<li>and ${more} more</li>`}</ul>`
}

const licenceCell = ({ account: { loses } }: Row): Html =>
  loses ? (loses.licence === undefined ? NOT_KNOWN : html`<bdi>${loses.licence}</bdi>`) : NOTHING

/** What is as it mostly is; what is unusual stands above. */
function ordinary(changes: readonly BriefedChange[]): string[] {
  const accounts = existingAccounts(changes).map(({ account }) => account)
  const told = changesTold(changes)
  const unknown = accounts.filter(({ admin }) => admin === undefined).length
  const managed = accounts.filter(({ externalId }) => externalId !== undefined).length
  const of = (number: number) => (number === accounts.length ? '' : ` for ${number} of ${accounts.length}`)
  const noAdmin = accounts.every(({ admin }) => admin !== true)
  return [
    ...(unknown > 0 ? [`Administrator or not: not known${of(unknown)}.`] : []),
    ...(unknown === 0 && noAdmin && accounts.length > 0
      ? [accounts.length === 1 || onePerson(changes) ? 'Not an administrator.' : 'No administrators.']
      : []),
    ...(managed > 0 ? [`An identity provider may manage the account${of(managed)}.`] : []),
    ...(told.every(({ reversible }) => reversible === true)
      ? [
          `It can be undone${told.length < changes.length ? ', except for the sessions, which stay ended' : ''}.`,
        ]
      : []),
  ]
}

/** How many accounts a run changes in each app. */
const runSection = (
  { id, places, accounts }: NonNullable<Briefing['run']>,
  request: string,
): Html => html`<section class="card" aria-labelledby="changes">
<h2 id="changes">${count(accounts, 'account')} by app</h2>
<table>
<caption>The run ${id}</caption>
<thead><tr><th scope="col">App</th><th scope="col">Accounts</th><th scope="col">Administrators</th><th scope="col">Undo</th></tr></thead>
<tbody>${places.map(
  (place) => html`<tr><th scope="row">${placeOf(place)}</th><td data-label="Accounts">${place.accounts}</td>
<td data-label="Administrators">${place.administrators > 0 ? html`<span class="badge alarm">${place.administrators}</span>` : '0'}</td>
<td data-label="Undo">${place.reversible === undefined ? 'not known' : place.reversible ? 'can be undone' : 'cannot be undone'}</td></tr>`,
)}</tbody>
</table>
<p><a href="${accountsPath(request, 1)}">Every account of the run</a></p>
</section>`
