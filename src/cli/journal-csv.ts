import { peopleIn, tenantsIn } from '../journal/about.ts'
import type { JournalLine } from '../journal/events.ts'
import { csvLine } from '../text/csv.ts'

const COLUMNS: Record<string, (line: JournalLine) => string | number | undefined> = {
  seq: ({ seq }) => seq,
  at: ({ at }) => at,
  event: (line) => line.event,
  call: ({ call }) => call,
  tool: ({ tool }) => tool,
  caller: ({ caller }) => caller,
  callerNames: ({ callerNames }) => callerNames?.join(' '),
  agent: ({ agent }) => agent,
  via: ({ via }) => via,
  client: ({ client }) => client,
  requestId: ({ requestId }) => requestId,
  // A call that was asked or refused is about no account yet.
  tenant: (line) => tenantsIn(line).join(' ') || undefined,
  account: ({ account }) => account?.id,
  userName: (line) => peopleIn(line).join(' ') || undefined,
  approval: ({ approval }) => approval?.id,
  approvedBy: ({ approval }) => approval?.by,
  approvedHow: ({ approval }) => approval?.how,
  code: ({ code }) => code,
  note: ({ note }) => note,
  args: ({ args }) => args && JSON.stringify(args),
  before: ({ before }) => before && JSON.stringify(before),
  hash: ({ hash }) => hash,
  reason: ({ args }) => (typeof args?.reason === 'string' ? args.reason : undefined),
}

/** One CSV row with its line break; without a line, the headings. */
export const csv = (line?: JournalLine): string =>
  `${csvLine(Object.entries(COLUMNS).map(([name, read]) => (line ? read(line) : name)))}\r\n`
