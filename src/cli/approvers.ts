import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { typed } from '../app/stores.ts'
import { openApprovers } from '../approvals/approvers.ts'
import { InvalidInput, NotFound } from '../errors.ts'
import { plainText, sameText } from '../text/text.ts'
import {
  checkVoucher,
  recorder,
  VOUCH_OPTIONS,
  type VouchOptions,
  vouched,
  voucherOf,
} from './approver-check.ts'
import {
  newCommand,
  type OpenData,
  print,
  readPassphrases,
  showTime,
  table,
  toJson,
  withData,
} from './data.ts'

/** Sets up who may approve. */
export function approversCommand(io: Io, open: OpenData): Command {
  const approvers = newCommand(io, 'approvers', 'Set up the people who may approve changes')
  approvers
    .command('list', { isDefault: true })
    .description('Who may approve')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command: Command) => list(io, open, command, options))
  approvers
    .command('add <name>')
    .description('Let a person approve, with a passphrase of their own')
    .option(...VOUCH_OPTIONS.approver)
    .option(
      '--passphrase-stdin',
      "read from standard input: the new passphrase, and on a second line the approver's",
    )
    .action((name: string, options: VouchOptions, command: Command) => add(io, open, command, name, options))
  approvers
    .command('remove <name>')
    .description('Let a person approve no more')
    .option('--approver <name>', 'who vouches for it; that person when left out')
    .option(...VOUCH_OPTIONS.passphraseStdin)
    .action((name: string, options: VouchOptions, command: Command) =>
      remove(io, open, command, name, options),
    )
  return approvers
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

const add = (
  io: Io,
  open: OpenData,
  command: Command,
  name: string,
  { approver, passphraseStdin }: VouchOptions,
) =>
  withData(io, open, command, async (data) => {
    const approvers = openApprovers(data.store)
    // Whoever could add one unvouched could approve everything.
    const voucher = await voucherOf(data.store, approver)
    const questions = [
      'A passphrase of 12 characters or more, known to this person alone',
      ...(passphraseStdin ? [] : ['The same once more']),
      ...(voucher === undefined ? [] : [`Passphrase of ${voucher}, who vouches for ${plainText(name, 64)}`]),
    ]
    const answers = await readPassphrases(io, { passphraseStdin, questions })
    const [passphrase = '', again] = answers
    if (!passphraseStdin && passphrase !== again) {
      throw new InvalidInput('The two passphrases differ.', 'Nobody was added; try again.')
    }
    const record = recorder(io, data, 'approvers add', { name })
    if (voucher !== undefined) await checkVoucher(data.store, record, voucher, answers.at(-1) ?? '')
    const by = voucher === undefined ? {} : { note: `${voucher} vouched for it` }
    // What cannot be recorded must not be done.
    await record('started', by)
    try {
      await approvers.add(name, passphrase)
    } catch (error) {
      await record('failed')
      throw error
    }
    await record('done', by)
    const how = typed(io, command.optsWithGlobals(), `approvals approve ID --approver ${name}`)
    print(io, `${name} may approve from now on: ${how}`)
  })

const remove = (io: Io, open: OpenData, command: Command, name: string, options: VouchOptions) =>
  withData(io, open, command, async (data) => {
    const approvers = openApprovers(data.store)
    if (!(await approvers.list()).some((approver) => sameText(approver.name, name))) {
      throw new NotFound(
        'There is no approver of that name.',
        `See ${typed(io, command.optsWithGlobals(), 'approvers list')}.`,
      )
    }
    const record = recorder(io, data, 'approvers remove', { name })
    const to = `remove ${plainText(name, 64)}`
    const by = await vouched(io, data.store, record, { approver: name, ...options, to })
    await record('started', by)
    await approvers.remove(name)
    await record('done', by)
    print(io, `${name} may approve no more.`)
  })
