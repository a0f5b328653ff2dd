import { describe, expect, test } from 'vitest'
import type { Found } from '../../src/domain/operations.ts'
import type { IdentityError } from '../../src/errors.ts'
import fixtures from '../fixtures/gainsight.json' with { type: 'json' }
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { gainsightAt } from './gainsight-at.ts'

const { services } = fixtures
const NO_DATA: CannedReply = services.listNoDataFalse
const REFUSED: CannedReply = { status: 400, body: { result: false, errorCode: 'GSOBJ_1004' } }
const DOWN: CannedReply = { status: 500, body: { result: false, errorCode: 'GU_1101' } }

type Row = Record<string, string | boolean | null>

const GSID = '1P01ADA00000000001'
const person = (id: string, email: string, userName: string | null = email): Row => ({
  Gsid: id,
  Email: email,
  SFDCUserName: userName,
  FirstName: email.split('@')[0] ?? '',
  LastName: 'Poe',
  IsActiveUser: true,
})
const ada = person(GSID, 'ada@example.com', 'ada.sf@example.com')
const staff = [
  ada,
  person('g2', 'bo@example.com'),
  person('g3', 'cy@example.com'),
  person('g4', 'di@example.com'),
]
// An account that has the email of another one as its user name.
const twin = person('g9', 'twin@example.com', 'ada@example.com')

interface ServicesLike {
  people?: readonly Row[]
  /** The answer to a search in place of an honest one; undefined is an honest one. */
  /** Whether the search compares letter case. */
  exact?: boolean
  odd?: (honest: Row[]) => CannedReply | undefined
  list?: (page: number) => CannedReply | undefined
}

const listed = (rows: readonly Row[], total = rows.length): CannedReply =>
  rows.length === 0 ? NO_DATA : { body: { result: true, data: { records: rows, totalRecords: total } } }

/** An app that can search, and is honest as far as nothing else is said. */
const searching =
  ({ people = staff, exact = false, odd, list }: ServicesLike) =>
  ({ body }: ReceivedRequest): CannedReply => {
    const asked = body as {
      limit: number
      page: number
      where?: { conditions: { name: string; value: unknown[] }[] }
    }
    if (!asked.where) {
      const from = asked.page * asked.limit
      return list?.(asked.page) ?? listed(people.slice(from, from + asked.limit), people.length)
    }
    const { conditions } = asked.where
    const fold = (value: unknown) => (exact ? value : String(value).toLowerCase())
    const found = people.filter((one) =>
      conditions.some(({ name, value: [value] }) => fold(one[name]) === fold(value)),
    )
    return odd?.(found) ?? listed(found)
  }

const kindOf = ({ method, path, query, body }: ReceivedRequest): string =>
  method === 'GET'
    ? path === '/v1/users'
      ? `page ${query.page}`
      : 'id'
    : (body as { where?: unknown }).where
      ? 'search'
      : `page ${Number((body as { page: number }).page) + 1}`

/** Looks people up one after the other at one server. What came of the last, and its requests. */
async function findAll(
  restDialect: 'services' | 'users',
  answer: (arrived: ReceivedRequest) => CannedReply,
  looks: readonly { user: string; also?: string[] }[],
  operation: 'findAccounts' | 'findByName' = 'findAccounts',
) {
  await using app = await serveCanned(answer)
  const operations = gainsightAt(app.url, {
    tokens: { accessKey: 'access-key' },
    restDialect,
    pageSize: 5,
    maxPages: 6,
  })
  let outcome: Found | IdentityError = { accounts: [] }
  let before = 0
  for (const look of looks) {
    before = app.asked.length
    outcome = await (operation === 'findByName'
      ? operations.findByName({ name: look.user }, context())
      : operations.findAccounts(look, context())
    ).catch((thrown: IdentityError) => thrown)
  }
  const requests = app.asked.slice(before).map(kindOf).join(', ')
  return 'accounts' in outcome
    ? { ids: outcome.accounts.map(({ id }) => id).join(), gap: outcome.gap?.code, requests }
    : { error: outcome.code, requests }
}

