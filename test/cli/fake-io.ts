import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { type Command, CommanderError } from 'commander'
import type { ExitCode, Io } from '../../src/app/io.ts'
import type { DataFolder } from '../../src/app/stores.ts'
import type { OpenData } from '../../src/cli/with-data.ts'
import { fileJournal } from '../../src/journal/file.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { CHEAP } from '../support/approvers.ts'

/** Somebody's terminal, in as far as a test says nothing else of it. */
export const anIo = (given: Pick<Io, 'stdin' | 'stdout' | 'stderr' | 'exit'> & Partial<Io>): Io => ({
  env: {},
  cwd: '/',
  user: 'ada',
  self: 'identity-mcp',
  script: { node: 'node', main: 'main.js' },
  scryptCost: CHEAP,
  untilStopped: () => new Promise(() => {}),
  onReload: () => {},
  ...given,
})

type MakeCommand = (io: Io, open: OpenData) => Command

export interface Said {
  code: ExitCode
  out: string
  err: string
}

/** A data folder, and a way to run commands on it as a person would. */
export async function openDesk(journal?: Journal) {
  const folder = await mkdtemp(join(tmpdir(), 'desk-'))
  const store = memoryStore()
  const data: DataFolder = {
    store,
    journal: journal ?? fileJournal(folder, store),
    close: async () => {},
  }

  /** Runs a command. `typed` goes to the terminal key by key, `piped` to a standard input that is none. */
  async function run(
    make: MakeCommand,
    args: readonly string[],
    {
      piped,
      typed,
      terminal = typed !== undefined,
      columns = 100,
    }: { piped?: string; typed?: string[]; terminal?: boolean; columns?: number } = {},
  ): Promise<Said> {
    const said: Said = { code: 0, out: '', err: '' }
    const answers = [...(typed ?? [])]
    let asking = false
    const stdin = Object.assign(new PassThrough(), {
      isTTY: terminal,
      setRawMode: (raw: boolean) => {
        // A prompt has come up; whoever sits there answers it.
        if (raw && !asking)
          setImmediate(() => [...`${answers.shift() ?? ''}\r`].map((key) => stdin.write(key)))
        asking = raw
        return stdin
      },
    })
    const stdout = Object.assign(new PassThrough(), { isTTY: terminal, ...(terminal && { columns }) })
    const stderr = Object.assign(new PassThrough(), { isTTY: terminal, ...(terminal && { columns }) })
    stdout.on('data', (piece) => {
      said.out += String(piece)
    })
    stderr.on('data', (piece) => {
      said.err += String(piece)
    })
    if (piped !== undefined) stdin.end(piped)
    const io = anIo({
      cwd: folder,
      stdin,
      stdout,
      stderr,
      exit: (code) => {
        said.code = code
      },
    })
    await make(io, async () => data)
      .parseAsync(args, { from: 'user' })
      .catch((error) => {
        if (!(error instanceof CommanderError)) throw error
      })
    await new Promise(setImmediate)
    return said
  }

  return {
    ...data,
    folder,
    run,
    stop: () => rm(folder, { recursive: true, force: true }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Text without the colours that a command may give it. */
export const withoutColours = (text: string): string =>
  Array.from({ length: 108 }, (_, code) => `\u001b[${code}m`).reduce(
    (left, code) => left.replaceAll(code, ''),
    text,
  )

/** What could play tricks on a terminal. */
export const TRICKS = /(?!\n)[\p{Cc}\p{Cf}]/u
