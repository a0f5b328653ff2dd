import * as z from 'zod'
import { momentIn } from '../domain/moment.ts'
import { ROW_OUTCOMES, RUN_STATES, type RunRow } from '../domain/run.ts'
import { PendingApproval, UserRef } from './fields.ts'

/** Everybody that a run is about; `limits.runs.people` says how many that may be. */
export const People = z.array(UserRef).min(1).max(10_000)

const Moment = z
  .string()
  .max(100)
  .transform((text, context) => {
    const moment = momentIn(text)
    if (moment !== undefined) return moment
    context.issues.push({
      code: 'custom',
      input: text,
      message: 'must be a time such as 2026-12-24T18:00:00+01:00 or 2026-12-24T18:00[Europe/Berlin]',
    })
    return z.NEVER
  })
  .optional()

/** When a run begins, and when it gives back what it took; epoch milliseconds. */
export const RUN_TIMES = {
  at: Moment.describe('Begin at 2026-12-24T18:00[Europe/Berlin]'),
  until: Moment.describe('Give it all back then'),
}

export const RunId = z
  .string()
  .regex(/^run-[0-9a-f]{12}$/, 'must be a runId')
  .describe('As the run was answered')

const Row = z.lazy(() =>
  z.object({
    person: z.string(),
    tenant: z.string().optional(),
    account: z.object({ id: z.string(), userName: z.string() }).optional(),
    outcome: z.enum(ROW_OUTCOMES),
    sessions: z.enum(['ended', 'failed', 'unknown']).optional(),
    verified: z.boolean(),
    code: z.string().optional(),
    note: z.string().optional(),
  }),
)

/** What a call that asks for a run answers, besides its status. */
export const RUN_ANSWER = {
  runId: z.string().optional(),
  plan: z
    .object({
      people: z.int(),
      accounts: z.int(),
      byHand: z.int(),
      skippedCount: z.int(),
      skipped: z.array(z.object({ person: z.string(), tenant: z.string().optional(), why: z.string() })),
    })
    .optional(),
  counts: z.record(z.string(), z.int()).optional(),
  note: z.string().optional(),
  approval: PendingApproval.optional(),
}

export const RUN_STATUSES = [
  'approval_required',
  'planning',
  'running',
  'scheduled',
  'paused',
  'done',
  'partial',
  'unchanged',
  'cancelled',
] as const

export const RunAnswer = z.lazy(() => z.object({ status: z.enum(RUN_STATUSES), ...RUN_ANSWER }))

/** A run as it is shown. */
export const RunShown = z.lazy(() =>
  z.object({
    runId: z.string(),
    state: z.enum(RUN_STATES),
    counts: z.record(z.string(), z.int()),
    rows: z.array(Row),
    note: z.string().optional(),
    nextCursor: z.string().optional(),
  }),
)

export function toRunRow({
  person,
  tenant,
  account,
  outcome,
  sessions,
  verified,
  code,
  note,
}: RunRow): z.input<typeof Row> {
  return {
    person,
    ...(tenant !== undefined && { tenant }),
    // Of most, the person's name is that of the account.
    ...(account && account.userName !== person && { account }),
    outcome,
    ...(sessions && { sessions }),
    verified,
    ...(code !== undefined && { code }),
    ...(note !== undefined && { note }),
  }
}
