import * as z from 'zod'
import { Group } from '../domain/account.ts'
import type { ListPosition } from '../domain/operations.ts'
import type { Ask } from '../engine/ask.ts'
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
    'List the groups of a tenant, or of all, or one group with its members. Absent members are unknown, never none.',
  needs: ['listGroups'],
  effect: 'reads',
  priority: ({ cursor }) => (cursor ? 'bulk' : 'interactive'),
  input: () =>
    z.strictObject({
      tenant: TenantName.optional().describe('Default all, without cursor'),
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

  async run({ tenant: asked, group, limit, cursor }, { ask, cursors }) {
    const place = cursor ? await cursors.open<GroupsCursor>(cursor) : undefined
    if (place) sameAsBefore({ tenant: asked, group }, { ...place })
    const tenant = asked ?? place?.tenant
    if (tenant === undefined) return overTenants(ask, group, limit)
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

/** The first groups of each tenant, or the group of this name or id in each. */
async function overTenants(ask: Ask, group: string | undefined, limit: number) {
  const found =
    group === undefined
      ? await ask.each('listGroups', undefined, { limit })
      : (await ask.each('readGroup', undefined, { group })).map((answered) =>
          'error' in answered ? answered : { ...answered, answer: inList(answered.answer, limit) },
        )
  const notes = found.flatMap((answered) => {
    const { name } = answered.tenant
    if ('error' in answered) return [`${name}: ${answered.error.message} ${answered.error.hint}`]
    return answered.answer.complete ? [] : [`${name} has more: ask for this tenant alone.`]
  })
  const groups = found.flatMap((answered) =>
    'error' in answered
      ? []
      : answered.answer.items.map((item) => ({ ...item, tenant: answered.tenant.name })),
  )
  if (group !== undefined && groups.length === 0 && notes.length === 0) {
    throw noSuchGroup(group, found.map((answered) => answered.tenant.name).join(', '))
  }
  return { groups, complete: notes.length === 0, ...(notes.length > 0 && { note: notes.join(' ') }) }
}

/** A group as a list of one. */
function inList(group: Group | undefined, limit: number): { items: Group[]; complete: boolean } {
  if (!group) return { items: [], complete: true }
  const { groups, complete } = withMembers(group, limit, undefined)
  return { items: groups, complete }
}

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
    tenant.includes(',') ? {} : { tenant },
  )
