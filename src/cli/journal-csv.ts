import type { JournalLine } from '../journal/events.ts'

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
  tenant: ({ account }) => account?.tenant,
  account: ({ account }) => account?.id,
  userName: ({ account }) => account?.userName,
  approval: ({ approval }) => approval?.id,
  approvedBy: ({ approval }) => approval?.by,
  approvedHow: ({ approval }) => approval?.how,
  code: ({ code }) => code,
  note: ({ note }) => note,
  args: ({ args }) => args && JSON.stringify(args),
  before: ({ before }) => before && JSON.stringify(before),
  hash: ({ hash }) => hash,
}

/** One CSV row (RFC 4180) with its line break; without a line, the headings. */
export const csv = (line?: JournalLine): string =>
  `${Object.entries(COLUMNS)
    .map(([name, read]) => cell(line ? read(line) : name))
    .join(',')}\r\n`

/** A leading quote keeps spreadsheets from reading the cell as a formula. */
function cell(value: string | number | undefined): string {
  const text = String(value ?? '')
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
