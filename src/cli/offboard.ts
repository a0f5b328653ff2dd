import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { typed } from '../app/stores.ts'
import { InvalidInput } from '../errors.ts'
import { agreedHere } from './agree-here.ts'
import { besideDocument } from './call-here.ts'
import { givenOrTypedReason, namesIn } from './prompts.ts'
import { type RunBegun, tellRun } from './tell-run.ts'
import { newCommand } from './terminal.ts'
import type { OpenData } from './with-data.ts'
import { type Start, withServer } from './with-server.ts'

interface OffboardOptions {
  tenants?: string
  reason?: string
  approver?: string
  confirm?: string
  passphraseStdin?: true
  at?: string
  until?: string
  out?: string
  json?: true
}

/** `identity-mcp offboard FILE.csv`: a run for people without an agent. */
export const offboardCommand = (io: Io, start: Start, open: OpenData): Command =>
  newCommand(io, 'offboard', 'Take access away from everybody in a file, once an approver has agreed here')
    .argument('<file>', 'CSV whose column `email` names the people')
    .option('--tenants <names>', 'only in these tenants, with commas between; default: in all that can')
    .option('--reason <text>', 'why, for the approver and the journal; asked for if missing')
    .option('--at <time>', 'begin then: 2026-12-24T18:00[Europe/Berlin]; a server must be running by then')
    .option('--until <time>', 'give everything back then, as long as nothing else has changed it')
    .option('--approver <name>', 'who approves it; asked for if missing')
    .option('--confirm <number>', 'the number of accounts, as the plan says it')
    .option('--passphrase-stdin', "read the approver's passphrase from standard input")
    .option('--out <folder>', 'write the report there: CSV, Markdown and HTML')
    .option('--json', 'print the result as JSON')
    .action((file: string, options: OffboardOptions, command: Command) =>
      withServer(io, { start, open }, command, async (running, data) => {
        const people = await peopleIn(resolve(io.cwd, file))
        const self = (words: string) => typed(io, command.optsWithGlobals(), words)
        const { tenants, at, until, approver, confirm, passphraseStdin, json } = options
        const input = {
          people,
          reason: await givenOrTypedReason(io, options.reason),
          ...(tenants !== undefined && { tenants: namesIn(tenants) }),
          ...(at !== undefined && { at }),
          ...(until !== undefined && { until }),
        }
        const agree = { approver, confirm, passphraseStdin, to: 'offboard these people' }
        const terminal = { io, parts: running.parts, data, self }
        const here = json ? besideDocument(terminal) : terminal
        const answer = await agreedHere<RunBegun>(here, 'offboard', input, agree)
        if (!answer) return
        await tellRun(io, running, answer, options)
      }),
    )

/** The addresses in the column `email` of a CSV file. Throws `InvalidInput` for a file without any. */
export async function peopleIn(file: string): Promise<string[]> {
  const { parse } = await import('csv-parse/sync')
  let rows: Record<string, string>[]
  try {
    rows = parse(await readFile(file, 'utf8'), {
      bom: true,
      columns: lowered,
      skip_empty_lines: true,
      trim: true,
    })
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be read'
    throw new InvalidInput(`${file} cannot be read as CSV: ${why}.`, 'Give a CSV file with a column `email`.')
  }
  const people = rows.flatMap(({ email = '' }) => (email === '' ? [] : [email]))
  if (people.length > 0) return [...new Set(people)]
  throw new InvalidInput(
    `${file} names nobody in a column \`email\`.`,
    'The first line must have the name of the column.',
  )
}

const lowered = (header: string[]): string[] => header.map((name) => name.toLowerCase())
