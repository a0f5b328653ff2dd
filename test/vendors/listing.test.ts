// @module-tag long

import { describe, expect, test } from 'vitest'
import type { ListPosition, Operations } from '../../src/domain/operations.ts'
import type { FetchedPage } from '../../src/vendors/http/collect.ts'
import { recentPages } from '../../src/vendors/http/recent-pages.ts'
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { gainsightAt, SCIM } from './gainsight-at.ts'
import { listOf, scimAt, user } from './scim/scim-at.ts'

type Lists = Pick<Required<Operations>, 'listAccounts'>

const ids = (count: number) => Array.from({ length: count }, (_, index) => `u${index + 1}`)
type Users = number | readonly string[]
const idsOf = (users: Users) => (typeof users === 'number' ? ids(users) : users)

/** An app with these users, or so many; `behind` is its answer to a page behind the last one. */
const byIndex =
  (users: Users, behind?: CannedReply) =>
  ({ query }: ReceivedRequest): CannedReply => {
    const all = idsOf(users)
    const start = Number(query.startIndex)
    if (behind && start > all.length) return behind
    const rows = all.slice(start - 1, start - 1 + Number(query.count))
    return {
      body: listOf(
        rows.map((id) => user(id)),
        all.length,
      ),
    }
  }

const usersDialect =
  (users: Users, behind?: CannedReply) =>
  ({ query }: ReceivedRequest): CannedReply => {
    const all = idsOf(users)
    const size = Number(query.pageSize)
    const first = (Number(query.page) - 1) * size
    if (behind && first >= all.length) return behind
    const data = all.slice(first, first + size)
    return {
      body: {
        result: true,
        data: data.map((id) => ({ userId: id, email: `${id}@x.example` })),
        totalCount: all.length,
      },
    }
  }

const servicesDialect =
  (users: Users, behind?: CannedReply) =>
  ({ body }: ReceivedRequest): CannedReply => {
    const all = idsOf(users)
    const { page, limit } = body as { page: number; limit: number } // what we send
    if (behind && page * limit >= all.length) return behind
    const records = all.slice(page * limit, (page + 1) * limit)
    const rows = records.map((id) => ({ Gsid: id, Email: `${id}@x.example` }))
    return { body: { result: true, data: { records: rows, totalRecords: all.length } } }
  }

/** Each way of listing an app: how it is opened with a page size, and how it answers. */
const SURFACES = {
  scim: { at: (url: string, pageSize: number): Lists => scimAt(url, { pageSize }), app: byIndex },
  'Gainsight SCIM': {
    at: (url: string, pageSize: number): Lists => gainsightAt(url, { pageSize, scimBasePath: SCIM }),
    app: byIndex,
  },
  'Gainsight users': {
    at: (url: string, pageSize: number): Lists =>
      gainsightAt(url, { tokens: { accessKey: 'key' }, restDialect: 'users', pageSize }),
    app: usersDialect,
  },
  'Gainsight services': {
    at: (url: string, pageSize: number): Lists =>
      gainsightAt(url, { tokens: { accessKey: 'key' }, restDialect: 'services', pageSize }),
    app: servicesDialect,
  },
}

/** Reads a listing to its end, each call by what `open` opens. */
async function readAll(open: () => Lists, limit: number) {
  const found: string[] = []
  let at: ListPosition | undefined
  for (let calls = 1; calls < 200; calls++) {
    const page = await open().listAccounts({ limit, ...(at && { at }) }, context())
    found.push(...page.items.map(({ id }) => id))
    if (!page.next) return { found, calls, complete: page.complete }
    at = page.next
  }
  throw new Error('the listing does not end')
}

