import { expect, test } from 'vitest'
import { MAX_LINE } from '../../src/journal/entry.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { checkProof, makeProof } from '../../src/journal/proof.ts'
import { positionBefore } from '../../src/journal/query.ts'
import { inEveryForm } from './backends.ts'
import { chain, event } from './chain.ts'

const all = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

inEveryForm((openDesk) => {
  test('numbers the entries, chains them, and answers with what is kept', async () => {
    await using desk = await openDesk()
    const journal = desk.open()
    const first = await journal.append(event(1))
    const second = await desk.open().append(event(2))
    expect([first.seq, second.seq]).toEqual([1, 2])
    expect(first.prev).toBe('0'.repeat(64))
    expect(second.prev).toBe(first.hash)
    expect(await all(journal.read())).toEqual([first, second])
  })

  test('an empty journal is whole, has no lines, and is not made by looking', async () => {
    await using desk = await openDesk()
    const journal = desk.open()
    expect(await all(journal.read())).toEqual([])
    expect(await journal.verify()).toEqual({ ok: true, lines: 0 })
    expect(await journal.end()).toEqual({ head: undefined, position: 0 })
  })

  test('many at once, from several who have it open, make one chain', async () => {
    await using desk = await openDesk()
    const journals = [desk.open(), desk.open(), desk.open()]
    const append = (at: number) => (journals[at % 3] as Journal).append(event(at))
    const lines = await Promise.all(Array.from({ length: 99 }, (_, at) => append(at)))
    expect(new Set(lines.map(({ seq }) => seq)).size).toBe(99)
    expect(await desk.open().verify()).toEqual({ ok: true, lines: 99 })
  })

  test('finds lines by call, tool, account, event and time', async () => {
    await using desk = await openDesk()
    const journal = desk.open()
    const account = { tenant: 'acme', id: '7', userName: 'Ada@example.com' }
    await journal.append(event(1, { event: 'asked' }))
    await journal.append(event(1, { account }))
    const { at } = await journal.append(event(2, { tool: 'create_user' }))
    const found = async (filter: Parameters<Journal['read']>[0]) =>
      (await all(journal.read(filter))).map(({ seq }) => seq)
    expect(await found({ call: 'call-1' })).toEqual([1, 2])
    expect(await found({ call: 'call-1', event: 'asked' })).toEqual([1])
    expect(await found({ tool: 'create_user' })).toEqual([3])
    expect(await found({ account: { user: 'ADA@example.com' } })).toEqual([2])
    expect(await found({ account: { tenant: 'other', user: '7' } })).toEqual([])
    expect(await found({ since: new Date(Date.parse(at) + 1) })).toEqual([])
    expect(await found({ until: new Date(0) })).toEqual([])
  })

  test('reads thousands of lines in order, up to a position, and on from there', async () => {
    await using desk = await openDesk()
    const long = chain(1_234)
    await desk.place(long)
    const journal = desk.open()
    const { position, head } = await journal.end()
    expect(head).toMatchObject({ seq: 1_234, hash: long.head.hash })
    const { seq } = await desk.open().append(event(1_235))
    expect(await all(journal.read({}, { to: position }))).toEqual(long.lines)
    const live = { left: 2, everyMs: 1 }
    const more = await all(journal.follow(position, { everyMs: 1, live: () => live.left-- > 0 }))
    expect(more.map((line) => line.seq)).toEqual([seq])
    expect(await journal.verify()).toEqual({ ok: true, lines: 1_235 })
  })

  test('proves a call, and is believed no more from where it was altered', async () => {
    await using desk = await openDesk()
    const { texts, ...rest } = chain(6)
    await desk.place({ texts, ...rest })
    const journal = desk.open()
    const proof = await makeProof(journal, ['call-3'], {})
    expect(await checkProof(proof, {})).toMatchObject({ problems: [], related: [{ seq: 3 }], count: 1 })
    const altered = (at: number) => desk.spoil(texts.with(at, (texts[at] ?? '').replace('ada', 'eve')))
    await altered(4)
    expect(await makeProof(journal, ['call-3'], {})).toMatchObject({ lines: [{ seq: 3 }] })
    for (const at of [1, 2]) {
      await altered(at)
      await expect(makeProof(journal, ['call-3'], {})).rejects.toMatchObject({ code: 'unavailable' })
    }
  })

  test('does not follow a journal that has become shorter', async () => {
    await using desk = await openDesk()
    await desk.place(chain(5))
    const journal = desk.open()
    const { position } = await journal.end()
    await desk.spoil(chain(4).texts)
    const following = all(journal.follow(position, { live: () => true }))
    await expect(following).rejects.toMatchObject({ code: 'unavailable' })
  })

  test('is read from a time on without what came long before, and without missing a line', async () => {
    await using desk = await openDesk()
    const hour = (count: number) => new Date(Date.UTC(2026, 2, 1) + count * 3_600_000)
    await desk.place(chain(3_000, undefined, hour))
    const journal = desk.open()
    for (const since of [0, 1, 500, 1_234, 2_999, 3_000, 4_000]) {
      const from = await positionBefore(journal, hour(since))
      const ats = (await all(journal.lines({ from }))).map(
        ({ bytes }) => JSON.parse(String(bytes)).at as string,
      )
      expect(ats.filter((at) => at >= hour(since).toISOString())).toHaveLength(
        Math.max(0, 3_001 - Math.max(1, since)),
      )
      // A day of clock error, and what is not worth halving.
      expect(ats.length).toBeLessThan(Math.max(0, 3_000 - since) + 24 + 1_002)
    }
  })

  test('keeps lines of the largest size', async () => {
    await using desk = await openDesk()
    const journal = desk.open()
    const args = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`key-${at}`, 'é'.repeat(500)]))
    const line = await journal.append(event(1, { args }))
    expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(MAX_LINE)
    expect(await all(journal.read())).toEqual([line])
    expect(await journal.verify()).toEqual({ ok: true, lines: 1 })
  })

  test('refuses to go on behind a last line that was changed, and says what to do', async () => {
    await using desk = await openDesk()
    const { texts, ...rest } = chain(3)
    await desk.place({ texts, ...rest })
    await desk.spoil(texts.with(2, (texts[2] ?? '').replace('ada', 'eve')))
    const refused = { code: 'unavailable', hint: expect.stringContaining('journal verify') }
    await expect(desk.open().append(event(4))).rejects.toMatchObject(refused)
    await desk.spoil(texts.slice(0, 2))
    await expect(desk.open().append(event(4))).rejects.toMatchObject(refused)
    await desk.spoil([])
    await expect(desk.open().append(event(4))).rejects.toMatchObject(refused)
    await desk.spoil(texts)
    expect((await desk.open().append(event(4))).seq).toBe(4)
  })
})
