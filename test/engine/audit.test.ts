import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../src/domain/account.ts'
import type { AuditPage, AuditPosition } from '../../src/domain/operations.ts'
import { type AuditPlace, type Logs, readAudit } from '../../src/engine/audit.ts'
import { nearest } from '../../src/engine/nearest.ts'
import type { OwnEvents, OwnEventsAsk } from '../../src/engine/own-events.ts'
import type { Tenant } from '../../src/engine/tenants.ts'
import { Unavailable } from '../../src/errors.ts'

type Order = 'newest_first' | 'oldest_first'
const SINCE = new Date(0)
const UNTIL = new Date(1e12)

const eventAt = (id: string, second: number): AuditEvent => ({
  id,
  time: new Date(second * 1_000).toISOString(),
  action: 'x',
  source: id.startsWith('own') ? 'journal' : 'app',
})

/** An app with this log, which reads `scanned` rows a call and wants only those with an even number. */
function appOver(rows: readonly AuditEvent[], order: Order, scanned: number) {
  const inOrder = rows.toSorted(
    (one, other) =>
      (order === 'newest_first' ? -1 : 1) * (one.time < other.time ? -1 : one.time > other.time ? 1 : 0),
  )
  return ({ limit, at = { offset: 0, size: 1 } }: { limit: number; at?: AuditPosition }): AuditPage => {
    const items: AuditEvent[] = []
    const behind: AuditPosition[] = []
    let { offset } = at
    const read = inOrder.slice(offset, offset + scanned)
    for (const row of read) {
      if (Number(row.id.slice(3)) % 2 === 0) {
        if (items.length === limit) break
        items.push(row)
        behind.push({ offset: offset + 1, size: 1 })
      }
      offset += 1
    }
    const isEnd = offset >= inOrder.length
    const reached = inOrder[offset - 1]?.time
    return {
      items,
      behind,
      order: inOrder[0]?.time === inOrder.at(-1)?.time ? 'unknown' : order,
      leftOut: 0,
      complete: isEnd,
      ...(!isEnd && { next: { offset, size: 1 }, ...(reached !== undefined && { reached }) }),
    }
  }
}

const tenantWith = (hasLog: boolean) =>
  ({ name: 'acme', vendor: { title: 'App' }, offers: () => hasLog }) as unknown as Tenant

/** All pages of a pull over these two logs. */
async function pullAll(
  logs: { app?: ReturnType<typeof appOver>; own: readonly AuditEvent[]; fails?: boolean },
  limit: number,
) {
  const sources = {
    ask: {
      one: async (_: string, __: string, asked: Parameters<ReturnType<typeof appOver>>[0]) =>
        logs.app?.(asked),
    },
    async own(asked: OwnEventsAsk) {
      if (logs.fails) throw new Unavailable('The journal cannot be read.', 'Ask.')
      const found = nearest<OwnEvents['items'][number]>(asked)
      for (const [seq, event] of logs.own.entries()) {
        const moment = { ...event, seq }
        if (found.isInReach(moment)) found.add(moment)
      }
      return { ...found.taken(), altered: 0 }
    },
  } as unknown as Logs
  const pages: Awaited<ReturnType<typeof readAudit>>[] = []
  let place: AuditPlace = {}
  for (;;) {
    const page = await readAudit(
      tenantWith(!!logs.app),
      sources,
      { since: SINCE, until: UNTIL, limit },
      place,
    )
    pages.push(page)
    if (!page.next) return pages
    // As a cursor would carry it.
    place = JSON.parse(JSON.stringify(page.next)) as AuditPlace
    if (pages.length > 500) throw new Error('it never ends')
  }
}

const seconds = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 })
const orders = fc.constantFrom<Order>('newest_first', 'oldest_first')

test('gives every event of both logs once, in order, and ends complete', async () => {
  await fc.assert(
    fc.asyncProperty(
      seconds,
      seconds,
      orders,
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 50 }),
      async (theirs, ours, order, limit, scanned) => {
        const app = theirs.map((second, index) => eventAt(`app${index}`, second))
        const own = ours.map((second, index) => eventAt(`own${index}`, second))
        const pages = await pullAll({ app: appOver(app, order, scanned), own }, limit)
        const events = pages.flatMap((page) => page.events)
        const wanted = [...app.filter((_, index) => index % 2 === 0), ...own]
        expect(events.map(({ id }) => id).sort()).toEqual(wanted.map(({ id }) => id).sort())
        expect(pages.every((page) => page.events.length <= limit)).toBe(true)
        expect(pages.map(({ complete }) => complete)).toEqual(
          pages.map((_, index) => index === pages.length - 1),
        )
        // A log that does not show its order on its first page is taken for one that begins with the newest.
        if (order === 'newest_first') {
          const times = events.map(({ time }) => time)
          expect(times).toEqual(times.toSorted().reverse())
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('is oldest first where the app is', async () => {
  const app = [1, 3, 5, 7].map((second) => eventAt(`app${second * 2}`, second))
  const own = [2, 4, 9].map((second) => eventAt(`own${second}`, second))
  const pages = await pullAll({ app: appOver(app, 'oldest_first', 10), own }, 2)
  expect(pages.map(({ events }) => events.map(({ id }) => id))).toEqual([
    ['app2', 'own2'],
    ['app6', 'own4'],
    ['app10', 'app14'],
    ['own9'],
  ])
  expect(pages.every(({ order }) => order === 'oldest_first')).toBe(true)
})

test('shows what this server did while a search of the app’s log has found nothing yet', async () => {
  const app = Array.from({ length: 9 }, (_, index) => eventAt(`app${index * 2 + 1}`, 100 - index))
  const own = [eventAt('own1', 99), eventAt('own2', 1)]
  const pages = await pullAll({ app: appOver(app, 'newest_first', 4), own }, 10)
  expect(pages.map(({ events }) => events.map(({ id }) => id))).toEqual([['own1'], [], ['own2']])
})

describe('is never called complete', () => {
  const own = [eventAt('own1', 1), eventAt('own2', 2), eventAt('own3', 3)]

  test('for an app without a log, and says why', async () => {
    const pages = await pullAll({ own }, 2)
    expect(pages.map(({ complete, order }) => [complete, order])).toEqual([
      [false, 'newest_first'],
      [false, 'newest_first'],
    ])
    expect(pages.every(({ notes }) => notes.join().includes('no log'))).toBe(true)
  })

  test.each<[string, Partial<AuditPage>]>([
    ['where the app’s log broke off', { complete: false }],
    ['where events could not be read', { complete: false, leftOut: 2 }],
  ])('%s, on no later page either', async (_, more) => {
    const whole = appOver([eventAt('app0', 5)], 'newest_first', 10)
    const pages = await pullAll({ app: (asked) => ({ ...whole(asked), ...more }), own }, 2)
    expect(pages).toHaveLength(2)
    expect(pages.some(({ complete }) => complete)).toBe(false)
  })

  test('where the journal cannot be read, and the app’s log is told nevertheless', async () => {
    const app = appOver([eventAt('app0', 5), eventAt('app2', 4)], 'newest_first', 10)
    const pages = await pullAll({ app, own, fails: true }, 1)
    expect(pages.flatMap(({ events }) => events.map(({ id }) => id))).toEqual(['app0', 'app2'])
    expect(pages.some(({ complete }) => complete)).toBe(false)
    expect(pages[0]?.notes.join()).toContain('journal cannot be read')
    await expect(pullAll({ own, fails: true }, 1)).rejects.toMatchObject({ code: 'unavailable' })
  })
})
