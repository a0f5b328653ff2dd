import { Writable } from 'node:stream'
import type { Io } from '../../app/io.ts'
import { wrap } from '../data.ts'

/** Columns of the terminal that the story is told in. */
export const WIDTH = 80

/** `io` with a standard output of 80 columns, whatever the terminal has; it falls silent once `until` is aborted. */
export function pageOf({ stdout, ...io }: Io, until: AbortSignal): Io {
  const page = new Writable({
    write(text, _, done) {
      if (!until.aborted) stdout.write(text)
      done()
    },
  })
  return { ...io, stdout: Object.assign(page, { isTTY: stdout.isTTY === true, columns: WIDTH }) }
}

/** Where the text goes that a line of a table has no room for. */
const NEXT_LINE = 7

/** A line of somebody else's, over as many lines of `room` columns as it takes; what stood in columns stays there. */
export function folded(page: Io, line: string, room: number): string[] {
  if (line.length <= room) return [line]
  const columns = [...line.matchAll(/(?:^|\S) {2,}(?=\S)/g)].map((gap) => gap.index + gap[0].length)
  const last = columns.at(-1) ?? 0
  if (last > room / 2) {
    return [line.slice(0, last).trimEnd(), ...folded(page, ' '.repeat(NEXT_LINE) + line.slice(last), room)]
  }
  const beside = WIDTH - room
  const [first = '', ...rest] = wrap(page, line.slice(last), ' '.repeat(beside + last)).map((text) =>
    text.slice(beside),
  )
  return [line.slice(0, last) + first.slice(last), ...rest]
}
