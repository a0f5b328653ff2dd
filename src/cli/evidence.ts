import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { Running } from '../app/compose.ts'
import type { Io } from '../app/io.ts'
import type { DataFolder } from '../app/stores.ts'
import { checkProof, makeProof } from '../journal/proof.ts'
import { csvLine } from '../text/csv.ts'
import { bulkAsk } from './audit.ts'
import { type Write, writesAbout } from './evidence/collect.ts'
import { lookAtApps } from './evidence/look.ts'
import { evidencePage, unknownLines } from './evidence/page.ts'
import { type EvidenceRow, revocations, rowOf } from './evidence/rows.ts'
import type { EvidenceAsk } from './evidence/subjects.ts'
import { anchorsIn, signerOf } from './journal-proof.ts'
import { withProgress } from './progress.ts'
import { givenOrTyped } from './prompts.ts'
import { stoppable } from './stoppable.ts'
import { newCommand, print, toJson, wrap } from './terminal.ts'
import { timeOf } from './times.ts'
import type { OpenData } from './with-data.ts'
import { type Start, withServer } from './with-server.ts'

interface EvidenceOptions {
  person?: string
  from?: string
  to?: string
  out: string
  anchor?: string
  signingKey?: string
  json?: true
}

/** `identity-mcp evidence`: what an auditor asks about a leaver, as a folder. */
export const evidenceCommand = (io: Io, start: Start, open: OpenData): Command =>
  newCommand(
    io,
    'evidence',
    'Write down how access was taken from a person or in a time span: request, plan, approval, each write and its ' +
      'proof; exit code 1 if something is not known',
  )
    .option('--person <name>', 'email, user name or id, as the journal or the apps have it')
    .option('--from <time>', 'everybody who lost access since then: 2026-03-01 or 2026-03-01T12:00:00Z')
    .option('--to <time>', 'until then; default: now')
    .requiredOption('--out <folder>', 'write index.html, evidence.csv and the folder proofs there')
    .option('--anchor <file>', 'anchors kept elsewhere: prove up to one of them')
    .option(
      '--signing-key <file>',
      'private key for the anchors of the proofs; default: that of the settings',
    )
    .option('--json', 'print the summary as JSON')
    .action((options: EvidenceOptions, command: Command) =>
      withServer(io, { start, open }, command, (running, data) =>
        stoppable(io, 1, (signal) => evidence({ io, running, data, signal }, options)),
      ),
    )

interface Context {
  io: Io
  running: Running
  data: DataFolder
  signal: AbortSignal
}

async function evidence(context: Context, options: EvidenceOptions): Promise<void> {
  const { io, running, data, signal } = context
  const asked = await askIn(io, options)
  const writes = await withProgress(io, 'Reading the journal', () => writesAbout(data.journal, asked))
  const logs = { ask: bulkAsk(io, running, signal), own: running.parts.own }
  const seen = await withProgress(io, 'Asking the apps', () =>
    lookAtApps(writes, asked.person, { logs, signal }),
  )
  const rows = writes.map((write) => rowOf(write, seen))
  const revoked = revocations(writes, seen)
  const folder = resolve(io.cwd, options.out)
  await mkdir(join(folder, 'proofs'), { recursive: true, mode: 0o700 })
  const proofs = await withProgress(io, 'Writing the proofs', () =>
    writeProofs(context, folder, writes, options),
  )
  const madeAt = new Date().toISOString()
  const page = evidencePage(titleOf(asked), { rows, writes, revoked, seen, proofs, madeAt })
  const csv = [csvLine(COLUMNS), ...rows.map((row) => csvLine(COLUMNS.map((name) => row[name])))]
  await writeFile(join(folder, 'index.html'), page, { mode: 0o600 })
  await writeFile(join(folder, 'evidence.csv'), `${csv.join('\r\n')}\r\n`, { mode: 0o600 })
  const unknown = unknownLines(rows, revoked, seen)
  const told = {
    folder,
    people: revoked.map(({ person, seconds }) => ({ person, seconds })),
    writes: rows.length,
    unknown,
  }
  if (options.json) print(io, toJson(told, 2))
  else
    print(
      io,
      `${rows.length} writes to the accounts of ${revoked.length} people: ${join(folder, 'index.html')}`,
      ...unknown.flatMap((text) => wrap(io, text, '  ')),
    )
  if (unknown.length > 0) io.exit(1)
}

const COLUMNS: readonly (keyof EvidenceRow)[] = [
  ...([
    'person',
    'tenant',
    'account',
    'accountId',
    'change',
    'group',
    'before',
    'call',
    'tool',
    'reason',
  ] as const),
  ...([
    'askedAt',
    'askedBy',
    'approval',
    'approvedAt',
    'approvedBy',
    'approvedHow',
    'sentAt',
    'endedAt',
  ] as const),
  ...([
    'outcome',
    'readBack',
    'secondsFromRequest',
    'secondsFromApproval',
    'appEvent',
    'appEventAt',
  ] as const),
  ...(['statusNow', 'journal', 'unknown'] as const),
]

async function askIn(io: Io, { person, from, to }: EvidenceOptions): Promise<EvidenceAsk> {
  return {
    person: from === undefined ? await givenOrTyped(io, person, PERSON) : person,
    from: timeOf(from, '--from'),
    to: timeOf(to, '--to'),
  }
}

const PERSON = {
  message: 'Email, user name or id of the person',
  option: '--person NAME, or --from TIME for everybody since then',
}

const titleOf = ({ person, from, to }: EvidenceAsk): string =>
  person === undefined
    ? `Access taken from ${from?.toISOString() ?? ''} to ${(to ?? new Date()).toISOString()}`
    : `Access of ${person}`

/** Writes the proof of each call, checks it as an auditor would, and answers with the files by call. */
async function writeProofs(
  { io, data }: Context,
  folder: string,
  writes: readonly Write[],
  { anchor, signingKey }: EvidenceOptions,
): Promise<Map<string, string>> {
  const anchors = anchorsIn(io, anchor)
  const signer = signerOf(io, signingKey ?? data.signingKey)
  const files = new Map<string, string>()
  for (const call of new Set(writes.map((write) => write.call))) {
    const proof = await makeProof(data.journal, [call], { anchors, signer })
    const { problems } = await checkProof(proof, { anchors })
    if (problems.length > 0) throw new TypeError(`a proof that proves nothing: ${problems.join(' ')}`)
    // References of old journals were chosen by clients.
    const name = `${/^[\w-]+$/.test(call) ? call : `call-${files.size + 1}`}.json`
    await writeFile(join(folder, 'proofs', name), `${toJson(proof)}\n`, { mode: 0o600 })
    files.set(call, `proofs/${name}`)
  }
  return files
}
