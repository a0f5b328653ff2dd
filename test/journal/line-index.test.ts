// @module-tag long

import { expect, test } from 'vitest'
import { pastOf } from '../../src/engine/history.ts'
import type { JournalLine } from '../../src/journal/events.ts'
import { type Journal, journalOver } from '../../src/journal/journal.ts'
import { makeProof } from '../../src/journal/proof.ts'
import { linesAbout } from '../../src/journal/query.ts'
import { ofCall, ofCaller, ofSubject, ofTenant, termsOf } from '../../src/journal/terms.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { codeOf } from '../support/call.ts'
import { inEveryForm } from './backends.ts'
import { chain, event } from './chain.ts'

const all = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}
const numbers = async (lines: AsyncIterable<JournalLine>) => (await all(lines)).map(({ seq }) => seq)

/** The same journal with an index of its own; `count` tells what is read. */
function counted(journal: Journal, derived = memoryStore()) {
  const count = { read: 0, lines: 0 }
  const form = {
    ...journal,
    async *lines(range?: { from?: number; to?: number }) {
      for await (const line of journal.lines(range)) {
        count.read += line.bytes.length
        count.lines += 1
        yield line
      }
    },
  }
  return Object.assign(journalOver(form, derived), { count })
}

const account = { tenant: 'acme', id: 'id-1', userName: 'ada@example.com' }

