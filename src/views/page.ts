import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { View } from './views.ts'

/** Set by the build, which puts the files elsewhere. */
declare const VIEW_FILES: string | undefined

/** The scripts of each view, in the order in which they import each other. */
const SCRIPTS: Readonly<Record<View, readonly string[]>> = {
  change: ['host', 'elements', 'rows', 'change'],
  person: ['host', 'elements', 'person'],
  run: ['host', 'elements', 'rows', 'run'],
}
const TITLES: Readonly<Record<View, string>> = {
  change: 'A change of access',
  person: 'A person in the apps',
  run: 'A run',
}

const made = new Map<View, Promise<string>>()

/** The page of a view: one document without anything from elsewhere, read from disk once it is asked for. */
export function viewPage(view: View): Promise<string> {
  const page = made.get(view) ?? build(view)
  made.set(view, page)
  // What could not be read is read again.
  page.catch(() => made.delete(view))
  return page
}

async function build(view: View): Promise<string> {
  const [style = '', ...scripts] = await Promise.all(
    ['view.css', ...SCRIPTS[view].map((name) => `${name}.mjs`)].map(read),
  )
  const script = scripts.map(withoutImports).join('\n')
  // The page allows exactly this script and this style, whatever the host allows besides.
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${TITLES[view]}</title>
<style>${style}</style>
</head>
<body>
<main id="view" aria-live="polite"><p class="quiet">Waiting for the answer …</p></main>
<script type="module">${script}</script>
</body>
</html>
`
}

function read(name: string): Promise<string> {
  const folder = typeof VIEW_FILES === 'undefined' ? './browser/' : VIEW_FILES
  return readFile(new URL(folder + name, import.meta.url), 'utf8')
}

/** The scripts stand in one document, so that they need no import of each other. */
const withoutImports = (script: string): string =>
  script.replace(/^import \{[^}]*\} from '\.\/[a-z]+\.mjs'\n/gm, '')

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`
