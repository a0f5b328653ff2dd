import type { Io } from '../app/io.ts'
import { plainText } from '../text/text.ts'
import { cut, displayWidth, pad } from './display-width.ts'
import { paint, type Style } from './terminal.ts'

/** Text for a table. `table` makes it safe to show. */
export type Cell = string | { text: string; style: Style }

/** Characters of one cell: more than any field of an answer has. */
const MAX_CELL = 20_000
const GAP = 2
/** Columns up to this wide stay whole while the others can be read. */
const SHORT = [20, 12, 0]
const READABLE = 10

/** Columns that a table can take: those of the terminal; any number where no terminal shows it. */
export const roomOf = ({ stdout: { columns } }: Pick<Io, 'stdout'>): number =>
  // A pseudo-terminal that was given no size has 0.
  columns === undefined ? Number.POSITIVE_INFINITY : columns || 80

/** Aligned rows of one line each. What does not fit into the terminal is cut, the longest columns first. */
export function table(
  io: Io,
  rows: readonly (readonly Cell[])[],
  minWidths: readonly number[] = [],
): string[] {
  const plain = rows.map((row) =>
    row.map((cell) => ({ text: plainText(typeof cell === 'string' ? cell : cell.text, MAX_CELL), cell })),
  )
  const wanted = [...minWidths]
  for (const row of plain) {
    for (const [at, { text }] of row.entries()) wanted[at] = Math.max(wanted[at] ?? 0, displayWidth(text))
  }
  const widths = fitted(wanted, roomOf(io) - GAP * (wanted.length - 1))
  return plain.map((row) =>
    row
      .map(({ text, cell }, at) => {
        const width = widths[at] ?? 0
        const fitting = cut(text, width)
        const padded = at === row.length - 1 ? fitting : pad(fitting, width)
        return typeof cell === 'string' ? padded : paint(io, cell.style, padded)
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

/** The widths of columns that share `room`: short ones as they are, and what is left for the long ones. */
function fitted(wanted: readonly number[], room: number): readonly number[] {
  if (sum(wanted) <= room) return wanted
  for (const short of SHORT) {
    const long = wanted.filter((width) => width > short)
    const left = room - sum(wanted.filter((width) => width <= short))
    if (long.length === 0 || (left / long.length < READABLE && short > 0)) continue
    const most = mostOfEach(long, left)
    return wanted.map((width) => (width > short ? Math.min(width, most) : width))
  }
  return wanted
}

/** The largest width to which all columns can be limited so that they take no more than `room` together. */
function mostOfEach(widths: readonly number[], room: number): number {
  const sorted = widths.toSorted((one, other) => one - other)
  let left = room
  for (const [at, width] of sorted.entries()) {
    const share = Math.floor(left / (sorted.length - at))
    if (width > share) return Math.max(1, share)
    left -= width
  }
  return Number.POSITIVE_INFINITY
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
