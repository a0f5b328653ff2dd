import * as z from 'zod'
import { ROW_OUTCOMES, type RunRow } from '../domain/run.ts'
import type { RunStatus } from '../engine/run-desk.ts'
import { defineTool } from '../engine/tool.ts'
import { Cursor, Limit } from './fields.ts'
import { fitting } from './fit.ts'
import { RunId, RunShown, toRunRow } from './run-fields.ts'
import { noteOf } from './run-plan.ts'

interface RunCursor {
  runId: string
  outcome?: RunRow['outcome']
  from: number
}

/** The most digits that a place in a run can have. */
const MANY = 1_000_000

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
    const from = before?.from ?? 0
    const found = await runs.rows(runId, from, keep, limit)
    const told = { runId, state: status.run.state, counts: status.counts, ...noteOf(status.run) }
    const shown = found.rows.map(toRunRow)
    const place: RunCursor = { runId, from: MANY, ...(wanted && { outcome: wanted }) }
    const fit = fitting(shown.length, (most) => ({ ...told, rows: shown.slice(0, most) }), place)
    const { next } = fit < shown.length ? await runs.rows(runId, from, keep, fit) : found
    return {
      ...told,
      rows: shown.slice(0, fit),
      ...(next !== undefined && { nextCursor: await cursors.sign({ ...place, from: next }) }),
    }
  },
})
