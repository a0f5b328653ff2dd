import { Writable } from 'node:stream'
import type { Io } from '../../app/io.ts'
import { wrap } from '../terminal.ts'

/** Columns of the demo's output. */
export const WIDTH = 80
/** Columns of the output of a command in it. */
export const FRAMED_WIDTH = 76

/** `io` with a standard output of 80 columns. It writes nothing after `until` is aborted. */
export function pageOf({ stdout, ...io }: Io, until: AbortSignal): Io {
  const page = new Writable({
    write(text, _, done) {
      if (!until.aborted) stdout.write(text)
      done()
    },
  })
  return { ...io, stdout: Object.assign(page, { isTTY: stdout.isTTY === true, columns: WIDTH }) }
}

/** The indent of the rest of a table row that was too long. */
const CONTINUATION_INDENT = 7

/** A line of a command's output, folded into lines of `room` columns; table columns stay aligned. */
export function folded(page: Io, line: string, room: number): string[] {
  if (line.length <= room) return [line]
  const columns = [...line.matchAll(/(?:^|\S) {2,}(?=\S)/g)].map((gap) => gap.index + gap[0].length)
  const last = columns.at(-1) ?? 0
  if (last > room / 2) {
    return [
      line.slice(0, last).trimEnd(),
      ...folded(page, ' '.repeat(CONTINUATION_INDENT) + line.slice(last), room),
    ]
  }
  const margin = WIDTH - room
  const [first = '', ...rest] = wrap(page, line.slice(last), ' '.repeat(margin + last)).map((text) =>
    text.slice(margin),
  )
  return [line.slice(0, last) + first.slice(last), ...rest]
}
