import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { runProgress } from '../app/run-progress.ts'
import { typed } from '../app/stores.ts'
import { countRows, hasEnded, type RunRow } from '../domain/run.ts'
import { Conflict } from '../errors.ts'
import { countsOf, noRun, openRunStore, shownRows } from '../runs/run-store.ts'
import { tryAgain } from '../runs/try-again.ts'
import { csvLine } from '../text/csv.ts'
import {
  APPROVER_OPTIONS,
  type ApproverOptions,
  confirmedByApprover,
  journalRecorder,
} from './approver-check.ts'
import { follow, runLines } from './follow-run.ts'
import { givenOrTypedReason } from './prompts.ts'
import { table } from './table.ts'
import { newCommand, print, showTime, toJson } from './terminal.ts'
import { type OpenData, withData } from './with-data.ts'
import type { Start } from './with-server.ts'

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

const listRuns = (io: Io, open: OpenData, command: Command, { json }: { json?: true }) =>
  withData(io, open, command, async ({ store }) => {
    const kept = openRunStore(store, store)
    const all = (await kept.list()).reverse()
    const runs = await Promise.all(all.map(async (run) => ({ run, counts: await countsOf(kept, run) })))
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
    const rows = await shownRows(kept, run)
    if (json)
      return print(
        io,
        toJson({ runId: id, state: run.state, counts: countRows(rows), rows: rows.map(told) }, 2),
      )
    if (csv) return print(io, ...rowsAsCsv(rows))
    print(io, ...runLines(io, await runProgress(kept, run)), '')
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
    const counts = await countsOf(kept, run)
    const forgiven = {
      failed: counts.failed + counts.unknown,
      tried: counts.failed + counts.unknown + counts.done,
    }
    await kept.change(id, ({ paused: _, counts: __, endedAt: ___, changed: ____, ...now }) => ({
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
    print(io, ...runLines(io, await runProgress(kept, cancelled)))
  })
