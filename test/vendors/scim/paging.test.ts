import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ListPosition, Page } from '../../../src/domain/operations.ts'
import { collect } from '../../../src/vendors/http/collect.ts'
import { rowsOf } from '../../../src/vendors/scim/read-list.ts'

interface Row {
  id?: string
}
const readRow = (row: unknown) => {
  const { id } = row as Row // the rows of this test
  return id === undefined ? undefined : { id, item: id }
}
const rows = (count: number): Row[] => Array.from({ length: count }, (_, index) => ({ id: `r${index + 1}` }))

/** A server with one or more of the bad habits that vendors are known for. */
interface Habits {
  count: number
  /** It sends fewer rows than asked for. */
  clamp: number
  ignoresStart: boolean
  ignoresCount: boolean
  total: 'true' | 'text' | 'page' | 'absent'
  /** It comes out empty once the index is past this. */
  dries: number
  /** Every so often a row is put in front of all others. */
  grows: number
  unreadable: boolean
}

function serve(habits: Habits) {
  const all = rows(habits.count)
  if (habits.unreadable && all[0]) all[0] = {}
  let calls = 0
  return (start: number, asked: number) => {
    if (habits.grows > 0 && ++calls % habits.grows === 0) all.unshift({ id: `new${calls}` })
    const from = habits.ignoresStart ? 0 : start - 1
    const length = habits.ignoresCount ? all.length : Math.min(asked, habits.clamp)
    const page = start > habits.dries ? [] : all.slice(from, from + length)
    const total = { true: all.length, text: String(all.length), page: page.length, absent: undefined }[
      habits.total
    ]
    return { ...(total !== undefined && { totalResults: total }), Resources: page }
  }
}

const habits = fc.record<Habits>({
  count: fc.integer({ min: 0, max: 40 }),
  clamp: fc.integer({ min: 1, max: 10 }),
  ignoresStart: fc.boolean(),
  ignoresCount: fc.boolean(),
  total: fc.constantFrom('true', 'text', 'page', 'absent'),
  dries: fc.oneof(fc.constant(1_000), fc.integer({ min: 1, max: 40 })),
  grows: fc.constantFrom(0, 0, 1, 3),
  unreadable: fc.boolean(),
})

test('ends, returns no row twice, and is complete only when every row is there, whatever the server does', async () => {
  await fc.assert(
    fc.asyncProperty(habits, fc.integer({ min: 1, max: 10 }), async (bad, pageSize) => {
      const answer = serve(bad)
      let requests = 0
      const page = await collect<string>({
        fetch: async (start) => {
          requests++
          return rowsOf(answer(start, pageSize))
        },
        read: readRow,
        pageSize,
        maxPages: 60,
        limit: 1_000,
      })
      expect(requests).toBeLessThanOrEqual(60)
      expect(new Set(page.items).size).toBe(page.items.length)
      // A server that gives the size of the page for the total, on a page that is short for some other reason too, or
      // that goes dry and has given no total, shows in no way that there is more; rows put in later are not missed.
      const hidden = bad.total === 'page' || (bad.total === 'absent' && bad.dries < 1_000) || bad.grows > 0
      if (page.complete && !hidden) {
        expect(page.items).toHaveLength(bad.count)
        expect(bad.unreadable && bad.count > 0).toBe(false)
      }
      if (!page.complete) expect(page.note ?? page.next).toBeDefined()
    }),
    { numRuns: 400 },
  )
})

test('goes on from where it stopped, over any number of calls, with no row twice and none left out', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 4 }),
      async (count, clamp, pageSize, limit, every) => {
        const all = rows(count)
        const wanted = all.filter((_, index) => index % every === 0).map(({ id }) => id)
        const found: string[] = []
        let at: { start: number; before?: string } | undefined
        for (let calls = 0; calls <= count + 1; calls++) {
          const page = await collect<string>({
            fetch: async (start) => ({
              rows: all.slice(start - 1, start - 1 + Math.min(clamp, pageSize)),
              total: count,
            }),
            read: readRow,
            keep: (id) => wanted.includes(id),
            pageSize,
            maxPages: 3,
            limit,
            at,
          })
          expect(page.items.length).toBeLessThanOrEqual(limit)
          found.push(...page.items)
          at = page.next
          if (!at) {
            expect(page.complete).toBe(true)
            break
          }
        }
        expect(found).toEqual(wanted)
      },
    ),
    { numRuns: 200 },
  )
})

test('leaves out nobody who is there all the while, whoever is deleted while the list is read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(1_000, 5, 12),
      fc.array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 12 }),
      async (count, pageSize, limit, deletions) => {
        const all = rows(count)
        const left = [...deletions]
        const found: string[] = []
        let at: ListPosition | undefined
        for (;;) {
          const page: Page<string, ListPosition> = await collect<string>({
            async fetch(start) {
              const answer = { rows: all.slice(start - 1, start - 1 + pageSize), total: all.length }
              for (const place of left.shift() ?? []) all.splice(place % Math.max(1, all.length), 1)
              return answer
            },
            read: readRow,
            pageSize,
            maxPages: 200,
            limit,
            ...(at && { at }),
          })
          found.push(...page.items)
          at = page.next
          if (at) continue
          if (page.complete) expect(found).toEqual(expect.arrayContaining(all.map(({ id }) => id)))
          break
        }
      },
    ),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 300) },
  )
})
