import { kindNamed } from '../../changes/index.ts'
import type { Alteration, BriefedAccount, BriefedChange, Briefing, Place } from '../../domain/briefing.ts'
import { type Html, html } from './html.ts'
import { count, quoted } from './layout.ts'

const makesAccount = (operation: string) => kindNamed(operation)?.makes === 'account'

/** The change in a few words, without text from apps or agents. */
export function headline({ changes, run }: Briefing): string {
  if (run) {
    const where = run.places.length === 1 ? run.places[0]?.app : count(run.places.length, 'app')
    return `Deactivate ${count(run.accounts, 'account')} of ${run.people === 1 ? '1 person' : `${run.people} people`} in ${where}`
  }
  // Whose access ends anyway is not told twice.
  const others = changes.filter(({ operation }) => operation !== 'endSessions')
  const told = others.length > 0 ? others : changes
  const verbs = new Set(told.map(({ operation }) => kindNamed(operation)?.verb ?? 'Change'))
  const accounts = told.reduce((sum, change) => sum + change.accounts.length, 0)
  const tenants = new Set(changes.map(({ tenant }) => tenant))
  const what = verbs.size === 1 ? [...verbs][0] : 'Change'
  const where = tenants.size === 1 ? changes[0]?.app : count(tenants.size, 'app')
  return `${what} ${count(accounts, 'account')} in ${where}`
}

/** Every change per account, and other apps in which the person is active. */
export const changesSection = ({ changes, elsewhere, run }: Briefing): Html =>
  run
    ? runSection(run)
    : html`<section aria-labelledby="changes">
<h2 id="changes">Changes by account</h2>
${changes.map(changeCard)}
</section>
<section aria-labelledby="elsewhere">
<h2 id="elsewhere">In other apps</h2>
${otherApps(elsewhere)}
</section>`

/** How many accounts a run changes in each app. */
const runSection = ({
  id,
  places,
}: NonNullable<Briefing['run']>): Html => html`<section aria-labelledby="changes">
<h2 id="changes">Changes by app</h2>
<table>
<caption>The run ${id}</caption>
<thead><tr><th scope="col">App</th><th scope="col">Accounts</th><th scope="col">Administrators</th><th scope="col">Undo</th></tr></thead>
<tbody>${places.map(
  ({
    accounts,
    administrators,
    reversible,
    ...place
  }) => html`<tr><th scope="row">${placeOf(place)}</th><td data-label="Accounts">${accounts}</td>
<td data-label="Administrators">${administrators > 0 ? html`<span class="badge alarm">${administrators}</span>` : '0'}</td>
<td data-label="Undo">${reversible === undefined ? 'not known' : reversible ? 'can be undone' : html`<span class="badge alarm">Cannot be undone</span>`}</td></tr>`,
)}</tbody>
</table>
</section>`

const placeOf = ({ app, tenant }: Place): Html => html`${app} <span class="tenant">${tenant}</span>`

const changeCard = (change: BriefedChange): Html => html`<article class="card">
<h3>${placeOf(change)}</h3>
<p class="badges">${badges(change)}</p>
${change.group && html`<p>The group ${quoted(change.group.name, `from the ${change.group.from}`)}</p>`}
${change.accounts.length === 1 && change.accounts.map((account) => oneAccount(change, account))}
${change.accounts.length > 1 && manyAccounts(change)}
</article>`

/** The most important facts, in our words. */
function badges({ accounts, operation, power, reversible }: BriefedChange): Html[] {
  const admins = accounts.filter(({ admin }) => admin).length
  const untold = accounts.some(({ admin }) => admin === undefined)
  const managed = accounts.filter(({ externalId }) => externalId !== undefined).length
  const badge = (kind: 'alarm' | 'plain', text: string) => html`<span class="badge ${kind}">${text}</span> `
  const of = (number: number) => (accounts.length === 1 ? '' : `: ${number} of ${accounts.length}`)
  return [
    ...(admins > 0 ? [badge('alarm', `Administrator${of(admins)}`)] : []),
    ...(admins === 0 && accounts.length > 0 && !makesAccount(operation)
      ? [badge('plain', untold ? 'Administrator: not known' : 'Not an administrator')]
      : []),
    ...(power ? [badge('alarm', 'Changes administrator rights')] : []),
    ...(managed > 0 ? [badge('plain', `May be managed by an identity provider${of(managed)}`)] : []),
    ...(reversible === false ? [badge('alarm', 'Cannot be undone')] : []),
    ...(reversible === true ? [badge('plain', 'Can be undone')] : []),
    ...(reversible === undefined ? [badge('alarm', 'Unknown if it can be undone')] : []),
  ]
}

