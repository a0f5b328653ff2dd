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
  /** Where the list of groups goes on, */
  at?: ListPosition
  /** or the members of one group: the last one who was shown, and how many were. */
  group?: string
  after?: { id: string; count: number }
}

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
    const place = cursor ? await cursors.open<GroupsCursor>(cursor) : undefined
    if (place) sameAsBefore({ tenant, group }, { ...place })
    const named = group ?? place?.group
    if (named !== undefined) {
      const found = await ask.one(tenant, 'readGroup', { group: named, ...(place && { recent: true }) })
      if (!found) throw noSuchGroup(named, tenant)
      const { next, ...shown } = withMembers(found, limit, place?.after)
      const signed = next && { tenant, group: named, after: next }
      return { ...shown, ...(signed && { nextCursor: await cursors.sign(signed satisfies GroupsCursor) }) }
    }
    const page = await ask.one(tenant, 'listGroups', { limit, ...(place?.at && { at: place.at }) })
    return {
      groups: page.items,
      complete: page.complete,
      ...(page.next && { nextCursor: await cursors.sign({ tenant, at: page.next } satisfies GroupsCursor) }),
      ...(page.note && { note: page.note }),
    }
  },
})

interface ShownGroup {
  groups: Group[]
  complete: boolean
  note?: string
  next?: GroupsCursor['after']
}

/** One group with `limit` of its members, after those that were shown. */
function withMembers(group: Group, limit: number, after: GroupsCursor['after']): ShownGroup {
  const { members, unreadableMembers: unreadable } = group
  if (!members) {
    return { groups: [group], complete: false, note: 'The app does not show the members of this group.' }
  }
  const before = after ? members.findIndex(({ id }) => id === after.id) + 1 : 0
  // The last one who was shown may have left the group.
  const start = after && before === 0 ? after.count : before
  const shown = members.slice(start, start + limit)
  const end = start + shown.length
  const last = shown.at(-1)
  return {
    groups: [{ ...group, members: shown }],
    complete: end === members.length && !unreadable,
    ...(last && end < members.length && { next: { id: last.id, count: end } }),
    ...(unreadable && { note: `${unreadable} of the members could not be read.` }),
  }
}

const noSuchGroup = (group: string, tenant: string) =>
  new NotFound(
    `There is no group ${inQuotes(group)} in ${tenant}.`,
    'list_groups without `group` shows all groups.',
    { tenant },
  )
