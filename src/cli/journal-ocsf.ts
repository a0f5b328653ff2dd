import { shortName } from '../domain/caller-names.ts'
import { toOcsf } from '../domain/ocsf.ts'
import type { JournalLine } from '../journal/events.ts'

/** A line of the journal as an OCSF event: what was done to an account, or what became of a request. */
export function ocsfOf(line: JournalLine): Record<string, unknown> {
  const { seq, at, event, tool, account, approval, call, code } = line
  const made = toOcsf(
    {
      id: `journal-${seq}`,
      time: at,
      actor: shortName(line),
      action: `${tool.replaceAll('_', ' ')}: ${event}${code === undefined ? '' : ` (${code})`}`,
      ...(account && { target: account.userName }),
      source: 'journal',
      ...(approval?.by !== undefined && { approvedBy: approval.by }),
      change: call,
    },
    { tenant: account?.tenant ?? 'identity-mcp', product: 'identity-mcp' },
  )
  return made
}
