import { type Command, Option } from 'commander'
import type { AuditEvent } from '../../domain/account.ts'
import { AUDIT_ROLES } from '../../domain/audit-filter.ts'
import { type Terminal, WAITING } from '../call-here.ts'
import { type Format, printListing } from '../listing.ts'
import { withProgress } from '../progress.ts'
import { readPages } from '../read-pages.ts'

type Row = Partial<AuditEvent>

interface EventsPage {
  events: Row[]
  shared?: Row
  complete: boolean
  nextCursor?: string
  note?: string
}

export interface ShowOptions extends Format {
  user?: string
  role?: string
  action?: string
  since?: string
  until?: string
  limit?: string
}

/** The options that say which events are shown. */
export const withEventFilter = (command: Command): Command =>
  command
    .option('--user <name>', 'only events about or by this user: email, user name or id')
    .addOption(new Option('--role <role>', 'what that user was').choices(AUDIT_ROLES))
    .option('--action <words>', 'only events with these words: deactivate')
    .option('--since <time>', 'from this time on, ISO 8601; default: the last 24 hours')
    .option('--until <time>', 'up to this time, ISO 8601; default: now')

/** `identity-mcp audit [show] TENANT`: who did what, by the log of the app and of this server. */
export async function showAudit(
  { io, parts }: Pick<Terminal, 'io' | 'parts'>,
  tenant: string,
  span: { since: Date; until: Date },
  { limit, json, csv, user, role, action }: ShowOptions,
): Promise<void> {
  const input = {
    tenant,
    limit: ROWS_AT_ONCE,
    since: span.since.toISOString(),
    until: span.until.toISOString(),
    ...(user !== undefined && { user }),
    ...(role !== undefined && { role }),
    ...(action !== undefined && { action }),
  }
  const { rows, complete, notes, isCut } = await withProgress(io, WAITING, (tell) =>
    readPages<EventsPage, Row>({ io, parts }, 'pull_audit', input, {
      rowsOf: ({ events, shared }) => events.map((event) => ({ ...shared, ...event })),
      limit,
      what: 'events',
      tell,
    }),
  )
  printListing(
    io,
    { ...(json && { json }), ...(csv && { csv }) },
    {
      columns: {
        time: ({ time }) => (csv ? time : time?.slice(0, 19).replace('T', ' ')),
        actor: (event) => event.actor,
        action: (event) => event.action,
        target: (event) => event.target,
        group: (event) => event.group,
        detail: (event) => event.detail,
        source: (event) => event.source,
        approvedBy: (event) => event.approvedBy,
        change: (event) => event.change,
        notBefore: (event) => event.notBefore,
        id: (event) => event.id,
      },
      onlyInCsv: ['change', 'notBefore', 'id'],
      rows,
      none: 'No events are shown.',
      notes,
      document: { tenant, events: rows, complete: complete && !isCut },
    },
  )
  if (!complete) io.exit(1)
}

const ROWS_AT_ONCE = 100
