import type { ShownRuns } from '../approvals/result.ts'
import { type Run, type RunProgress, shownRow } from '../domain/run.ts'
import { countsOf, type RunStore } from '../runs/run-store.ts'
import { noteOf } from '../tools/run-plan.ts'

/** How far a run is, as commands and pages tell it. */
export async function runProgress(runs: RunStore, run: Run): Promise<RunProgress> {
  const { id, state, failed } = run
  // While it is planned, the note is for whoever called.
  const note = state === 'planning' ? undefined : noteOf(run).note
  const notes = [note, failed && `${failed.message} ${failed.hint}`].filter((text) => text !== undefined)
  return { id, state, counts: await countsOf(runs, run), ...(notes.length > 0 && { note: notes.join(' ') }) }
}

/** What pages show of the runs in this store, which may be opened later. */
export const shownRuns = (store: () => RunStore): ShownRuns => ({
  stateOf: async (id) => (await store().get(id))?.state,
  async progressOf(id) {
    const run = await store().get(id)
    return run && runProgress(store(), run)
  },
  async pageOf(id, page) {
    const run = await store().get(id)
    if (!run || page > run.pages) return undefined
    const rows = await store().page(id, page - 1)
    return { rows: rows.map((row) => shownRow(row, run)), pages: run.pages }
  },
})