const oneAccount = ({ operation }: BriefedChange, account: BriefedAccount): Html => html`<table>
<caption>Before and after</caption>
<thead><tr><th scope="col">Field</th><th scope="col">Now</th><th scope="col">After</th></tr></thead>
<tbody>${account.alters.map((alters) => html`<tr><th scope="row">${labelOf(alters.what)}</th>${beforeAndAfter(operation, alters)}</tr>`)}</tbody>
</table>
${
  !makesAccount(operation) &&
  html`<div class="box">
<p class="from">From the app</p>
<dl>${[...theAccount(account), ...losses(operation, account)].map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</div>`
}`

const LABELS = new Map(
  Object.entries({
    id: 'Id',
    name: 'Name',
    status: 'Status',
    membership: 'Membership',
    userName: 'User name',
    email: 'Email',
    givenName: 'First name',
    familyName: 'Family name',
    title: 'Title',
    department: 'Department',
    role: 'Role',
    licence: 'Licence',
    manager: 'Manager',
    externalId: 'External id',
    locale: 'Locale',
    timezone: 'Time zone',
    phone: 'Phone',
    admin: 'Administrator',
  }),
)

/** Our label for a field; an app-specific attribute keeps its name. */
const labelOf = (field: string): string => LABELS.get(field) ?? field

const theAccount = (account: BriefedAccount): [string, Html][] =>
  (['name', 'userName', 'email', 'title', 'department', 'id', 'externalId'] as const).flatMap((field) => {
    const value = account[field]
    return value === undefined ? [] : [[labelOf(field), html`<bdi>${value}</bdi>`] satisfies [string, Html]]
  })

/** The members of a group that change. */
const manyAccounts = ({ operation, accounts }: BriefedChange): Html => html`<div class="box">
<p class="from">Names come from the app</p>
<table>
<caption>${count(accounts.length, 'account')}</caption>
<thead><tr><th scope="col">User name</th><th scope="col">Name</th><th scope="col">Now</th><th scope="col">After</th></tr></thead>
<tbody>${accounts.map(
  ({
    userName,
    name,
    admin,
    alters,
  }) => html`<tr><th scope="row"><bdi>${userName}</bdi>${admin && html` <span class="badge alarm">Administrator</span>`}</th>
<td data-label="Name"><bdi>${name ?? '–'}</bdi></td>${alters.map((altered) => beforeAndAfter(operation, altered))}</tr>`,
)}</tbody>
</table>
</div>`

const beforeAndAfter = (operation: BriefedChange['operation'], { before, after, from }: Alteration): Html =>
  from === 'server'
    ? html`<td data-label="Now">${before ?? 'not known'}</td><td data-label="After"><strong>${after}</strong></td>`
    : html`<td data-label="Now">${
        before !== undefined
          ? quoted(before, 'from the app')
          : makesAccount(operation)
            ? 'no account'
            : 'not known'
      }</td><td data-label="After"><strong>${quoted(after, 'from the agent')}</strong></td>`

/** Groups and licence that the person loses, or loses the use of. */
function losses(operation: string, { loses }: BriefedAccount): [string, Html][] {
  const losing = kindNamed(operation)?.losing
  if (!loses || !losing) return []
  const { groups, licence } = loses
  const untold = html`<em>not known</em>`
  const names =
    groups && html`<ul class="names">${groups.first.map((name) => html`<li><bdi>${name}</bdi></li>`)}</ul>`
  const more = groups && groups.of > groups.first.length && html`and ${groups.of - groups.first.length} more`
  const rows: [string | null, Html][] = [
    [losing.groups, groups?.of === 0 ? html`<em>none</em>` : html`${names ?? untold}${more}`],
    [losing.licence, licence === undefined ? untold : html`<bdi>${licence}</bdi>`],
  ]
  return rows.flatMap(([label, value]) => (label === null ? [] : [[label, value] satisfies [string, Html]]))
}

function otherApps(elsewhere: Briefing['elsewhere']): Html {
  if (!elsewhere) return html`<p>Not checked: the change is not about exactly one existing person.</p>`
  const { active, unknown } = elsewhere
  const list = (places: readonly Place[]) =>
    html`<ul>${places.map((place) => html`<li>${placeOf(place)}</li>`)}</ul>`
  return html`${
    active.length > 0
      ? html`<p>This person is also active in <strong>${count(active.length, 'other app')}</strong>, not affected by this change:</p>${list(active)}`
      : html`<p>Not active in any other connected app${unknown.length > 0 && html` that answered`}.</p>`
  }${unknown.length > 0 && html`<p>Not known for ${count(unknown.length, 'other app')} (no answer in time, or not available):</p>${list(unknown)}`}`
}
