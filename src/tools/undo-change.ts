import * as z from 'zod'
import { kindOf } from '../changes/index.ts'
import type { PastChange } from '../changes/inverse.ts'
import type { Carried, Change, Plan } from '../domain/change.ts'
import type { Ask } from '../engine/ask.ts'
import type { Hold } from '../engine/hold.ts'
import { reversalOf } from '../engine/reversal.ts'
import { whereOf } from '../engine/tenants.ts'
import { defineTool } from '../engine/tool.ts'
import { IdentityError, NotFound } from '../errors.ts'
import { inQuotes, plainText } from '../text/text.ts'
import { AlsoChanged, ChangeStatus } from './change-fields.ts'
import { ApprovalId, ChangeMade, Code, Reason, TenantName } from './fields.ts'
import { passingAmong } from './left-out.ts'
import { RUN_ANSWER, RUN_STATUSES, RunId } from './run-fields.ts'
import { answerOfRun, planOfRun, type RunCallPlan } from './run-plan.ts'

const UndoRow = z.lazy(() =>
  z.object({
    tenant: z.string(),
    /** User name of the account, or name of the group. */
    subject: z.string(),
    outcome: z.enum(['restored', 'unchanged', 'left_alone', 'cannot_undo', 'failed', 'unknown']),
    verified: z.boolean(),
    /** Parts that stay as they are, each with why. */
    left: z.array(z.string()).optional(),
    alsoChanged: AlsoChanged,
    code: Code.optional(),
    note: z.string().optional(),
  }),
)
type UndoRow = z.infer<typeof UndoRow>

/** What to do about one write: the change that undoes it, or the row that says why there is none. */
type UndoPart = Pick<UndoRow, 'tenant' | 'subject'> &
  ({ change: Change; left: readonly string[]; note: string } | { row: UndoRow; gap?: IdentityError })

/** The plan of a call's changes to undo, or of a run that undoes a run. */
type UndoPlan = Plan & { parts: UndoPart[] } & (RunCallPlan | { id?: undefined })

export default defineTool({
  name: 'undo_change',
  title: 'Undo a change',
  description: 'Undo what a call of yours changed. Says what cannot be restored.',
  needs: ['findAccounts', 'readAccount'],
  // The most dangerous that it can do, as to a created account; its plan has the actual effect.
  effect: 'removes',
  input: () =>
    z.strictObject({
      // Or the id of its approval. Line numbers of the journal are shorter.
      change: z.string().trim().min(10).max(64).describe('`change` or runId in its answer'),
      tenant: TenantName.optional().describe('Default all'),
      reason: Reason,
      approvalId: ApprovalId,
    }),
  output: () =>
    z.object({
      ...RUN_ANSWER,
      status: z.enum([...ChangeStatus.options, ...RUN_STATUSES]),
      results: z.array(UndoRow).default([]),
      change: ChangeMade,
    }),

  async plan({ change: reference, tenant, reason }, { ask, hold, past, runs }): Promise<UndoPlan> {
    const ofRun = async (id: string): Promise<UndoPlan | undefined> => {
      const undone = RunId.safeParse(id).success ? await runs.undone(id) : undefined
      const undo = undone && { ...undone, ...(tenant !== undefined && { tenant }) }
      return undo && { ...(await planOfRun({ undo, reason }, { ask, runs })), parts: [] }
    }
    const run = await ofRun(reference)
    if (run) return run
    const found = await past(reference)
    const runOfApproval = found && (await ofRun(found.call))
    if (runOfApproval) return runOfApproval
    const writes = found?.changes.filter((write) => tenant === undefined || write.tenant === tenant) ?? []
    if (!found || writes.length === 0) {
      const where = tenant === undefined ? '' : ` in ${plainText(tenant, 64)}`
      throw new NotFound(
        `There is no change ${plainText(reference, 64)}${where} that you can undo.`,
        'Use the `change` from the answer of a call that changed something.',
      )
    }
    const parts = await Promise.all(writes.map((write) => partOf(write, { ask, hold })))
    const changes = parts.flatMap((part) => ('change' in part ? [part.change] : []))
    return {
      changes,
      lines: [
        `Undo ${found.tool} of ${found.at.slice(0, 16).replace('T', ' ')} UTC (${found.call}).`,
        ...parts.flatMap((part) => linesOf(part, ask)),
      ],
      reason,
      parts,
      passing: passingAmong(parts.flatMap((part) => ('change' in part ? [] : [part]))),
    }
  },

  async run(_, { plan, carryOut, runs }) {
    // The schema is checked on the way out.
    if (plan.id !== undefined) return (await answerOfRun(plan, runs)) as { status: 'done' }
    const results = await Promise.all(
      plan.parts.map(async (part) =>
        'change' in part ? toUndoRow(part, await carryOut(part.change)) : part.row,
      ),
    )
    return { status: undoStatus(results), results }
  },
})

async function partOf(write: PastChange, by: { ask: Ask; hold: Hold }): Promise<UndoPart> {
  const about = { tenant: write.tenant, subject: write.subject.userName }
  try {
    const reversal = await reversalOf(write, by)
    if (!('change' in reversal)) return { ...about, row: { ...about, verified: true, ...reversal } }
    const { change, left, stays } = reversal
    const { facts } = by.ask.tenants.get(write.tenant)
    // Side effects in the app, and what no call can restore.
    const note = [kindOf(change).consequence(change, facts), stays].filter((text) => text).join(' ')
    return { ...about, change, left, note }
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    const { code, message, hint } = error
    const row = { ...about, outcome: 'failed' as const, verified: false, code, note: `${message} ${hint}` }
    return { ...about, row, gap: error }
  }
}

function linesOf(part: UndoPart, ask: Ask): string[] {
  if (!('change' in part)) {
    return [`Stays as it is: ${inQuotes(part.subject)} in tenant ${part.tenant}. ${part.row.note}`]
  }
  const { change, left, note } = part
  return [
    ...kindOf(change).sentences(change, whereOf(ask.tenants.get(change.tenant))),
    ...(note ? [note] : []),
    ...left.map((one) => `Not restored: ${one}.`),
  ]
}

function toUndoRow(
  { tenant, subject, left, note: known }: Extract<UndoPart, { change: Change }>,
  carried: Carried,
): UndoRow {
  const { outcome, verified, alsoChanged, code, note } = carried
  const notes = [note, outcome === 'failed' ? undefined : known].filter((text) => text)
  return {
    tenant,
    subject,
    outcome: outcome === 'done' ? 'restored' : outcome,
    verified,
    ...(left.length > 0 && { left: [...left] }),
    ...(alsoChanged && { alsoChanged }),
    ...(code && { code }),
    ...(notes.length > 0 && { note: notes.join(' ') }),
  }
}

/** `done` only if all that the call changed is verified to be as before. */
function undoStatus(rows: readonly UndoRow[]): 'done' | 'unchanged' | 'partial' | 'failed' {
  const restored = rows.filter(({ outcome }) => outcome === 'restored')
  const whole = rows.every(
    ({ outcome, left }) => (outcome === 'restored' || outcome === 'unchanged') && !left,
  )
  if (restored.length === 0) return whole ? 'unchanged' : 'failed'
  return whole && restored.every(({ verified }) => verified) ? 'done' : 'partial'
}