describe.each(Object.entries(SURFACES))('%s', (_, { at, app }) => {
  test('reads 10,000 users, 200 a call, by ten requests', async () => {
    await using server = await serveCanned(app(10_000))
    const operations = at(server.url, 1_000)
    const { found, complete } = await readAll(() => operations, 200)
    expect(found).toEqual(ids(10_000))
    expect(complete).toBe(true)
    // That the pages are full and the total is their number may mean anything, so one more is asked for.
    expect(server.asked.length).toBeLessThanOrEqual(11)
  })

  test.each([1, 3, 7, 10, 25])(
    'finds the same rows, %i a call, in a process that has kept nothing',
    async (limit) => {
      await using server = await serveCanned(app(47))
      expect(await readAll(() => at(server.url, 10), limit)).toMatchObject({ found: ids(47), complete: true })
    },
  )

  const REFUSALS: [string, CannedReply][] = [
    ['400', { status: 400, body: { detail: 'startIndex' } }],
    ['404', { status: 404, body: { detail: 'none' } }],
    ['404 of a gateway', { status: 404, raw: '<html></html>' }],
  ]
  test.each(REFUSALS)('takes a %s behind the last page for the end', async (__, behind) => {
    await using server = await serveCanned(app(10, behind))
    for (const limit of [4, 5, 10, 100]) {
      expect(await readAll(() => at(server.url, 10), limit)).toMatchObject({ found: ids(10), complete: true })
    }
  })

  test.each([
    ...REFUSALS,
    ['403', { status: 403, body: {} }],
    ['500', { status: 500, body: {} }],
  ] as typeof REFUSALS)('does not take a %s in the middle for the end', async (__, refusal) => {
    await using server = await serveCanned((arrived, index) => (index === 0 ? app(30)(arrived) : refusal))
    await expect(readAll(() => at(server.url, 10), 30)).rejects.toMatchObject({ code: expect.any(String) })
  })

  test.each([
    ['in one call', 100],
    ['page by page', 10],
    ['in parts of a page', 4],
  ])('leaves out nobody when others are deleted while it is read %s', async (__, limit) => {
    const all = ids(35)
    await using server = await serveCanned((arrived, index) => {
      const answer = app(all)(arrived)
      // Of those that were read, so that one moves up from each page that was not.
      if (index < 3) all.splice(index, 1)
      return answer
    })
    const operations = at(server.url, 10)
    const { found, complete } = await readAll(() => operations, limit)
    expect(complete).toBe(true)
    expect(found).toEqual(expect.arrayContaining(all))
  })

  test('asks anew when a listing begins anew', async () => {
    let count = 20
    await using server = await serveCanned((arrived) => app(count)(arrived))
    const operations = at(server.url, 10)
    await readAll(() => operations, 5)
    count = 25
    expect(await readAll(() => operations, 5)).toMatchObject({ found: ids(25), complete: true })
  })
})

