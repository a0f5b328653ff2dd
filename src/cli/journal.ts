import { createWriteStream } from 'node:fs'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import type { Io } from '../app/io.ts'
import { typed } from '../app/stores.ts'
import { readApprovalId } from '../approvals/approval-id.ts'
import { IdentityError, InvalidInput, NotFound } from '../errors.ts'
import { type About, aboutMatcher } from '../journal/about.ts'
import type { JournalLine } from '../journal/events.ts'
import type { Journal, JournalFilter } from '../journal/journal.ts'
import { anchorsHeld } from '../journal/proof.ts'
import { linesAbout } from '../journal/query.ts'
import { canonicalJson } from '../text/canonical-json.ts'
import { escapeUnseen, plainText } from '../text/text.ts'
import { csv } from './journal-csv.ts'
import { ocsfExport } from './journal-ocsf.ts'
import { addProofCommands, anchorsIn, publicKeyOf } from './journal-proof.ts'
import { addSegmentCommands } from './journal-segments.ts'
import { rows, story } from './journal-text.ts'
import { withProgress } from './progress.ts'
import { newCommand, paint, print, toJson } from './terminal.ts'
import { timeOf } from './times.ts'
import { type OpenData, withData } from './with-data.ts'

/** Shows, exports and checks the journal. */
export function journalCommand(io: Io, open: OpenData): Command {
  const journal = newCommand(io, 'journal', 'Read and verify the record of every requested change')
  withAbout(journal.command('tail', { isDefault: true }))
    .description('Show the latest entries')
    .option('-n, --lines <number>', 'how many', '20')
    .option('-f, --follow', 'keep printing new entries')
    .option('--json', 'as JSON; with --follow, one entry per line')
    .action((options: TailOptions, command: Command) => tail(io, open, command, options))
  journal
    .command('show <call-or-number>')
    .description('Show all entries about one call, by its reference, an approval id or an entry number')
    .option('--json', 'as JSON')
    .action((which: string, options: { json?: true }, command: Command) =>
      showCall(io, open, command, which, options),
    )
  withAbout(journal.command('export'))
    .description('Export the entries for another program')
    .addOption(
      new Option('--format <format>', 'output format').choices(['jsonl', 'csv', 'ocsf']).default('jsonl'),
    )
    .option('--since <time>', 'only entries from this time, ISO 8601')
    .option('--until <time>', 'only entries up to this time, ISO 8601')
    .option('--out <file>', 'write to a new file')
    .action((options: ExportOptions, command: Command) => exportLines(io, open, command, options))
  journal
    .command('verify')
    .description('Verify that the journal is intact; exit code 1 if not')
    .option('--anchor <file>', 'anchors kept elsewhere that the journal must contain')
    .option('--key <public>', 'public key that must have signed them, or a file with the key')
    .option('--json', 'as JSON')
    .action((options: VerifyOptions, command: Command) => verify(io, open, command, options))
  journal
    .command('reindex')
    .description('Build the index of the journal anew; it is brought up to date by itself otherwise')
    .action((_: object, command: Command) => reindex(io, open, command))
  addSegmentCommands(journal, io, open)
  addProofCommands(journal, io, open)
  return journal
}

/** Adds the options that say what the entries are about. */
const withAbout = (command: Command): Command =>
  command
    .option('--person <who>', 'only entries about this person: user name, email or id')
    .option('--tenant <name>', 'only entries about this tenant')
    .option('--tool <name>', 'only entries of calls of this tool')

const READING = 'Reading the journal'

interface TailOptions extends About {
  lines: string
  follow?: true
  json?: true
}

const tail = (io: Io, open: OpenData, command: Command, { lines, follow, json, ...about }: TailOptions) =>
  withData(io, open, command, async ({ journal }) => {
    if (!/^\d{1,6}$/.test(lines)) throw new InvalidInput('The number of lines is not a number.', 'Use -n 20.')
    const isAsked = aboutMatcher(about, journal.index)
    const { position, latest } = await withProgress(io, READING, async () => {
      const { position } = await journal.end()
      const reading = { to: position, unreadable: unreadable(io) }
      const isAll = Object.values(about).every((one) => one === undefined)
      const latest = isAll
        ? await journal.latest(Number(lines), reading)
        : await lastOf(Number(lines), filtered(journal.read({}, reading), isAsked))
      return { position, latest }
    })
    if (!follow) {
      if (json) return print(io, toJson({ lines: latest }, 2))
      return print(io, ...(latest.length > 0 ? rows(io, latest) : [await noneIn(journal)]))
    }
    const printLine = (line: JournalLine) => print(io, ...(json ? [toJsonLine(line)] : rows(io, [line])))
    latest.forEach(printLine)
    // Until the reader closes the pipe or the person stops the program.
    const following = journal.follow(position, {
      live: () => io.stdout.writable && !io.isOutputClosed?.(),
    })
    for await (const line of filtered(following, isAsked)) printLine(line)
  })

/** The last `count` lines, oldest first. */
async function lastOf(count: number, lines: AsyncIterable<JournalLine>): Promise<JournalLine[]> {
  let last: JournalLine[] = []
  for await (const line of lines) {
    last.push(line)
    if (last.length >= 2 * count + 100) last = last.slice(last.length - count)
  }
  return last.slice(Math.max(0, last.length - count))
}

