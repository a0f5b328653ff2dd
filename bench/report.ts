import { arch, cpus, release, type as system, totalmem } from 'node:os'
import { type Row, type Section, verdict } from './rows.ts'

/** The machine that the figures are of, one line. */
export function machine(): string {
  const processors = cpus()
  const memory = (totalmem() / 2 ** 30).toFixed(1)
  return (
    `${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} cores, ${memory} GiB of memory, ` +
    `Node ${process.versions.node}, ${system()} ${release()} (${arch()})`
  )
}

/** A section for the terminal. */
export function toText({ title, rows }: Section): string {
  const width = (cell: (row: Row) => string) => Math.max(...rows.map((row) => cell(row).length))
  const widths = { what: width(({ what }) => what), goal: width(({ goal = '' }) => goal) }
  const lines = rows.map((row) =>
    [
      row.what.padEnd(widths.what),
      (row.goal ?? '').padStart(widths.goal),
      verdict(row).padEnd(3),
      row.figure,
    ].join('  '),
  )
  return `\n${title}\n${lines.map((line) => `  ${line.trimEnd()}\n`).join('')}`
}

/** The whole as a page. */
export function toMarkdown(sections: readonly Section[]): string {
  const date = new Date().toISOString().slice(0, 10)
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`. What is compared was measured side by side in the same run; counts are those of the',
    'simulated app.',
    '',
    `${date}, ${machine()}.`,
    ...sections.flatMap(({ title, how, rows }) => [
      '',
      `## ${title}`,
      '',
      how,
      '',
      '| | figure | goal | met |',
      '| --- | --- | --- | --- |',
      ...rows.map((row) => `| ${row.what} | ${row.figure} | ${row.goal ?? ''} | ${verdict(row)} |`),
    ]),
    '',
  ].join('\n')
}
