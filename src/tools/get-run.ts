import * as z from 'zod'
import { ROW_OUTCOMES, type RunRow } from '../domain/run.ts'
import type { RunStatus } from '../engine/run-desk.ts'
import { defineTool } from '../engine/tool.ts'
import { Cursor, Limit } from './fields.ts'
import { RunId, RunShown, toRunRow } from './run-fields.ts'
import { noteOf } from './run-plan.ts'

interface RunCursor {
  runId: string
  outcome?: RunRow['outcome']
  from: number
}

export default defineTool({
  name: 'get_run',
  title: 'Look at a run',
  description: 'How far a run is, and what became of each account.',
  needs: [],
  local: true,
  effect: 'reads',
  view: 'run',
  input: () =>
    z.strictObject({
      runId: RunId,
      outcome: z.enum(ROW_OUTCOMES).optional().describe('Only rows that ended so'),
      limit: Limit(200, 50),
      cursor: Cursor,
    }),
  output: () => RunShown,

  async run({ runId, outcome, limit, cursor }, { runs, cursors }) {
    const before = cursor ? await cursors.open<RunCursor>(cursor) : undefined
    const wanted = before?.outcome ?? outcome
    const status: RunStatus = await runs.get(runId)
    const keep = (row: RunRow) => wanted === undefined || row.outcome === wanted
    const { rows, next } = await runs.rows(runId, before?.from ?? 0, keep, limit)
    const more = next === undefined ? undefined : { runId, from: next, ...(wanted && { outcome: wanted }) }
    return {
      runId,
      state: status.run.state,
      counts: status.counts,
      rows: rows.map(toRunRow),
      ...noteOf(status.run),
      ...(more && { nextCursor: await cursors.sign(more satisfies RunCursor) }),
    }
  },
})
