import { Refused } from '../errors.ts'
import type { JournalEvent } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import { plainText, sameText } from '../text/text.ts'
import {
  type Approval,
  type Approvals,
  approversOf,
  type Channel,
  checkDecision,
  checkUndecided,
  noRequest,
} from './approvals.ts'
import type { Approvers } from './approvers.ts'
import { checkTyped } from './typed-confirmation.ts'

/** A person's yes or no, with what shows who they are. */
export interface Decision {
  id: string
  decision: 'approved' | 'denied'
  approver: string
  passphrase: string
  how: Channel
  /** What a change of weight wants typed. */
  typed?: string | undefined
  /** Where it was given, for the journal. */
  where?: string
}

/** The request with this id while a person can still decide it; throws `NotFound`, `ApprovalVoid` or `Conflict`. */
export async function undecided(approvals: Approvals, id: string): Promise<Approval> {
  const approval = await approvals.get(id)
  if (!approval) throw noRequest(id)
  checkUndecided(approval)
  return approval
}

/** Throws `Refused` unless `name` may approve and this is their passphrase; which of the two is wrong stays untold. */
export async function checkPassphrase(approvers: Approvers, name: string, passphrase: string): Promise<void> {
  if (await approvers.check(name, passphrase)) return
  throw new Refused('This is not the passphrase of an approver of that name.', 'Check both and try again.')
}

/**
 * Decides a request in the approver's name, and journals it, wrong passphrases too. Where it takes several people it
 * stays pending until the last of them. Throws `Refused` for an unknown approver, a wrong passphrase or somebody whose
 * yes does not count, `LimitReached` after too many wrong passphrases, `InvalidInput` when a change of weight is
 * approved without the word it wants typed, and what `undecided` throws.
 */
export async function decide(
  { approvals, approvers, journal }: { approvals: Approvals; approvers: Approvers; journal: Journal },
  { id, decision, approver, passphrase, how, typed, where }: Decision,
): Promise<Approval> {
  const approval = await undecided(approvals, id)
  if (decision === 'approved') checkTyped(approval, typed)
  const tell = (
    event: Pick<JournalEvent, 'event' | 'code'>,
    { by, note }: { by?: string; note?: string },
  ) => {
    const notes = [note, where].filter((text) => text !== undefined)
    return journal.append({
      ...event,
      ...(notes.length > 0 && { note: notes.join(', ') }),
      call: approval.call ?? approval.id,
      tool: approval.tool,
      caller: approval.caller,
      ...(approval.client !== undefined && { client: approval.client }),
      approval: { id: approval.id, ...(by !== undefined && { by }), how },
    })
  }
  const journalled = async (error: unknown, note: string) => {
    if (error instanceof Refused) await tell({ event: 'refused', code: 'refused' }, { note })
    return error
  }

  try {
    await checkPassphrase(approvers, approver, passphrase)
  } catch (error) {
    throw await journalled(error, `wrong passphrase for the approver "${plainText(approver, 64)}"`)
  }
  const by = (await approvers.list()).find(({ name }) => sameText(name, approver))?.name ?? approver
  try {
    checkDecision(approval, decision, by)
  } catch (error) {
    throw await journalled(error, `a yes of ${by} does not count here`)
  }
  // Before it takes effect: no approval is ever given that the journal does not know.
  const many = decision === 'approved' && approversOf(approval) > 1
  await tell(
    { event: decision },
    { by, ...(many && { note: `one of ${approversOf(approval)} who must agree` }) },
  )
  try {
    return await approvals.decide(approval.id, decision, by, how)
  } catch (error) {
    await tell({ event: 'failed' }, { by, note: 'the decision came too late' })
    throw error
  }
}
