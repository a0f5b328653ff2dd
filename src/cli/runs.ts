import type { Command } from 'commander'
import type { Running } from '../app/compose.ts'
import type { Io } from '../app/io.ts'
import { type CommonOptions, typed } from '../app/stores.ts'
import { countRows, hasEnded, type Run, type RunCounts, type RunRow, shownRow } from '../domain/run.ts'
import { Conflict } from '../errors.ts'
import { noRun, openRunStore, type RunStore, rowsOf } from '../runs/run-store.ts'
import { csvLine } from '../text/csv.ts'
import { noteOf } from '../tools/run-plan.ts'
import {
  APPROVER_OPTIONS,
  type ApproverOptions,
  confirmedByApprover,
  journalRecorder,
} from './approver-check.ts'
import { givenOrTypedReason } from './prompts.ts'
import { table } from './table.ts'
import { newCommand, print, showTime, toJson, wrap } from './terminal.ts'
import { type OpenData, withData } from './with-data.ts'

type Start = (options: CommonOptions) => Promise<Running>

interface DecideOptions extends ApproverOptions {
  reason?: string
  failed?: true
}

/** `identity-mcp runs`: what runs are doing, for people. */
export function runsCommand(io: Io, start: Start, open: OpenData): Command {
  const runs = newCommand(io, 'runs', 'List, show, resume and cancel runs')
  runs
    .command('list', { isDefault: true })
    .description('List all runs, the last one first')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command: Command) => listRuns(io, open, command, options))
  runs
    .command('show <id>')
    .description('Show one run with every account')
    .option('--json', 'as JSON')
    .option('--csv', 'as CSV')
    .action((id: string, options: { json?: true; csv?: true }, command: Command) =>
      showRun(io, open, command, id, options),
    )
  runs
    .command('resume <id>')
    .description('Go on with a run that waits for a person')
    .option(...APPROVER_OPTIONS.approver)
    .option(...APPROVER_OPTIONS.passphraseStdin)
    .option('--reason <text>', 'why, for the journal; asked for if missing')
    .option('--failed', 'try again what failed')
    .action((id: string, options: DecideOptions, command: Command) =>
      resumeRun({ io, start, open, command }, id, options),
    )
  runs
    .command('cancel <id>')
    .description('End a run; what is done stays done')
    .option('--reason <text>', 'why, for the journal; asked for if missing')
    .action((id: string, options: { reason?: string }, command: Command) =>
      cancelRun(io, open, command, id, options),
    )
  return runs
}

/** How many rows ended how, and all of them if they are wanted. */
export async function rowsAndCounts(
  runs: RunStore,
  run: Run,
): Promise<{ rows: RunRow[]; counts: RunCounts }> {
  const rows: RunRow[] = []
  for await (const row of rowsOf(runs, run)) rows.push(shownRow(row, run))
  return { rows, counts: countRows(rows) }
}

const listRuns = (io: Io, open: OpenData, command: Command, { json }: { json?: true }) =>
  withData(io, open, command, async ({ store }) => {
    const kept = openRunStore(store, store)
    const all = (await kept.list()).reverse()
    const runs = await Promise.all(
      all.map(async (run) => ({ run, counts: run.counts ?? (await rowsAndCounts(kept, run)).counts })),
    )
    if (json) {
      const shown = runs.map(({ run, counts }) => ({
        runId: run.id,
        state: run.state,
        createdAt: new Date(run.createdAt).toISOString(),
        counts,
      }))
      return print(io, toJson({ runs: shown }, 2))
    }
    if (runs.length === 0) return print(io, 'There are no runs.')
    print(
      io,
      ...table(io, [
        ['Run', 'State', 'Since', 'Done', 'Left', 'Failed', 'Reason'],
        ...runs.map(({ run, counts }) => [
          run.id,
          run.state.replaceAll('_', ' '),
          showTime(run.createdAt),
          String(counts.done + counts.already),
          String(counts.waiting),
          String(counts.failed + counts.unknown),
          run.input.reason,
        ]),
      ]),
      '',
      `Show one in full: ${typed(io, command.optsWithGlobals(), 'runs show ID')}`,
    )
  })

