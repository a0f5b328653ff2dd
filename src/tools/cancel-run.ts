import * as z from 'zod'
import { defineTool } from '../engine/tool.ts'
import { Reason } from './fields.ts'
import { RunId, RunShown, toRunRow } from './run-fields.ts'
import { noteOf } from './run-plan.ts'

/** Rows that the answer shows; `get_run` has all. */
const ROWS_SHOWN = 50

export default defineTool({
  name: 'cancel_run',
  title: 'Cancel a run',
  description: 'Stop a run. What is done stays done; nobody is asked.',
  needs: [],
  local: true,
  effect: 'changes',
  view: 'run',
  input: () => z.strictObject({ runId: RunId, reason: Reason }),
  output: () => RunShown,

  // It takes nothing from anybody, so there is nothing to ask.
  plan: async ({ runId, reason }, { runs }) => {
    await runs.get(runId)
    return { changes: [], lines: [], reason }
  },

  async run({ runId, reason }, { runs }) {
    const { run, counts } = await runs.cancel(runId, reason)
    const { rows, next } = await runs.rows(runId, 0, () => true, ROWS_SHOWN)
    const { note } = noteOf(run)
    const notes = [note, next === undefined ? undefined : 'get_run has the other rows.']
    const told = notes.filter((text) => text !== undefined).join(' ')
    return { runId, state: run.state, counts, rows: rows.map(toRunRow), ...(told !== '' && { note: told }) }
  },
})
