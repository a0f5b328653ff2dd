import { htmlPage } from '../html-page.ts'
import type { Write } from './collect.ts'
import type { Seen } from './look.ts'
import type { EvidenceRow, Revoked } from './rows.ts'

/** The evidence as one page that needs nothing else, and what to check it by. */
export function evidencePage(
  title: string,
  {
    rows,
    writes,
    revoked,
    seen,
    proofs,
    madeAt,
  }: {
    rows: readonly EvidenceRow[]
    writes: readonly Write[]
    revoked: readonly Revoked[]
    seen: Seen
    /** The file of each call's proof. */
    proofs: ReadonlyMap<string, string>
    madeAt: string
  },
): string {
  const { start, heading, table, row, endTable, end } = htmlPage
  const tableOf = (columns: readonly string[], cells: readonly (readonly string[])[]) =>
    cells.length === 0 ? '' : [table(columns), ...cells.map(row), endTable].join('')
  const unknowns = unknownLines(rows, revoked, seen)
  return [
    start(title, [
      `Made ${madeAt}. Times are in UTC.`,
      'Each write below is in the journal of this server, which is a chain of hashes. The files in the folder proofs are the parts of it that prove this page: check them with journal prove --check FILE, with the public key or a kept anchor.',
    ]),
    heading('Time to take the access away'),
    tableOf(
      ['Person', 'From the request to the last app', 'Open'],
      revoked.map(({ person, seconds, open }) => [person, durationOf(seconds), open.join(' ')]),
    ),
    heading('What is not known'),
    tableOf(['What'], unknowns.length > 0 ? unknowns.map((text) => [text]) : [['Nothing.']]),
    heading('Requests and approvals'),
    tableOf(
      ['Call', 'Asked', 'By', 'Reason', 'Approved', 'By', 'Where', 'What was agreed to', 'Proof'],
      requestsOf(writes, rows, proofs),
    ),
    heading('Each write'),
    tableOf(
      [
        'Person',
        'App',
        'Account',
        'Change',
        'Before',
        'Sent',
        'Ended',
        'Outcome',
        'Read back',
        'Event of the app',
        'Now',
        'Journal',
      ],
      rows.map((one) => [
        one.person,
        one.tenant,
        `${one.account} (${one.accountId})`,
        [one.change, one.group].filter((text) => text).join(' '),
        one.before,
        one.sentAt,
        one.endedAt,
        one.outcome,
        one.readBack || 'not known',
        [one.appEvent, one.appEventAt].filter((text) => text).join(', ') || 'not known',
        one.statusNow || 'not known',
        one.journal,
      ]),
    ),
    end,
  ].join('')
}

/** One row for each call and approval. */
function requestsOf(
  writes: readonly Write[],
  rows: readonly EvidenceRow[],
  proofs: ReadonlyMap<string, string>,
): string[][] {
  const found = new Map<string, string[]>()
  for (const [at, write] of writes.entries()) {
    const row = rows[at]
    if (!row) continue
    const plan = write.approved.find((one) => one.plan)?.plan ?? []
    found.set(JSON.stringify([row.call, row.approval]), [
      row.call,
      row.askedAt,
      row.askedBy,
      row.reason,
      row.approvedAt,
      row.approvedBy,
      row.approvedHow,
      plan.join(' ') || (row.approval === '' ? 'no approval was needed' : 'not kept'),
      proofs.get(row.call) ?? '',
    ])
  }
  return [...found.values()]
}

/** Everything that the evidence leaves open. */
export const unknownLines = (
  rows: readonly EvidenceRow[],
  revoked: readonly Revoked[],
  { untouched, notSearched, notShown }: Seen,
): string[] => [
  ...rows.flatMap(({ unknown, account, tenant, change }) =>
    unknown === '' ? [] : [`${account} in ${tenant}, ${change}: ${unknown}`],
  ),
  ...revoked.flatMap(({ open }) => open),
  ...untouched
    .filter(({ status }) => status !== 'inactive')
    .map(({ userName, tenant, status }) => `${userName} in ${tenant} is ${status}, and was never changed.`),
  ...notSearched.map((text) => `Not searched: ${text}`),
  ...notShown,
]

const durationOf = (seconds: number | undefined): string =>
  seconds === undefined
    ? 'not known'
    : seconds < 120
      ? `${seconds.toFixed(1)} s`
      : `${(seconds / 60).toFixed(1)} min`
