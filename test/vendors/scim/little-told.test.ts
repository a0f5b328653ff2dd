import { describe, expect, test } from 'vitest'
import { IdentityError } from '../../../src/errors.ts'
import { context, serveCanned } from '../../support/canned.ts'
import { answersOf, type Habits, type Person } from './any-app.ts'
import { scimAt } from './scim-at.ts'

const person = (index: number, more: Partial<Person> = {}): Person => ({
  id: `u${index}`,
  userName: `user${index}`,
  externalId: `E${index}`,
  emails: [`first${index}@example.com`, `last${index}@example.com`],
  ...more,
})
const people = (count: number, last: Partial<Person> = {}): Person[] => [
  ...Array.from({ length: count - 1 }, (_, index) => person(index)),
  person(count - 1, last),
]

const USUAL: Habits = {
  idForm: 'short',
  externalIds: 'names',
  filters: { userName: 'honoured', 'emails.value': 'honoured', externalId: 'honoured' },
  unknownFilters: 'nobody',
  or: 'honoured',
  rows: 'whole',
  paging: 'index',
  cutAt: 5,
  total: 'right',
  byId: 'answers',
  pageSize: 100,
  quoteBreaks: false,
}
const filters = (habits: Partial<Habits['filters']>) => ({ filters: { ...USUAL.filters, ...habits } })
const REFUSING = filters({ userName: 'refused', 'emails.value': 'refused', externalId: 'refused' })

/** The ids of whoever is found by a name, or the code of the error; and what a list of all users says. */
async function told(app: Person[], habits: Partial<Habits>, name: string) {
  const own = { ...USUAL, ...habits }
  await using served = await serveCanned(answersOf(app, own))
  const operations = scimAt(served.url, { pageSize: own.pageSize })
  const found = await operations.findAccounts({ user: name }, context()).then(
    ({ accounts, gap }) => ({ ids: accounts.map(({ id }) => id), ...(gap && { gap: gap.code }) }),
    (error: unknown) => (error instanceof IdentityError ? error.code : error),
  )
  const { items, complete } = await operations.listAccounts({ limit: 100 }, context())
  return { found, listed: items.length, complete, asked: served.asked.length }
}

describe('a list that shows less than the records', () => {
  const NO_EVIDENCE = 'bad_reply'
  test.each<[title: string, habits: Partial<Habits>, name: string, found: unknown]>([
    [
      'no emails, and no record shows any',
      { ...REFUSING, rows: 'no emails', byId: '404' },
      'last1@example.com',
      NO_EVIDENCE,
    ],
    ['no emails', { ...REFUSING, rows: 'no emails' }, 'last1@example.com', NO_EVIDENCE],
    [
      'no external ids, and no record shows any',
      { ...REFUSING, rows: 'no externalId', byId: '404' },
      'E1',
      NO_EVIDENCE,
    ],
    [
      'nothing, where filters find nobody whoever is there',
      { ...filters({ 'emails.value': 'nobody' }), rows: 'ids', byId: '404', unknownFilters: 'refused' },
      'last1@example.com',
      NO_EVIDENCE,
    ],
    ['the first email', { ...REFUSING, rows: 'first email' }, 'last1@example.com', NO_EVIDENCE],
    [
      'the first email, by which alone it filters',
      { ...filters({ 'emails.value': 'first value' }), rows: 'first email' },
      'last1@example.com',
      NO_EVIDENCE,
    ],
    ['the first email, and filters by all', { rows: 'first email' }, 'last1@example.com', { ids: ['u1'] }],
    [
      'the first email, which is asked for',
      { ...REFUSING, rows: 'first email' },
      'first1@example.com',
      {
        ids: ['u1'],
        gap: NO_EVIDENCE,
      },
    ],
  ])('is no evidence: %s', async (_, habits, name, found) => {
    expect(await told(people(4), habits, name)).toMatchObject({ found })
  })
})

