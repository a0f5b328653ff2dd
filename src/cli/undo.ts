import type { Command } from 'commander'
import type { Running } from '../app/compose.ts'
import type { Io } from '../app/io.ts'
import { typed } from '../app/stores.ts'
import { callerId } from '../domain/caller-names.ts'
import { type Plan, shownOf } from '../domain/change.ts'
import { askFor } from '../engine/ask.ts'
import type { Parts } from '../engine/dispatch.ts'
import { pastOf } from '../engine/history.ts'
import { holdFor } from '../engine/hold.ts'
import { InvalidInput } from '../errors.ts'
import { deadline } from '../guards/deadline.ts'
import { openClaims } from '../store/claims.ts'
import { memoryStore } from '../store/table-store.ts'
import { agreedHere } from './agree-here.ts'
import { besideDocument, CALL_TIME_HERE, newCall, type Terminal, toolNamed, WAITING } from './call-here.ts'
import { withProgress } from './progress.ts'
import { tellRun } from './tell-run.ts'
import { newCommand, paint, print, toJson, wrap } from './terminal.ts'
import type { OpenData } from './with-data.ts'
import { type Start, withServer } from './with-server.ts'

interface UndoOptions {
  tenant?: string
  reason: string
  approver?: string
  confirm?: string
  passphraseStdin?: true
  dryRun?: true
  json?: true
}

/** `identity-mcp undo REF`: undoes a call of any caller, once an approver has agreed at this terminal. */
export const undoCommand = (io: Io, start: Start, open: OpenData): Command =>
  newCommand(io, 'undo', 'Undo the changes of a call, once an approver has agreed here')
    .argument(
      '<reference>',
      'the call (`change` in its answer, or from the journal), the run, or its approval id',
    )
    .option('--tenant <name>', 'only in this tenant')
    .option('--reason <text>', 'why, for the journal', 'undone at the terminal')
    .option('--approver <name>', 'who approves it; asked for if missing')
    .option('--confirm <text>', 'the user name or number of accounts, if the change requires it')
    .option('--passphrase-stdin', "read the approver's passphrase from standard input")
    .option('--dry-run', 'show the plan without changing anything')
    .option('--json', 'print the result as JSON')
    .action((reference: string, options: UndoOptions, command: Command) =>
      withServer(io, { start, open }, command, async (running, data) => {
        // With an approver's passphrase, a person can undo the calls of any caller.
        const parts: Parts = {
          ...running.parts,
          runs: (call) => running.runs.deskOfApprover(call, { keeps: options.dryRun !== true }),
          past: (named: string, _: string, signal?: AbortSignal) =>
            pastOf(data.journal, named, () => true, signal),
        }
        const self = (words: string) => typed(io, command.optsWithGlobals(), words)
        await undo({ io, parts, data, self }, running, reference, options)
      }),
    )

async function undo(
  context: Terminal,
  running: Running,
  change: string,
  { tenant, reason, dryRun, json, ...approverOptions }: UndoOptions,
): Promise<void> {
  const { io, parts, self } = context
  const input = { change, reason, ...(tenant !== undefined && { tenant }) }
  if (dryRun) return showPlan(io, parts, input)

  const here = json ? besideDocument(context) : context
  const answer = await agreedHere<UndoAnswer>(here, 'undo_change', input, {
    ...approverOptions,
    to: 'undo this',
  })
  if (!answer) return
  const { runId } = answer
  if (runId !== undefined) return tellRun(io, running, { ...answer, runId }, json ? { json } : {})
  if (json) print(io, toJson(answer, 2))
  else {
    print(io, ...outcomeLines(io, answer))
    if (answer.change) print(io, `To undo this in turn: ${self(`undo ${answer.change}`)}`)
  }
  if (answer.status !== 'done' && answer.status !== 'unchanged') io.exit(1)
}

interface UndoAnswer {
  status: string
  runId?: string
  note?: string
  approval?: { id: string }
  results: { tenant: string; subject: string; outcome: string; left?: string[]; note?: string }[]
  change?: string
}

async function showPlan(io: Io, parts: Parts, input: { change: string }): Promise<void> {
  const tool = toolNamed(parts, 'undo_change')
  if (tool.effect === 'reads') throw new TypeError('undo_change only reads')
  const parsed = tool.input().safeParse(input)
  if (!parsed.success) throw new InvalidInput('The reference, tenant or reason is not valid.', 'See --help.')
  const context = {
    caller: callerId.local(io.user),
    priority: 'interactive' as const,
    deadline: Date.now() + CALL_TIME_HERE,
    signal: new AbortController().signal,
  }
  const planning = deadline<typeof context, Plan>((asked) => asked.deadline)
  const plan = await withProgress(io, WAITING, () =>
    planning(context, (within) => {
      const ask = askFor(parts.tenants, within, parts.log)
      // It is only shown, so nobody has to wait for it.
      const unclaimed = openClaims(memoryStore())(within)
      return tool
        .plan(parsed.data, {
          ask,
          hold: holdFor(unclaimed, parts.tenants, ask),
          past: (reference) => parts.past(reference, within.caller, within.signal),
          pastAt: (asked) => parts.pastAt({ ...asked, by: '' }, within.signal),
          covers: () => true,
          runs: parts.runs(newCall({ io, parts }, tool, input, {})),
          tasks: parts.tasks,
          sessions: parts.sessions,
        })
        .finally(unclaimed.release)
    }),
  )
  print(io, ...shownOf(plan).flatMap((line) => wrap(io, line, '')), '')
  print(io, plan.changes.length > 0 || plan.run ? 'Nothing has been changed.' : 'There is nothing to change.')
}

function outcomeLines(io: Io, { status, results }: UndoAnswer): string[] {
  const rows = results.flatMap(({ tenant, subject, outcome: word, left = [], note }) => [
    `${paint(io, word === 'restored' ? 'green' : 'yellow', word.replaceAll('_', ' '))}: ${subject} in ${tenant}`,
    ...left.flatMap((one) => wrap(io, one, '  ')),
    ...(note ? wrap(io, note, '  ') : []),
  ])
  return [...rows, '', status === 'done' ? 'Everything is as it was before.' : `Ended as ${status}.`]
}
