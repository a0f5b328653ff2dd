import * as z from 'zod'
import { AuditEvent } from '../domain/account.ts'
import type { AuditPosition } from '../domain/operations.ts'
import { sameAsBefore } from '../engine/cursor.ts'
import { defineTool } from '../engine/tool.ts'
import { InvalidInput } from '../errors.ts'
import { Cursor, Instant, Limit, TenantName, UserRef } from './fields.ts'

const DAY = 24 * 60 * 60 * 1000

interface AuditCursor {
  tenant: string
  user?: string
  since: string
  until: string
  at: AuditPosition
}

export default defineTool({
  name: 'pull_audit',
  title: 'Pull audit log',
  description:
    'Read the log of an app. `order` is the order of pages, `note` what it covers: ' +
    'an empty answer proves nothing about a user.',
  needs: ['pullAudit'],
  effect: 'reads',
  priority: ({ cursor }) => (cursor ? 'bulk' : 'interactive'),
  input: () =>
    z.strictObject({
      tenant: TenantName,
      user: UserRef.optional().describe('Events of whom'),
      since: Instant.optional().describe('ISO time; default 24 h ago'),
      until: Instant.optional().describe('ISO time; default now'),
      limit: Limit(1000, 100),
      cursor: Cursor,
    }),
  output: () =>
    z.object({
      events: z.array(AuditEvent),
      order: z.enum(['newest_first', 'oldest_first', 'unknown']),
      nextCursor: z.string().optional(),
      complete: z.boolean(),
      note: z.string().optional(),
    }),

  async run({ tenant, user, since, until, limit, cursor }, { ask, cursors }) {
    const place = cursor ? await cursors.open<AuditCursor>(cursor) : undefined
    if (place) sameAsBefore({ tenant, user, since, until }, { ...place })
    const span = place ?? spanOf(since, until)
    const who = user ?? place?.user
    const page = await ask.one(tenant, 'pullAudit', {
      since: new Date(span.since),
      until: new Date(span.until),
      limit,
      ...(who !== undefined && { user: who }),
      ...(place && { at: place.at }),
    })
    const next = page.next && { tenant, ...(who !== undefined && { user: who }), ...span, at: page.next }
    const notes = [
      ...(since === undefined && !place ? ['No `since` was given: these are the last 24 hours.'] : []),
      ...(page.note ? [page.note] : []),
    ]
    return {
      events: page.items,
      order: page.order,
      complete: page.complete,
      ...(next && { nextCursor: await cursors.sign(next satisfies AuditCursor) }),
      ...(notes.length > 0 && { note: notes.join(' ') }),
    }
  },
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
