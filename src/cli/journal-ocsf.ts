import { isOfGroup, storyOf } from '../changes/index.ts'
import { shortName } from '../domain/caller-names.ts'
import { toOcsf } from '../domain/ocsf.ts'
import type { JournalLine } from '../journal/events.ts'
import { endsWrite } from '../journal/query.ts'

/** Makes OCSF events of lines of the journal, in order: what was done to an account or group, or what became of a request. */
export function ocsfExport(): (line: JournalLine) => Record<string, unknown> {
  /** What the writes to groups that have begun do, since their ends do not tell. */
  let open: { start: JournalLine; words: string }[] = []
  return (line) => {
    const { seq, at, event, tool, account, approval, call, code } = line
    const own = open.find(({ start }) => endsWrite(start, line))
    if (own) open = open.filter((one) => one !== own)
    const isGroup = account !== undefined && (own !== undefined || isOfGroup(line))
    const words = own?.words ?? storyOf(line.before)
    if (isGroup && event === 'started') open.push({ start: line, words })
    const what =
      isGroup && line.before?.operation === 'createGroup' ? 'create group' : tool.replaceAll('_', ' ')
    return toOcsf(
      {
        id: `journal-${seq}`,
        time: at,
        actor: shortName(line),
        action: `${what}: ${event}${code === undefined ? '' : ` (${code})`}`,
        ...(account && { target: account.userName }),
        ...(isGroup && { group: account.userName }),
        ...(words !== '' && isGroup && { detail: words }),
        source: 'journal',
        ...(approval?.by !== undefined && { approvedBy: approval.by }),
        change: call,
      },
      { tenant: account?.tenant ?? 'identity-mcp', product: 'identity-mcp' },
    )
  }
}
