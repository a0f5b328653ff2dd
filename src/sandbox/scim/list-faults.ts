import type { FaultKind } from '../faults.ts'
import { change } from '../http-faults.ts'
import { type Incoming, isObject, type Reply } from '../http-types.ts'
import { uuidOf } from '../people.ts'
import {
  asking,
  hasFilter,
  isList,
  isRead,
  isUsers,
  listedAs,
  quirk,
  refuse,
  rowsOf,
  succeeded,
} from './fault-parts.ts'

const OR = /\s+or\s+/i

/** A fault that refuses filters by some attributes. */
const filterRefused = (about: string, attribute: RegExp): FaultKind => ({
  about,
  when: (incoming) => hasFilter(incoming) && attribute.test(incoming.query.get('filter') ?? ''),
  act: () => refuse(400, 'Filter is not valid', 'invalidFilter'),
})

/** Deviations of SCIM services in lists, filters and paging. */
export const LIST_FAULTS = {
  'filter-ignored': {
    about: 'Ignores filters: a list contains every row.',
    when: hasFilter,
    act: (incoming, run) => run(asking(incoming, 'filter')),
  },
  'filter-refused': {
    about: 'Refuses every filter with 400 (or another, if set).',
    when: hasFilter,
    status: 400,
    act: (_, __, { status }) =>
      refuse(status, 'Filter is not valid', status === 400 ? 'invalidFilter' : undefined),
  },
  'paging-ignored': {
    about: 'Ignores startIndex: every page is the first one.',
    when: isRead,
    act: (incoming, run) => run(asking(incoming, 'startIndex')),
  },
  'duplicate-user': {
    about: 'Lists a second user: same name, different letter case.',
    when: (incoming) => isUsers(incoming) && isRead(incoming),
    act: async (incoming, run) => change(await run(incoming), withTwin),
  },
  // MicrosoftDocs SCIMReferenceCode#83, wso2/product-is#7320
  'total-is-page': listedAs('totalResults is the number of rows on the page.', (body) => ({
    ...body,
    totalResults: rowsOf(body).length,
  })),
  'start-from-zero': listedAs('Returns startIndex counted from 0 instead of 1.', (body) => ({
    ...body,
    startIndex: Number(body.startIndex) - 1,
  })),
  'items-per-page-off': listedAs(
    'itemsPerPage is the requested count, not the actual one.',
    (body, { query }) => ({
      ...body,
      itemsPerPage: Number(query.get('count') ?? 100),
    }),
  ),
  'text-numbers': listedAs('A list returns its numbers as text.', (body) => ({
    ...body,
    totalResults: String(body.totalResults),
    itemsPerPage: String(body.itemsPerPage),
    startIndex: String(body.startIndex),
  })),
  'numbers-missing': listedAs('A list has rows but no totals or page numbers.', ({ schemas, Resources }) => ({
    schemas,
    ...(Resources !== undefined && { Resources }),
  })),
  'resources-missing': listedAs('An empty list has no Resources.', ({ Resources, ...body }) => ({
    ...body,
    ...(rowsOf({ Resources }).length > 0 && { Resources }),
  })),
  'count-clamped': {
    about: 'Returns at most 10 rows, whatever the count.',
    when: isList,
    act: (incoming, run) =>
      run(asking(incoming, 'count', String(Math.min(10, Number(incoming.query.get('count') ?? 10))))),
  },
  'count-zero-refused': {
    about: 'Refuses count=0 with 400.',
    when: (incoming) => isList(incoming) && incoming.query.get('count') === '0',
    act: () => refuse(400, 'count must be at least 1', 'invalidValue'),
  },
  'pages-overlap': {
    about: 'Each page repeats the last row of the page before.',
    when: (incoming) => isList(incoming) && Number(incoming.query.get('startIndex') ?? 1) > 1,
    act: (incoming, run) =>
      run(asking(incoming, 'startIndex', String(Number(incoming.query.get('startIndex')) - 1))),
  },
  // Captain-P-Goldfish/SCIM-SDK#131
  'page-past-count': {
    about: 'A page is empty if startIndex is greater than count.',
    when: (incoming) =>
      isList(incoming) && numberIn(incoming, 'startIndex', 1) > numberIn(incoming, 'count', 100),
    act: (incoming, run) => run(asking(incoming, 'count', '0')),
  },
  'list-needs-filter': {
    about: 'Refuses to list without a filter, with 400.',
    when: (incoming) => isList(incoming) && !incoming.query.has('filter'),
    act: () => refuse(400, 'A filter is required', 'invalidFilter'),
  },
  // Atlassian ACCESS-1293
  'inactive-unlisted': quirk('inactive-unlisted', 'Lists omit inactive users; they can be read by id.'),
  'filter-empty': {
    about: 'Every filter finds nothing.',
    when: hasFilter,
    act: (incoming, run) => run(asking(incoming, 'filter', 'id eq "nobody"')),
  },
  // Snowflake's behaviour change 2276
  'filter-loose': {
    about: 'A filter finds the matches, after up to three other rows.',
    when: hasFilter,
    async act(incoming, run) {
      const [found, others] = [
        await run(incoming),
        await run(asking(asking(incoming, 'filter'), 'count', '3')),
      ]
      return succeeded(found) && succeeded(others)
        ? change(found, (body) => withStrangers(others, body))
        : found
    },
  },
  'external-id-filter': filterRefused('Refuses a filter by externalId with 400.', /^\s*externalId\b/i),
  'emails-filter': filterRefused('Refuses a filter by emails with 400.', /^\s*emails\b/i),
  'or-refused': {
    about: 'Refuses filters with `or` with 400.',
    when: (incoming) => hasFilter(incoming) && OR.test(incoming.query.get('filter') ?? ''),
    act: () => refuse(400, 'Filter is not valid', 'invalidFilter'),
  },
  'or-first-only': {
    about: 'Reads only the first part of a filter with `or`.',
    when: hasFilter,
    act: (incoming, run) => run(asking(incoming, 'filter', incoming.query.get('filter')?.split(OR)[0])),
  },
  // bitwarden/server: a filter by anything else is read as one that nobody meets
  'filter-user-name-only': {
    about: 'Every filter but one by userName alone finds nothing.',
    when: (incoming) =>
      hasFilter(incoming) && !/^\s*userName eq "[^"]*"$/i.test(incoming.query.get('filter') ?? ''),
    act: (incoming, run) => run(asking(incoming, 'filter', 'id eq "nobody"')),
  },
  // ory/polis: the value is looked for among the user names, whatever the attribute
  'filter-any-attribute': {
    about: 'Reads every filter as one by userName.',
    when: (incoming) => hasFilter(incoming) && isUsers(incoming),
    act(incoming, run) {
      const [, value = 'nobody'] = /^[\w.]+ eq "([^"]*)"$/i.exec(incoming.query.get('filter') ?? '') ?? []
      return run(asking(incoming, 'filter', `userName eq "${value}"`))
    },
  },
  // wso2/product-is#11126
  'rows-need-count': {
    about: 'A filter without a count returns a total and no rows.',
    when: (incoming) => hasFilter(incoming) && !incoming.query.has('count'),
    act: (incoming, run) => run(asking(incoming, 'count', '0')),
  },
  // Asana: guests are not shown
  'guests-hidden': listedAs('Lists omit users whose userType is Guest.', (body) => {
    const rows = rowsOf(body).filter((row) => !(isObject(row) && row.userType === 'Guest'))
    const hidden = rowsOf(body).length - rows.length
    return hidden === 0
      ? body
      : { ...body, Resources: rows, totalResults: Number(body.totalResults) - hidden }
  }),
  // wso2/product-is#7372
  'rows-sparse': listedAs('A list shows only id, userName and active of a user.', (body) => ({
    ...body,
    Resources: rowsOf(body).map((row) =>
      isObject(row) && 'userName' in row ? { id: row.id, userName: row.userName, active: row.active } : row,
    ),
  })),
  'attributes-ignored': {
    about: 'Ignores attributes and excludedAttributes.',
    act: (incoming, run) => run(asking(asking(incoming, 'attributes'), 'excludedAttributes')),
  },
  'discovery-missing': {
    about: 'Discovery answers 404 (or another, if set).',
    when: ({ path }) => /\/(ServiceProviderConfig|Schemas|ResourceTypes)(\/|$)/.test(path),
    status: 404,
    act: (_, __, { status }) => refuse(status, 'Not found'),
  },
  'discovery-wrong': {
    about: 'ServiceProviderConfig denies support for PATCH and filter.',
    when: ({ path }) => path.endsWith('/ServiceProviderConfig'),
    act: async (incoming, run) =>
      change(await run(incoming), (body) =>
        isObject(body) ? { ...body, patch: { supported: false }, filter: { supported: false } } : body,
      ),
  },
} satisfies Record<string, FaultKind>

function numberIn({ query }: Incoming, name: string, otherwise: number): number {
  return Number(query.get(name) ?? otherwise)
}

function withStrangers(others: Reply, body: unknown): unknown {
  const known = new Set(rowsOf(body).map((row) => isObject(row) && row.id))
  const strangers = rowsOf(others.body).filter((row) => isObject(row) && !known.has(row.id))
  const rows = [...strangers, ...rowsOf(body)]
  return {
    ...(isObject(body) && body),
    totalResults: rows.length,
    itemsPerPage: rows.length,
    Resources: rows,
  }
}

function withTwin(body: unknown): unknown {
  if (!isObject(body) || !Array.isArray(body.Resources) || Number(body.startIndex) > 1) return body
  const [first, ...others]: unknown[] = body.Resources
  if (!isObject(first)) return body
  const twin = { ...first, id: uuidOf(`twin of ${first.id}`), userName: String(first.userName).toUpperCase() }
  return {
    ...body,
    totalResults: Number(body.totalResults) + 1,
    itemsPerPage: others.length + 2,
    Resources: [first, twin, ...others],
  }
}
