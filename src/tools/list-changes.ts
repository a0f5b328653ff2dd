import * as z from 'zod'
import { AuditEvent } from '../domain/account.ts'
import { type AuditPlace, readAudit } from '../engine/audit.ts'
import { sameAsBefore } from '../engine/cursor.ts'
import { defineTool } from '../engine/tool.ts'
import { IdentityError, InvalidInput } from '../errors.ts'
import { Code, Cursor, Instant, Limit, TenantNames } from './fields.ts'
import { fits, fitting } from './fit.ts'

interface ChangesCursor {
  since: string
  until: string
  /** Those that are still to be read, the first of them from `place` on. */
  left: string[]
  place: AuditPlace
}

const ChangeSeen = z.lazy(() => AuditEvent.unwrap().extend({ tenant: z.string() }))

/** What stands beside the events: notes, and a cursor with a place in both logs. */
const BESIDE = 'x'.repeat(1_000)

export default defineTool({
  name: 'list_changes',
  title: 'List changes in all apps',
  description:
    'What happened in every tenant since a time: logs of the apps, snapshots, and what this server did. ' +
    'To poll, pass the last `until` as `since`.',
  needs: [],
  effect: 'reads',
  scope: 'identity:audit',
  priority: ({ cursor }) => (cursor ? 'bulk' : 'interactive'),
  input: () =>
    z
      .strictObject({
        since: Instant.optional().describe('2026-01-31T09:00:00Z'),
        tenants: TenantNames.optional().describe('Default: all'),
        limit: Limit(200, 50),
        cursor: Cursor,
      })
      .refine(({ since, cursor }) => since !== undefined || cursor !== undefined, 'needs `since`'),
  output: () =>
    z.object({
      events: z.array(ChangeSeen),
      /** The end of the time that is read. */
      until: z.string(),
      nextCursor: z.string().optional(),
      complete: z.boolean(),
      /** Tenants whose logs could not be read. */
      unread: z.array(z.object({ tenant: z.string(), code: Code })).optional(),
      note: z.string().optional(),
    }),

  async run({ since, tenants, limit, cursor }, { ask, own, cursors }) {
    const before = cursor ? await cursors.open<ChangesCursor>(cursor) : undefined
    if (before) sameAsBefore({ since }, { ...before })
    const { since: from, until, ...rest } = before ?? begun(since ?? '', tenants ?? namesOf(ask.tenants.all))
    const span = { since: new Date(from), until: new Date(until) }
    const events: z.input<typeof ChangeSeen>[] = []
    const unread: { tenant: string; code: z.input<typeof Code> }[] = []
    const notes = new Set<string>()
    let { left, place } = rest
    let isWhole = true
    for (let name = left[0]; name !== undefined && events.length < limit; name = left[0]) {
      const tenant = name
      const seen = [...events]
      const fit = (found: readonly AuditEvent[]) =>
        fitting(
          found.length,
          (most) => [...seen, ...found.slice(0, most).map((one) => ({ tenant, ...one }))],
          BESIDE,
        )
      // Nothing more fits, not even one.
      if (seen.length > 0 && !hasRoom(seen)) break
      try {
        const page = await readAudit(
          ask.tenants.get(tenant),
          { ask, own },
          { ...span, limit: limit - seen.length, roomFor: fit },
          place,
        )
        events.push(...page.events.map((one) => ({ tenant, ...one })))
        for (const note of page.notes) notes.add(`${tenant}: ${note}`)
        isWhole &&= page.complete || page.next !== undefined
        place = page.next ?? {}
        if (page.next) break
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error
        unread.push({ tenant, code: error.code })
        place = {}
      }
      left = left.slice(1)
    }
    const more = left.length > 0
    return {
      events,
      until,
      complete: !more && isWhole && unread.length === 0,
      ...(more && {
        nextCursor: await cursors.sign({ since: from, until, left, place } satisfies ChangesCursor),
      }),
      ...(unread.length > 0 && { unread }),
      ...(notes.size > 0 && { note: shortened([...notes].join(' ')) }),
    }
  },
})

const namesOf = (tenants: readonly { name: string }[]) => tenants.map(({ name }) => name)

function begun(since: string, tenants: readonly string[]): ChangesCursor {
  const until = new Date().toISOString()
  if (Date.parse(since) >= Date.parse(until)) {
    throw new InvalidInput('`since` is not in the past.', 'Give an earlier `since`.')
  }
  return { since, until, left: [...new Set(tenants)], place: {} }
}

/** Whether one more event of a usual size fits. */
const hasRoom = (events: readonly object[]): boolean =>
  fits([...events, { text: 'x'.repeat(USUAL_BYTES) }], BESIDE)
const USUAL_BYTES = 400

const MAX_NOTE = 1_500
const shortened = (text: string): string => (text.length > MAX_NOTE ? `${text.slice(0, MAX_NOTE)}…` : text)
