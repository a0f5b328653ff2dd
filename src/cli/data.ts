import { styleText } from 'node:util'
import { Command } from 'commander'
import type { Io } from '../app/io.ts'
import type { DataFolder } from '../app/stores.ts'
import { Declined, IdentityError, InvalidInput, NotFound, UnknownTenant } from '../errors.ts'
import { escapeUnseen, plainText } from '../text/text.ts'

/** Opens the data folder that the settings of this run name. */
export type OpenData = (command: Command) => Promise<DataFolder>

/** A command that speaks through `io` alone. Its errors and `--help` set the exit code and throw a `CommanderError`. */
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

/** Runs `work` on the data folder and closes it; an error of ours is told on stderr and becomes the exit code. */
export async function withData(
  io: Io,
  open: OpenData,
  command: Command,
  work: (data: DataFolder) => Promise<void>,
): Promise<void> {
  let data: DataFolder | undefined
  try {
    data = await open(command)
    await work(data)
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    io.stderr.write(`${error.message}\n${error.hint}\n`)
    io.exit([InvalidInput, NotFound, UnknownTenant].some((usage) => error instanceof usage) ? 2 : 1)
  } finally {
    await data?.close()
  }
}

/** The name of an approver, from a person at the terminal. */
export async function readName(io: Io): Promise<string> {
  if (!io.stdin.isTTY || !io.stdout.isTTY) {
    throw new InvalidInput('There is no terminal to ask for a name in.', 'Add --approver NAME.')
  }
  const { isCancel, text } = await import('@clack/prompts')
  const answer = await text({
    message: 'Name of the approver',
    input: io.stdin,
    output: io.stdout,
    validate: (name) => (name?.trim() ? undefined : 'Type the name, or press Ctrl+C to leave.'),
  })
  if (isCancel(answer)) throw left()
  return answer.trim()
}

const left = () => new Declined('Nothing was changed.', 'Run the command again when you are ready.')

/** A passphrase from the first line of standard input, or else from a person at the terminal, who sees only dots. */
export async function readPassphrase(
  io: Io,
  { question, ...how }: { passphraseStdin?: boolean | undefined; question: string },
): Promise<string> {
  const [passphrase = ''] = await readPassphrases(io, { ...how, questions: [question] })
  return passphrase
}

/** The same for several, a line each. */
export async function readPassphrases(
  io: Io,
  { passphraseStdin, questions }: { passphraseStdin?: boolean | undefined; questions: readonly string[] },
): Promise<string[]> {
  if (passphraseStdin) {
    const lines = await firstLines(io, questions.length)
    const missing = questions.find((_, index) => !lines[index])
    if (missing === undefined) return lines
    throw new InvalidInput(
      questions.length === 1
        ? 'Standard input held no passphrase.'
        : `Standard input held no line for: ${missing}.`,
      `Write ${questions.length === 1 ? 'it there as one line' : `${questions.length} lines there`}.`,
    )
  }
  const answers: string[] = []
  for (const question of questions) answers.push(await askPassphrase(io, question))
  return answers
}

async function askPassphrase(io: Io, question: string): Promise<string> {
  if (!io.stdin.isTTY || !io.stdout.isTTY) {
    throw new InvalidInput(
      'There is no terminal to ask for the passphrase in.',
      'Run this in a terminal, or write the passphrase to standard input and add --passphrase-stdin.',
    )
  }
  const { isCancel, password } = await import('@clack/prompts')
  const answer = await password({
    message: question,
    input: io.stdin,
    output: io.stdout,
    validate: (text) => (text ? undefined : 'Type the passphrase, or press Ctrl+C to leave.'),
  })
  if (isCancel(answer)) throw left()
  return answer
}

/** What a change of weight wants typed: `given` on the command line, or else by a person at the terminal. */
export async function readTyped(io: Io, given: string | undefined): Promise<string> {
  if (given !== undefined) return given
  if (!io.stdin.isTTY || !io.stdout.isTTY) {
    throw new InvalidInput(
      'This change weighs much: approving it wants the user name, or the number of accounts, typed.',
      'Add --confirm with what the request shows.',
    )
  }
  const { isCancel, text } = await import('@clack/prompts')
  const answer = await text({
    message: 'This change weighs much. Type the user name, or the number of accounts, that is shown above',
    input: io.stdin,
    output: io.stdout,
  })
  if (isCancel(answer)) throw left()
  return answer ?? ''
}

/** Reads no further than it takes, since whoever writes may not close. */
async function firstLines(io: Io, count: number): Promise<string[]> {
  let bytes = Buffer.alloc(0)
  for await (const piece of io.stdin) {
    bytes = Buffer.concat([bytes, Buffer.from(piece)])
    if (bytes.filter((byte) => byte === 10).length >= count || bytes.length > 4096 * count) break
  }
  const lines = bytes.toString('utf8').split('\n').slice(0, count)
  return lines.map((line) => line.replace(/\r$/, ''))
}

/** Columns to write in: those of the terminal, within reason; the most where there is none. */
export const widthOf = (io: Io): number => Math.min(Math.max(io.stdout.columns ?? 120, 80), 120)

export type Style = Parameters<typeof styleText>[0]

/** `text` in colour where a terminal shows it and nobody asked for none (no-color.org). */
export const paint = (io: Io, style: Style, text: string): string =>
  io.stdout.isTTY && !io.env.NO_COLOR ? styleText(style, text) : text

export const print = (io: Io, ...lines: string[]): void => void io.stdout.write(`${lines.join('\n')}\n`)

/** Text for a table: from wherever it comes, it is made plain before it is shown. */
export type Cell = string | { text: string; style: Style }

/** Rows under one another, each in one line; what goes beyond the edge of the terminal is cut. */
export function table(
  io: Io,
  rows: readonly (readonly Cell[])[],
  leastWidths: readonly number[] = [],
): string[] {
  const plain = rows.map((row) =>
    row.map((cell) => ({ text: plainText(typeof cell === 'string' ? cell : cell.text, 400), cell })),
  )
  const widths = [...leastWidths]
  for (const row of plain) {
    for (const [at, { text }] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, text.length)
  }
  return plain.map((row) => {
    let room = widthOf(io)
    const cells = row.map(({ text, cell }, at) => {
      const fitting = room < 2 ? '' : plainText(text, room)
      const padded = at === row.length - 1 ? fitting : fitting.padEnd(Math.min(widths[at] ?? 0, room))
      room -= (widths[at] ?? 0) + 2
      return typeof cell === 'string' ? padded : paint(io, cell.style, padded)
    })
    return cells.join('  ').trimEnd()
  })
}

/** `text` over as many lines as it takes, each with `indent` before it. */
export function wrap(io: Io, text: string, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of plainText(text, 20_000).split(' ')) {
    if (line && indent.length + line.length + 1 + word.length > widthOf(io)) {
      lines.push(indent + line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return [...lines, indent + line]
}

/** A time for people: "2026-03-01 12:42 UTC". */
export const showTime = (time: number): string =>
  `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** JSON in which characters that cannot be seen are written as escapes. */
export const toJson = (value: unknown, indent?: number): string =>
  escapeUnseen(JSON.stringify(value, null, indent))
