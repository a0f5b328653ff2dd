import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { callerId } from '../domain/caller-names.ts'
import type { ComparedRow, Comparison } from '../domain/comparison.ts'
import { EVERYTHING } from '../domain/scopes.ts'
import { type CompareDesk, comparedWith } from '../engine/compare-desk.ts'
import { csvLine } from '../text/csv.ts'
import { htmlPage } from './html-page.ts'
import { withProgress } from './progress.ts'
import { givenOrTyped, namesIn } from './prompts.ts'
import { table } from './table.ts'
import { newCommand, print, showTime, toJson } from './terminal.ts'
import type { OpenData } from './with-data.ts'
import { type Start, withServer } from './with-server.ts'

interface CompareOptions {
  truth?: string
  tenants?: string
  out?: string
  json?: true
}

/** `identity-mcp compare`: who has left, is missing, differs or is nobody, as files for people. */
export const compareCommand = (io: Io, start: Start, open: OpenData): Command =>
  newCommand(
    io,
    'compare',
    'Compare tenants with the source of people; exit code 1 if a list was not read whole',
  )
    .option('--truth <tenant>', 'the tenant that is right: identity provider or HR; asked for if missing')
    .option('--tenants <names>', 'only these tenants, with commas between; default: all others')
    .option('--out <folder>', 'write every row there: CSV and HTML')
    .option('--json', 'print the counts as JSON')
    .action((options: CompareOptions, command: Command) =>
      withServer(io, { start, open }, command, async ({ comparisons, tenants }) => {
        const { out, json } = options
        const right = { message: 'The tenant that is right', option: '--truth TENANT' }
        const truth = await givenOrTyped(io, options.truth, right)
        const desk = comparisons.desk({
          caller: { id: callerId.local(io.user), client: 'identity-mcp' },
          grant: EVERYTHING,
          // A person waits as long as the budgets of the apps take.
          deadline: Number.POSITIVE_INFINITY,
          signal: new AbortController().signal,
        })
        const named = options.tenants === undefined ? undefined : namesIn(options.tenants)
        const comparison = await withProgress(io, 'Comparing the accounts', async () => {
          const opened = await desk.open({ truth, tenants: comparedWith(truth, named, tenants) })
          if (out !== undefined) await report(resolve(io.cwd, out), opened, desk)
          return opened
        })
        tell(io, comparison, json === true)
        if (comparison.incomplete.length > 0) io.exit(1)
      }),
    )

const COUNTED = ['Tenant', 'Stale', 'Missing', 'Differs', 'Orphans'] as const

const countsOf = ({ counts }: Comparison): string[][] =>
  counts.map(({ tenant, stale, missing, differs, orphans }) => [
    tenant,
    ...[stale, missing, differs, orphans].map(String),
  ])

const gapsOf = ({ incomplete, notes }: Comparison): string[] => [
  ...incomplete.map(
    ({ tenant, code }) => `The list of ${tenant} was not read whole (${code}): nobody is called gone by it.`,
  ),
  ...notes,
]

function tell(io: Io, comparison: Comparison, json: boolean): void {
  const { id, counts, incomplete, notes } = comparison
  const complete = incomplete.length === 0
  if (json) print(io, toJson({ comparisonId: id, counts, complete, incomplete, notes }, 2))
  else print(io, ...table(io, [COUNTED, ...countsOf(comparison)]), ...gapsOf(comparison))
}

const COLUMNS = [
  'kind',
  'tenant',
  'person',
  'account',
  'accountStatus',
  'truth',
  'truthStatus',
  'joinedBy',
  'differences',
]

const cellsOf = ({ kind, tenant, person, account, truth, joinedBy, fields = [] }: ComparedRow): string[] => [
  kind,
  tenant,
  person,
  account?.userName ?? '',
  account?.status ?? '',
  truth?.userName ?? '',
  truth?.status ?? '',
  joinedBy ?? '',
  fields.map((one) => `${one.field}: ${one.account} / ${one.truth}`).join('; '),
]

/** Writes every row, one at a time. */
async function report(folder: string, comparison: Comparison, desk: CompareDesk): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const rows = () => desk.rows(comparison, {}, 0)
  async function* csv() {
    yield `${csvLine(COLUMNS)}\r\n`
    for await (const row of rows()) yield `${csvLine(cellsOf(row))}\r\n`
  }
  async function* html() {
    const { start, table, row, endTable, end } = htmlPage
    const at = `Finished ${showTime(comparison.finishedAt ?? comparison.startedAt)}.`
    yield start(`Compared with ${comparison.truth}`, [at, ...gapsOf(comparison)])
    yield [table(COUNTED), ...countsOf(comparison).map(row), endTable, table(COLUMNS)].join('')
    for await (const one of rows()) yield row(cellsOf(one))
    yield endTable + end
  }
  for (const [name, text] of Object.entries({ 'compare.csv': csv(), 'compare.html': html() })) {
    await pipeline(Readable.from(text), createWriteStream(join(folder, name), { mode: 0o600 }))
  }
}
