import { writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { JournalLine } from '../../src/journal/events.ts'
import { fileJournal, journalFile } from '../../src/journal/file.ts'
import { HEAD_KEY } from '../../src/journal/file-head.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { checkProof, makeProof } from '../../src/journal/proof.ts'
import { journalKeys } from '../../src/journal/redis-segments.ts'
import { streamJournal } from '../../src/journal/redis-stream.ts'
import { openRedis } from '../../src/store/redis-connection.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { withRedis } from '../support/with-redis.ts'
import { streamDesk } from './backends.ts'
import { chain, dataFolder, event } from './chain.ts'

const [STREAM, HEAD] = journalKeys('identity-mcp:')

const account = { tenant: 'acme', id: '7', userName: 'ada@example.com' }
const started = (number: number) => event(number, { event: 'started', account })
const outcome = (number: number) => event(number, { event: 'done', account })

async function linesOf(journal: Journal): Promise<JournalLine[]> {
  const lines: JournalLine[] = []
  for await (const line of journal.read()) lines.push(line)
  return lines
}

function openStream(address: RedisServer['address']) {
  const connection = openRedis(address)
  return Object.assign(streamJournal(connection), { [Symbol.asyncDispose]: () => connection.close() })
}

withRedis('a stream', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis[Symbol.asyncDispose]())
  beforeEach(() => redis.raw().flushall())

  test('that a Redis has lost is not begun anew as though nothing had been', async () => {
    await using journal = openStream(redis.address)
    const before = [await journal.append(event(1)), await journal.append(event(2))]
    await redis.raw().flushall()
    const { seq } = await journal.append(event(3))
    expect(seq).toBe(4)
    const [lost, third] = await linesOf(journal)
    expect(lost).toMatchObject({ seq: 3, event: 'lost', prev: before[1]?.hash })
    expect(lost?.note).toContain(before[1]?.hash)
    expect(third).toMatchObject({ seq: 4, prev: lost?.hash })
    expect(await journal.verify()).toMatchObject({ ok: false, line: 1, seq: 3, problem: 'lost' })
    // Where somebody has kept the lines that were lost, the two parts are one chain.
    await using data = await dataFolder()
    const store = memoryStore()
    const texts = [...before, ...(await linesOf(journal))].map((line) => `${JSON.stringify(line)}\n`)
    await writeFile(journalFile(data.folder), texts.join(''))
    await store.set(HEAD_KEY, third)
    expect(await fileJournal(data.folder, store).verify()).toMatchObject({ line: 3, problem: 'lost' })
  })

  test('that a Redis has lost by its end is missed as soon as it is back', async () => {
    await using mine = await startRedis()
    await using journal = openStream(mine.address)
    await using other = openStream(mine.address)
    await journal.append(event(1))
    await other.append(event(2))
    await journal.append(event(3))
    await mine.restart()
    const lost = async () => (await linesOf(journal).catch(() => [])).filter(({ event }) => event === 'lost')
    await expect.poll(lost, { timeout: 10_000 }).not.toEqual([])
    await using newcomer = openStream(mine.address)
    expect(await newcomer.verify()).toMatchObject({ ok: false, problem: 'lost' })
    await other.append(event(4))
    await journal.append(event(5))
    expect((await lost()).length).toBeLessThanOrEqual(2)
  })

  test('that somebody began anew who knew no better is set right by who does', async () => {
    await using journal = openStream(redis.address)
    await journal.append(event(1))
    await journal.append(event(2))
    await redis.raw().flushall()
    await using newcomer = openStream(redis.address)
    await newcomer.append(event(3))
    expect(await newcomer.verify()).toEqual({ ok: true, lines: 1 })
    await journal.append(event(4))
    expect((await linesOf(journal)).map(({ seq, event }) => [seq, event])).toEqual([
      [1, 'done'],
      [2, 'lost'],
      [3, 'done'],
    ])
    expect(await newcomer.verify()).toMatchObject({ ok: false, line: 2, problem: 'lost' })
  })

  test.each([
    ['shorter', 0],
    ['just as long', 2],
    ['longer', 5],
  ])('that went back to an earlier state, as after a failover, and is now %s, says so', async (_, more) => {
    await using desk = await streamDesk(redis)
    const journal = desk.open()
    await desk.place(chain(4))
    await journal.append(event(5))
    await journal.append(event(6))
    await desk.place(chain(4))
    for (let number = 0; number < more; number += 1) await desk.open().append(event(90 + number))
    await journal.append(event(7))
    const lines = (await linesOf(journal)).slice(4 + more)
    expect(lines).toMatchObject([{ seq: 5 + more, event: 'lost' }, { seq: 6 + more }])
    expect(await desk.open().verify()).toMatchObject({ ok: false, line: 5 + more, problem: 'lost' })
  })

  test('in which lines were lost shows it when one is changed later', async () => {
    await using desk = await streamDesk(redis)
    const journal = desk.open()
    await desk.place(chain(4))
    await journal.append(event(5))
    await redis.raw().flushall()
    for (let number = 6; number < 10; number += 1) await journal.append(event(number))
    const texts = (await linesOf(journal)).map((line) => JSON.stringify(line))
    // What was written since can be proved, and taken back.
    expect(await checkProof(await makeProof(journal, ['call-8'], {}), {})).toMatchObject({ problems: [] })
    await desk.spoil(texts.with(3, (texts[3] ?? '').replace('ada', 'eve')))
    expect(await journal.verify()).toMatchObject({ ok: false, line: 4, seq: 9, problem: 'changed' })
    await desk.spoil(texts.slice(1))
    expect(await journal.verify()).toMatchObject({ ok: false, line: 1, problem: 'removed' })
  })

  test('keeps the outcome of a write once, though the reply to it was lost', async () => {
    await using proxy = await openTcpProxy(redis.port)
    await using journal = openStream({ ...redis.address, port: proxy.port })
    await journal.append(started(2))
    proxy.how.asked = (text) => {
      if (text.includes('XADD')) proxy.how.swallow = true
    }
    const added = journal.append(outcome(2))
    await expect.poll(() => redis.raw().xlen(STREAM), { timeout: 10_000 }).toBe(2)
    // Somebody else goes on meanwhile, so that it is not the last one any more.
    await using other = openStream(redis.address)
    await other.append(event(3))
    proxy.how.asked = () => {}
    proxy.how.swallow = false
    expect((await added).seq).toBe(2)
    expect((await linesOf(other)).map(({ call }) => call)).toEqual(['call-2', 'call-2', 'call-3'])
  })

  test('waits with the outcome of a write for a Redis that is gone, and with nothing else', async () => {
    await using mine = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
    await using journal = openStream(mine.address)
    await journal.append(started(1))
    await mine.kill()
    for (const other of [started(2), outcome(2), event(1), event(3)]) {
      await expect(journal.append(other)).rejects.toMatchObject({ code: 'unavailable' })
    }
    const done = journal.append(outcome(1))
    await mine.start()
    expect((await done).seq).toBe(2)
    expect(await journal.verify()).toEqual({ ok: true, lines: 2 })
  })

  test.each<[string, () => Promise<unknown>, string]>([
    ['a line put in between', () => redis.raw().xadd(STREAM, '6-1', 'line', 'x'), 'malformed'],
    ['a line without its stream', () => redis.raw().del(STREAM), 'removed'],
    ['a line taken out', () => redis.raw().xdel(STREAM, '3-0'), 'removed'],
    ['its beginning cut off', () => redis.raw().xtrim(STREAM, 'MAXLEN', 2), 'removed'],
    ['its recorded end taken away', () => redis.raw().del(HEAD), 'inserted'],
  ])('shows %s', async (_, spoil, problem) => {
    await using desk = await streamDesk(redis)
    await desk.place(chain(6))
    await spoil()
    expect(await desk.open().verify()).toMatchObject({ ok: false, problem })
  })

  test('shows whatever is done to it in its first line that differs', async () => {
    await using desk = await streamDesk(redis)
    const genuine = chain(6)
    const { texts } = genuine
    const at = fc.nat({ max: texts.length - 1 })
    const spoiling = fc.oneof(
      fc.tuple(at, at, fc.string({ maxLength: 3 })).map(([line, from, to]) => {
        const text = texts[line] ?? ''
        return texts.with(line, text.slice(0, from * 30) + to + text.slice(from * 30 + to.length))
      }),
      fc.shuffledSubarray(texts),
      fc.tuple(at, at).map(([from, to]) => texts.toSpliced(to, 0, texts[from] ?? '')),
      fc.tuple(at, fc.string({ unit: 'grapheme' })).map(([to, text]) => texts.toSpliced(to, 0, `${text}\n`)),
    )
    const journal = desk.open()
    await fc.assert(
      fc.asyncProperty(spoiling, async (spoiled) => {
        await desk.place(genuine)
        await desk.spoil(spoiled)
        const first = texts.findIndex((text, index) => text !== spoiled[index])
        const verdict = await journal.verify()
        if (first < 0 && spoiled.length === texts.length) expect(verdict).toEqual({ ok: true, lines: 6 })
        else
          expect(verdict, JSON.stringify(verdict)).toMatchObject({
            ok: false,
            line: first < 0 ? texts.length + 1 : first + 1,
          })
      }),
      { numRuns: 200 },
    )
  })
})
