import { arch, cpus, loadavg, release, type as system, totalmem } from 'node:os'
import { type Section, verdict } from './rows.ts'

/** The machine that the figures are of, and how busy it is now. */
export function machine(): string {
  const processors = cpus()
  const memory = (totalmem() / 2 ** 30).toFixed(1)
  return (
    `${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} cores, ${memory} GiB of memory, ` +
    `Node ${process.versions.node}, ${system()} ${release()} (${arch()}), ` +
    `load ${loadavg()[0]?.toFixed(1)} before the run`
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

/** The whole as a page. */
export function toMarkdown(where: string, sections: readonly Section[]): string {
  const date = new Date().toISOString().slice(0, 10)
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`. What is compared was measured side by side in the same run; counts are those of the',
    'simulated app.',
    '',
    `${date}, ${where}.`,
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
