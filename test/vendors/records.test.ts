import { describe, expect, test } from 'vitest'
import type { FetchedPage } from '../../src/vendors/http/collect.ts'
import { everyRow, recordReads } from '../../src/vendors/records/reads.ts'
import type { RecordSource } from '../../src/vendors/records/source.ts'
import { context } from '../support/canned.ts'

const person = (id: string, more: object = {}) => ({
  id,
  userName: `${id}@example.com`,
  active: true,
  ...more,
})

/** An app whose list has these pages, the cursor of each being its number. */
const sourceOf = (
  pages: readonly (readonly unknown[])[],
  more: Partial<RecordSource> = {},
): RecordSource => ({
  origin: { tenant: 'acme', vendor: 'made-up' },
  takes: ['userName'],
  pageSize: 2,
  maxPages: 5,
  asScim: (raw) => raw as Record<string, unknown>,
  one: async (id) => pages.flat().find((row) => (row as { id: string }).id === id),
  named: async () => ({ direct: [], searched: pages.flat() }),
  page: async ({ cursor }): Promise<FetchedPage> => pageOf(pages, cursor),
  ...more,
})

function pageOf(pages: readonly (readonly unknown[])[], cursor = '0'): FetchedPage {
  const next = Number(cursor) + 1
  return { rows: pages[Number(cursor)] ?? [], ...(next < pages.length && { nextCursor: String(next) }) }
}

const [ADA, BO, CY, DI] = ['ada', 'bo', 'cy', 'di'].map((id) => person(id))

describe('a list of an app that pages by cursor', () => {
  test.each([
    ['of one short page', [[ADA]]],
    ['of one full page', [[ADA, BO]]],
    [
      'of full pages',
      [
        [ADA, BO],
        [CY, DI],
      ],
    ],
    ['of an empty page', [[]]],
    ['with an empty page in the middle', [[ADA], [], [BO]]],
  ])('%s is whole at the page without a cursor', async (_, pages) => {
    const { listAccounts } = recordReads(sourceOf(pages))
    const { items, complete, next } = await listAccounts({ limit: 10 }, context())
    expect(items.map(({ id }) => id)).toEqual(pages.flat().map((row) => row?.id))
    expect({ complete, next }).toEqual({ complete: true, next: undefined })
    expect(await everyRow({ ...rowsOf(pages) })).toEqual(pages.flat())
  })

  const rowsOf = (pages: readonly (readonly unknown[])[]) => ({
    fetch: async (_: number, cursor?: string) => pageOf(pages, cursor),
    read: (row: unknown) => ({ id: (row as { id: string }).id, item: row }),
    pageSize: 2,
    maxPages: 5,
  })

  test('goes on where it stopped, in the middle of a page too', async () => {
    const { listAccounts } = recordReads(
      sourceOf([
        [ADA, BO],
        [CY, DI],
      ]),
    )
    const seen: string[] = []
    for (let at: Parameters<typeof listAccounts>[0]['at'], calls = 0; calls < 10; calls++) {
      const page = await listAccounts({ limit: 1, ...(at && { at }) }, context())
      seen.push(...page.items.map(({ id }) => id))
      at = page.next
      if (!at) break
    }
    expect(seen).toEqual(['ada', 'bo', 'cy', 'di'])
  })

  test('that never ends is not called whole', async () => {
    const endless = sourceOf([], {
      page: async ({ cursor = '0' }) => ({
        rows: [person(`u${cursor}`)],
        nextCursor: String(Number(cursor) + 1),
      }),
    })
    expect(await recordReads(endless).listAccounts({ limit: 100 }, context())).toMatchObject({
      complete: false,
    })
  })
})

describe('a look-up', () => {
  test('takes the first of two records of one account', async () => {
    const { findAccounts } = recordReads(
      sourceOf([[person('ada', { title: 'now' }), person('ada', { title: 'long ago' })]]),
    )
    const { accounts } = await findAccounts({ user: 'ada@example.com' }, context())
    expect(accounts.map(({ title }) => title)).toEqual(['now'])
  })

  test('leaves out whoever was asked for by another name', async () => {
    const { findAccounts } = recordReads(
      sourceOf([], { named: async () => ({ direct: [ADA, BO], searched: [] }) }),
    )
    expect(await findAccounts({ user: 'ada@example.com' }, context())).toMatchObject({
      accounts: [{ id: 'ada' }],
    })
    expect(await findAccounts({ user: 'cy@example.com' }, context())).toEqual({ accounts: [] })
  })

  const nobody = async () => undefined
  const crowd = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) =>
    person(id, { emails: [{ value: 'cy@example.com' }] }),
  )
  test.each<[string, unknown[], RecordSource['again'], object]>([
    ['a record that hides what it was found by is no evidence', [BO], undefined, { code: 'bad_reply' }],
    ['a record that the app does not have any more is no evidence', [CY], nobody, { code: 'bad_reply' }],
    [
      'a record that has another name by now is left out',
      [CY],
      async () => person('cy', { userName: 'x' }),
      { accounts: [] },
    ],
    [
      'a record is as it is now',
      [CY],
      async () => person('cy', { active: false }),
      { accounts: [{ status: 'inactive' }] },
    ],
    [
      'more people than can be read again are as they were found',
      crowd,
      nobody,
      { accounts: crowd.map(({ id }) => ({ id })) },
    ],
  ])('of a search: %s', async (_, searched, again, expected) => {
    const { findAccounts } = recordReads(
      sourceOf([], { named: async () => ({ direct: [], searched }), ...(again && { again }) }),
    )
    const found = findAccounts({ user: ' cy@example.com' }, context())
    expect(await found.catch((error: unknown) => error)).toMatchObject(expected)
  })

  test('that met an unreadable record is no evidence of absence', async () => {
    const { findAccounts } = recordReads(sourceOf([[{ id: 'x' }]]))
    await expect(findAccounts({ user: 'cy@example.com' }, context())).rejects.toMatchObject({
      code: 'bad_reply',
    })
  })
})

test('nobody is judged by what no row of the list tells', async () => {
  const { listAccounts } = recordReads(sourceOf([[ADA]]))
  const page = await listAccounts({ match: { admin: true }, limit: 10 }, context())
  expect(page).toMatchObject({ items: [], complete: false, note: expect.stringContaining('admin') })
})

test('a record with another id than the one that was asked for is refused', async () => {
  const { readAccount } = recordReads(sourceOf([[ADA]], { one: async () => BO }))
  await expect(readAccount({ id: 'ada' }, context())).rejects.toMatchObject({ code: 'bad_reply' })
})
