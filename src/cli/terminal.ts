import { styleText } from 'node:util'
import { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { escapeUnseen, plainText } from '../text/text.ts'
import { broken, displayWidth } from './display-width.ts'

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

/** Columns to write in, 120 at most: those of the terminal, or of the variable COLUMNS without one, but 76 or more. */
const widthOf = ({ stdout, env }: Io): number =>
  Math.min(stdout.columns || Math.max(Number(env.COLUMNS) || 120, 76), 120)

export type Style = Parameters<typeof styleText>[0]

/** `text` in colour, if the output is a terminal that has them and NO_COLOR is not set (no-color.org). */
export const paint = (io: Io, style: Style, text: string): string =>
  io.stdout.isTTY && !io.env.NO_COLOR && io.env.TERM !== 'dumb' ? styleText(style, text) : text

export const print = (io: Io, ...lines: string[]): void => void io.stdout.write(`${lines.join('\n')}\n`)

/** `text` over as many lines as it needs, each with `indent` before it. */
export function wrap(io: Io, text: string, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  const words = plainText(text, 20_000).split(' ')
  for (const word of words.flatMap((word) => broken(word, widthOf(io) - indent.length))) {
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