const ADA = { user: 'ada@example.com' }
const NOBODY = { user: 'nobody@example.com' }

describe('services', () => {
  test.each<[string, ServicesLike, { user: string; also?: string[] }, object]>([
    ['its email', {}, ADA, { ids: GSID }],
    ['its user name', {}, { user: 'ada.sf@example.com' }, { ids: GSID }],
    ['its email in other letters', {}, { user: 'ADA@example.com' }, { ids: GSID }],
    ['all accounts with the name', { people: [...staff, twin] }, ADA, { ids: `${GSID},g9` }],
    ['another of its names', {}, { user: 'nobody@example.com', also: ['ada@example.com'] }, { ids: GSID }],
    ['nobody', {}, NOBODY, { ids: '' }],
  ])('find %s by one request, when the search is known to work', async (_, app, look, expected) => {
    expect(await findAll('services', searching(app), [NOBODY, look])).toEqual({
      ...expected,
      requests: 'search',
    })
  })

  test('look for users of the list besides, once, to know whether the search works', async () => {
    expect(await findAll('services', searching({}), [NOBODY])).toEqual({
      ids: '',
      requests: 'page 1, search',
    })
  })

  test.each([
    ['an id, which nobody can have as a name', { user: GSID }, GSID, 'search'],
    ['an id of another form', { user: 'g2' }, 'g2', 'search'],
    ['an id of nobody', { user: '1P01NOBODY00000001' }, '', 'search, search'],
  ])('are found by %s', async (_, look, ids, requests) => {
    expect(await findAll('services', searching({}), [NOBODY, look])).toEqual({ ids, requests })
  })

  test.each<[string, ServicesLike, string]>([
    ['compares letter case', { exact: true }, 'page 1'],
    ['refuses to search', { odd: () => REFUSED }, 'page 1'],
    ['fails to search', { odd: () => DOWN }, 'page 1, search'],
    ['finds nobody, whoever is asked for', { odd: () => NO_DATA }, 'page 1'],
    ['sends everybody', { odd: () => listed(staff) }, 'page 1'],
    ['sends the first page of everybody', { odd: () => listed(staff.slice(0, 2), 4) }, 'page 1'],
    ['reads only the first condition', { odd: (found) => listed(found.slice(0, 1)) }, 'page 1'],
    ['counts more than it sends', { odd: (found) => listed(found, found.length + 1) }, 'page 1, search'],
    [
      'sends rows that cannot be read',
      { odd: (found) => listed([...found, { ...ada, Gsid: null }]) },
      'page 1, search',
    ],
  ])('are looked up in the list where the app %s', async (_, app, requests) => {
    expect(await findAll('services', searching(app), [ADA, ADA])).toEqual({ ids: GSID, requests })
    expect(await findAll('services', searching(app), [NOBODY, NOBODY])).toEqual({ ids: '', requests })
  })

  test('that the search found stand, with why there may be others', async () => {
    const down = { list: (page: number) => (page > 0 ? DOWN : undefined) }
    const people = [...staff, twin, person('g5', 'eve@example.com')]
    const odd = (found: Row[]) => listed(found, found.length + 1)
    expect(await findAll('services', searching({ ...down, people, odd }), [ADA])).toMatchObject({
      ids: `${GSID},g9`,
      gap: 'unavailable',
    })
    expect(await findAll('services', searching({ ...down, people, odd }), [NOBODY])).toMatchObject({
      error: 'unavailable',
    })
  })
})