const showRun = (
  io: Io,
  open: OpenData,
  command: Command,
  id: string,
  { json, csv }: { json?: true; csv?: true },
) =>
  withData(io, open, command, async ({ store }) => {
    const kept = openRunStore(store, store)
    const run = await kept.get(id)
    if (!run) throw noRun(id)
    const { rows, counts } = await rowsAndCounts(kept, run)
    if (json) return print(io, toJson({ runId: id, state: run.state, counts, rows: rows.map(told) }, 2))
    if (csv) return print(io, ...rowsAsCsv(rows))
    print(io, ...runLines(io, run, counts), '')
    print(
      io,
      ...table(io, [
        ['Person', 'Tenant', 'Outcome', 'Why'],
        ...rows.map(({ person, tenant = '', outcome, code = '', note = '' }) => [
          person,
          tenant,
          outcome.replaceAll('_', ' '),
          [code, note].filter((text) => text).join(': '),
        ]),
      ]),
    )
  })

const told = ({ person, tenant, account, outcome, verified, sessions, code, note }: RunRow) => ({
  person,
  tenant,
  account,
  outcome,
  verified,
  sessions,
  code,
  note,
})

const COLUMNS = ['person', 'tenant', 'account', 'outcome', 'verified', 'sessions', 'code', 'note'] as const

/** Every row of a run as CSV (RFC 4180), with headings. */
export const rowsAsCsv = (rows: readonly RunRow[]): string[] => [
  csvLine(COLUMNS),
  ...rows.map((row) =>
    csvLine(COLUMNS.map((name) => (name === 'account' ? row.account?.userName : row[name]))),
  ),
]

/** What a run does, and how far it is. */
function runLines(io: Io, run: Run, counts: RunCounts): string[] {
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

async function resumeRun(
  { io, start, open, command }: { io: Io; start: Start; open: OpenData; command: Command },
  id: string,
  { reason: why, failed, ...approver }: DecideOptions,
): Promise<void> {
  await withData(io, open, command, async (data) => {
    const kept = openRunStore(data.store, data.store)
    const run = await kept.get(id)
    if (!run) throw noRun(id)
    const isResumable = run.state === 'paused' || (failed === true && run.state === 'finished')
    if (!isResumable) {
      throw new Conflict(
        `The run ${id} is ${run.state.replaceAll('_', ' ')}, so there is nothing to resume.`,
        'A run that is paused can be resumed, and with --failed one that has finished.',
      )
    }
    if (run.until !== undefined && run.until <= (await kept.now())) {
      throw new Conflict(
        `What the run ${id} took is given back since ${showTime(run.until)}.`,
        'Begin a new run for whom access is to be taken from.',
      )
    }
    const reason = await givenOrTypedReason(io, why)
    const record = journalRecorder(io, data, 'runs', { runId: id, reason })
    const { note } = await confirmedByApprover(io, data.store, record, { ...approver, to: 'resume this run' })
    if (failed) await tryAgain(kept, run)
    const { counts } = await rowsAndCounts(kept, run)
    const forgiven = {
      failed: counts.failed + counts.unknown,
      tried: counts.failed + counts.unknown + counts.done,
    }
    await kept.change(id, ({ paused: _, counts: __, endedAt: ___, ...now }) => ({
      ...now,
      state: now.plan ? 'running' : 'planning',
      forgiven,
    }))
    await record('approved', { note: [`resumed: ${reason}`, note].filter((text) => text).join('; ') })
  })
  const running = await start(command.optsWithGlobals())
  try {
    await follow(io, running, id)
  } finally {
    await running.close()
  }
}

/** What failed waits again; what may have happened does not. */
async function tryAgain(kept: RunStore, run: Run): Promise<void> {
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

const cancelRun = (
  io: Io,
  open: OpenData,
  command: Command,
  id: string,
  { reason: why }: { reason?: string },
) =>
  withData(io, open, command, async (data) => {
    const kept = openRunStore(data.store, data.store)
    const run = await kept.get(id)
    if (!run) throw noRun(id)
    if (hasEnded(run))
      throw new Conflict(`The run ${id} is ${run.state} already.`, 'There is nothing to cancel.')
    const reason = await givenOrTypedReason(io, why)
    const record = journalRecorder(io, data, 'runs', { runId: id, reason })
    const cancelled = await kept.change(id, (now) =>
      hasEnded(now) ? now : { ...now, state: 'cancelled', paused: reason },
    )
    await record('done', { note: `cancelled: ${reason}` })
    print(io, ...runLines(io, cancelled, (await rowsAndCounts(kept, cancelled)).counts))
  })

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
