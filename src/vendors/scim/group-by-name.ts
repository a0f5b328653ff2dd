import type { RequestContext } from '../../domain/operations.ts'
import { inOtherCase, isComparedAlike } from '../../domain/same.ts'
import { sameText } from '../../text/text.ts'
import { refusesFilter } from '../http/classify.ts'
import { inconclusive } from '../http/collect.ts'
import { type AppFilter, collectFiltered, filterRefused } from '../http/filtered.ts'
import { asId, field, isRecord, type Rec } from '../http/values.ts'
import { isSeen } from './capabilities.ts'
import { note } from './evidence.ts'
import { eq, groupNameIn, readsRightly } from './filter.ts'
import { groupList } from './group-list.ts'
import { listing } from './listing.ts'
import { oneCalled } from './one-called.ts'
import { toGroup } from './read.ts'
import { readList } from './read-list.ts'
import { listRefusal, type ScimApp } from './request.ts'

/**
 * The record of the group with this name; undefined if there is none, on evidence: the app is known to filter by name, or
 * its whole list was read. Group names need not be unique.
 */
export async function groupByName(
  app: ScimApp,
  name: string,
  context: RequestContext,
): Promise<Rec | undefined> {
  const { filters } = app.known?.now ?? {}
  const asks =
    groupNameIn(app.settings) !== false && !['ignored', 'refused'].includes(filters?.displayName ?? '')
  let page = await groupsNamed(app, name, asks, context)
  // What a filter leaves open, the list can tell.
  const isOpen = !page.complete || (page.items.length === 0 && !isEvidence(app, name))
  if (isOpen && !page.compared) page = await groupsNamed(app, name, false, context)
  if (!page.complete) throw inconclusive(page.note)
  // A name that is found as it is written shows nothing of letter case.
  const [own] = page.items.map(nameIn)
  const isInOtherCase = own?.toLowerCase() === name.toLowerCase() && own !== name
  if (isInOtherCase && !page.compared) await note(app, ['displayName'], 'honoured')
  return oneCalled(app.tenant, name, { found: page.items, toGroup })
}

/** Whether an app that filters groups by name, and finds none, has none whose name is the same for us. */
const isEvidence = ({ known }: ScimApp, name: string): boolean => {
  const hasNoCase = name.toLowerCase() === name.toUpperCase()
  const isCompared = known?.now.filters?.displayName !== 'exact' || hasNoCase
  return isCompared && isComparedAlike(name) && readsRightly(known?.now, name)
}

/** What the app does with a filter by the name of a group that it has; undefined if it fails. */
export async function groupFilterState(
  app: ScimApp,
  own: string,
  context: RequestContext,
): Promise<'honoured' | 'exact' | 'ignored' | 'refused' | undefined> {
  for (const [asked, state] of [[inOtherCase(own), 'honoured'] as const, [own, 'exact'] as const]) {
    const query = { filter: byGroupName(app, asked), startIndex: 1, count: app.settings.pageSize }
    const list = await readList(app, 'Groups', query, context)
    if ('failure' in list) return refusesFilter(list.failure) ? 'refused' : undefined
    if (list.rows.some((one) => !hasName(one, own))) return 'ignored'
    if (list.rows.length > 0) return state
  }
  return 'ignored'
}

async function groupsNamed(app: ScimApp, name: string, filtered: boolean, context: RequestContext) {
  const { pageSize, maxPages } = app.settings
  const byName = listing(app, 'Groups', { filter: byGroupName(app, name) }, context)
  const whole = groupList(app, context)
  const page = await collectFiltered<Rec>({
    async fetch(start, cursor, isFiltered) {
      if (!isFiltered) return whole.fetch(start, cursor)
      const list = await byName(start, cursor)
      if (!('failure' in list)) return list
      if (refusesFilter(list.failure)) return filterRefused(list.failure)
      throw await listRefusal(app, list.failure, 'Groups', context)
    },
    filter: filtered ? nameFilter(app, name, context) : undefined,
    read: readNamed,
    keep: (row) => hasName(row, name),
    pageSize,
    maxPages,
    limit: Number.POSITIVE_INFINITY,
  })
  return { ...page, compared: page.compared || !filtered }
}

const byGroupName = ({ settings }: ScimApp, name: string): string =>
  eq(groupNameIn(settings) || 'displayName', name).text

/** What shows whether the app filters groups by name, which `Match` calls `group`. */
const nameFilter = (app: ScimApp, name: string, context: RequestContext): AppFilter<Rec> => ({
  by: ['group'],
  get known() {
    const state = app.known?.now.filters?.displayName
    const seen = state === 'exact' ? 'honoured' : state
    return isSeen(seen) ? { group: seen } : {}
  },
  fits: (row) => hasName(row, name),
  async shows(row) {
    const own = nameIn(row)
    if (!own || /[\p{Cc}\p{Cs}]/u.test(own)) return undefined
    const state = await groupFilterState(app, own, context)
    if (state === 'exact') await note(app, ['displayName'], state)
    return state === 'honoured' || state === 'exact'
  },
  async learn({ group }) {
    const isExact = group === 'honoured' && app.known?.now.filters?.displayName === 'exact'
    if (group && !isExact) await note(app, ['displayName'], group)
  },
})

/** Undefined for a row that does not tell its name. */
function readNamed(row: unknown): { id: string; item: Rec } | undefined {
  const id = asId(field(row, 'id'))
  return id !== undefined && isRecord(row) && nameIn(row) !== undefined ? { id, item: row } : undefined
}

/** Empty for a group that has no name; undefined if the row does not tell. */
function nameIn(row: unknown): string | undefined {
  const name = field(row, 'displayName')
  return name === null ? '' : typeof name === 'string' ? name : undefined
}

const hasName = (row: unknown, name: string): boolean => sameText(nameIn(row), name)
