import type { Running } from '../app/compose.ts'
import type { Io } from '../app/io.ts'
import { runProgress } from '../app/run-progress.ts'
import { accountsOver, countsInWords, type Run, type RunCounts, type RunProgress } from '../domain/run.ts'
import { countsOf, noRun } from '../runs/run-store.ts'
import { print, wrap } from './terminal.ts'

/** What a run does, and how far it is. */
export const runLines = (io: Io, { id, state, note, counts }: RunProgress): string[] => [
  `${id}: ${state.replaceAll('_', ' ')}`,
  ...(note === undefined ? [] : wrap(io, note, '')),
  countsInWords(counts),
]

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
    if (io.stderr.isTTY) {
      const line = bar(await countsOf(runs.store, run))
      if (line !== before) io.stderr.write(`\r${line}`)
      before = line
    }
    if (isOver) {
      if (before !== '') io.stderr.write('\n')
      print(io, ...runLines(io, await runProgress(runs.store, run)))
      return run
    }
  }
}

const WIDTH = 30

function bar(counts: RunCounts): string {
  const { over, all } = accountsOver(counts)
  const full = all === 0 ? WIDTH : Math.floor((over / all) * WIDTH)
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${over} of ${all}`
}
