import type { Run, RunCounts, RunRow } from '../domain/run.ts'
import { htmlPage } from './html-page.ts'

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

/** The report of a run as one page that needs nothing else. */
export function htmlReport(run: Run, rows: readonly RunRow[], counts: RunCounts): string {
  const [title = '', ...rest] = summary(run, counts)
  const { start, table, row, endTable, end } = htmlPage
  return [start(title, rest), table(COLUMNS), ...rows.map((one) => row(cellsOf(one))), endTable, end].join('')
}
