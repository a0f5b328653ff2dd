import { describe, expect, test } from 'vitest'
import type { ListPosition } from '../../../src/domain/operations.ts'
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { vendorAt } from '../vendor-at.ts'
import { listOf, scimAt, user } from './scim-at.ts'

type Query = Readonly<Record<string, string>>
type Answer = (query: Query) => CannedReply

const ALL = Array.from({ length: 23 }, (_, index) => user(`u${index + 1}`))
const refused = (detail: string, scimType = 'invalidValue'): CannedReply => ({
  status: 400,
  body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '400', scimType, detail },
})

const rowsFrom = (start: number, count: number, most = 10) =>
  ALL.slice(start - 1, start - 1 + Math.min(count, most))
const byIndex: Answer = ({ startIndex = '1', count = '10' }) => ({
  body: {
    ...listOf(rowsFrom(Number(startIndex), Number(count)), ALL.length),
    startIndex: Number(startIndex),
  },
})
const byCursor: Answer = ({ cursor = '', count = '10' }) => {
  const start = Number(cursor || 1)
  const rows = rowsFrom(start, Number(count))
  const next = start + rows.length
  return {
    body: { ...listOf(rows, ALL.length), ...(next <= ALL.length && { nextCursor: String(next) }) },
  }
}
const SAYS_CURSOR = { pagination: { cursor: true, index: false } }

/** How an app pages, and what it says of that. */
const WAYS: [title: string, answer: Answer, config?: object][] = [
  ['by index', byIndex],
  ['by cursor, from an index of 1 on', byCursor],
  [
    'by cursor alone, refusing an index',
    (query) => (query.startIndex ? refused('startIndex is not supported') : byCursor(query)),
  ],
  [
    'by cursor if it gets one, ignoring an index and saying so',
    (query) =>
      query.cursor === undefined
        ? { body: listOf(rowsFrom(1, Number(query.count ?? 10)), ALL.length) }
        : byCursor(query),
    SAYS_CURSOR,
  ],
  [
    'by index, though it sends a cursor',
    (query) => {
      const { body } = byIndex(query)
      return { body: { ...(body as object), nextCursor: 'ignored' } }
    },
  ],
  ['not at all: it sends everybody', () => ({ body: { ...listOf(ALL), startIndex: 1 } })],
  ['not at all, without a total', () => ({ body: { Resources: ALL } })],
  [
    'in whole pages of its own, whatever the index',
    ({ startIndex = '1' }) => {
      const page = Math.floor((Number(startIndex) - 1) / 10)
      return {
        body: { ...listOf(ALL.slice(page * 10, page * 10 + 10), ALL.length), startIndex: page * 10 + 1 },
      }
    },
  ],
  [
    'with a startIndex that counts from 0',
    (query) => {
      const { body } = byIndex(query)
      return { body: { ...(body as object), startIndex: Number(query.startIndex ?? 1) - 1 } }
    },
  ],
  [
    'with a count of 8 at most, refusing more by the name of RFC 9865',
    (query) =>
      Number(query.count ?? 8) > 8 ? refused('too large', 'invalidCount') : byIndex({ count: '8', ...query }),
  ],
  [
    'refusing every count',
    (query) =>
      query.count ? refused('The parameter count is not allowed') : byIndex({ ...query, count: '7' }),
  ],
  [
    'by cursor alone, refusing every count',
    (query) =>
      query.count || query.startIndex ? refused('unknown parameters: count, startIndex') : byCursor(query),
  ],
  [
    'refusing a page behind the end, without a total',
    ({ startIndex = '1', count = '10' }) => {
      const rows = rowsFrom(Number(startIndex), Number(count))
      return rows.length > 0 ? { body: { Resources: rows } } : refused('startIndex is beyond the end')
    },
  ],
]

/** Apps of which it cannot be known whether they have sent everybody. */
const UNPROVEN = ['not at all, without a total', 'refusing a page behind the end, without a total']

const serve = (answer: Answer, config?: object) =>
  serveCanned(({ path, query }: ReceivedRequest) => {
    if (path.endsWith('/ServiceProviderConfig')) return config ? { body: config } : { status: 404 }
    const [, collection, id] = path.split('/')
    const record = ALL.find((one) => one.id === id)
    const reply = record ? { body: record } : answer(query)
    return collection === 'Groups' ? ofGroups(reply) : reply
  })

