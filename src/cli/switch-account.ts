import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { typed } from '../app/stores.ts'
import { besideDocument, changeHere, toolNamed } from './call-here.ts'
import { inCommands } from './in-commands.ts'
import { type Format, printListing, withFormats } from './listing.ts'
import { givenOrPicked, givenOrTyped, givenOrTypedReason } from './prompts.ts'
import { newCommand, print, wrap } from './terminal.ts'
import type { OpenData } from './with-data.ts'
import { type Start, withServer } from './with-server.ts'

interface SwitchOptions extends Format {
  tenants?: string
  reason?: string
}

interface Answer {
  status: string
  results: Result[]
  change?: string
}

interface Result {
  tenant: string
  account?: { userName: string }
  outcome: string
  sessions?: string
  verified: boolean
  code?: string
  note?: string
}

/** `identity-mcp deactivate` and `reactivate`: what the tools of these names do, asked for and agreed to at a terminal. */
export const switchCommand = (
  io: Io,
  start: Start,
  open: OpenData,
  { name, tool, description }: { name: string; tool: string; description: string },
): Command =>
  withFormats(newCommand(io, name, `${description}; exit code 3 if an approver must agree first`))
    .argument('[person]', 'email, user name or id; asked for if missing')
    .option('--tenants <names>', 'in these tenants, with commas between; asked for if missing')
    .option('--reason <text>', 'why, for the approver and the journal; asked for if missing')
    .action((person: string | undefined, options: SwitchOptions, command: Command) =>
      withServer(io, { start, open }, command, async ({ parts }, data) => {
        const self = (words: string) => typed(io, command.optsWithGlobals(), words)
        const { tenants, reason, ...format } = options
        const isDocument = format.json ?? format.csv ?? false
        const terminal = { io, parts, data, self }
        const here = isDocument ? besideDocument(terminal) : terminal
        const able = parts.tenants.serving(toolNamed(parts, tool)) ?? []
        const where = { message: `Where to ${name}`, option: '--tenants NAMES' }
        const who = { message: 'Email, user name or id of the person', option: 'the person' }
        const input = {
          user: await givenOrTyped(here.io, person, who),
          tenants: await givenOrPicked(
            here.io,
            tenants,
            able.map((one) => one.name),
            where,
          ),
          reason: await givenOrTypedReason(here.io, reason),
        }
        const answer = await changeHere<Answer>(here, tool, input)
        if (answer) tell(io, format, answer, self)
      }),
    )

function tell(
  io: Io,
  format: Format,
  { status, results, change }: Answer,
  self: (words: string) => string,
): void {
  printListing(io, format, {
    columns: {
      tenant: ({ tenant }) => tenant,
      userName: ({ account }) => account?.userName,
      outcome: ({ outcome }) => outcome.replaceAll('_', ' '),
      sessions: ({ sessions }) => sessions,
      verified: ({ verified }) => (verified ? 'yes' : 'no'),
      code: ({ code }) => code,
      note: ({ note }) => note,
    },
    // Below the table it is read whole.
    onlyInCsv: ['note'],
    rows: results,
    none: 'Nothing was changed.',
    notes: [],
    document: { status, results, change },
  })
  if (!format.json && !format.csv) {
    for (const { tenant, note } of results)
      if (note) print(io, ...wrap(io, inCommands(io, `${tenant}: ${note}`), ''))
    if (change !== undefined) print(io, `To undo this: ${self(`undo ${change}`)}`)
  }
  if (status !== 'done' && status !== 'unchanged') io.exit(1)
}
