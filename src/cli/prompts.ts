import type { Io } from '../app/io.ts'
import { Declined, InvalidInput } from '../errors.ts'
import { askingAt } from './asking/asking-at.ts'

/** Whether a person can be asked here. */
export const canPrompt = ({ stdin, stdout }: Pick<Io, 'stdin' | 'stdout'>): boolean =>
  stdin.isTTY === true && stdout.isTTY === true

interface Missing {
  /** What is asked for: "Name of the approver". */
  message: string
  /** How the command line gives it: "--approver NAME". */
  option: string
}

/** What the command line gives, else what a person types at the terminal. Throws `InvalidInput` without a terminal. */
export async function givenOrTyped(
  io: Io,
  given: string | undefined,
  { message, option }: Missing,
): Promise<string> {
  if (given !== undefined) return given
  mustPrompt(io, { message, option })
  const asking = await askingAt(io, cancelled)
  return (await asking.text(message, needed('it'))).trim()
}

export const givenOrTypedApprover = (io: Io, given: string | undefined): Promise<string> =>
  givenOrTyped(io, given, { message: 'Name of the approver', option: '--approver NAME' })

export const givenOrTypedReason = (io: Io, given: string | undefined): Promise<string> =>
  givenOrTyped(io, given, { message: 'Reason, for the journal', option: '--reason TEXT' })

/** Some of these names, as the command line gives them with commas between, else as a person picks them. */
export async function givenOrPicked(
  io: Io,
  given: string | undefined,
  names: readonly string[],
  missing: Missing,
): Promise<string[]> {
  if (given !== undefined) return namesIn(given)
  mustPrompt(io, missing)
  const asking = await askingAt(io, cancelled)
  return asking.some(
    missing.message,
    names.map((value) => ({ value, label: value })),
  )
}

/** Names with commas between. */
export const namesIn = (text: string): string[] => text.split(',').map((name) => name.trim())

/** Whether a person says yes at the terminal; no is the answer of whoever only presses Enter. */
export async function readYes(io: Io, message: string): Promise<boolean | 'cancelled'> {
  const asking = await askingAt(io, cancelled)
  return asking.yes(message).catch((error) => {
    if (error instanceof Declined) return 'cancelled'
    throw error
  })
}

function mustPrompt(io: Io, { message, option }: Missing): void {
  if (canPrompt(io)) return
  throw new InvalidInput(
    `Missing: ${message}. This is not a terminal, so nobody can be asked.`,
    `Add ${option}.`,
  )
}

const needed = (what: string) => (typed: string) =>
  typed.trim() ? undefined : `Type ${what}, or press Ctrl+C to cancel.`

const cancelled = () => new Declined('Nothing was changed.', 'Run the command again when you are ready.')

/** Reads a passphrase from the first line of standard input, or asks for it at the terminal, masked. */
export async function readPassphrase(
  io: Io,
  { question, ...options }: { passphraseStdin?: boolean | undefined; question: string },
): Promise<string> {
  const [passphrase = ''] = await readPassphrases(io, { ...options, questions: [question] })
  return passphrase
}

/** Reads several passphrases, one per line. */
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
        ? 'Standard input has no passphrase.'
        : `Standard input has no line for: ${missing}.`,
      `Write ${questions.length === 1 ? 'it as one line' : `${questions.length} lines`} to standard input.`,
    )
  }
  const answers: string[] = []
  for (const question of questions) answers.push(await askPassphrase(io, question))
  return answers
}

async function askPassphrase(io: Io, question: string): Promise<string> {
  if (!canPrompt(io)) {
    throw new InvalidInput(
      'Cannot ask for the passphrase: this is not a terminal.',
      'Run this in a terminal, or write the passphrase to standard input and add --passphrase-stdin.',
    )
  }
  return (await askingAt(io, cancelled)).hidden(question, needed('the passphrase'))
}

/** What the approver must type for a high-impact change: `given` on the command line, or asked for at the terminal. */
export async function readTyped(io: Io, given: string | undefined): Promise<string> {
  if (given !== undefined) return given
  if (!canPrompt(io)) {
    throw new InvalidInput(
      'This is a high-impact change: to approve it, type the user name or the number of accounts.',
      'Add --confirm with the value that the request shows.',
    )
  }
  return (await askingAt(io, cancelled)).text(
    'This is a high-impact change. Type the user name or the number of accounts shown above',
    () => undefined,
  )
}

/** The first lines of standard input. Stops reading after `count`: the writer may keep the stream open. */
export async function firstLines(io: Io, count: number): Promise<string[]> {
  let bytes = Buffer.alloc(0)
  for await (const piece of io.stdin) {
    bytes = Buffer.concat([bytes, Buffer.from(piece)])
    if (bytes.filter((byte) => byte === 10).length >= count || bytes.length > 4096 * count) break
  }
  const lines = bytes.toString('utf8').split('\n').slice(0, count)
  return lines.map((line) => line.replace(/\r$/, ''))
}
