import type { RunRow } from '../../domain/run.ts'
import type { Approval } from '../approval.ts'
import { headline } from '../headline.ts'
import { appOf, type RunPage } from '../result.ts'
import { type Html, html } from './html.ts'
import { inMarkup, layout, pathOf } from './layout.ts'

/** The path of a page of the accounts of a run; pages count from 1. */
export const accountsPath = (id: string, page: number): string => `${pathOf(id)}/accounts/${page}`

const WHAT: Record<RunRow['outcome'], string> = {
  waiting: 'to be done',
  done: 'done',
  already: 'nothing to do',
  skipped: 'left alone',
  failed: 'failed',
  unknown: 'not certain',
  by_hand: 'by hand',
}

/** Accounts of a run as they are planned, or as it left them: what a person agrees to can be read whole. */
export function runAccountsPage(approval: Approval, { rows, pages }: RunPage, page: number): Html {
  const { id, briefing } = approval
  const words = briefing ? headline(briefing) : []
  const to = (number: number, name: string) =>
    number >= 1 && number <= pages && html` <a href="${accountsPath(id, number)}">${name}</a>`
  return layout(
    `Accounts of request ${id}`,
    html`<h1>${inMarkup(words)}</h1>
<p><a href="${pathOf(id)}">Back to the request ${id}</a></p>
<section class="card" aria-labelledby="accounts">
<h2 id="accounts">Every account, page ${page} of ${pages}</h2>
<p>${to(page - 1, 'Previous page')}${to(page + 1, 'Next page')}</p>
<table>
<thead><tr><th scope="col">Person</th><th scope="col">App</th><th scope="col">Account <small>from the app</small></th><th scope="col">What</th></tr></thead>
<tbody>${rows.map(
      ({ person, tenant, account, outcome, note }) => html`<tr><th scope="row"><bdi>${person}</bdi></th>
<td data-label="App">${tenant !== undefined && html`${appOf(tenant, briefing)} <span class="tenant">${tenant}</span>`}</td>
<td data-label="Account"><bdi>${account?.userName ?? ''}</bdi></td>
<td data-label="What">${WHAT[outcome]}${note !== undefined && html` <small><bdi>${note}</bdi></small>`}</td></tr>`,
    )}</tbody>
</table>
<p>${to(page - 1, 'Previous page')}${to(page + 1, 'Next page')}</p>
</section>`,
  )
}
