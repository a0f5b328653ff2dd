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
  layout(title, html`<h1>${title}</h1><p>${text}</p>`)

/** Untrusted text, marked with its source. */
export const quoted = (text: string, from: string): Html =>
  html`<span class="said"><bdi>${text}</bdi> <small>${from}</small></span>`

/** "2026-03-01 12:42 UTC" */
export const time = (at: number): Html => {
  const iso = new Date(at).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`
}

/** "1 account", "3 accounts" */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
