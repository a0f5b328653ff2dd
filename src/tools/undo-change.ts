import * as z from 'zod'
import { kindOf } from '../changes/index.ts'
import type { PastChange } from '../changes/inverse.ts'
import { mostDangerous } from '../changes/plan.ts'
import type { Carried, Change, Plan } from '../domain/change.ts'
import type { Ask } from '../engine/ask.ts'
import { whereOf } from '../engine/tenants.ts'
import { defineTool } from '../engine/tool.ts'
import { IdentityError, NotFound } from '../errors.ts'
import { inQuotes, plainText } from '../text/text.ts'
import { ApprovalId, ChangeMade, Code, PendingApproval, Reason, TenantName } from './fields.ts'
import { reversalOf } from './reversal.ts'

const Row = z.object({
  tenant: z.string(),
  /** User name of the account, or name of the group. */
  subject: z.string(),
  outcome: z.enum(['restored', 'unchanged', 'left_alone', 'cannot_undo', 'failed', 'unknown']),
  verified: z.boolean(),
  /** Parts that stay as they are, each with why. */
  left: z.array(z.string()).optional(),
  code: Code.optional(),
  note: z.string().optional(),
})
type Row = z.infer<typeof Row>

/** What becomes of one write: the change that takes it back, or the row that says why there is none. */
type Part = Pick<Row, 'tenant' | 'subject'> &
  ({ change: Change; left: readonly string[]; note: string } | { row: Row })

export default defineTool({
  name: 'undo_change',
  title: 'Undo a change',
  description: 'Take back what a call of yours changed. Says what cannot be restored or was changed since.',
  needs: ['findAccounts', 'readAccount'],
  // The most it can do, such as to a created account; its plan says what it does this time.
  effect: 'removes',
  input: () =>
    z.strictObject({
      // Or its approval; no number of a line of the journal is as long.
      change: z.string().trim().min(10).max(64).describe('`change` of its answer'),
      tenant: TenantName.optional().describe('Only there'),
      reason: Reason,
      approvalId: ApprovalId,
    }),
  output: () =>
    z.object({
      status: z.enum(['done', 'unchanged', 'partial', 'failed', 'approval_required']),
      results: z.array(Row).default([]),
      change: ChangeMade,
      approval: PendingApproval.optional(),
    }),

  async plan({ change: reference, tenant, reason }, { ask, past }): Promise<Plan & { parts: Part[] }> {
    const found = await past(reference)
    const writes = found?.changes.filter((write) => tenant === undefined || write.tenant === tenant) ?? []
    if (!found || writes.length === 0) {
      const where = tenant === undefined ? '' : ` in ${plainText(tenant, 64)}`
      throw new NotFound(
        `There is no change ${plainText(reference, 64)}${where} that you can undo.`,
        'Name the `change` of the answer of a call that changed something.',
      )
    }
    const parts = await Promise.all(writes.map((write) => partOf(write, ask)))
    const changes = parts.flatMap((part) => ('change' in part ? [part.change] : []))
    return {
      changes,
      effect: mostDangerous(changes),
      lines: [
        `Undo ${found.tool} of ${found.at.slice(0, 16).replace('T', ' ')} UTC (${found.call}).`,
        ...parts.flatMap((part) => linesOf(part, ask)),
      ],
      reason,
      parts,
    }
  },

  async run(_, { plan, carryOut }) {
    const results = await Promise.all(
      plan.parts.map(async (part) =>
        'change' in part ? toRow(part, await carryOut(part.change)) : part.row,
      ),
    )
    return { status: statusOf(results), results }
  },
})

async function partOf(write: PastChange, ask: Ask): Promise<Part> {
  const about = { tenant: write.tenant, subject: write.subject.userName }
  try {
    const reversal = await reversalOf(write, ask)
    if (!('change' in reversal)) return { ...about, row: { ...about, verified: true, ...reversal } }
    const { change, left, stays } = reversal
    const { facts } = ask.tenants.get(write.tenant)
    // What the app does with it, and what no call brings back.
    const note = [kindOf(change).consequence(change, facts), stays].filter((text) => text).join(' ')
    return { ...about, change, left, note }
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    const { code, message, hint } = error
    const row = { ...about, outcome: 'failed' as const, verified: false, code, note: `${message} ${hint}` }
    return { ...about, row }
  }
}

function linesOf(part: Part, ask: Ask): string[] {
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

function toRow(
  { tenant, subject, left, note: known }: Extract<Part, { change: Change }>,
  carried: Carried,
): Row {
  const { outcome, verified, code, note } = carried
  const notes = [note, outcome === 'failed' ? undefined : known].filter((text) => text)
  return {
    tenant,
    subject,
    outcome: outcome === 'done' ? 'restored' : outcome,
    verified,
    ...(left.length > 0 && { left: [...left] }),
    ...(code && { code }),
    ...(notes.length > 0 && { note: notes.join(' ') }),
  }
}

/** `done` is said only when all that the call had changed is seen to be as before. */
function statusOf(rows: readonly Row[]): 'done' | 'unchanged' | 'partial' | 'failed' {
  const restored = rows.filter(({ outcome }) => outcome === 'restored')
  const whole = rows.every(
    ({ outcome, left }) => (outcome === 'restored' || outcome === 'unchanged') && !left,
  )
  if (restored.length === 0) return whole ? 'unchanged' : 'failed'
  return whole && restored.every(({ verified }) => verified) ? 'done' : 'partial'
}