describe('users', () => {
  const user = (index: number, more: Row = {}): Row => ({
    userId: `u${index}`,
    email: `u${index}@example.com`,
    firstName: `Given${index}`,
    lastName: 'Poe',
    isActive: true,
    ...more,
  })
  const crowd = (count: number, more: readonly Row[] = []) => [
    ...Array.from({ length: count }, (_, index) => user(index)),
    ...more,
  ]
  /** Lists and reads these users. Fails from page `down` on. */
  const app =
    (people: readonly Row[], { down = Number.POSITIVE_INFINITY, total = people.length } = {}) =>
    ({ path, query }: ReceivedRequest): CannedReply => {
      if (path !== '/v1/users') {
        const one = people.find(({ userId }) => path === `/v1/users/${userId}`)
        return one ? { body: { result: true, data: one } } : fixtures.users.notFound
      }
      if (Number(query.page) >= down) return DOWN
      const from = (Number(query.page) - 1) * Number(query.pageSize)
      return {
        body: { result: true, data: people.slice(from, from + Number(query.pageSize)), totalCount: total },
      }
    }
  const namesake = user(7, { externalId: 'u1' })
  const withGsid = user(8, { userId: GSID })

  test.each<[string, ReturnType<typeof app>, { user: string; also?: string[] }, object]>([
    ['by email', app(crowd(7)), { user: 'u6@example.com' }, { ids: 'u6', requests: 'page 1, page 2' }],
    [
      'by any of their names',
      app(crowd(7)),
      { user: 'nobody@example.com', also: ['u3@example.com'] },
      { ids: 'u3', requests: 'page 1, page 2' },
    ],
    [
      'by an id, which hides nobody who has it as a name',
      app(crowd(3, [namesake])),
      { user: 'u1' },
      { ids: 'u1,u7', requests: 'id, page 1' },
    ],
    [
      'by an id that nobody can have as a name',
      app([withGsid]),
      { user: GSID },
      { ids: GSID, requests: 'id' },
    ],
    [
      'by an id, with why there may be others',
      app(crowd(7), { down: 2 }),
      { user: 'u1' },
      { ids: 'u1', gap: 'unavailable', requests: 'id, page 1, page 2' },
    ],
    ['not at all, if there are none', app(crowd(7)), NOBODY, { ids: '', requests: 'page 1, page 2' }],
    ['not at all, if there is no list', app(crowd(7), { down: 1 }), NOBODY, { error: 'unavailable' }],
    ['not at all, if the list is cut off', app(crowd(5), { total: 9 }), NOBODY, { error: 'bad_reply' }],
    [
      'not at all, if a row cannot be read',
      app(crowd(2, [user(3, { email: null })])),
      NOBODY,
      { error: 'bad_reply' },
    ],
    [
      'not at all, if there are more pages than may be read',
      app(crowd(31)),
      NOBODY,
      { error: 'bad_reply', requests: 'page 1' },
    ],
  ])('are found %s', async (_, answer, look, expected) => {
    expect(await findAll('users', answer, [look])).toMatchObject(expected)
  })

  test.each<[string, ReturnType<typeof app>, string, object]>([
    ['a short list', app(crowd(7)), 'Given6 Poe', { ids: 'u6', requests: 'page 1, page 2' }],
    ['nobody', app(crowd(7)), 'Ada Poe', { ids: '', requests: 'page 1, page 2' }],
    ['a long list', app(crowd(26)), 'Given6 Poe', { error: 'unsupported', requests: 'page 1' }],
  ])('are found by a name in %s', async (_, answer, name, expected) => {
    expect(await findAll('users', answer, [{ user: name }], 'findByName')).toMatchObject(expected)
  })
})

test.each<[string, object]>([
  ['Bo Poe', { ids: 'g2', gap: 'unsupported', requests: 'page 1, search' }],
  ['Nobody Here', { error: 'unsupported', requests: 'page 1, search' }],
])('services: candidates for %s in a long list are searched by the family name', async (name, expected) => {
  const many = { list: () => listed(staff, 1_000) }
  expect(await findAll('services', searching(many), [{ user: name }], 'findByName')).toMatchObject(expected)
})