/** The same reply about groups, one for each user. */
function ofGroups({ body, ...reply }: CannedReply): CannedReply {
  const { Resources: rows, ...more } = body as { Resources?: typeof ALL } // as made here
  return {
    ...reply,
    body: { ...more, ...(rows && { Resources: rows.map(({ id }) => ({ id, displayName: `Group ${id}` })) }) },
  }
}

const LISTS = ['listAccounts', 'listGroups'] as const
const BY_LIMIT = LISTS.flatMap((list) => [4, 10].map((limit) => ({ list, limit })))

describe.each(WAYS)('an app that pages %s', (title, answer, config) => {
  const isProven = !UNPROVEN.includes(title)

  test.each(LISTS)('is read to its end in one call of %s, each row once', async (list) => {
    await using app = await serve(answer, config)
    const page = await scimAt(app.url, { pageSize: 10 })[list]({ limit: 100 }, context())
    expect(page.items.map(({ id }) => id)).toEqual(ALL.map(({ id }) => id))
    expect(page.complete).toBe(isProven)
  })

  test('shows that its token works', async () => {
    await using app = await serve(answer, config)
    const [check] = await vendorAt('scim', app.url).checkTokens({}, context())
    expect(check).toMatchObject({
      verdict: 'ok',
      surfaces: [
        { surface: 'SCIM users', ok: true },
        { surface: 'SCIM groups', ok: true },
      ],
    })
  })

  test('is probed', async () => {
    await using app = await serve(answer, config)
    const { findings } = await vendorAt('scim', app.url).probeApp({}, context())
    expect(findings).toContainEqual({ about: 'users', found: expect.stringMatching(/^can be listed/) })
    expect(findings).toContainEqual({ about: 'groups', found: 'there' })
  })

  test.each(BY_LIMIT)(
    'is read by $limit in several calls of $list, each row once',
    async ({ list, limit }) => {
      await using app = await serve(answer, config)
      // Another process each time: nothing but the position and what was learned is kept.
      const memory = new Map<string, unknown>()
      const found: string[] = []
      let at: ListPosition | undefined
      for (let calls = 0; calls < 20; calls++) {
        const operations = scimAt(app.url, { pageSize: 10, memory })
        const page = await operations[list]({ limit, ...(at && { at }) }, context()).catch(() => undefined)
        found.push(...(page?.items ?? []).map(({ id }) => id))
        at = page?.next
        if (!at) break
      }
      expect(found).toEqual([...new Set(found)])
      if (isProven) expect(found).toHaveLength(ALL.length)
    },
  )

  test('shows that nobody has a name only if it was read to its end', async () => {
    await using app = await serve(answer, config)
    const operations = scimAt(app.url, {
      pageSize: 10,
      filters: { userName: false, email: false, externalId: false },
    })
    const looking = operations.findAccounts({ user: 'nobody@example.com' }, context())
    if (isProven) expect(await looking).toEqual({ accounts: [] })
    else await expect(looking).rejects.toMatchObject({ code: 'bad_reply' })
  })
})

test('what an app was seen to refuse is not tried again', async () => {
  await using app = await serve((query) =>
    query.startIndex ? refused('no startIndex here') : byCursor(query),
  )
  const operations = scimAt(app.url, { pageSize: 10 })
  await operations.listAccounts({ limit: 100 }, context())
  const before = app.asked.length
  await operations.listAccounts({ limit: 100 }, context())
  expect(app.asked.slice(before).some(({ query }) => 'startIndex' in query)).toBe(false)
})

test('a token whose every question is refused is not said to be that of an app that cannot be reached', async () => {
  await using app = await serve(() => refused('The tenant header is missing'))
  const [check] = await vendorAt('scim', app.url).checkTokens({}, context())
  expect(check?.surfaces[0]).toMatchObject({
    ok: false,
    status: 400,
    meaning: expect.stringContaining('the app answers'),
  })
})

test('a refusal that is not about paging is not asked around', async () => {
  await using app = await serve(() => refused('Single sign-on is not set up'))
  await expect(scimAt(app.url).listAccounts({ limit: 10 }, context())).rejects.toMatchObject({
    code: 'bad_reply',
  })
  expect(app.asked).toHaveLength(1)
})
