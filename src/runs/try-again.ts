import type { Run, RunRow } from '../domain/run.ts'
import type { RunStore } from './run-store.ts'

/** What failed waits again; what may have happened does not. */
export async function tryAgain(kept: RunStore, run: Run): Promise<void> {
  for (let page = 0; page < run.pages; page++) {
    const rows = await kept.page(run.id, page)
    await kept.setPage(
      run,
      page,
      rows.map((row) => again(row, run)),
    )
  }
}

function again(row: RunRow, { input }: Run): RunRow {
  if (row.outcome !== 'failed' || !row.account) return row
  const { code: _, note: __, sessions, ...rest } = row
  const waiting = (steps: RunRow['steps']): RunRow => ({
    ...rest,
    outcome: 'waiting',
    verified: false,
    steps,
  })
  if (input.onboard) {
    // Who has an account lacks a group at most.
    return row.fields
      ? waiting(['createAccount', ...(row.groups ?? []).map(() => 'joinGroup' as const)])
      : row
  }
  if (row.frozen === undefined) return row
  if (input.undo) return waiting(['undo'])
  if (sessions === undefined || sessions === 'ended')
    return { ...waiting(['deactivateAccount']), ...(sessions && { sessions }) }
  return waiting(['endSessions', 'deactivateAccount'])
}
