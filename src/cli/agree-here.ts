import { type Approval, statusOf } from '../approvals/approval.ts'
import { openApprovals } from '../approvals/approvals.ts'
import { openApprovers } from '../approvals/approvers.ts'
import { decide } from '../approvals/decide.ts'
import { dispatcher } from '../engine/dispatch.ts'
import { NotFound, Refused } from '../errors.ts'
import { plainText } from '../text/text.ts'
import { describeRequest } from './approvals.ts'
import { answerIn, newCall, type Pending, type Terminal, toolNamed, WAITING } from './call-here.ts'
import { withProgress } from './progress.ts'
import { givenOrTypedApprover, readPassphrase, readTyped } from './prompts.ts'
import { print } from './terminal.ts'

/** Who agrees, as the command line says. */
interface AgreeOptions {
  approver?: string | undefined
  confirm?: string | undefined
  passphraseStdin?: true | undefined
  /** What they agree to: "Passphrase of grace to …". */
  to: string
}

/**
 * Makes a call of a tool through all guards, once an approver has agreed at this terminal, whatever the settings ask of
 * agents. Undefined if another person must approve it too, which it says.
 */
export async function agreedHere<Answer>(
  { io, parts, data, self }: Terminal,
  tool: string,
  input: object,
  options: AgreeOptions,
): Promise<Answer | undefined> {
  const dispatch = dispatcher(parts)
  const run = async (more: { approvalId?: string }) => {
    const call = newCall(
      { io, parts },
      toolNamed(parts, tool),
      { ...input, ...more },
      { leastLevel: 'approve' },
    )
    return answerIn<Answer & Pending>(await withProgress(io, WAITING, (tell) => dispatch({ ...call, tell })))
  }
  let first = await run({})
  // A plan can take longer than a call: the same call waits on for it.
  while (first.status === 'planning') first = await run({})
  if (!first.approval) return first
  const asked = await openApprovals(data.store).get(first.approval.id)
  if (!asked) throw new NotFound('The approval request no longer exists.', 'Run this again.')
  print(io, ...describeRequest(io, asked), '')
  const approved =
    statusOf(asked) === 'approved' ? asked : await approveHere({ io, data, self }, asked, options)
  if (statusOf(approved) === 'pending') {
    print(io, 'Another person must approve it too. Run this again when they have.')
    io.exit(3)
    return undefined
  }
  return run({ approvalId: approved.id })
}

async function approveHere(
  { io, data: { store, journal }, self }: Omit<Terminal, 'parts'>,
  { id, mustType }: Approval,
  { approver, confirm, passphraseStdin, to }: AgreeOptions,
): Promise<Approval> {
  const approvers = openApprovers(store, io.scryptCost)
  if ((await approvers.list()).length === 0) {
    throw new Refused('There are no approvers yet.', `Add one: ${self('approvers add NAME')}`)
  }
  const name = await givenOrTypedApprover(io, approver)
  const typed = mustType === undefined ? undefined : await readTyped(io, confirm)
  const question = `Passphrase of ${plainText(name, 64)} to ${to}`
  const passphrase = await readPassphrase(io, { passphraseStdin, question })
  const where = `by ${io.user} at the terminal`
  return decide(
    { approvals: openApprovals(store), approvers, journal },
    { id, decision: 'approved', approver: name, passphrase, how: 'terminal', typed, where },
  )
}
