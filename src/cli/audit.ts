import { resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import type { Running } from '../app/compose.ts'
import type { Io } from '../app/io.ts'
import { isSafeAddress } from '../config/address.ts'
import { secretFrom } from '../config/reference.ts'
import { callerId } from '../domain/caller-names.ts'
import { askFor, mustOffer } from '../engine/ask.ts'
import type { Logs } from '../engine/audit.ts'
import { IdentityError, InvalidInput } from '../errors.ts'
import { takeSnapshot } from '../snapshots/take.ts'
import { fetchOver } from '../vendors/http/agent.ts'
import { type Exported, exportLog } from './audit/export-log.ts'
import { EXPORT_FORMATS, type ExportFormat, formatOf } from './audit/formats.ts'
import { type PlaceKeeper, placeBeside, placeInStore } from './audit/place.ts'
import { reconcile } from './audit/reconcile.ts'
import { reconciledLines } from './audit/reconcile-text.ts'
import { type ShowOptions, showAudit, withEventFilter } from './audit/show.ts'
import { collectorSink, fileSink, outputSink, type Sink } from './audit/sinks.ts'
import { withFormats } from './listing.ts'
import { withProgress } from './progress.ts'
import { withLimit } from './read-pages.ts'
import { stoppable } from './stoppable.ts'
import { newCommand, print, toJson } from './terminal.ts'
import { spanOf, timeOf } from './times.ts'
import type { OpenData } from './with-data.ts'
import { type Start, withServer } from './with-server.ts'

interface ExportOptions {
  since?: string
  format: ExportFormat
  out?: string
  to?: string
  token?: string
  kind: 'hec' | 'jsonl'
  every: string
}

/** `identity-mcp audit`: logs of the apps, for other programs. */
export function auditCommand(io: Io, start: Start, open: OpenData): Command {
  const audit = newCommand(io, 'audit', 'Show and export the logs of the apps')
  withEventFilter(withLimit(withFormats(audit.command('show <tenant>', { isDefault: true }))))
    .description('Show who did what at a tenant; exit code 1 if the log was not read whole')
    .action((tenant: string, options: ShowOptions, command: Command) =>
      withServer(io, { start, open }, command, ({ parts }) =>
        showAudit({ io, parts }, tenant, spanOf(options), options),
      ),
    )
  withOptions(audit.command('export <tenant>'))
    .description('Export everything that happened at a tenant; run again, it goes on where it stopped')
    .action((tenant: string, options: ExportOptions, command: Command) =>
      withServer(io, { start, open }, command, (running) =>
        // Stopped in the middle, the place says where it goes on.
        stoppable(io, 1, async (signal) => {
          // Events that go to this very terminal are progress enough.
          const speaker = options.out === undefined && options.to === undefined ? silent : io
          const { written, gaps } = await withProgress(speaker, 'Exporting the log', () =>
            exportOnce(io, running, tenant, options, signal),
          )
          if (options.out !== undefined || options.to !== undefined) io.stdout.write(`${written} events\n`)
          for (const gap of gaps) io.stderr.write(`${gap}\n`)
          if (gaps.length > 0) io.exit(1)
        }),
      ),
    )
  withOptions(audit.command('follow <tenant>'))
    .description('Export what happens from now on, until it is stopped')
    .option('--every <seconds>', 'how often to look', '60')
    .action((tenant: string, options: ExportOptions, command: Command) =>
      withServer(io, { start, open }, command, (running) => follow(io, running, tenant, options)),
    )
  audit
    .command('reconcile <tenant>')
    .description('Hold what this server did against the log of the app; exit code 1 if they differ')
    .option('--since <time>', 'from this time on, ISO 8601; default: the last 24 hours')
    .option('--until <time>', 'up to this time, ISO 8601; default: now')
    .option('--actor <name>', 'the name of our API token in the log; default: who acts when this server does')
    .option('--json', 'as JSON')
    .action((tenant: string, options: ReconcileOptions, command: Command) =>
      withServer(io, { start, open }, command, async (running) => {
        mustOffer(running.tenants.get(tenant), 'pullAudit')
        await stoppable(io, 1, (signal) => {
          const logs = { ask: bulkAsk(io, running, signal), own: running.parts.own }
          return reconcileHere(io, tenant, options, { logs, signal })
        })
      }),
    )
  audit
    .command('snapshot <tenant>')
    .description('List the accounts of a tenant: what changed since the last list is then in its audit log')
    .action((tenant: string, _: object, command: Command) =>
      withServer(io, { start, open }, command, ({ tenants, snapshots, log }) =>
        stoppable(io, 1, async (signal) => {
          const ask = bulkAsk(io, { tenants, log }, signal)
          const { accounts, events } = await withProgress(io, 'Reading the accounts', () =>
            takeSnapshot(tenant, { ask, snapshots, signal }),
          )
          const changes =
            events === undefined ? 'the first list, with nothing to compare it with' : `${events} changes`
          io.stdout.write(`${accounts} accounts, ${changes}\n`)
        }),
      ),
    )
  return audit
}

const withOptions = (command: Command): Command =>
  command
    .option('--since <time>', 'from this time on, ISO 8601; needed the first time')
    .addOption(new Option('--format <format>', 'output format').choices(EXPORT_FORMATS).default('jsonl'))
    .option('--out <file>', 'append to this file, and keep the place beside it')
    .option('--to <address>', 'post to this HTTP collector')
    .option('--token <reference>', 'token of the collector: env:NAME, file:/path or keychain:NAME')
    .addOption(
      new Option(
        '--kind <kind>',
        'what the collector takes: Splunk HEC, or lines of JSON with a bearer token',
      )
        .choices(['hec', 'jsonl'])
        .default('jsonl'),
    )

const silent: Pick<Io, 'stderr'> = { stderr: new PassThrough() }

async function follow(io: Io, running: Running, tenant: string, options: ExportOptions): Promise<void> {
  if (!/^[1-9]\d{0,4}$/.test(options.every)) {
    throw new InvalidInput('--every is not a number of seconds.', 'Use --every 60.')
  }
  const began = new Date().toISOString()
  // What goes to the terminal has no place that outlives it.
  const kept = memoryPlace()
  let problem: string | undefined
  await stoppable(io, 0, async (signal) => {
    for (;;) {
      const asked = { ...options, since: options.since ?? began }
      try {
        const { gaps } = await exportOnce(io, running, tenant, asked, signal, kept)
        for (const gap of gaps) io.stderr.write(`${gap}\n`)
        if (problem !== undefined) io.stderr.write('It goes on where it stopped.\n')
        problem = undefined
      } catch (error) {
        // An outage ends; what will not pass by itself ends the command.
        if (signal.aborted || !(error instanceof IdentityError && error.retryable)) throw error
        if (problem !== error.message) io.stderr.write(`${error.message} Looking again.\n`)
        problem = error.message
      }
      await pause(Number(options.every) * 1_000, undefined, { signal })
    }
  })
}

function memoryPlace(): PlaceKeeper {
  let place: Awaited<ReturnType<PlaceKeeper['read']>>
  return {
    read: async () => place,
    async write(next) {
      place = next
    },
  }
}

async function exportOnce(
  io: Io,
  running: Running,
  name: string,
  options: ExportOptions,
  signal: AbortSignal,
  output?: PlaceKeeper,
): Promise<Exported> {
  const { tenants, parts } = running
  const tenant = tenants.get(name)
  const format = formatOf(options.format, { tenant: name, product: tenant.title })
  const place = placeOf(io, running, name, options) ?? output
  const sink = await sinkOf(io, running, options, format, (await place?.read()) !== undefined)
  try {
    return await exportLog(timeOf(options.since, '--since'), {
      tenant: name,
      logs: { ask: bulkAsk(io, running, signal), own: parts.own },
      format,
      formatName: options.format,
      sink,
      keeper: place,
      signal,
    })
  } finally {
    await sink.close()
  }
}

const FOREVER = 8_640_000_000_000_000

/** Nobody waits for it, so that people's questions go first. */
export const bulkAsk = (io: Io, { tenants, log }: Pick<Running, 'tenants' | 'log'>, signal: AbortSignal) =>
  askFor(tenants, { caller: callerId.local(io.user), priority: 'bulk', deadline: FOREVER, signal }, log)

interface ReconcileOptions {
  actor?: string
  since?: string
  until?: string
  json?: true
}

async function reconcileHere(
  io: Io,
  tenant: string,
  { since, until, actor, json }: ReconcileOptions,
  { logs, signal }: { logs: Logs; signal: AbortSignal },
): Promise<void> {
  const span = { ...spanOf({ since, until }), actor }
  const found = await withProgress(io, 'Reading the logs', () => reconcile(tenant, logs, span, signal))
  const { matched: _, ...told } = found
  print(io, ...(json ? [toJson({ tenant, ...told }, 2)] : reconciledLines(io, found)))
  if (found.notShown.length + found.notOurs.length + found.gaps.length > 0) io.exit(1)
}

function placeOf(
  io: Io,
  { store }: Running,
  tenant: string,
  { out, to }: ExportOptions,
): PlaceKeeper | undefined {
  if (out !== undefined) return placeBeside(resolve(io.cwd, out))
  return to === undefined ? undefined : placeInStore(store, `${tenant}/${to}`)
}

async function sinkOf(
  io: Io,
  { settings }: Running,
  { out, to, token, kind, format: name }: ExportOptions,
  format: ReturnType<typeof formatOf>,
  hasPlace: boolean,
): Promise<Sink> {
  if (out !== undefined && to !== undefined) {
    throw new InvalidInput('--out and --to are two places.', 'Name one of them.')
  }
  if (out !== undefined) return fileSink(resolve(io.cwd, out), { format, hasPlace })
  if (to === undefined) return outputSink(io, format)
  if (!isSafeAddress(to))
    throw new InvalidInput('--to is not an https address.', 'Give the address of the collector.')
  if (name === 'csv') throw new InvalidInput('A collector takes JSON.', 'Use --format jsonl or ocsf.')
  const secret = secretFrom(io.env).safeParse(token)
  if (!secret.success) {
    throw new InvalidInput(
      '--token is not a usable reference.',
      'Give env:NAME, file:/path or keychain:NAME with the token.',
    )
  }
  return collectorSink({
    url: new URL(to),
    token: secret.data,
    kind,
    fetch: fetchOver(settings.route, '`--to`'),
  })
}
