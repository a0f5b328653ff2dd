import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import type { Running } from '../app/compose.ts'
import type { Io } from '../app/io.ts'
import { type CommonOptions, type DataFolder, typed } from '../app/stores.ts'
import { type Approval, openApprovals, statusOf } from '../approvals/approvals.ts'
import { openApprovers } from '../approvals/approvers.ts'
import { decide } from '../approvals/decide.ts'
import { EVERYTHING } from '../domain/scopes.ts'
import { askFor } from '../engine/ask.ts'
import type { Parts } from '../engine/dispatch.ts'
import { pastOf } from '../engine/history.ts'
import type { ChangingTool } from '../engine/tool.ts'
import { InvalidInput, NotFound, Refused } from '../errors.ts'
import type { Call } from '../guards/call.ts'
import { plainText } from '../text/text.ts'
import { describe } from './approvals.ts'
import {
  newCommand,
  type OpenData,
  paint,
  print,
  readName,
  readPassphrase,
  readTyped,
  toJson,
  withData,
  wrap,
} from './data.ts'

interface UndoOptions {
  tenant?: string
  reason: string
  approver?: string
  confirm?: string
  passphraseStdin?: true
  dryRun?: true
  json?: true
}

/** How long the apps get for each of the two steps, milliseconds. */
const STEP_TIME = 50_000

/** `identity-mcp undo REF`: takes back what a call changed, anybody's, once an approver agreed at this terminal. */
export const undoCommand = (
  io: Io,
  start: (options: CommonOptions) => Promise<Running>,
  open: OpenData,
): Command =>
  newCommand(io, 'undo', 'take back what a call changed, once an approver has agreed to it here')
    .argument('<reference>', 'the call, as `change` of its answer or the journal names it, or its approval')
    .option('--tenant <name>', 'only there')
    .option('--reason <text>', 'why, for the journal', 'undone at the terminal')
    .option('--approver <name>', 'who agrees; asked for when left out')
    .option('--confirm <text>', 'the user name or number of accounts that a change of weight wants')
    .option('--passphrase-stdin', "read the approver's passphrase from standard input")
    .option('--dry-run', 'show what would be done, and do nothing')
    .option('--json', 'what came of it as JSON')
    .action((reference: string, options: UndoOptions, command: Command) =>
      withData(io, open, command, async (data) => {
        const running = await start(command.optsWithGlobals())
        try {
          // A person with the passphrase of an approver may take back what any caller did.
          const parts = { ...running.parts, past: (named: string) => pastOf(data.journal, named, () => true) }
          const self = (words: string) => typed(io, command.optsWithGlobals(), words)
          await undo({ io, parts, data, self }, reference, options)
        } finally {
          await running.close()
        }
      }),
    )

interface Place {
  io: Io
  parts: Parts
  data: DataFolder
  /** How a command on the same data is typed. */
  self: (words: string) => string
}

async function undo(
  place: Place,
  change: string,
  { tenant, reason, dryRun, json, ...who }: UndoOptions,
): Promise<void> {
  const { io, parts, data, self } = place
  const { dispatcher } = await import('../engine/dispatch.ts')
  const tool = parts.tools.find(({ name }) => name === 'undo_change')
  if (!tool || tool.effect === 'reads') throw new TypeError('there is no undo_change')
  const input = { change, reason, ...(tenant !== undefined && { tenant }) }
  if (dryRun) return showPlan(io, parts, tool, input)

  const dispatch = dispatcher(parts)
  const run = async (more: { approvalId?: string }) => {
    const reply = await dispatch(newCall(io, tool, { ...input, ...more }))
    if ('question' in reply) throw new TypeError('nobody can be asked here')
    // What passed the tool's output schema.
    return reply.answer as unknown as Answer
  }
  let answer = await run({})
  if (answer.approval) {
    const approvals = openApprovals(data.store)
    const asked = await approvals.get(answer.approval.id)
    if (!asked) throw new NotFound('The request is gone.', 'Run this again.')
    if (!json) print(io, ...describe(io, asked), '')
    const approved = statusOf(asked) === 'approved' ? asked : await agree(place, asked, who)
    if (statusOf(approved) === 'pending') {
      return print(io, 'It takes another person as well. When they have agreed, run this again.')
    }
    answer = await run({ approvalId: approved.id })
  }
  if (json) print(io, toJson(answer, 2))
  else {
    print(io, ...outcome(io, answer))
    if (answer.change) print(io, `This can be undone in turn: ${self(`undo ${answer.change}`)}`)
  }
  if (answer.status !== 'done' && answer.status !== 'unchanged') io.exit(1)
}

interface Answer {
  status: string
  approval?: { id: string }
  results: { tenant: string; subject: string; outcome: string; left?: string[]; note?: string }[]
  change?: string
}

/** What is changed from here takes an approver, whatever the settings ask of agents. */
const newCall = (io: Io, tool: ChangingTool, input: unknown): Call => ({
  id: randomBytes(6).toString('hex'),
  tool,
  input,
  caller: { id: `local:${io.user}`, client: 'identity-mcp undo' },
  grant: EVERYTHING,
  canAsk: false,
  leastLevel: 'approve',
  signal: new AbortController().signal,
  deadline: Date.now() + STEP_TIME,
  record: async () => {
    throw new TypeError('this call is not journalled')
  },
})

async function showPlan(io: Io, parts: Parts, tool: ChangingTool, input: { change: string }): Promise<void> {
  const context = {
    caller: `local:${io.user}`,
    priority: 'interactive' as const,
    deadline: Date.now() + STEP_TIME,
    signal: AbortSignal.timeout(STEP_TIME),
  }
  const parsed = tool.input().safeParse(input)
  if (!parsed.success) throw new InvalidInput('That is no reference, tenant or reason.', 'See --help.')
  const { changes, lines } = await tool.plan(parsed.data, {
    ask: askFor(parts.tenants, context),
    past: (reference) => parts.past(reference, context.caller),
  })
  print(io, ...lines.flatMap((line) => wrap(io, line, '')), '')
  print(io, changes.length > 0 ? 'Nothing has been changed.' : 'There is nothing to change.')
}

async function agree(
  { io, data: { store, journal }, self }: Place,
  { id, mustType }: Approval,
  { approver, confirm, passphraseStdin }: Pick<UndoOptions, 'approver' | 'confirm' | 'passphraseStdin'>,
): Promise<Approval> {
  const approvers = openApprovers(store)
  if ((await approvers.list()).length === 0) {
    throw new Refused('Nobody may approve yet.', `Set somebody up: ${self('approvers add NAME')}`)
  }
  const name = approver ?? (await readName(io))
  const word = mustType === undefined ? undefined : await readTyped(io, confirm)
  const passphrase = await readPassphrase(io, {
    passphraseStdin,
    question: `Passphrase of ${plainText(name, 64)} to undo this`,
  })
  const where = `by ${io.user} at the terminal`
  return decide(
    { approvals: openApprovals(store), approvers, journal },
    { id, decision: 'approved', approver: name, passphrase, how: 'terminal', typed: word, where },
  )
}

function outcome(io: Io, { status, results }: Answer): string[] {
  const rows = results.flatMap(({ tenant, subject, outcome: word, left = [], note }) => [
    `${paint(io, word === 'restored' ? 'green' : 'yellow', word.replaceAll('_', ' '))}: ${subject} in ${tenant}`,
    ...left.flatMap((one) => wrap(io, one, '  ')),
    ...(note ? wrap(io, note, '  ') : []),
  ])
  return [...rows, '', status === 'done' ? 'All of it is as it was before.' : `Ended as ${status}.`]
}