inEveryForm((openDesk) => {
  test('an old call is found, undone and proved by as many lines, however long the journal is', async () => {
    const costs = []
    for (const length of [100, 1_000, 10_000]) {
      await using desk = await openDesk()
      const all = chain(length, undefined, undefined, (number) =>
        number > 10 && number < 13
          ? event(11, { event: number === 11 ? 'started' : 'done', account })
          : event(number),
      )
      await desk.place(all)
      const journal = counted(desk.open())
      await journal.index.catchUp()
      const cost = async (work: () => Promise<unknown>) => {
        Object.assign(journal.count, { read: 0, lines: 0 })
        await work()
        expect(journal.count.read).toBeLessThan(50_000)
        return journal.count.lines
      }
      const { position } = await journal.end()
      costs.push({
        show: await cost(async () => expect(await linesAbout(journal, ['call-11'])).toHaveLength(2)),
        undo: await cost(async () =>
          expect(await pastOf(journal, 'call-11', () => true)).toMatchObject({
            changes: [{ outcome: 'done' }],
          }),
        ),
        prove: await cost(async () =>
          expect((await makeProof(journal, ['call-11'], {})).lines).toHaveLength(2),
        ),
        unknown: await cost(async () => expect(await linesAbout(journal, ['call-0'])).toEqual([])),
        tail: await cost(async () => {
          const latest = await journal.latest(20, { to: position })
          expect(latest.map(({ seq }) => seq)).toEqual(
            Array.from({ length: 20 }, (_, at) => length - 19 + at),
          )
        }),
      })
    }
    const [first] = costs
    for (const { tail, ...others } of costs) {
      expect({ ...others, tail: 0 }).toEqual({ ...first, tail: 0 })
      expect(tail).toBeLessThan(200)
    }
    expect(first?.undo).toBeLessThan(25)
  })

  test('finds what a reading of all lines finds, whoever reads and whenever it was brought up to date', async () => {
    await using desk = await openDesk()
    const subjects = [1, 2, 3].map((number) => ({
      ...account,
      id: `id-${number}`,
      tenant: number > 2 ? 'b' : 'a',
    }))
    const long = chain(2_000, undefined, undefined, (number) => ({
      ...event(Math.floor(number / 3)),
      caller: number % 7 === 0 ? 'bob' : 'ada',
      ...(number % 5 > 0 && { account: subjects[(number * 31) % 3] as typeof account }),
      ...(number % 11 === 0 && { approval: { id: `K7Q2-${number % 4}` } }),
    }))
    await desk.place(long)
    const derived = memoryStore()
    const journals = [counted(desk.open(), derived), counted(desk.open(), derived)]
    await Promise.all(journals.map(({ index }) => index.catchUp()))
    await desk.open().append(event(9_999, { account }))
    const lines = await all(desk.open().read())
    const terms = new Set(lines.flatMap(termsOf))
    const some = [...terms].filter((_, at) => at % 40 === 0)
    for (const wanted of [...some, ofCaller('ada'), ofTenant('a'), ofSubject(account)]) {
      for (const [at, from] of [0, 700].entries()) {
        const expected = lines.filter((line) => line.seq >= from && termsOf(line).includes(wanted))
        expect(await all((journals[at] as Journal).index.about([wanted], { from })), wanted).toEqual(expected)
      }
    }
  })

  test.each([1, 64, 999, 1_000, 1_001, 2_500])(
    'goes on where it stopped when it was aborted in line %i',
    async (stop) => {
      await using desk = await openDesk()
      await desk.place(chain(2_500))
      const ending = new AbortController()
      let seen = 0
      const journal = desk.open()
      const stopping = {
        ...journal,
        async *lines(range?: { from?: number; to?: number }) {
          for await (const line of journal.lines(range)) {
            seen += 1
            if (seen === stop) ending.abort(new Error('enough'))
            yield line
          }
        },
      }
      const derived = memoryStore()
      const index = journalOver(stopping, derived).index
      await expect(index.catchUp(ending.signal)).rejects.toThrow('enough')
      expect(seen).toBe(stop)
      const again = counted(desk.open(), derived)
      expect(await numbers(again.index.about([ofCall('call-2500')]))).toEqual([2_500])
      const whole = chain(2_500).texts.join('').length
      const kept = Math.floor((stop - 1) / 1_000) * 1_000
      expect(again.count.read / whole).toBeLessThan(1 - kept / 2_500 + 0.01)
    },
  )

  test('is made anew by itself where it was lost, and where another journal is in its place', async () => {
    await using desk = await openDesk()
    const derived = memoryStore()
    const journal = counted(desk.open(), derived)
    await desk.place(chain(300))
    expect(await numbers(journal.index.about([ofCall('call-7')]))).toEqual([7])
    for (const key of await derived.keys('')) if (key.includes('/lines/')) await derived.delete(key)
    expect(await numbers(journal.index.about([ofCall('call-7')]))).toEqual([7])
    for (const length of [299, 300, 310]) {
      await desk.place(chain(length, undefined, undefined, (number) => event(number + 1)))
      expect(await numbers(journal.index.about([ofCall('call-7')])), String(length)).toEqual([6])
    }
  })

  test.each<[string, (texts: string[]) => string[]]>([
    ['changed', (texts) => texts.with(49, (texts[49] ?? '').replace('ada', 'eve'))],
    ['taken out', (texts) => texts.toSpliced(49, 1)],
    ['put in again', (texts) => texts.toSpliced(49, 0, texts[49] ?? '')],
    ['exchanged', (texts) => texts.with(49, texts[50] ?? '').with(50, texts[49] ?? '')],
    [
      'made up with the rest',
      () => chain(100, undefined, undefined, (number) => event(number, { tool: 'x' })).texts,
    ],
  ])('reads no line that was %s, before it was read or after', async (_, alter) => {
    for (const known of [true, false]) {
      await using desk = await openDesk()
      const long = chain(100)
      await desk.place(long)
      const journal = counted(desk.open())
      if (known) await journal.index.catchUp()
      await desk.spoil(alter(long.texts))
      expect(await codeOf(all(journal.index.about([ofCall('call-50')])))).toBe('unavailable')
      expect(await codeOf(all(journal.index.numbered([50])))).toBe('unavailable')
      if (!known) expect(await codeOf(journal.index.catchUp())).toBe('unavailable')
    }
  })
})
