import * as z from 'zod'
import { Group } from '../domain/account.ts'
import type { ListPosition } from '../domain/operations.ts'
import { sameAsBefore } from '../engine/cursor.ts'
import { defineTool } from '../engine/tool.ts'
import { NotFound } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import { Cursor, Limit, TenantName, UserRef } from './fields.ts'

interface GroupsCursor {
  tenant: string
  at: ListPosition
}

/** Members shown of one group; an answer must stay bounded. */
const MAX_MEMBERS_SHOWN = 1_000

export default defineTool({
  name: 'list_groups',
  title: 'List groups',
  description:
    'List the groups of a tenant, or one group with its members. Absent members are unknown, never none.',
  needs: ['listGroups'],
  effect: 'reads',
  priority: ({ cursor }) => (cursor ? 'bulk' : 'interactive'),
  input: () =>
    z.strictObject({
      tenant: TenantName,
      group: UserRef.optional().describe('Id or name, to see its members'),
      limit: Limit(200, 50),
      cursor: Cursor,
    }),
  output: () =>
    z.object({
      groups: z.array(Group),
      nextCursor: z.string().optional(),
      complete: z.boolean(),
      note: z.string().optional(),
    }),

  async run({ tenant, group, limit, cursor }, { ask, cursors }) {
    if (group !== undefined) {
      const found = await ask.one(tenant, 'readGroup', { group })
      if (!found) {
        throw new NotFound(
          `There is no group ${inQuotes(group)} in ${tenant}.`,
          'list_groups without `group` shows all groups.',
          {
            tenant,
          },
        )
      }
      const { members } = found
      if (!members)
        return {
          groups: [found],
          complete: false,
          note: 'The app does not show the members of this group.',
        }
      const complete = members.length <= MAX_MEMBERS_SHOWN
      return {
        groups: [{ ...found, members: members.slice(0, MAX_MEMBERS_SHOWN) }],
        complete,
        ...(!complete && {
          note: `This group has ${members.length} members; ${MAX_MEMBERS_SHOWN} are shown.`,
        }),
      }
    }
    const place = cursor ? await cursors.open<GroupsCursor>(cursor) : undefined
    if (place) sameAsBefore({ tenant }, { ...place })
    const page = await ask.one(tenant, 'listGroups', { limit, ...(place && { at: place.at }) })
    return {
      groups: page.items,
      complete: page.complete,
      ...(page.next && { nextCursor: await cursors.sign({ tenant, at: page.next } satisfies GroupsCursor) }),
      ...(page.note && { note: page.note }),
    }
  },
})
