import * as z from 'zod'
import { AuditEvent } from '../domain/account.ts'
import { AUDIT_ROLES, type AuditFilter } from '../domain/audit-filter.ts'
import { type AuditPlace, readAudit } from '../engine/audit.ts'
import { sameAsBefore } from '../engine/cursor.ts'
import { defineTool } from '../engine/tool.ts'
import { InvalidInput } from '../errors.ts'
import { COUNTED, CountOnly, Cursor, Instant, Limit, TenantName, Text, UserRef } from './fields.ts'
import { fitting, isMany, sharing } from './fit.ts'

const ShownEvent = z.lazy(() => AuditEvent.unwrap().partial())

const DAY = 24 * 60 * 60 * 1000

interface AuditCursor extends AuditFilter {
  tenant: string
  since: string
  until: string
  place: AuditPlace
  /** How many were counted before, of a count that goes on. */
  counted?: number
}

/** Events that a count asks for at once, as many as an app sends in one reply; and the most that can fit. */
const COUNTED_AT_ONCE = 5_000
const MOST_THAT_FIT = 200

export default defineTool({
  name: 'pull_audit',
  title: 'Pull audit log',
  description:
    'Who did what, to whom, by the log of the app and of this server (`source: journal`). ' +
    'An empty answer proves nothing: read `note`.',
  // What this server did can be told of every tenant.
  needs: [],
  effect: 'reads',
  scope: 'identity:audit',
  priority: ({ cursor }) => (cursor ? 'bulk' : 'interactive'),
  input: () =>
    z.strictObject({
      tenant: TenantName,
      user: UserRef.optional().describe('Email, user name or id'),
      role: z.enum(AUDIT_ROLES).optional().describe('What `user` was; default either'),
      // Short, since a cursor repeats it.
      action: Text.max(100)
        .regex(/[\p{L}\p{N}]/u, 'must have a word')
        .optional()
        .describe('Words of what was done, such as "deactivate"'),
      since: Instant.optional().describe('2026-01-31T09:00:00Z; default 24 h ago'),
      until: Instant.optional().describe('Default now'),
      count: CountOnly,
      limit: Limit(5_000, 100),
      cursor: Cursor,
    }),
  output: () =>
    z.object({
      events: z.array(ShownEvent),
      /** What all of `events` have in common, where there are many. */
      shared: ShownEvent.optional(),
      ...COUNTED,
      order: z.enum(['newest_first', 'oldest_first', 'unknown']),
      nextCursor: z.string().optional(),
      complete: z.boolean(),
      note: z.string().optional(),
    }),

  async run({ tenant, count, limit, cursor, since, until, ...asked }, { ask, own, cursors }) {
    const before = cursor ? await cursors.open<AuditCursor>(cursor) : undefined
    if (before) sameAsBefore({ tenant, since, until, ...asked }, { ...before })
    const {
      place = {},
      counted,
      ...first
    }: Omit<AuditCursor, 'place'> & { place?: AuditPlace } = before ?? {
      tenant,
      ...spanOf(since, until),
      ...filterOf(asked),
    }
    const span = { since: new Date(first.since), until: new Date(first.until) }
    const isCount = count || counted !== undefined
    const wanted = {
      ...filterOf(first),
      ...span,
      limit: isCount ? COUNTED_AT_ONCE : Math.min(limit, MOST_THAT_FIT),
      roomFor: (events: readonly AuditEvent[]) =>
        isCount ? events.length : fitting(events.length, (most) => rowsOf(events.slice(0, most)), BESIDE),
    }
    const page = await readAudit(ask.tenants.get(tenant), { ask, own }, wanted, place)
    const total = isCount ? (counted ?? 0) + page.events.length : undefined
    const notes = [
      ...(since === undefined && !before ? ['No `since` was given: these are the last 24 hours.'] : []),
      ...page.notes,
    ]
    return {
      // The pages of a log can run either way; within a page the newest is first.
      ...(total === undefined
        ? rowsOf(page.events.toSorted((one, other) => Date.parse(other.time) - Date.parse(one.time)))
        : { events: [], count: total }),
      order: page.order,
      complete: page.complete,
      ...(page.next && {
        nextCursor: await cursors.sign({
          ...first,
          place: page.next,
          ...(total !== undefined && { counted: total }),
        } satisfies AuditCursor),
      }),
      ...(notes.length > 0 && { note: notes.join(' ') }),
    }
  },
})

/** What stands beside the events: notes, and a cursor with a place in both logs. */
const BESIDE = 'x'.repeat(700)

function rowsOf(events: readonly AuditEvent[]) {
  if (!isMany(events)) return { events: [...events] }
  const { rows, shared } = sharing(events)
  return { events: rows, ...(shared && { shared }) }
}

const filterOf = ({
  user,
  role,
  action,
}: { [Name in keyof AuditFilter]?: AuditFilter[Name] | undefined }) => ({
  ...(user !== undefined && { user }),
  ...(role !== undefined && { role }),
  ...(action !== undefined && { action }),
})

/** The given time span, or the last 24 hours. */
function spanOf(since: string | undefined, until: string | undefined): { since: string; until: string } {
  const end = until ?? new Date().toISOString()
  const start = since ?? new Date(Date.parse(end) - DAY).toISOString()
  if (Date.parse(start) >= Date.parse(end)) {
    throw new InvalidInput('`since` is not before `until`.', 'Give an earlier `since` or a later `until`.')
  }
  return { since: start, until: end }
}
