import { expect, test } from 'vitest'
import quirks from '../../fixtures/scim-quirks.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { listOf, scimAt } from './scim-at.ts'

interface GroupRow {
  id?: string | null
  displayName?: string | null
}
const groups: GroupRow[] = ['Sales', 'Support', 'Legal', 'Finance', 'Research', 'Design'].map(
  (displayName) => ({
    id: `${displayName.toLowerCase()}-id`,
    displayName,
  }),
)
const none = listOf([])

interface AppLike {
  rows?: readonly GroupRow[]
  /** The answer to a filter, in place of an honest one. */
  odd?: (found: readonly GroupRow[]) => CannedReply
  list?: CannedReply
  /** Whether it compares letter by letter. */
  exact?: boolean
}

/** Filters groups by their name and pages them, honestly as far as nothing else is said. */
const app =
  ({ rows = groups, odd, list, exact = false }: AppLike = {}) =>
  ({ path, query }: ReceivedRequest): CannedReply => {
    if (path !== '/Groups') {
      const one = rows.find(({ id }) => path === `/Groups/${id}`)
      return one ? { body: { ...one, members: [{ value: 'u1' }] } } : { status: 404, body: { status: '404' } }
    }
    const from = Number(query.startIndex) - 1
    if (query.filter === undefined) {
      return list ?? { body: listOf(rows.slice(from, from + Number(query.count)), rows.length) }
    }
    const folded = (text: string) => (exact ? text : text.toLowerCase())
    const found = rows.filter(
      ({ displayName }) => folded(query.filter ?? '') === folded(`displayName eq "${displayName}"`),
    )
    return odd?.(found) ?? { body: listOf(found.slice(from), found.length) }
  }

const shape = ({ path, query }: ReceivedRequest): string =>
  path === '/Groups' ? (query.filter ? 'filter' : `list ${query.startIndex}`) : 'id'

/** Looks groups up one after the other at one server: what came of the last, and its requests by their kind. */
async function read(names: readonly string[], answer: (arrived: ReceivedRequest) => CannedReply) {
  await using served = await serveCanned(answer)
  const operations = scimAt(served.url, { pageSize: 4 })
  let outcome: object = {}
  let before = 0
  for (const group of names) {
    before = served.asked.length
    outcome = await operations.readGroup({ group }, context()).then(
      (found) => ({ id: found?.id }),
      ({ code }: { code: string }) => ({ error: code }),
    )
  }
  return { ...outcome, requests: served.asked.slice(before).map(shape).join(', ') }
}

const REFUSED = quirks.invalidFilter

test.each<[string, string[], AppLike, object]>([
  ['is found', ['Sales'], {}, { id: 'sales-id', requests: 'filter, id' }],
  [
    'is not there, and the filter is tested with a group that is',
    ['Nothing'],
    {},
    { id: undefined, requests: 'filter, list 1, filter, id' },
  ],
  [
    'is not there, and the filter is known to work since another was found in other letters',
    ['sales', 'Nothing'],
    {},
    { id: undefined, requests: 'filter, id' },
  ],
  [
    'is found in other letters at an app that compares letter by letter',
    ['Design', 'design'],
    { exact: true },
    { id: 'design-id', requests: 'filter, list 1, filter, filter, list 1, list 5, id' },
  ],
  [
    'is found in other letters there, once it is known that it does',
    ['Nothing', 'DESIGN'],
    { exact: true },
    { id: 'design-id', requests: 'filter, list 1, list 5, id' },
  ],
  [
    'without letters is not there, as its filter says',
    ['Nothing', '4711'],
    { exact: true },
    { id: undefined, requests: 'filter, id' },
  ],
  [
    'in the other form of its accent is found by comparing here',
    ['Caf\u00e9'],
    { rows: [...groups, { id: 'cafe-id', displayName: 'Cafe\u0301' }] },
    { id: 'cafe-id' },
  ],
  [
    'is not there, and the filter was tested',
    ['Nothing', 'Nothing else'],
    {},
    { id: undefined, requests: 'filter, id' },
  ],
  [
    'is not in the whole list, which is short',
    ['Nothing'],
    { rows: groups.slice(0, 3) },
    { id: undefined, requests: 'filter, list 1, list 4, id' },
  ],
  [
    'is in the list of an app that finds nothing by any filter',
    ['Design'],
    { odd: () => ({ body: none }) },
    { id: 'design-id', requests: 'filter, list 1, filter, filter, list 5, id' },
  ],
  [
    'is in the list of an app that ignores filters',
    ['Design'],
    { odd: () => ({ body: listOf(groups) }) },
    { id: 'design-id', requests: 'filter, filter, list 1, list 5, id' },
  ],
  [
    'is in the list of an app that refuses filters',
    ['Design'],
    { odd: () => REFUSED },
    { id: 'design-id', requests: 'filter, list 1, list 5, id' },
  ],
  [
    'is looked for in the list, once filters are known to be refused',
    ['Design', 'Nothing'],
    { odd: () => REFUSED },
    { id: undefined, requests: 'list 1, list 5, id' },
  ],
  [
    'is looked for in the list where the filter counts more than it shows',
    ['Sales', 'Nothing'],
    { odd: (found) => ({ body: listOf(found as GroupRow[], found.length + 1) }) },
    { id: undefined, requests: 'filter, list 1, filter, list 1, list 5, id' },
  ],
  [
    'has two bearers',
    ['Sales'],
    { rows: [...groups, { id: 's2', displayName: 'Sales' }] },
    { error: 'ambiguous', requests: 'filter' },
  ],
  [
    'is not known where the list is refused',
    ['Nothing'],
    { list: { status: 403 } },
    { error: 'forbidden', requests: 'filter, list 1' },
  ],
  [
    'is not known where a row does not tell its name',
    ['Nothing'],
    { rows: [{ id: 'x' }, ...groups.slice(0, 2)], odd: () => REFUSED },
    { error: 'bad_reply' },
  ],
  [
    'is not known where a row has no id',
    ['Nothing'],
    { rows: [{ displayName: 'Nothing' }, ...groups.slice(0, 2)], odd: () => REFUSED },
    { error: 'bad_reply' },
  ],
  [
    'is not that of a group without a name',
    ['Nothing'],
    { rows: [{ id: 'x', displayName: null }, ...groups.slice(0, 2)] },
    { id: undefined },
  ],
])('a name %s', async (_, names, like, expected) => {
  expect(await read(names, app(like))).toMatchObject(expected)
})
