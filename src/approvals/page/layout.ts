import type { Words } from '../../domain/briefing.ts'
import { inHeadline } from '../headline.ts'
import { type Html, html } from './html.ts'

/** Path of the approval pages and their stylesheet. */
export const ROOT = '/approvals'
export const STYLE_PATH = `${ROOT}/style.css`
export const pathOf = (id: string): string => `${ROOT}/${id}`

/** A whole document around `main`. `skipTo` is the target of the skip link for keyboard users. */
export const layout = (
  title: string,
  main: Html,
  skipTo?: { id: string; label: string },
): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow">
<title>${title} – identity-mcp</title>
<link rel="stylesheet" href="${STYLE_PATH}">
</head>
<body>
${skipTo && html`<a class="skip" href="#${skipTo.id}">${skipTo.label}</a>`}
<header><p>identity-mcp <span>approvals</span></p></header>
<main>${main}</main>
<footer><p>This link alone cannot approve anything. Every decision and every wrong passphrase is recorded in the
journal.</p></footer>
</body>
</html>
`

/** A page with a single message. */
export const messagePage = (title: string, text: string): Html =>
  layout(title, html`<section class="card"><h1>${title}</h1><p>${text}</p></section>`)

/** Untrusted text, marked with its source. */
export const quoted = (text: string, from: string): Html =>
  html`<span class="said"><bdi>${text}</bdi> <small>${from}</small></span>`

/** A headline, in which the names of apps and agents are marked as theirs. */
export const inMarkup = (words: Words): Html =>
  html`${words.map((word, at) => html`${at > 0 && html` `}${typeof word === 'string' ? word : html`<bdi class="theirs">${inHeadline(word.theirs)}</bdi>`}`)}`

/** "2026-03-01 13:42 GMT+1 (12:42 UTC)": the time zone of this server, unless that is UTC. */
export const time = (at: number): Html => {
  const iso = new Date(at).toISOString()
  const [day, minute] = [iso.slice(0, 10), iso.slice(11, 16)]
  const { date, clock, zone } = localTime(at)
  const utc = date === day ? minute : `${day} ${minute}`
  const words =
    date === day && clock === minute ? `${day} ${minute} UTC` : `${date} ${clock} ${zone} (${utc} UTC)`
  return html`<time datetime="${iso}">${words}</time>`
}

/** The same moment by the clock of this server; its operator sets the zone by `TZ`. */
function localTime(at: number): { date: string; clock: string; zone: string } {
  // Made anew each time: the zone of a process can change.
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
    timeZoneName: 'shortOffset',
  })
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  const { year, month, day, hour, minute, timeZoneName = '' } = parts
  return { date: `${year}-${month}-${day}`, clock: `${hour}:${minute}`, zone: timeZoneName }
}

/** A part of the page that is shown on demand. */
export const folded = (summary: Html | string, inner: Html, open = false): Html =>
  html`<details${open && html` open`}><summary>${summary}</summary>
${inner}</details>`

/** "1 account", "3 accounts" */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
