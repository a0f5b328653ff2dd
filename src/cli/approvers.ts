import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { type DataFolder, typed } from '../app/stores.ts'
import { checkName, openApprovers } from '../approvals/approvers.ts'
import { InvalidInput, NotFound } from '../errors.ts'
import { plainText, sameText } from '../text/text.ts'
import {
  APPROVER_OPTIONS,
  type ApproverOptions,
  checkApprover,
  confirmedByApprover,
  journalRecorder,
  type Recorder,
  requiredApprover,
} from './approver-check.ts'
import { readPassphrases } from './prompts.ts'
import { table } from './table.ts'
import { newCommand, print, showTime, toJson } from './terminal.ts'
import { type OpenData, withData } from './with-data.ts'

/** Manages the approvers. */
export function approversCommand(io: Io, open: OpenData): Command {
  const approvers = newCommand(io, 'approvers', 'Manage the people who may approve changes')
  approvers
    .command('list', { isDefault: true })
    .description('List the approvers')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command: Command) => listApprovers(io, open, command, options))
  approvers
    .command('add <name>')
    .description('Add an approver with their own passphrase')
    .option(...APPROVER_OPTIONS.approver)
    .option(
      '--passphrase-stdin',
      "read from standard input: the new passphrase, then on a second line the confirming approver's",
    )
    .action((name: string, options: ApproverOptions, command: Command) =>
      addApprover(io, open, command, name, options),
    )
  approvers
    .command('remove <name>')
    .description('Remove an approver')
    .option('--approver <name>', 'the approver who confirms it; by default the one to remove')
    .option(...APPROVER_OPTIONS.passphraseStdin)
    .action((name: string, options: ApproverOptions, command: Command) =>
      removeApprover(io, open, command, name, options),
    )
  return approvers
}

const listApprovers = (io: Io, open: OpenData, command: Command, { json }: { json?: true }) =>
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
        'There are no approvers yet.',
        `Add one: ${typed(io, command.optsWithGlobals(), 'approvers add NAME')}`,
      )
    }
    const rows = approvers.map(({ name, addedAt }) => [name, showTime(addedAt)])
    print(io, ...table(io, [['NAME', 'SINCE'], ...rows]))
  })

const addApprover = (
  io: Io,
  open: OpenData,
  command: Command,
  name: string,
  { approver, passphraseStdin }: ApproverOptions,
) =>
  withData(io, open, command, async (data) => {
    // Before it is journalled: a passphrase typed in its place must not be.
    checkName(name)
    // Without this check, anybody could add themselves and approve everything.
    const confirming = await requiredApprover(io, data.store, approver)
    const questions = [
      'New passphrase, 12 characters or more, known only to this person',
      ...(passphraseStdin ? [] : ['Repeat the new passphrase']),
      ...(confirming === undefined ? [] : [`Passphrase of ${confirming}, to confirm ${plainText(name, 64)}`]),
    ]
    const answers = await readPassphrases(io, { passphraseStdin, questions })
    const [passphrase = '', again] = answers
    if (!passphraseStdin && passphrase !== again) {
      throw new InvalidInput('The two passphrases differ.', 'No approver was added. Try again.')
    }
    const record = journalRecorder(io, data, 'approvers add', { name })
    if (confirming !== undefined) {
      await checkApprover(io, data.store, record, { name: confirming, passphrase: answers.at(-1) ?? '' })
    }
    const by = confirming === undefined ? {} : { note: `${confirming} vouched for it` }
    await enrol(io, data, { name, passphrase, record, by })
    const how = typed(io, command.optsWithGlobals(), `approvals approve ID --approver ${name}`)
    print(io, `${name} may approve now: ${how}`)
  })

/** Adds an approver, and journals it. Whoever calls has checked that this may be done. */
export async function enrol(
  io: Io,
  data: DataFolder,
  {
    name,
    passphrase,
    by = {},
    record = journalRecorder(io, data, 'approvers add', { name }),
  }: {
    name: string
    passphrase: string
    by?: { note?: string }
    record?: Recorder
  },
): Promise<void> {
  // Journal first: what cannot be journalled must not happen.
  await record('started', by)
  try {
    await openApprovers(data.store, io.scryptCost).add(name, passphrase)
  } catch (error) {
    await record('failed')
    throw error
  }
  await record('done', by)
}

const removeApprover = (io: Io, open: OpenData, command: Command, name: string, options: ApproverOptions) =>
  withData(io, open, command, async (data) => {
    const approvers = openApprovers(data.store, io.scryptCost)
    if (!(await approvers.list()).some((approver) => sameText(approver.name, name))) {
      throw new NotFound(
        'There is no approver with that name.',
        `See ${typed(io, command.optsWithGlobals(), 'approvers list')}.`,
      )
    }
    const record = journalRecorder(io, data, 'approvers remove', { name })
    const to = `remove ${plainText(name, 64)}`
    const by = await confirmedByApprover(io, data.store, record, { approver: name, ...options, to })
    await record('started', by)
    await approvers.remove(name)
    await record('done', by)
    print(io, `${name} is no longer an approver.`)
  })
