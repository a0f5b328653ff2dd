import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { openApprovers } from '../approvals/approvers.ts'
import { checkPassphrase } from '../approvals/decide.ts'
import { InvalidInput, NotFound, Refused } from '../errors.ts'
import { sameText } from '../identity/text.ts'
import type { JournalEventName } from '../store/events.ts'
import {
  type DataFolder,
  newCommand,
  type OpenData,
  print,
  readPassphrase,
  showTime,
  table,
  toJson,
  withData,
} from './data.ts'
import type { Io } from './io.ts'
import { typed } from './place.ts'

/** Sets up who may approve. */
export function approversCommand(io: Io, open: OpenData): Command {
  const approvers = newCommand(io, 'approvers', 'Set up the people who may approve changes')
  const fromStdin = 'read the passphrase from standard input'
  approvers
    .command('list', { isDefault: true })
    .description('Who may approve')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command: Command) => list(io, open, command, options))
  approvers
    .command('add <name>')
    .description('Let a person approve, with a passphrase of their own')
    .option('--passphrase-stdin', fromStdin)
    .action((name: string, options: Options, command: Command) => add(io, open, command, name, options))
  approvers
    .command('remove <name>')
    .description("Let a person approve no more; asks for that person's passphrase")
    .option('--passphrase-stdin', fromStdin)
    .action((name: string, options: Options, command: Command) => remove(io, open, command, name, options))
  return approvers
}

interface Options {
  passphraseStdin?: true
}

const list = (io: Io, open: OpenData, command: Command, { json }: { json?: true }) =>
  withData(io, open, command, async ({ store }) => {
    const approvers = await openApprovers(store).list()
    if (json) {
      const documents = approvers.map(({ name, addedAt }) => ({
        name,
        addedAt: new Date(addedAt).toISOString(),
      }))
      return print(io, toJson({ approvers: documents }, 2))
    }
    if (approvers.length === 0) {
      return print(
        io,
        'Nobody may approve yet.',
        `Set somebody up: ${typed(io, command.optsWithGlobals(), 'approvers add NAME')}`,
      )
    }
    const rows = approvers.map(({ name, addedAt }) => [name, showTime(addedAt)])
    print(io, ...table(io, [['NAME', 'SINCE'], ...rows]))
  })

const add = (io: Io, open: OpenData, command: Command, name: string, { passphraseStdin }: Options) =>
  withData(io, open, command, async ({ store, journal }) => {
    const approvers = openApprovers(store)
    const question = 'A passphrase of 12 characters or more, known to this person alone'
    const passphrase = await readPassphrase(io, { passphraseStdin, question })
    if (!passphraseStdin && passphrase !== (await readPassphrase(io, { question: 'The same once more' }))) {
      throw new InvalidInput('The two passphrases differ.', 'Nobody was added; try again.')
    }
    const record = recorder(io, journal, 'approvers add', name)
    // What cannot be recorded must not be done.
    await record('started')
    try {
      await approvers.add(name, passphrase)
    } catch (error) {
      await record('failed')
      throw error
    }
    await record('done')
    const how = typed(io, command.optsWithGlobals(), `approvals approve ID --approver ${name}`)
    print(io, `${name} may approve from now on: ${how}`)
  })

const remove = (io: Io, open: OpenData, command: Command, name: string, { passphraseStdin }: Options) =>
  withData(io, open, command, async ({ store, journal }) => {
    const approvers = openApprovers(store)
    if (!(await approvers.list()).some((approver) => sameText(approver.name, name))) {
      throw new NotFound(
        'There is no approver of that name.',
        `See ${typed(io, command.optsWithGlobals(), 'approvers list')}.`,
      )
    }
    const record = recorder(io, journal, 'approvers remove', name)
    const passphrase = await readPassphrase(io, { passphraseStdin, question: `Passphrase of ${name}` })
    try {
      await checkPassphrase(approvers, name, passphrase)
    } catch (error) {
      if (error instanceof Refused) await record('refused', 'wrong passphrase')
      throw error
    }
    await record('started')
    await approvers.remove(name)
    await record('done')
    print(io, `${name} may approve no more.`)
  })

/** Journals what is done to one approver, as the events of one call. */
function recorder(io: Io, journal: DataFolder['journal'], tool: string, name: string) {
  const call = randomUUID()
  return (event: JournalEventName, note?: string) =>
    journal.append({
      event,
      call,
      tool,
      caller: io.user,
      args: { name },
      ...(note !== undefined && { note, code: 'refused' }),
    })
}
