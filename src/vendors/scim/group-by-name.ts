import type { RequestContext } from '../../domain/operations.ts'
import { Ambiguous } from '../../errors.ts'
import { inQuotes, sameText } from '../../text/text.ts'
import { refusesFilter } from '../http/classify.ts'
import { inconclusive } from '../http/collect.ts'
import { type AppFilter, collectFiltered, filterRefused } from '../http/filtered.ts'
import { asId, field, isRecord, type Rec } from '../http/values.ts'
import { isSeen } from './capabilities.ts'
import { eq, groupNameIn, readsRightly } from './filter.ts'
import { groupList } from './group-list.ts'
import { listing } from './listing.ts'
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
  // What a filter leaves open, the list can tell: also of a name that the app may have read wrongly.
  const isOpen = !page.complete || (page.items.length === 0 && !readsRightly(app.known?.now, name))
  if (isOpen && !page.compared) page = await groupsNamed(app, name, false, context)
  if (!page.complete) throw inconclusive(page.note)
  if (page.items.length > 0 && !page.compared) await app.known?.note({ filters: { displayName: 'honoured' } })
  const [found, ...others] = page.items
  if (others.length === 0) return found
  throw new Ambiguous(
    `${page.items.length} groups are called ${inQuotes(name)} in ${app.tenant}.`,
    'Name one of the candidates by its id.',
    {
      tenant: app.tenant,
      candidates: page.items.flatMap((row) => {
        const one = toGroup(row)
        return one ? [{ tenant: app.tenant, id: one.id, userName: one.name }] : []
      }),
    },
  )
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
    return isSeen(state) ? { group: state } : {}
  },
  fits: (row) => hasName(row, name),
  async shows(row) {
    const own = nameIn(row)
    if (!own || /[\p{Cc}\p{Cs}]/u.test(own)) return undefined
    const query = { filter: byGroupName(app, own), startIndex: 1, count: app.settings.pageSize }
    const list = await readList(app, 'Groups', query, context)
    return 'rows' in list && list.rows.length > 0 && list.rows.every((one) => hasName(one, own))
  },
  async learn({ group }) {
    if (group) await app.known?.note({ filters: { displayName: group } })
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