describe('a page that is cut and tells its own number of rows as the total', () => {
  const CUT = { paging: 'small pages', total: 'of page' } as const

  test.each([1, 2, 5, 7])('is not taken for the whole list: a page of %i', async (rows) => {
    const habits = { ...REFUSING, ...CUT, cutAt: rows }
    expect(await told(people(8), habits, 'last7@example.com')).toMatchObject({
      found: { ids: ['u7'] },
      listed: 8,
      complete: true,
    })
  })

  test('is not taken for the whole list of an app that ignores where to start', async () => {
    const habits = { ...REFUSING, paging: 'ignored', total: 'of page', pageSize: 2 } as const
    expect(await told(people(3), habits, 'user1')).toMatchObject({ listed: 2, complete: false })
  })

  test.each([
    [429, 'rate_limited'],
    [503, 'unavailable'],
  ])('is no whole list as long as the app answers %i to what is behind it', async (status, code) => {
    const answer = answersOf(people(4), { ...USUAL, ...REFUSING })
    let isPassing = true
    await using served = await serveCanned((asked) =>
      isPassing && asked.query.startIndex === '5' ? { status, body: {} } : answer(asked),
    )
    const operations = scimAt(served.url, { pageSize: 100, memory: new Map() })
    await expect(operations.listAccounts({ limit: 100 }, context())).rejects.toMatchObject({ code })
    isPassing = false
    expect(await operations.listAccounts({ limit: 100 }, context())).toMatchObject({ complete: true })
  })

  test.each(['right', 'of page'] as const)('is asked about once where the total is %s', async (total) => {
    await using served = await serveCanned(answersOf(people(4), { ...USUAL, ...REFUSING, total }))
    const operations = scimAt(served.url, { memory: new Map<string, unknown>(), pageSize: 100 })
    const asked: number[] = []
    for (const _ of [1, 2]) {
      const before = served.asked.length
      await operations.listAccounts({ limit: 100 }, context())
      asked.push(served.asked.length - before)
    }
    expect(asked).toEqual([2, 1])
  })
})

test.each([
  ['refused', 'E-of-user-3@example.com'],
  ['nobody', 'E-of-user-3@example.com'],
] as const)(
  'one external id that is an address is found where such filters are %s',
  async (state, externalId) => {
    const app = people(4, { externalId })
    const habits = { ...filters({ externalId: state }), pageSize: 2 as const }
    expect(await told(app, habits, externalId)).toMatchObject({ found: { ids: ['u3'] } })
  },
)

test.each([
  ['in the other form of its accent', 'jose\u0301@example.com', 'jos\u00e9@example.com'],
  ['with a blank before it', 'ana@example.com', ' ana@example.com'],
])('a name is found by a filter %s', async (_, userName, asked) => {
  const app = people(6, { userName, emails: [] })
  expect(await told(app, { pageSize: 2 }, asked)).toMatchObject({ found: { ids: ['u5'] } })
})

describe('a list of who has an email that is not the first', () => {
  test.each<
    [title: string, habits: Partial<Habits>, email: string, expected: { ids: string[]; complete: boolean }]
  >([
    [
      'is not called whole where rows show the first one alone, and no filter is taken',
      { ...REFUSING, rows: 'first email' },
      'last1@example.com',
      { ids: [], complete: false },
    ],
    [
      'is not called whole where a filter cannot hold the address',
      { rows: 'first email', quoteBreaks: true },
      "o'hara@example.com",
      { ids: [], complete: false },
    ],
    [
      'has them where the filter looks at the first one alone',
      filters({ 'emails.value': 'first value' }),
      'last3@example.com',
      { ids: ['u3'], complete: true },
    ],
  ])('%s', async (_, habits, email, expected) => {
    const app = people(4, { emails: ['first3@example.com', "o'hara@example.com", 'last3@example.com'] })
    await using served = await serveCanned(answersOf(app, { ...USUAL, ...habits }))
    const operations = scimAt(served.url, { pageSize: 2, memory: new Map() })
    const { items, complete } = await operations.listAccounts({ match: { email }, limit: 10 }, context())
    expect({ ids: items.map(({ id }) => id), complete }).toEqual(expected)
  })
})
