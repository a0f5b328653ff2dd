import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import type { Running } from '../app/compose.ts'
import type { Io } from '../app/io.ts'
import { type CommonOptions, type DataFolder, typed } from '../app/stores.ts'
import { type Approval, statusOf } from '../approvals/approval.ts'
import { openApprovals } from '../approvals/approvals.ts'
import { openApprovers } from '../approvals/approvers.ts'
import { decide } from '../approvals/decide.ts'
import { callerId } from '../domain/caller-names.ts'
import { shownOf } from '../domain/change.ts'
import { EVERYTHING } from '../domain/scopes.ts'
import { askFor } from '../engine/ask.ts'
import { dispatcher, type Parts } from '../engine/dispatch.ts'
import { pastOf } from '../engine/history.ts'
import { holdFor } from '../engine/hold.ts'
import type { ChangingTool } from '../engine/tool.ts'
import { InvalidInput, NotFound, Refused } from '../errors.ts'
import type { Call } from '../guards/call.ts'
import { openClaims } from '../store/claims.ts'
import { memoryStore } from '../store/table-store.ts'
import { plainText } from '../text/text.ts'
import { describeRequest } from './approvals.ts'
import { readName, readPassphrase, readTyped } from './prompts.ts'
import { newCommand, paint, print, toJson, wrap } from './terminal.ts'
import { type OpenData, withData } from './with-data.ts'

interface UndoOptions {
  tenant?: string
  reason: string
  approver?: string
  confirm?: string
  passphraseStdin?: true
  dryRun?: true
  json?: true
}

/** The time limit of each of the two steps, in milliseconds. */
const STEP_TIMEOUT = 50_000

/** `identity-mcp undo REF`: undoes a call of any caller, once an approver has agreed at this terminal. */
export const undoCommand = (
  io: Io,
  start: (options: CommonOptions) => Promise<Running>,
  open: OpenData,
): Command =>
  newCommand(io, 'undo', 'undo the changes of a call, once an approver has agreed here')
    .argument('<reference>', 'the call (`change` in its answer, or from the journal) or its approval id')
    .option('--tenant <name>', 'only in this tenant')
    .option('--reason <text>', 'why, for the journal', 'undone at the terminal')
    .option('--approver <name>', 'who approves it; asked for if missing')
    .option('--confirm <text>', 'the user name or number of accounts, if the change requires it')
    .option('--passphrase-stdin', "read the approver's passphrase from standard input")
    .option('--dry-run', 'show the plan without changing anything')
    .option('--json', 'print the result as JSON')
    .action((reference: string, options: UndoOptions, command: Command) =>
      withData(io, open, command, async (data) => {
        const running = await start(command.optsWithGlobals())
        try {
          // With an approver's passphrase, a person can undo the calls of any caller.
          const parts = { ...running.parts, past: (named: string) => pastOf(data.journal, named, () => true) }
          const self = (words: string) => typed(io, command.optsWithGlobals(), words)
          await undo({ io, parts, data, self }, reference, options)
        } finally {
          await running.close()
        }
      }),
    )

interface UndoContext {
  io: Io
  parts: Parts
  data: DataFolder
  /** The command line for a command on the same data. */
  self: (words: string) => string
}

async function undo(
  context: UndoContext,
  change: string,
  { tenant, reason, dryRun, json, ...approverOptions }: UndoOptions,
): Promise<void> {
  const { io, parts, data, self } = context
  const tool = parts.tools.find(({ name }) => name === 'undo_change')
  if (!tool || tool.effect === 'reads') throw new TypeError('there is no undo_change')
  const input = { change, reason, ...(tenant !== undefined && { tenant }) }
  if (dryRun) return showPlan(io, parts, tool, input)

  const dispatch = dispatcher(parts)
  const run = async (more: { approvalId?: string }) => {
    const reply = await dispatch(newCall(io, tool, { ...input, ...more }))
    if ('question' in reply) throw new TypeError('no person can be asked here')
    // The answer has passed the tool's output schema.
    return reply.answer as unknown as UndoAnswer
  }
  let answer = await run({})
  if (answer.approval) {
    const approvals = openApprovals(data.store)
    const asked = await approvals.get(answer.approval.id)
    if (!asked) throw new NotFound('The approval request no longer exists.', 'Run this again.')
    if (!json) print(io, ...describeRequest(io, asked), '')
    const approved =
      statusOf(asked) === 'approved' ? asked : await approveHere(context, asked, approverOptions)
    if (statusOf(approved) === 'pending') {
      return print(io, 'Another person must approve it too. Run this again when they have.')
    }
    answer = await run({ approvalId: approved.id })
  }
  if (json) print(io, toJson(answer, 2))
  else {
    print(io, ...outcomeLines(io, answer))
    if (answer.change) print(io, `To undo this in turn: ${self(`undo ${answer.change}`)}`)
  }
  if (answer.status !== 'done' && answer.status !== 'unchanged') io.exit(1)
}

