import { styleText } from 'node:util'
import { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { escapeUnseen, plainText } from '../text/text.ts'

/** A command that reads and writes only `io`. Its errors and `--help` set the exit code and throw a `CommanderError`. */
export const newCommand = (io: Io, name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => widthOf(io),
      getErrHelpWidth: () => widthOf(io),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride((error) => {
      io.exit(error.exitCode === 0 ? 0 : 2)
      throw error
    })

/** Columns to write in: those of the terminal, but 80 to 120; 120 without a terminal. */
const widthOf = (io: Io): number => Math.min(Math.max(io.stdout.columns ?? 120, 80), 120)

export type Style = Parameters<typeof styleText>[0]

/** `text` in colour, if the output is a terminal and NO_COLOR is not set (no-color.org). */
export const paint = (io: Io, style: Style, text: string): string =>
  io.stdout.isTTY && !io.env.NO_COLOR ? styleText(style, text) : text

export const print = (io: Io, ...lines: string[]): void => void io.stdout.write(`${lines.join('\n')}\n`)

const COMBINING = /[\p{Mn}\p{Me}]/u
const HALF_WIDTH = /[\uff61-\uffdc\p{Regional_Indicator}]/u
const WIDE =
  /[\u3000-\u303e\uff01-\uffe6\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}\p{scx=Yiii}\p{Emoji_Presentation}]/u

const letterWidth = (letter: string): number =>
  COMBINING.test(letter) ? 0 : letter >= '\u1100' && WIDE.test(letter) && !HALF_WIDTH.test(letter) ? 2 : 1

/** Columns that `text` takes in a terminal, approximating UAX #11: wide characters and emoji 2, combining marks 0. */
export const displayWidth = (text: string): number =>
  Array.from(text).reduce((width, letter) => width + letterWidth(letter), 0)

/** `text` in at most `room` columns, with an ellipsis where it was cut. */
function cut(text: string, room: number): string {
  if (room < 2) return ''
  if (displayWidth(text) <= room) return text
  let kept = ''
  let width = 0
  for (const letter of text) {
    width += letterWidth(letter)
    if (width > room - 1) break
    kept += letter
  }
  return `${kept}…`
}

const pad = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - displayWidth(text)))

/** Text for a table. `table` makes it safe to show. */
export type Cell = string | { text: string; style: Style }

/** Aligned rows of one line each. What does not fit into the terminal is cut. */
export function table(
  io: Io,
  rows: readonly (readonly Cell[])[],
  minWidths: readonly number[] = [],
): string[] {
  const plain = rows.map((row) =>
    row.map((cell) => ({ text: plainText(typeof cell === 'string' ? cell : cell.text, 400), cell })),
  )
  const widths = [...minWidths]
  for (const row of plain) {
    for (const [at, { text }] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, displayWidth(text))
  }
  return plain.map((row) => {
    let room = widthOf(io)
    const cells = row.map(({ text, cell }, at) => {
      const fitting = cut(text, room)
      const padded = at === row.length - 1 ? fitting : pad(fitting, Math.min(widths[at] ?? 0, room))
      room -= (widths[at] ?? 0) + 2
      return typeof cell === 'string' ? padded : paint(io, cell.style, padded)
    })
    return cells.join('  ').trimEnd()
  })
}

/** `text` over as many lines as it needs, each with `indent` before it. */
export function wrap(io: Io, text: string, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of plainText(text, 20_000).split(' ')) {
    if (line && indent.length + displayWidth(line) + 1 + displayWidth(word) > widthOf(io)) {
      lines.push(indent + line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return [...lines, indent + line]
}

/** A time for people: "2026-03-01 12:42 UTC". */
export const showTime = (time: number): string =>
  `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** JSON with invisible characters written as escapes. */
export const toJson = (value: unknown, indent?: number): string =>
  escapeUnseen(JSON.stringify(value, null, indent))
