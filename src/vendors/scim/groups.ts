import type { Group } from '../../domain/account.ts'
import type { ListPosition, Page, RequestContext } from '../../domain/operations.ts'
import { UUID } from '../../domain/same.ts'
import { Ambiguous } from '../../errors.ts'
import { inQuotes, sameText } from '../../text/text.ts'
import { refusesFilter } from '../http/classify.ts'
import { path } from '../http/client.ts'
import { collect, collectAll, MAX_PAGES_PER_CALL } from '../http/collect.ts'
import { asId, field } from '../http/values.ts'
import { eq } from './filter.ts'
import { listing } from './listing.ts'
import { membersOf, toGroup } from './read.ts'
import { ask, canFilter, listRefusal, readList, recordIn, type ScimApp } from './request.ts'

/** Groups by index, without their members. */
export const listGroups = (
  app: ScimApp,
  { limit, at }: { limit: number; at?: ListPosition },
  context: RequestContext,
): Promise<Page<Group, ListPosition>> =>
  collect<Group>({
    ...listingOf(app, context, at),
    read: (row) => {
      const group = toGroup(row)
      return group && { id: group.id, item: group }
    },
    maxPages: Math.min(MAX_PAGES_PER_CALL, app.settings.maxPages),
    limit,
    at,
  })

/** The group with this id or name, with its members if the app lists them. */
export async function readGroup(
  app: ScimApp,
  group: string,
  context: RequestContext,
): Promise<Group | undefined> {
  for (const lookUp of UUID.test(group) ? [groupById, groupByName] : [groupByName, groupById]) {
    const raw = await lookUp(app, group, context)
    if (raw) return withMembers(app, raw, context)
  }
  return undefined
}

/** The group with this id, with its members if the app lists them. */
export async function readGroupById(
  app: ScimApp,
  id: string,
  context: RequestContext,
): Promise<Group | undefined> {
  const raw = await groupById(app, id, context)
  const group = raw === undefined ? undefined : await withMembers(app, raw, context)
  return group?.id === id ? group : undefined
}

async function groupById(app: ScimApp, group: string, context: RequestContext): Promise<unknown> {
  const id = asId(group)
  if (id === undefined) return undefined
  const answer = await ask(app, { path: path`/Groups/${id}` }, context)
  // Some apps reject a name as a malformed id.
  if (!answer.ok && !UUID.test(id) && refusesFilter(answer.failure)) return undefined
  return recordIn(app, answer, 'Groups', context)
}

/** Searches with a filter if the app supports it, otherwise reads all groups. Group names need not be unique. */
async function groupByName(app: ScimApp, group: string, context: RequestContext): Promise<unknown> {
  const fits = (row: unknown) => {
    const name = field(row, 'displayName')
    return typeof name === 'string' && sameText(name, group)
  }
  const { text } = eq('displayName', group)
  const list = canFilter(app, 'displayName')
    ? await readList(app, 'Groups', { filter: text }, context)
    : undefined
  if (list && 'failure' in list && !refusesFilter(list.failure)) {
    throw await listRefusal(app, list.failure, 'Groups', context)
  }
  const found =
    !list || 'failure' in list || !list.rows.every(fits)
      ? await collectAll<unknown>({
          ...listingOf(app, context),
          read: (row) => {
            const id = asId(field(row, 'id'))
            return id === undefined ? undefined : { id, item: row }
          },
          keep: fits,
        })
      : list.rows
  if (found.length < 2) return found[0]
  throw new Ambiguous(
    `${found.length} groups are called ${inQuotes(group)} in ${app.tenant}.`,
    'Name one of the candidates by its id.',
    {
      tenant: app.tenant,
      candidates: found.flatMap((row) => {
        const one = toGroup(row)
        return one ? [{ tenant: app.tenant, id: one.id, userName: one.name }] : []
      }),
    },
  )
}

const REFUSES_EXCLUDING_KEY = 'scim.refusesExcluding'
const REFUSES_EXCLUDING_TTL_MS = 24 * 60 * 60_000

/**
 * Groups without their members, where the app can leave them out: a few large groups can be too much for one answer
 * (databrickslabs/ucx#638, wso2/product-is#8876).
 */
function listingOf(app: ScimApp, context: RequestContext, at?: ListPosition) {
  const whole = listing(app, 'Groups', {}, context, at)
  const lean = listing(app, 'Groups', { excludedAttributes: 'members' }, context, at)
  let isLean: boolean | undefined = app.omitsMembers ? false : undefined
  return {
    async fetch(start: number, cursor?: string) {
      isLean ??= !(await app.memory.get<boolean>(REFUSES_EXCLUDING_KEY))
      let list = await (isLean ? lean : whole)(start, cursor)
      if ('failure' in list && isLean && start === 1 && refusesFilter(list.failure)) {
        isLean = false
        list = await whole(start, cursor)
        // An app that fails either way has not refused the parameter.
        if (!('failure' in list)) await app.memory.set(REFUSES_EXCLUDING_KEY, true, REFUSES_EXCLUDING_TTL_MS)
      }
      if ('failure' in list) throw await listRefusal(app, list.failure, 'Groups', context)
      return list
    },
    pageSize: app.settings.pageSize,
    maxPages: app.settings.maxPages,
  }
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
