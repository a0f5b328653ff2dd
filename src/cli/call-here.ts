import { randomBytes } from 'node:crypto'
import type { Io } from '../app/io.ts'
import type { DataFolder } from '../app/stores.ts'
import { type Approval, statusOf } from '../approvals/approval.ts'
import { openApprovals } from '../approvals/approvals.ts'
import { openApprovers } from '../approvals/approvers.ts'
import { decide } from '../approvals/decide.ts'
import { callerId } from '../domain/caller-names.ts'
import { EVERYTHING } from '../domain/scopes.ts'
import { dispatcher, type Parts } from '../engine/dispatch.ts'
import type { Tool } from '../engine/tool.ts'
import { NotFound, Refused } from '../errors.ts'
import type { Call } from '../guards/call.ts'
import { plainText } from '../text/text.ts'
import { describeRequest } from './approvals.ts'
import { readName, readPassphrase, readTyped } from './prompts.ts'
import { print } from './terminal.ts'

/** Where a person runs a command that changes something. */
export interface Terminal {
  io: Io
  parts: Parts
  data: DataFolder
  /** The command line for a command on the same data. */
  self: (words: string) => string
}

/** Who agrees, as the command line says. */
interface AgreeOptions {
  approver?: string | undefined
  confirm?: string | undefined
  passphraseStdin?: true | undefined
  /** What they agree to: "Passphrase of grace to …". */
  to: string
  /** Prints nothing but errors. */
  quiet?: true | undefined
}

/** The time limit of each of the two calls, milliseconds. */
export const CALL_TIME_HERE = 50_000

/**
 * Makes a call of a tool through all guards, once an approver has agreed at this terminal. Undefined if another person must
 * approve it too, which it says.
 */
export async function callHere<Answer>(
  { io, parts, data, self }: Terminal,
  tool: Tool,
  input: object,
  options: AgreeOptions,
): Promise<Answer | undefined> {
  const dispatch = dispatcher(parts)
  const run = async (more: { approvalId?: string }) => {
    const reply = await dispatch(newCall(io, tool, { ...input, ...more }))
    if ('question' in reply) throw new TypeError('no person can be asked here')
    // The answer has passed the tool's output schema.
    return reply.answer as unknown as Answer & { approval?: { id: string } }
  }
  const first = await run({})
  if (!first.approval) return first
  const asked = await openApprovals(data.store).get(first.approval.id)
  if (!asked) throw new NotFound('The approval request no longer exists.', 'Run this again.')
  if (!options.quiet) print(io, ...describeRequest(io, asked), '')
  const approved =
    statusOf(asked) === 'approved' ? asked : await approveHere({ io, data, self }, asked, options)
  if (statusOf(approved) === 'pending') {
    print(io, 'Another person must approve it too. Run this again when they have.')
    return undefined
  }
  return run({ approvalId: approved.id })
}

/** A call that always needs an approver, whatever the settings require of agents. */
export const newCall = (io: Io, tool: Tool, input: unknown): Call => ({
  id: randomBytes(6).toString('hex'),
  tool,
  input,
  caller: { id: callerId.local(io.user), client: 'identity-mcp' },
  self: { names: [io.user], mayBe: [] },
  grant: EVERYTHING,
  canAsk: false,
  leastLevel: 'approve',
  signal: new AbortController().signal,
  deadline: Date.now() + CALL_TIME_HERE,
  record: async () => {
    throw new TypeError('this call is not journalled')
  },
})

async function approveHere(
  { io, data: { store, journal }, self }: Omit<Terminal, 'parts'>,
  { id, mustType }: Approval,
  { approver, confirm, passphraseStdin, to }: AgreeOptions,
): Promise<Approval> {
  const approvers = openApprovers(store, io.scryptCost)
  if ((await approvers.list()).length === 0) {
    throw new Refused('There are no approvers yet.', `Add one: ${self('approvers add NAME')}`)
  }
  const name = approver ?? (await readName(io))
  const typed = mustType === undefined ? undefined : await readTyped(io, confirm)
  const question = `Passphrase of ${plainText(name, 64)} to ${to}`
  const passphrase = await readPassphrase(io, { passphraseStdin, question })
  const where = `by ${io.user} at the terminal`
  return decide(
    { approvals: openApprovals(store), approvers, journal },
    { id, decision: 'approved', approver: name, passphrase, how: 'terminal', typed, where },
  )
}
