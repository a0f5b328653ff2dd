import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Running } from '../app/compose.ts'
import type { Io } from '../app/io.ts'
import { countRows, type Run, type RunCounts, type RunRow } from '../domain/run.ts'
import { shownRows } from '../runs/run-store.ts'
import { follow } from './follow-run.ts'
import { htmlReport, markdownReport } from './run-report.ts'
import { rowsAsCsv } from './runs.ts'
import { print, toJson } from './terminal.ts'

/** What a call answers that has begun a run. */
export interface RunBegun {
  status: string
  runId: string
  note?: string
}

/** Follows a run to its end, says what became of it, and writes the report. Exit 1 unless all went well. */
export async function tellRun(
  io: Io,
  running: Running,
  { runId, note }: RunBegun,
  { out, json }: { out?: string; json?: true },
): Promise<void> {
  const quiet: Io = json ? { ...io, stdout: io.stderr } : io
  if (note !== undefined) print(quiet, note)
  const run = await follow(quiet, running, runId)
  const rows = await shownRows(running.runs.store, run)
  const counts = countRows(rows)
  if (json)
    print(
      io,
      toJson(
        {
          runId,
          state: run.state,
          counts,
          rows: rows.map(({ person, tenant, outcome, code, note }) => ({
            person,
            tenant,
            outcome,
            code,
            note,
          })),
        },
        2,
      ),
    )
  if (out !== undefined) await report(resolve(io.cwd, out), run, rows, counts, quiet)
  // One that begins later is well as it is.
  const isOver = run.state === 'scheduled' || counts.waiting === 0
  const isWell = isOver && counts.failed + counts.unknown === 0 && !rows.some(isNowhere)
  if (!isWell) io.exit(1)
}

const isNowhere = ({ code, tenant }: RunRow): boolean => code === 'not_found' && tenant === undefined

async function report(
  folder: string,
  run: Run,
  rows: readonly RunRow[],
  counts: RunCounts,
  io: Io,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const files = {
    'report.csv': `${rowsAsCsv(rows).join('\r\n')}\r\n`,
    'report.md': markdownReport(run, rows, counts),
    'report.html': htmlReport(run, rows, counts),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 })
  print(io, `Report: ${folder}`)
}
