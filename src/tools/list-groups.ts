import * as z from 'zod'
import { Group } from '../domain/account.ts'
import type { ListPosition } from '../domain/operations.ts'
import type { Ask } from '../engine/ask.ts'
import { sameAsBefore } from '../engine/cursor.ts'
import { defineTool } from '../engine/tool.ts'
import { InvalidInput, NotFound } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import { COUNTED, CountOnly, Cursor, Limit, TenantName, UserRef } from './fields.ts'
import { fitting } from './fit.ts'

interface GroupsCursor {
  tenant: string
  /** Where the list of groups goes on, */
  at?: ListPosition
  /** or the members of one group: the last one who was shown, and how many were. */
  group?: string
  after?: { id: string; count: number }
  /** How many were counted before, of a count that goes on. */
  counted?: number
}

/** Rows that a count asks for at once: as many as a call can read. */
const COUNTED_AT_ONCE = 10_000

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
      count: CountOnly,
      limit: Limit(200, 50),
      cursor: Cursor,
    }),
  output: () =>
    z.object({
      groups: z.array(Group),
      ...COUNTED,
      nextCursor: z.string().optional(),
      complete: z.boolean(),
      note: z.string().optional(),
    }),

  async run({ tenant: asked, group, count = false, limit, cursor }, { ask, cursors }) {
    const place = cursor ? await cursors.open<GroupsCursor>(cursor) : undefined
    if (place) sameAsBefore({ tenant: asked, group }, { ...place })
    const tenant = asked ?? place?.tenant
    if (tenant === undefined) return overTenants(ask, { group, limit, count })
    const signed = async (more: Omit<GroupsCursor, 'tenant'> | undefined) =>
      more ? { nextCursor: await cursors.sign({ tenant, ...more } satisfies GroupsCursor) } : {}
    const named = group ?? place?.group
    if (named !== undefined) {
      const found = await ask.one(tenant, 'readGroup', { group: named, ...(place && { recent: true }) })
      if (!found) throw noSuchGroup(named, tenant)
      if (count) return countedMembers(found)
      const { next, ...shown } = withMembers(found, limit, place?.after)
      return { ...shown, ...(await signed(next && { group: named, after: next })) }
    }
    const isCount = count || place?.counted !== undefined
    const page = await ask.one(tenant, 'listGroups', {
      limit: isCount ? COUNTED_AT_ONCE : limit,
      ...(place?.at && { at: place.at }),
    })
    const note = page.note ? { note: page.note } : {}
    if (isCount) {
      const counted = (place?.counted ?? 0) + page.items.length
      const more = await signed(page.next && { at: page.next, counted })
      return { groups: [], count: counted, complete: page.complete, ...more, ...note }
    }
    const groupsIn = (most: number) => ({ groups: page.items.slice(0, most), ...note })
    const shown = fitting(page.items.length, groupsIn, page.behind.at(-1))
    const isCut = shown < page.items.length
    const next = isCut ? page.behind[shown - 1] : page.next
    return {
      ...groupsIn(shown),
      complete: page.complete && !isCut,
      ...(await signed(next && { at: next })),
    }
  },
})

/** The first groups of each tenant, or the group of this name or id in each. */
async function overTenants(
  ask: Ask,
  { group, limit, count }: { group: string | undefined; limit: number; count: boolean },
) {
  if (count) {
    throw new InvalidInput('A count is of one tenant.', 'Name the `tenant`, or leave `count` out.')
  }

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
  const answerOf = (most: number) => {
    const said = most < groups.length ? [...notes, 'There are more: ask for one tenant.'] : notes
    const shown = groups.slice(0, most)
    return { groups: shown, complete: said.length === 0, ...(said.length > 0 && { note: said.join(' ') }) }
  }
  return answerOf(fitting(groups.length, answerOf))
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

const MEMBERS_UNKNOWN = 'The app does not show the members of this group.'
const unreadableNote = ({ unreadableMembers: unreadable }: Group) =>
  unreadable ? { note: `${unreadable} of the members could not be read.` } : {}

/** One group with `limit` of its members at most, after those that were shown. */
function withMembers(group: Group, limit: number, after: GroupsCursor['after']): ShownGroup {
  const { members } = group
  if (!members) return { groups: [group], complete: false, note: MEMBERS_UNKNOWN }
  const before = after ? members.findIndex(({ id }) => id === after.id) + 1 : 0
  // The last one who was shown may have left the group.
  const start = after && before === 0 ? after.count : before
  const note = unreadableNote(group)
  const membersIn = (most: number) => ({
    groups: [{ ...group, members: members.slice(start, start + most) }],
    ...note,
  })
  const shown = fitting(Math.max(0, Math.min(limit, members.length - start)), membersIn, group.name)
  const end = start + shown
  const last = members[end - 1]
  return {
    ...membersIn(shown),
    complete: end >= members.length && !group.unreadableMembers,
    ...(last && end < members.length && { next: { id: last.id, count: end } }),
  }
}

/** One group with the number of its members alone. */
function countedMembers({ members, ...group }: Group): ShownGroup & { count?: number } {
  if (!members) return { groups: [group], complete: false, note: MEMBERS_UNKNOWN }
  return {
    groups: [group],
    count: members.length,
    complete: !group.unreadableMembers,
    ...unreadableNote(group),
  }
}

const noSuchGroup = (group: string, tenant: string) =>
  new NotFound(
    `There is no group ${inQuotes(group)} in ${tenant}.`,
    'list_groups without `group` shows all groups.',
    tenant.includes(',') ? {} : { tenant },
  )