describe('an app that pages by cursor (RFC 9865)', () => {
  /** Ignores the index, like AWS IAM Identity Center. */
  const byCursor =
    (count: number, more: (cursor: string | undefined) => CannedReply | undefined = () => undefined) =>
    ({ query }: ReceivedRequest): CannedReply => {
      const refused = more(query.cursor)
      if (refused) return refused
      const start = Number(query.cursor?.slice(1) ?? 0)
      const end = start + Number(query.count)
      const rows = ids(count)
        .slice(start, end)
        .map((id) => user(id))
      return { body: { ...listOf(rows, rows.length), ...(end < count && { nextCursor: `c${end}` }) } }
    }

  test.each([5, 10, 24, 25, 60, 1_000])('is followed to its end, %i rows a call', async (limit) => {
    await using server = await serveCanned(byCursor(230))
    const operations = scimAt(server.url, { pageSize: 25 })
    expect(await readAll(() => operations, limit)).toMatchObject({ found: ids(230), complete: true })
    expect(server.asked).toHaveLength(10)
    // The rest of a page may be gone.
    expect(await readAll(() => scimAt(server.url, { pageSize: 25 }), limit)).toMatchObject({
      found: ids(230),
    })
    expect(server.asked.every(({ query }) => !(query.cursor && query.startIndex))).toBe(true)
  })

  test.each<[string, (arrived: ReceivedRequest) => CannedReply]>([
    [
      'the same cursor again',
      ({ query }) => ({ body: { ...listOf([user(query.cursor ?? 'a')]), nextCursor: 'c' } }),
    ],
    [
      'the same rows again',
      ({ query }) => ({ body: { ...listOf([user('a')]), nextCursor: `${query.cursor}x` } }),
    ],
    [
      'a cursor that is too long',
      () => ({ body: { ...listOf([user('a')]), nextCursor: 'c'.repeat(5_000) } }),
    ],
  ])('that sends %s is not followed for ever', async (_, answer) => {
    await using server = await serveCanned(answer)
    const page = await scimAt(server.url).listAccounts({ limit: 100 }, context())
    expect(page).toMatchObject({ complete: false, note: expect.any(String) })
    expect(server.asked.length).toBeLessThan(4)
  })

  test('that has forgotten the cursor is asked anew by the agent', async () => {
    await using server = await serveCanned(
      byCursor(100, (cursor) => (cursor ? { status: 400, body: { scimType: 'expiredCursor' } } : undefined)),
    )
    const first = await scimAt(server.url, { pageSize: 10 }).listAccounts({ limit: 10 }, context())
    const rest = scimAt(server.url, { pageSize: 10 }).listAccounts(
      { limit: 10, ...(first.next && { at: first.next }) },
      context(),
    )
    await expect(rest).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('pages that are empty are not the end', async () => {
    const pages: Record<string, unknown> = {
      '': { ...listOf([user('a')]), nextCursor: 'b' },
      b: { ...listOf([]), nextCursor: 'c' },
      c: listOf([user('z')]),
    }
    await using server = await serveCanned(({ query }) => ({ body: pages[query.cursor ?? ''] }))
    expect(await readAll(() => scimAt(server.url), 10)).toMatchObject({ found: ['a', 'z'], complete: true })
  })
})

describe('groups', () => {
  const heavy = { id: 'g1', displayName: 'All', members: [{ value: 'u1' }] }
  const { members: _, ...light } = heavy

  test('are listed without their members', async () => {
    await using app = await serveCanned(({ query }) => ({
      body: listOf([query.excludedAttributes ? light : heavy]),
    }))
    const page = await scimAt(app.url, { pageSize: 50 }).listGroups({ limit: 10 }, context())
    expect(page).toMatchObject({ items: [{ id: 'g1', name: 'All' }], complete: true })
  })

  test.each([400, 500, 501])(
    'are listed with them where the app answers %i, which is remembered',
    async (status) => {
      await using app = await serveCanned(({ query }) =>
        query.excludedAttributes ? { status, body: { detail: 'no' } } : { body: listOf([heavy]) },
      )
      const memory = new Map<string, unknown>()
      // The first time, what is behind the page is asked for as well.
      for (const requests of [3, 4]) {
        const page = await scimAt(app.url, { pageSize: 50, memory }).listGroups({ limit: 10 }, context())
        expect(page).toMatchObject({ items: [{ memberCount: 1 }], complete: true })
        expect(app.asked).toHaveLength(requests)
      }
    },
  )

  test('of an app that leaves members out anyway are just listed', async () => {
    await using app = await serveCanned(() => ({ body: listOf([light]) }))
    await scimAt(app.url, { pageSize: 50 }, { omitsMembers: true }).listGroups({ limit: 10 }, context())
    expect(app.asked[0]?.query).not.toHaveProperty('excludedAttributes')
  })
})

test('pages are kept for two minutes, four at most, until something is changed', async () => {
  let now = 0
  let fetched = 0
  const pages = recentPages(() => now)
  const fetch = async (start: number): Promise<FetchedPage> => ({ rows: [start, fetched++] })
  const goOn = async (start: number) => (await pages.over('list', fetch, true)(start)).rows[0]
  await pages.over('list', fetch, false)(1)
  expect(await goOn(2)).toBe(0)
  expect(fetched).toBe(1)
  now = 2 * 60_000
  await goOn(2)
  expect(fetched).toBe(2)
  pages.forget()
  await goOn(2)
  expect(fetched).toBe(3)
  for (const start of [10, 20, 30, 40]) await goOn(start)
  await goOn(2)
  expect(fetched).toBe(8)
})
