import type { Group } from '../../domain/account.ts'
import type { ListPosition, Page, RequestContext } from '../../domain/operations.ts'
import { UUID } from '../../domain/same.ts'
import { refusesFilter } from '../http/classify.ts'
import { path } from '../http/client.ts'
import { collect, MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { asId, type Rec } from '../http/values.ts'
import { groupByName } from './group-by-name.ts'
import { groupList } from './group-list.ts'
import { asTold } from './members-shown.ts'
import { membersOf, toGroup } from './read.ts'
import { ask, recordIn, type ScimApp } from './request.ts'

/** Groups by index, without their members. */
export const listGroups = (
  app: ScimApp,
  { limit, at }: { limit: number; at?: ListPosition },
  context: RequestContext,
): Promise<Page<Group, ListPosition>> =>
  collect<Group>({
    ...groupList(app, context, { limit, at }),
    read: (row) => {
      const group = toGroup(row)
      return group && { id: group.id, item: asTold(app.known, group) }
    },
    maxPages: Math.min(MAX_PAGES_PER_CALL, app.settings.maxPages),
    limit,
    at,
  })

/** The group with this id or name, with its members if the app lists them; undefined if there is none, on evidence. */
export async function readGroup(
  app: ScimApp,
  group: string,
  context: RequestContext,
): Promise<Group | undefined> {
  const isUuid = UUID.test(group)
  const byId = isUuid ? await recordById(app, group, context) : undefined
  const named = byId ? undefined : await groupByName(app, group, context)
  const raw = named || isUuid ? byId : await recordById(app, group, context)
  const read = named ? await withMembers(app, named, context) : raw && (await inFull(app, raw, context))
  if (!read) return undefined
  await app.membersShown?.seen(read)
  return asTold(app.known, read)
}

/** The group with this id, with its members if the app lists them. */
export async function readGroupById(
  app: ScimApp,
  id: string,
  context: RequestContext,
): Promise<Group | undefined> {
  const raw = await recordById(app, id, context)
  const group = raw && (await inFull(app, raw, context))
  if (group?.id !== id) return undefined
  await app.memberShape?.seen(group)
  await app.membersShown?.seen(group)
  return asTold(app.known, group)
}

async function recordById(app: ScimApp, group: string, context: RequestContext): Promise<Rec | undefined> {
  const id = asId(group)
  if (id === undefined) return undefined
  const answer = await ask(app, { path: path`/Groups/${id}` }, context)
  // Some apps reject a name as a malformed id.
  if (!answer.ok && !UUID.test(id) && refusesFilter(answer.failure)) return undefined
  return recordIn(app, answer, 'Groups', context)
}

/** A group by its whole record, which is asked for again only if it lacks the members. */
const inFull = async (app: ScimApp, raw: Rec, context: RequestContext): Promise<Group | undefined> => {
  const group = toGroup(raw)
  const { members = [], ...more } = membersOf(raw)
  return group && members.length > 0 ? { ...group, members, ...more } : withMembers(app, raw, context)
}

/** Netskope omits members unless the request names them (netskopeoss/netskope-py-sdk). */
async function withMembers(app: ScimApp, raw: unknown, context: RequestContext): Promise<Group | undefined> {
  const group = toGroup(raw)
  if (!group) return undefined
  let holder = raw
  const answer = await ask(
    app,
    { path: path`/Groups/${group.id}`, query: { attributes: 'members' } },
    context,
  )
  if (answer.ok || !refusesFilter(answer.failure)) {
    const full = await recordIn(app, answer, 'Groups', context)
    if (!full) return undefined
    if (membersOf(full).members) holder = full
  }
  // The second answer can lack the name, so the first one provides it.
  return { ...group, ...membersOf(holder) }
}
