import * as z from 'zod'
import { Account } from '../domain/account.ts'
import type { ListPosition, Match } from '../domain/operations.ts'
import { sameAsBefore } from '../engine/cursor.ts'
import { defineTool } from '../engine/tool.ts'
import { Cursor, Limit, TenantName } from './fields.ts'
import { Matched } from './match-fields.ts'

/** A row of the list: what is long in an account, find_user shows. */
const Row = z.lazy(() => Account.unwrap().omit({ custom: true, phone: true, locale: true, timezone: true }))

/** Groups shown in a row; the others are counted. */
const MAX_GROUPS_IN_ROW = 5

interface UsersCursor {
  tenant: string
  match?: Match
  at: ListPosition
}

export default defineTool({
  name: 'list_users',
  title: 'List users',
  description: 'List accounts of a tenant, all or those equal to `match`. For one person use find_user.',
  needs: ['listAccounts'],
  effect: 'reads',
  priority: ({ cursor }) => (cursor ? 'bulk' : 'interactive'),
  input: () =>
    z.strictObject({
      tenant: TenantName,
      match: Matched.optional().describe('Account fields that must be equal, such as status'),
      limit: Limit(200, 50),
      cursor: Cursor,
    }),
  output: () =>
    z.object({
      accounts: z.array(Row),
      nextCursor: z.string().optional(),
      complete: z.boolean(),
      note: z.string().optional(),
    }),

  async run({ tenant, match, limit, cursor }, { ask, cursors }) {
    const place = cursor ? await cursors.open<UsersCursor>(cursor) : undefined
    if (place) sameAsBefore({ tenant, match }, { ...place })
    const wanted = match ?? place?.match
    const page = await ask.one(tenant, 'listAccounts', {
      limit,
      ...(wanted && { match: wanted }),
      ...(place && { at: place.at }),
    })
    return {
      accounts: page.items.map(toRow),
      complete: page.complete,
      ...(page.next && {
        nextCursor: await cursors.sign({
          tenant,
          ...(wanted && { match: wanted }),
          at: page.next,
        } satisfies UsersCursor),
      }),
      ...(page.note && { note: page.note }),
    }
  },
})

function toRow({ groups, moreGroups = 0, ...account }: Account): Account {
  if (!groups) return account
  const more = moreGroups + Math.max(0, groups.length - MAX_GROUPS_IN_ROW)
  return { ...account, groups: groups.slice(0, MAX_GROUPS_IN_ROW), ...(more > 0 && { moreGroups: more }) }
}
