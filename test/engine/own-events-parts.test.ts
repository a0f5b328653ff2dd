// @module-tag long

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type OwnEventsAsk, ownEvents } from '../../src/engine/own-events.ts'
import type { JournalEvent, JournalLine } from '../../src/journal/events.ts'
import { fileJournal } from '../../src/journal/file.ts'
import { type Journal, journalOver } from '../../src/journal/journal.ts'
import { writesIn } from '../../src/journal/writes.ts'
import { seeded } from '../../src/sandbox/people.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { chain, dataFolder, place } from '../journal/chain.ts'

const START = Date.UTC(2026, 2, 1)
const TENANT = 'acme'

/** Writes at two tenants, many of them at the same time, with clocks that go back; some never end, and some were never sent. */
function history(
  length: number,
  {
    seed,
    backMs,
    people = 40,
    atOnce = 60,
  }: { seed: number; backMs: number; people?: number; atOnce?: number },
) {
  const random = seeded(seed)
  const one = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)]
  const open: JournalEvent[] = []
  const times: Date[] = []
  const events: JournalEvent[] = []
  let time = START
  while (events.length < length) {
    const number = events.length
    time += Math.floor(random() * 3) * 500
    times.push(new Date(time - (random() < 0.05 ? Math.floor(random() * backMs) : 0)))
    const tenant = random() < 0.8 ? TENANT : 'other'
    const about = { call: `call-${number}`, tool: 'update_user', caller: 'ada' }
    const account = {
      tenant,
      id: `id-${Math.floor(random() * people)}`,
      userName: `user-${number}@example.com`,
    }
    const chance = random()
    const ending = chance < 0.45 ? one(open.slice(-atOnce)) : undefined
    if (ending?.account) {
      open.splice(open.indexOf(ending), 1)
      const { id } = ending.account
      events.push({
        ...ending,
        event: one(['done', 'done', 'failed', 'unknown'] as const) ?? 'done',
        account: { ...ending.account, id: id === 'new' ? `made-${number}` : id },
      })
    } else if (chance < 0.5) events.push({ ...about, event: 'failed', account })
    else if (chance < 0.55) events.push({ ...about, event: 'asked', approval: { id: `a-${number}` } })
    else {
      const isNew = random() < 0.2
      const begun: JournalEvent = {
        ...about,
        event: 'started',
        account: { ...account, ...(isNew && { id: 'new' }) },
      }
      events.push(begun)
      if (random() < 0.95) open.push(begun)
    }
  }
  return chain(
    length,
    undefined,
    (number) => times[number - 1] ?? new Date(),
    (number) => events[number - 1] as JournalEvent,
  )
}

const WORDS: Record<string, string> = {
  started: 'started, its end is not recorded',
  unknown: 'sent, not known whether it happened',
}

type Span = Pick<OwnEventsAsk, 'since' | 'until' | 'order'>

/** What a reading of all lines tells of the time span. */
async function naive(lines: readonly JournalLine[], { since, until, order }: Span): Promise<string[]> {
  const told: { at: string; seq: number; event: string }[] = []
  for await (const { line, end } of writesIn(lines)) {
    const head = end && Date.parse(line.at) < since.getTime() ? end : line
    const { at, seq } = head
    const isIn = Date.parse(at) >= since.getTime() && Date.parse(at) <= until.getTime()
    if (isIn && line.account?.tenant === TENANT) told.push({ at, seq, event: (end ?? line).event })
  }
  const sign = order === 'newest_first' ? -1 : 1
  told.sort((a, b) => sign * (Date.parse(a.at) - Date.parse(b.at) || a.seq - b.seq))
  return told.map(({ seq, event }) => `journal-${seq} ${WORDS[event] ?? event}`)
}

async function paged(journal: Journal, span: Span, limit: number): Promise<string[]> {
  const all: string[] = []
  let behind: OwnEventsAsk['behind']
  for (;;) {
    const { items, more, altered } = await ownEvents(journal, {
      ...{ ...span, tenant: TENANT, limit },
      ...(behind && { behind }),
    })
    expect(altered).toBe(0)
    all.push(...items.map(({ id, action }) => `${id} ${action.replace(/^update user: /, '')}`))
    behind = items.at(-1)
    if (!more || !behind) return all
  }
}

test('page by page, a long journal tells what a reading of all its lines tells', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        length: fc.integer({ min: 0, max: 2_500 }),
        seed: fc.nat(),
        backMs: fc.constantFrom(0, 5_000, 600_000),
        from: fc.double({ min: -0.1, max: 1, noNaN: true }),
        // To any time, or to that of a line.
        share: fc.oneof(fc.double({ min: 0, max: 1.2, noNaN: true }), fc.nat()),
        order: fc.constantFrom('newest_first' as const, 'oldest_first'),
        limit: fc.constantFrom(3, 20, 100, 5_000),
      }),
      async ({ length, seed, backMs, from, share, order, limit }) => {
        await using desk = await dataFolder()
        const made = history(length, { seed, backMs })
        await place(desk.folder, made)
        const journal = fileJournal(desk.folder, memoryStore())
        const spanMs = length * 500
        const since = new Date(START + Math.floor(from * spanMs))
        const line = Number.isInteger(share) && length > 0 ? made.lines[share % length] : undefined
        const until = line ? new Date(line.at) : new Date(since.getTime() + Math.floor(share * spanMs))
        const span = { since, until, order }
        expect(await paged(journal, span, Math.max(limit, Math.floor(length / 15)))).toEqual(
          await naive(made.lines, span),
        )
      },
    ),
    // A journal is slow to make, so a failure is not made smaller.
    { numRuns: Number(process.env.FUZZ_RUNS ?? 12), endOnFailure: true },
  )
})

test.each(['newest_first', 'oldest_first'] as const)(
  'a page reads as few lines of a busy day as of a quiet one, %s',
  async (order) => {
    const costs: number[] = []
    for (const length of [1_000, 10_000]) {
      await using desk = await dataFolder()
      await place(desk.folder, history(length, { seed: 7, backMs: 2_000, people: 5_000, atOnce: 8 }))
      const own = fileJournal(desk.folder, memoryStore())
      let read = 0
      const counting = journalOver(
        {
          ...own,
          async *lines(range) {
            for await (const line of own.lines(range)) {
              read += 1
              yield line
            }
          },
        },
        memoryStore(),
      )
      await counting.index.catchUp()
      const ask = {
        tenant: TENANT,
        since: new Date(START),
        until: new Date(START + 86_400_000),
        order,
        limit: 5,
      }
      const first = await ownEvents(counting, ask)
      read = 0
      const behind = first.items.at(-1)
      expect((await ownEvents(counting, { ...ask, ...(behind && { behind }) })).items).toHaveLength(5)
      costs.push(read)
    }
    expect(costs[1]).toBeLessThan(3 * (costs[0] ?? 0))
    expect(costs[1]).toBeLessThan(1_500)
  },
)
