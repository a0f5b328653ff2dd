import { randomUUID } from 'node:crypto'
import type { AppProbe, RequestContext } from '../../domain/operations.ts'
import { sameUserName } from '../../domain/same.ts'
import { refusesFilter } from '../http/classify.ts'
import { asBoolean, asText, field } from '../http/values.ts'
import type { FilterField } from './behaviour.ts'
import { type FilterAttribute, type FilterState, isSeen, type LearnedCapabilities } from './capabilities.ts'
import { note } from './evidence.ts'
import { eq, spelling } from './filter.ts'
import { testFilters } from './filter-tests.ts'
import { groupFilterState } from './group-by-name.ts'
import { toUser } from './read.ts'
import { readList } from './read-list.ts'
import type { ScimApp } from './request.ts'

/** The result of one probe. `learned` is what later requests can use; `isUnserved` marks what no setting can mend. */
export interface Finding {
  found: string
  learned?: LearnedCapabilities
  proposes?: AppProbe['proposes']
  isUnserved?: boolean
}

const UNKNOWN: Finding = { found: 'unknown: the app answered with an error', isUnserved: true }

export async function filtering(
  app: ScimApp,
  rows: readonly unknown[],
  context: RequestContext,
): Promise<Finding> {
  const look = (userName: string) =>
    readList(
      app,
      'Users',
      { filter: eq(spelling(app.settings, 'userName') || 'userName', userName).text },
      context,
    )
  const nobody = await look(`${randomUUID()}@example.invalid`)
  if ('failure' in nobody) {
    if (!refusesFilter(nobody.failure)) return UNKNOWN
    return {
      found: 'refused; finding a person reads the whole list',
      learned: { filters: { userName: 'refused' } },
    }
  }
  const known = rows.map((row) => toUser(app, row)).find((user) => user !== undefined)
  const ignored: Finding = {
    found: 'ignored: it returns other people too, so finding a person reads the whole list',
    learned: { filters: { userName: 'ignored' } },
  }
  if (nobody.rows.length > 0) return ignored
  if (!known)
    return { found: 'returns nobody for an unknown person; without users nothing more can be tested' }
  const somebody = await look(known.userName)
  const fits =
    !('failure' in somebody) &&
    somebody.rows.some((row) => sameUserName(toUser(app, row)?.userName, known.userName))
  if (fits) return { found: 'honoured', learned: { filters: { userName: 'honoured' } } }
  return {
    found: 'does not return existing people, so finding a person reads the whole list',
    learned: { filters: { userName: 'ignored' } },
  }
}

/**
 * What the app does with filters by the other names of a person, by the status, and with several joined by `or`. Also
 * those are tried that the settings switch off.
 */
export async function otherFilters(
  app: ScimApp,
  rows: readonly unknown[],
  context: RequestContext,
): Promise<Finding> {
  const on = Object.entries(app.settings.filters ?? {}).filter(([, spelled]) => spelled !== false)
  const settings = { ...app.settings, filters: Object.fromEntries(on), joinsFilters: undefined }
  const trying = { ...app, settings }
  await testFilters(trying, context)
  const active = await byStatus(trying, rows, context)
  if (isSeen(active)) await note(app, ['active'], active)
  const { filters = {}, or } = app.known?.now ?? {}
  const state = (by: FilterAttribute) => (by === 'active' ? active : filters[by])
  const asked = NAMED.map(({ by, called }) => `by ${called} ${wordFor(state(by))}`)
  const joined = or === 'honoured' || or === undefined ? undefined : false
  return {
    found: [...asked, `several joined by or ${wordFor(or)}`].join(', '),
    proposes: {
      ...filtersFrom(app, Object.fromEntries(ALL.map(({ by, field }) => [field, state(by)]))),
      ...(joined === false &&
        ALL.filter(({ by }) => by !== 'active' && state(by) === 'honoured').length > 1 && {
          joinsFilters: false,
        }),
      ...(or === 'honoured' && app.settings.joinsFilters === false && { joinsFilters: true }),
    },
  }
}

const NAMED = [
  { by: 'emails.value', field: 'email', called: 'email' },
  { by: 'externalId', field: 'externalId', called: 'external id' },
  { by: 'active', field: 'status', called: 'status' },
] as const
const ALL = [{ by: 'userName', field: 'userName' } as const, ...NAMED]

/** What the `filters` of the settings should say, as far as that was seen and they say otherwise. */
function filtersFrom(
  { settings: { filters } }: ScimApp,
  seen: Partial<Record<FilterField, FilterState | undefined>>,
): AppProbe['proposes'] {
  const better = Object.entries(seen).flatMap(([name, state]): [string, string | false][] => {
    const now = filters?.[name as FilterField] // a key of `seen`
    if (state === 'ignored' || state === 'refused') return now === false ? [] : [[name, false]]
    return state === 'honoured' && now === false ? [[name, SPELLED[name as FilterField]]] : []
  })
  return better.length > 0 ? { filters: { ...filters, ...Object.fromEntries(better) } } : {}
}

const SPELLED: Record<FilterField, string> = {
  userName: 'userName',
  email: 'emails.value',
  externalId: 'externalId',
  status: 'active',
  groupName: 'displayName',
}

const FILTER_STATES: Readonly<Record<FilterState, string>> = {
  honoured: 'honoured',
  exact: 'honoured, letter by letter',
  ignored: 'ignored',
  refused: 'refused',
  unborne: 'not tested: nobody has one',
  untested: 'not tested: nobody has one, and the app finds nobody by what it does not know',
}
const wordFor = (state: FilterState | undefined): string => (state ? FILTER_STATES[state] : 'not tested')

/** What the app does with a filter by the status of somebody whom it just showed. */
async function byStatus(
  app: ScimApp,
  rows: readonly unknown[],
  context: RequestContext,
): Promise<FilterState | undefined> {
  const status = rows.map((row) => asBoolean(field(row, 'active'))).find((one) => one !== undefined)
  if (status === undefined) return 'unborne'
  const filter = eq(spelling(app.settings, 'active') || 'active', status).text
  const list = await readList(app, 'Users', { filter, startIndex: 1, count: app.settings.pageSize }, context)
  if ('failure' in list) return refusesFilter(list.failure) ? 'refused' : undefined
  const fits = list.rows.every((row) => asBoolean(field(row, 'active')) === status)
  return list.rows.length > 0 && fits ? 'honoured' : 'ignored'
}

/** What the app does with a filter by the name of a group that it has. */
export async function groupFilter(app: ScimApp, context: RequestContext): Promise<Finding> {
  const groups = await readList(app, 'Groups', { startIndex: 1, count: app.settings.pageSize }, context)
  const [first] = 'failure' in groups ? [] : groups.rows
  const name = asText(field(first, 'displayName'))
  if (name === undefined) return { found: 'not tested: there is no group' }
  const state = await groupFilterState(app, name, context)
  if (!state) return UNKNOWN
  await note(app, ['displayName'], state)
  return {
    found: `by name ${FILTER_STATES[state]}`,
    proposes: filtersFrom(app, { groupName: state }),
  }
}
