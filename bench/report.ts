import { arch, cpus, loadavg, release, type as system, totalmem } from 'node:os'
import { type Section, verdict } from './rows.ts'

/** The date, the machine, and its current load. */
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

/** A section with where and when it was measured. */
export interface Measured extends Section {
  where: string
}

const SECTION_MARK = '\n## '

/** The page with these sections. They replace its sections with the same titles; new ones come last. */
export function toMarkdown(sections: readonly Measured[], former: string): string {
  const [head = '', ...before] = former.split(SECTION_MARK)
  const made = new Map(sections.map((section) => [section.title, bodyOf(section)]))
  const kept = before.map((text) => {
    const [title = ''] = text.split('\n', 1)
    const updated = made.get(title)
    made.delete(title)
    return updated ?? text
  })
  return [head, ...kept, ...made.values()].join(SECTION_MARK)
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
