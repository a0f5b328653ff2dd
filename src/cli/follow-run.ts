import type { Running } from '../app/compose.ts'
import type { Io } from '../app/io.ts'
import { countRows, type Run, type RunCounts, type RunRow, shownRow } from '../domain/run.ts'
import { noRun, type RunStore, rowsOf } from '../runs/run-store.ts'
import { noteOf } from '../tools/run-plan.ts'
import { print, wrap } from './terminal.ts'

/** How many rows ended how, and all of them if they are wanted. */
export async function rowsAndCounts(
  runs: RunStore,
  run: Run,
): Promise<{ rows: RunRow[]; counts: RunCounts }> {
  const rows: RunRow[] = []
  for await (const row of rowsOf(runs, run)) rows.push(shownRow(row, run))
  return { rows, counts: countRows(rows) }
}

/** What a run does, and how far it is. */
export function runLines(io: Io, run: Run, counts: RunCounts): string[] {
  const { note } = noteOf(run)
  const words = Object.entries(counts).flatMap(([name, number]) =>
    number > 0 ? [`${number} ${name === 'byHand' ? 'by hand' : name}`] : [],
  )
  return [
    `${run.id}: ${run.state.replaceAll('_', ' ')}`,
    ...(note === undefined || run.state === 'planning' ? [] : wrap(io, note, '')),
    ...(run.failed === undefined ? [] : wrap(io, `${run.failed.message} ${run.failed.hint}`, '')),
    words.length > 0 ? words.join(', ') : 'no accounts',
  ]
}

const LOOK_MS = 200

/** Works on a run, or watches another process do so, until it waits for a person or has ended; says how far it is. */
export async function follow(io: Io, { runs }: Pick<Running, 'runs'>, id: string): Promise<Run> {
  let before = ''
  for (;;) {
    const working = runs.runner.work(id)
    await Promise.race([working, new Promise((resolve) => setTimeout(resolve, LOOK_MS))])
    const run = await runs.store.get(id)
    if (!run) throw noRun(id)
    const isOver = run.state !== 'running' && run.state !== 'planning'
    const { counts } =
      isOver || io.stderr.isTTY ? await rowsAndCounts(runs.store, run) : { counts: undefined }
    if (counts && io.stderr.isTTY) {
      const line = bar(counts)
      if (line !== before) io.stderr.write(`\r${line}`)
      before = line
    }
    if (isOver && counts) {
      if (before !== '') io.stderr.write('\n')
      print(io, ...runLines(io, run, counts))
      return run
    }
  }
}

const WIDTH = 30

function bar({ waiting, ...ended }: RunCounts): string {
  const over = Object.values(ended).reduce((sum, number) => sum + number, 0)
  const all = over + waiting
  const full = all === 0 ? WIDTH : Math.floor((over / all) * WIDTH)
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${over} of ${all}`
}