async function* filtered(
  lines: AsyncIterable<JournalLine>,
  isAsked: (line: JournalLine) => Promise<boolean>,
): AsyncGenerator<JournalLine> {
  for await (const line of lines) if (await isAsked(line)) yield line
}

const noneIn = async (journal: Journal): Promise<string> =>
  (await journal.end()).head ? 'The journal has no such entry.' : 'The journal is empty.'

const showCall = (io: Io, open: OpenData, command: Command, which: string, { json }: { json?: true }) =>
  withData(io, open, command, async ({ journal }) => {
    const lines = await withProgress(io, READING, () => linesAbout(journal, [which, readApprovalId(which)]))
    if (lines.length === 0) {
      throw new NotFound(
        `The journal has nothing about ${plainText(which, 64)}.`,
        `See ${typed(io, command.optsWithGlobals(), 'journal tail')}.`,
      )
    }
    print(io, ...(json ? [toJson({ call: lines[0]?.call, lines }, 2)] : story(io, lines)))
  })

interface ExportOptions extends About {
  format: 'jsonl' | 'csv' | 'ocsf'
  since?: string
  until?: string
  out?: string
}

const exportLines = (
  io: Io,
  open: OpenData,
  command: Command,
  { format, since, until, out, ...about }: ExportOptions,
) =>
  withData(io, open, command, async ({ journal }) => {
    const from = timeOf(since, '--since')
    const to = timeOf(until, '--until')
    const filter: JournalFilter = { ...(from && { since: from }), ...(to && { until: to }) }
    async function* text() {
      const ocsf = ocsfExport()
      if (format === 'csv') yield csv()
      const lines = journal.read(filter, { unreadable: unreadable(io) })
      for await (const line of filtered(lines, aboutMatcher(about, journal.index))) {
        if (format === 'ocsf') yield `${toJson(ocsf(line))}\n`
        else yield format === 'csv' ? csv(line) : `${toJsonLine(line)}\n`
      }
    }
    const lines = Readable.from(text())
    if (out === undefined) {
      return pipeline(lines, io.stdout, { end: false })
    }
    // A new file only: a typing error must not overwrite the journal itself.
    const file = createWriteStream(resolve(io.cwd, out), { flags: 'wx', mode: 0o600 })
    const written = withProgress(io, 'Writing the entries', () => pipeline(lines, file))
    await written.catch((error: NodeJS.ErrnoException) => {
      if (error instanceof IdentityError) throw error
      if (error.code === 'EEXIST') throw new InvalidInput('That file already exists.', 'Name a new file.')
      throw new InvalidInput('That file cannot be written.', 'Name another file.', { cause: error })
    })
  })

/** An entry as the journal stores it. */
const toJsonLine = (line: JournalLine) => escapeUnseen(canonicalJson(line))

interface VerifyOptions {
  anchor?: string
  key?: string
  json?: true
}

const verify = (io: Io, open: OpenData, command: Command, { anchor, key: named, json }: VerifyOptions) =>
  withData(io, open, command, async ({ journal }) => {
    const key = publicKeyOf(io, named)
    if (key && anchor === undefined)
      throw new InvalidInput('--key needs anchors to check.', 'Name them with --anchor FILE.')
    const given = anchorsIn(io, anchor)
    const verdict = await withProgress(io, 'Verifying the journal', () => journal.verify())
    const anchors = await withProgress(io, 'Checking the anchors', () => anchorsHeld(journal, given, key))
    if (!verdict.ok || anchors.some(({ problem }) => problem)) io.exit(1)
    if (json) return print(io, toJson({ ...verdict, ...(anchor !== undefined && { anchors }) }, 2))
    if (!verdict.ok) {
      return print(
        io,
        paint(io, 'red', `Not intact: line ${verdict.line}, ${verdict.problem}.`),
        verdict.explanation,
      )
    }
    print(io, paint(io, 'green', `Intact: ${verdict.lines} ${verdict.lines === 1 ? 'line' : 'lines'}.`))
    if (verdict.elsewhere) {
      const { from, to } = verdict.elsewhere
      print(io, `Entries ${from} to ${to} are kept elsewhere, and the first line follows the last of them.`)
    }
    for (const { from, to, at } of verdict.adopted ?? []) {
      print(
        io,
        `Entries ${from} to ${to} were in the file but not in the store, as after a crash. They were adopted on ${at}.`,
      )
    }
    for (const { seq, at, problem, elsewhere } of anchors) {
      const matches = elsewhere
        ? `The anchor of entry ${seq}, ${at}, is about a segment that is kept elsewhere.`
        : `The journal matches the anchor of entry ${seq}, ${at}.`
      print(io, problem ? paint(io, 'red', `Anchor of entry ${seq}, ${at}: ${problem}`) : matches)
    }
    if (given.length > 0 && !key) print(io, 'The signatures of the anchors were not checked; see --key.')
  })

const reindex = (io: Io, open: OpenData, command: Command) =>
  withData(io, open, command, async ({ journal }) => {
    const head = await withProgress(io, 'Building the index', () => journal.index.rebuild())
    print(io, paint(io, 'green', `Intact, and indexed up to entry ${head?.seq ?? 0}.`))
  })

/** Warns once about lines that are not entries. */
function unreadable(io: Io): () => void {
  let warned = false
  return () => {
    if (!warned) io.stderr.write(`Skipping lines that are not entries; see ${io.self} journal verify.\n`)
    warned = true
  }
}
