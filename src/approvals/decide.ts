import { requesterIn } from '../domain/caller-names.ts'
import { InvalidInput, Refused } from '../errors.ts'
import type { JournalEvent } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import { inQuotes, plainText, sameText } from '../text/text.ts'
import { type Approval, approversOf, type Channel, checkDecision, checkUndecided } from './approval.ts'
import { type Approvals, noRequest } from './approvals.ts'
import type { Approvers } from './approvers.ts'
import type { EnteredAt } from './attempts.ts'
import { MAX_REASON } from './denials.ts'
import { journalNews } from './tend.ts'
import { checkTyped } from './typed-confirmation.ts'

/** A decision, with the approver's credentials. */
export interface Decision {
  id: string
  decision: 'approved' | 'denied'
  approver: string
  passphrase: string
  how: Channel
  /** Default: at the terminal. */
  from?: EnteredAt
  /** The typed confirmation of a high-impact change. */
  typed?: string | undefined
  /** Why it is denied, which the agent gets to read. */
  reason?: string | undefined
  /** Where it was made, for the journal. */
  where?: string
}

/** The pending request with this id; throws `NotFound`, `ApprovalVoid` or `Conflict`. */
export async function undecided(approvals: Approvals, id: string): Promise<Approval> {
  const approval = await approvals.get(id)
  if (!approval) throw noRequest(id)
  checkUndecided(approval)
  return approval
}

/** Throws `Refused` unless `name` is an approver with this passphrase; the error does not tell which one is wrong. */
export async function checkPassphrase(
  approvers: Approvers,
  { name, passphrase, from }: { name: string; passphrase: string; from?: EnteredAt | undefined },
): Promise<void> {
  if (await approvers.check(name, passphrase, from)) return
  throw new Refused('The approver name or the passphrase is wrong.', 'Check both and try again.')
}

/** For the journal. Only the name of an approver is kept: what else stands in its field can be a passphrase. */
export async function wrongPassphraseNote(approvers: Pick<Approvers, 'list'>, name: string): Promise<string> {
  const known = (await approvers.list()).find((one) => sameText(one.name, name))
  return known
    ? `wrong passphrase for the approver "${known.name}"`
    : 'wrong passphrase, and no approver has that name'
}

/**
 * Decides a request in the approver's name, and journals it, also a wrong passphrase. A request that needs several
 * approvers stays pending until the last one. Throws `Refused` for an unknown approver, a wrong passphrase or a person who
 * cannot approve this request, `LimitReached` after too many wrong passphrases, `InvalidInput` for a missing typed
 * confirmation or a reason with the passphrase in it, and what `undecided` throws.
 */
export async function decide(
  { approvals, approvers, journal }: { approvals: Approvals; approvers: Approvers; journal: Journal },
  { id, decision, approver, passphrase, how, from, typed, reason, where }: Decision,
): Promise<Approval> {
  const approval = await undecided(approvals, id)
  if (decision === 'approved') checkTyped(approval, typed)
  const why = decision === 'denied' ? denialReason(reason, passphrase) : undefined
  const record = (
    event: Pick<JournalEvent, 'event' | 'code' | 'plan'>,
    { by, note }: { by?: string; note?: string },
  ) => {
    const notes = [note, where].filter((text) => text !== undefined)
    return journal.append({
      ...event,
      ...(notes.length > 0 && { note: notes.join(', ') }),
      call: approval.call ?? approval.id,
      tool: approval.tool,
      ...requesterIn(approval),
      approval: { id: approval.id, ...(by !== undefined && { by }), how },
    })
  }
  const journalled = async (error: unknown, note: string) => {
    if (error instanceof Refused) await record({ event: 'refused', code: 'refused' }, { note })
    return error
  }

  try {
    await checkPassphrase(approvers, { name: approver, passphrase, from })
  } catch (error) {
    throw await journalled(error, await wrongPassphraseNote(approvers, approver))
  }
  const by = (await approvers.list()).find(({ name }) => sameText(name, approver))?.name ?? approver
  try {
    checkDecision(approval, decision, by)
  } catch (error) {
    throw await journalled(error, `the approval of ${by} does not count here`)
  }
  // Journalled before it takes effect, so no approval is missing from the journal.
  const needsSeveral = decision === 'approved' && approversOf(approval) > 1
  await record(
    { event: decision, ...(decision === 'approved' && { plan: approval.plan }) },
    {
      by,
      ...(needsSeveral && { note: `one of ${approversOf(approval)} required approvers` }),
      ...(why !== undefined && { note: `because ${inQuotes(why, MAX_REASON)}` }),
    },
  )
  let decided: Approval
  try {
    decided = await approvals.decide(approval.id, decision, by, how, why)
  } catch (error) {
    await record({ event: 'failed' }, { by, note: 'the decision came too late' })
    throw error
  }
  // The decision stands, whatever becomes of the news about others; the server looks after them, too.
  await journalNews({ approvals, journal }).catch(() => undefined)
  return decided
}

/** The reason as it is kept and told; undefined if there is none. Throws where the passphrase was typed into it. */
function denialReason(reason = '', passphrase: string): string | undefined {
  if (passphrase !== '' && reason.includes(passphrase)) {
    throw new InvalidInput(
      'The reason contains the passphrase, and the agent would read it.',
      'Nothing was decided. Leave the passphrase out of the reason.',
    )
  }
  return plainText(reason, MAX_REASON) || undefined
}
