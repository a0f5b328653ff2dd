import type { Run, RunCounts, RunRow } from '../domain/run.ts'

const COLUMNS = ['Person', 'App', 'Account', 'Outcome', 'Why'] as const

const cellsOf = ({ person, tenant = '', account, outcome, code = '', note = '' }: RunRow): string[] => [
  person,
  tenant,
  account?.userName ?? '',
  outcome.replaceAll('_', ' '),
  [code, note].filter((text) => text !== '').join(': '),
]

const summary = ({ id, state, input }: Run, counts: RunCounts): string[] => [
  `Run ${id}, ${state.replaceAll('_', ' ')}`,
  `Reason: ${input.reason}`,
  Object.entries(counts)
    .map(([name, number]) => `${number} ${name === 'byHand' ? 'by hand' : name}`)
    .join(', '),
]

/** The report of a run as Markdown. */
export function markdownReport(run: Run, rows: readonly RunRow[], counts: RunCounts): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => escaped(cell)).join(' | ')} |`
  const [title = '', ...rest] = summary(run, counts)
  return [
    `# ${title}`,
    '',
    ...rest,
    '',
    line(COLUMNS),
    line(COLUMNS.map(() => '---')),
    ...rows.map((row) => line(cellsOf(row))),
    '',
  ].join('\n')
}

const escaped = (text: string): string =>
  text
    .replace(/[\\`*_|<>[\]#]/g, (letter) => (letter === '_' || letter === '#' ? letter : `\\${letter}`))
    .replace(/\s+/g, ' ')

const LETTERS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const safe = (text: string): string => text.replace(/[&<>"']/g, (letter) => LETTERS[letter] ?? letter)

/** The report of a run as one page that needs nothing else. */
export function htmlReport(run: Run, rows: readonly RunRow[], counts: RunCounts): string {
  const [title = '', ...rest] = summary(run, counts)
  const row = (cells: readonly string[], tag: 'td' | 'th') =>
    `<tr>${cells.map((cell) => `<${tag}>${safe(cell)}</${tag}>`).join('')}</tr>`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${safe(title)}</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #8886;padding:.3rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}</style>
</head><body><h1>${safe(title)}</h1>
${rest.map((text) => `<p>${safe(text)}</p>`).join('\n')}
<table><thead>${row(COLUMNS, 'th')}</thead><tbody>
${rows.map((one) => row(cellsOf(one), 'td')).join('\n')}
</tbody></table></body></html>
`
}
