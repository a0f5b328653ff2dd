import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { typed } from '../app/stores.ts'
import { openApprovers } from '../approvals/approvers.ts'
import { finishTask } from '../approvals/finish-task.ts'
import { openTasks, type Task } from '../approvals/tasks.ts'
import { personInWords } from '../domain/caller-names.ts'
import { InvalidInput } from '../errors.ts'
import { givenOrTyped, readPassphrase } from './prompts.ts'
import { table } from './table.ts'
import { newCommand, print, showTime, toJson } from './terminal.ts'
import { type OpenData, withData } from './with-data.ts'

interface DoneOptions {
  owner?: string
  saw?: string
  passphraseStdin?: true
}

/** `identity-mcp tasks`: what people do by hand in apps without an API. */
export function tasksCommand(io: Io, open: OpenData): Command {
  const tasks = newCommand(io, 'tasks', 'List what is to be done by hand, and say what is done')
  tasks
    .command('list', { isDefault: true })
    .description('List the open tasks, the oldest first')
    .option('--all', 'those that are done too')
    .option('--json', 'as JSON')
    .action((options: { all?: true; json?: true }, command: Command) => listTasks(io, open, command, options))
  tasks
    .command('done <id>')
    .description('Say that a task is done; only its owner can')
    .option('--owner <name>', 'whose task it is; asked for if missing')
    .option('--saw <text>', 'what you did and what the app shows now, for the journal; asked for if missing')
    .option('--passphrase-stdin', "read the owner's passphrase from standard input")
    .action((id: string, options: DoneOptions, command: Command) => taskDone(io, open, command, id, options))
  return tasks
}

const listTasks = (
  io: Io,
  open: OpenData,
  command: Command,
  { all, json }: { all?: true; json?: true },
): Promise<void> =>
  withData(io, open, command, async ({ store }) => {
    const tasks = (await openTasks(store).list()).filter(({ done }) => all || !done)
    if (json) return print(io, toJson({ tasks: tasks.map(toRow) }, 2))
    if (tasks.length === 0) return print(io, 'There are no tasks.')
    print(
      io,
      ...table(io, [
        ['Task', 'Owner', 'Take away', 'In', 'Since', 'Asked by', 'Reason', ...(all ? ['Done'] : [])],
        ...tasks.map((task) => [
          task.id,
          task.owner,
          task.account.userName,
          `${task.title} (${task.tenant})`,
          showTime(task.givenAt),
          personInWords(task),
          task.reason ?? '',
          ...(all ? [task.done ? `${showTime(task.done.at)}: ${task.done.saw}` : ''] : []),
        ]),
      ]),
      '',
      `Once it is done: ${typed(io, command.optsWithGlobals(), 'tasks done ID --owner NAME --saw TEXT')}`,
    )
  })

const toRow = ({ id, owner, tenant, title, account, reason, call, caller, givenAt, done }: Task) => ({
  ...{ id, owner, tenant, title, user: account.userName, reason, call, caller },
  givenAt: new Date(givenAt).toISOString(),
  ...(done && { doneAt: new Date(done.at).toISOString(), saw: done.saw }),
})

const taskDone = (
  io: Io,
  open: OpenData,
  command: Command,
  id: string,
  { passphraseStdin, ...given }: DoneOptions,
): Promise<void> =>
  withData(io, open, command, async ({ store, journal }) => {
    const owner = await givenOrTyped(io, given.owner, {
      message: 'Your name, as owner',
      option: '--owner NAME',
    })
    const seen = { message: 'What you did and what the app shows now', option: '--saw TEXT' }
    const saw = await givenOrTyped(io, given.saw, seen)
    if (saw.trim() === '') throw new InvalidInput('Say what you saw.', 'Add --saw TEXT.')
    const passphrase = await readPassphrase(io, {
      passphraseStdin,
      question: `Passphrase of ${owner} to say that ${id} is done`,
    })
    const approvers = openApprovers(store, io.scryptCost)
    const parts = { tasks: openTasks(store), approvers, journal, locks: store }
    const { account, title } = await finishTask(parts, { id, owner, passphrase, saw })
    print(io, `Done: ${account.userName} in ${title}.`)
  })