interface UndoAnswer {
  status: string
  approval?: { id: string }
  results: { tenant: string; subject: string; outcome: string; left?: string[]; note?: string }[]
  change?: string
}

/** A call that always needs an approver, whatever the settings require of agents. */
const newCall = (io: Io, tool: ChangingTool, input: unknown): Call => ({
  id: randomBytes(6).toString('hex'),
  tool,
  input,
  caller: { id: callerId.local(io.user), client: 'identity-mcp undo' },
  self: { names: [io.user], mayBe: [] },
  grant: EVERYTHING,
  canAsk: false,
  leastLevel: 'approve',
  signal: new AbortController().signal,
  deadline: Date.now() + STEP_TIMEOUT,
  record: async () => {
    throw new TypeError('this call is not journalled')
  },
})

async function showPlan(io: Io, parts: Parts, tool: ChangingTool, input: { change: string }): Promise<void> {
  const context = {
    caller: callerId.local(io.user),
    priority: 'interactive' as const,
    deadline: Date.now() + STEP_TIMEOUT,
    signal: AbortSignal.timeout(STEP_TIMEOUT),
  }
  const parsed = tool.input().safeParse(input)
  if (!parsed.success) throw new InvalidInput('The reference, tenant or reason is not valid.', 'See --help.')
  const ask = askFor(parts.tenants, context, parts.log)
  // It is only shown, so nobody has to wait for it.
  const unclaimed = openClaims(memoryStore())(context)
  const plan = await tool
    .plan(parsed.data, {
      ask,
      hold: holdFor(unclaimed, parts.tenants, ask),
      past: (reference) => parts.past(reference, context.caller),
      covers: () => true,
    })
    .finally(unclaimed.release)
  print(io, ...shownOf(plan).flatMap((line) => wrap(io, line, '')), '')
  print(io, plan.changes.length > 0 ? 'Nothing has been changed.' : 'There is nothing to change.')
}

async function approveHere(
  { io, data: { store, journal }, self }: UndoContext,
  { id, mustType }: Approval,
  { approver, confirm, passphraseStdin }: Pick<UndoOptions, 'approver' | 'confirm' | 'passphraseStdin'>,
): Promise<Approval> {
  const approvers = openApprovers(store, io.scryptCost)
  if ((await approvers.list()).length === 0) {
    throw new Refused('There are no approvers yet.', `Add one: ${self('approvers add NAME')}`)
  }
  const name = approver ?? (await readName(io))
  const confirmation = mustType === undefined ? undefined : await readTyped(io, confirm)
  const passphrase = await readPassphrase(io, {
    passphraseStdin,
    question: `Passphrase of ${plainText(name, 64)} to undo this`,
  })
  const where = `by ${io.user} at the terminal`
  return decide(
    { approvals: openApprovals(store), approvers, journal },
    { id, decision: 'approved', approver: name, passphrase, how: 'terminal', typed: confirmation, where },
  )
}

function outcomeLines(io: Io, { status, results }: UndoAnswer): string[] {
  const rows = results.flatMap(({ tenant, subject, outcome: word, left = [], note }) => [
    `${paint(io, word === 'restored' ? 'green' : 'yellow', word.replaceAll('_', ' '))}: ${subject} in ${tenant}`,
    ...left.flatMap((one) => wrap(io, one, '  ')),
    ...(note ? wrap(io, note, '  ') : []),
  ])
  return [...rows, '', status === 'done' ? 'Everything is as it was before.' : `Ended as ${status}.`]
}
