import * as z from 'zod'
import { hiddenIn } from '../domain/facts.ts'
import type { ListPosition, Match } from '../domain/operations.ts'
import { sameAsBefore } from '../engine/cursor.ts'
import { defineTool } from '../engine/tool.ts'
import { type AccountChoice, AccountChoices, accountRows, BRIEFLY, ShownAccount } from './account-rows.ts'
import { COUNTED, CountOnly, Cursor, Limit, TenantName } from './fields.ts'
import { fitting, isMany } from './fit.ts'
import { Matched } from './match-fields.ts'

interface UsersCursor {
  tenant: string
  match?: Match
  fields?: readonly AccountChoice[]
  at: ListPosition
  /** How many were counted before, of a count that goes on. */
  counted?: number
}

/** Rows that a count asks for at once: as many as a call can read. */
const COUNTED_AT_ONCE = 10_000

export default defineTool({
  name: 'list_users',
  title: 'List users',
  description: 'List accounts of a tenant. For one person use find_user.',
  needs: ['listAccounts'],
  effect: 'reads',
  priority: ({ cursor }) => (cursor ? 'bulk' : 'interactive'),
  input: () =>
    z.strictObject({
      tenant: TenantName,
      match: Matched.optional().describe('Must be equal, in any case'),
      fields: AccountChoices.describe('Fields to show; of many rows: email, name, status'),
      count: CountOnly,
      limit: Limit(200, 50),
      cursor: Cursor,
    }),
  output: () =>
    z.object({
      accounts: z.array(ShownAccount),
      /** What all of `accounts` have in common, where there are many. */
      shared: ShownAccount.optional(),
      ...COUNTED,
      nextCursor: z.string().optional(),
      complete: z.boolean(),
      note: z.string().optional(),
    }),

  async run({ tenant, match, fields, count, limit, cursor }, { ask, cursors }) {
    const place = cursor ? await cursors.open<UsersCursor>(cursor) : undefined
    if (place) sameAsBefore({ tenant, match, fields }, { ...place })
    const [wanted, chosen, counting] = [match ?? place?.match, fields ?? place?.fields, place?.counted]
    const isCount = count || counting !== undefined
    const page = await ask.one(tenant, 'listAccounts', {
      limit: isCount ? COUNTED_AT_ONCE : limit,
      ...(wanted && { match: wanted }),
      ...(place && { at: place.at }),
    })
    const hidden = page.complete ? hiddenIn(ask.tenants.get(tenant).facts) : undefined
    const more = (at: ListPosition, counted?: number): UsersCursor => ({
      tenant,
      ...(wanted && { match: wanted }),
      ...(chosen && { fields: chosen }),
      at,
      ...(counted !== undefined && { counted }),
    })
    if (isCount) {
      const counted = (counting ?? 0) + page.items.length
      return {
        accounts: [],
        count: counted,
        complete: page.complete,
        ...(page.next && { nextCursor: await cursors.sign(more(page.next, counted)) }),
        ...noteOf(page.note, hidden),
      }
    }
    const rows = accountRows(page.items, chosen)
    const note = noteOf(page.note, hidden, chosen || !isMany(page.items) ? undefined : BRIEFLY)
    const last = page.behind.at(-1) ?? page.next
    const shown = fitting(page.items.length, (most) => ({ ...rows(most), ...note }), last && more(last))
    const isCut = shown < page.items.length
    const next = isCut ? page.behind[shown - 1] : page.next
    return {
      ...rows(shown),
      complete: page.complete && !isCut,
      ...(next && { nextCursor: await cursors.sign(more(next)) }),
      ...note,
    }
  },
})

function noteOf(...texts: (string | undefined)[]): { note?: string } {
  const told = texts.filter((text) => text)
  return told.length > 0 ? { note: told.join(' ') } : {}
}
