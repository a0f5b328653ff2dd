import { arch, cpus, loadavg, release, type as system, totalmem } from 'node:os'
import { type Section, verdict } from './rows.ts'

/** The date, the machine that the figures are of, and how busy it is now. */
export function machine(): string {
  const date = new Date().toISOString().slice(0, 10)
  const processors = cpus()
  const memory = (totalmem() / 2 ** 30).toFixed(1)
  return (
    `${date}, ${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} cores, ${memory} GiB of memory, ` +
    `Node ${process.versions.node}, ${system()} ${release()} (${arch()}), ` +
    `load ${loadavg()[0]?.toFixed(1)} before.`
  )
}

/** A section for the terminal. */
export function toText({ title, rows }: Section): string {
  const cells = [
    ['', 'goal', 'met', 'figure'],
    ...rows.map((row) => [row.what, row.goal ?? '', verdict(row), row.figure]),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)))
  const lines = cells.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  return `\n${title}\n${lines.map((line) => `  ${line.trimEnd()}\n`).join('')}`
}

/** A section, and where and when it was measured. */
export interface Measured extends Section {
  where: string
}

const HEAD = `# Benchmarks

Written by \`npm run bench\`. What is compared was measured side by side in the same run; counts are those of the
simulated app.
`
const MARK = '\n## '

/** The sections as a page, in the place of those of the same titles on the `former` one; what is new comes last. */
export function toMarkdown(sections: readonly Measured[], former = HEAD): string {
  const [head = '', ...before] = former.split(MARK)
  const made = new Map(sections.map((section) => [section.title, bodyOf(section)]))
  const kept = before.map((text) => {
    const [title = ''] = text.split('\n', 1)
    const anew = made.get(title)
    made.delete(title)
    return anew ?? text
  })
  return [head, ...kept, ...made.values()].join(MARK)
}

const bodyOf = ({ title, how, rows, where }: Measured): string =>
  [
    title,
    '',
    how,
    '',
    '| | figure | goal | met |',
    '| --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row.what} | ${row.figure} | ${row.goal ?? ''} | ${verdict(row)} |`),
    '',
    where,
    '',
  ].join('\n')
