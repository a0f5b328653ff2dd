// @module-tag long

import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { journalCommand } from '../../src/cli/journal.ts'
import type { Segment } from '../../src/journal/backend.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { checkProof, makeProof } from '../../src/journal/proof.ts'
import { linesAbout } from '../../src/journal/query.ts'
import { journalKeys } from '../../src/journal/redis-segments.ts'
import { streamJournal } from '../../src/journal/redis-stream.ts'
import { openRedis } from '../../src/store/redis-connection.ts'
import { redisStore } from '../../src/store/redis-store.ts'
import { openDesk } from '../cli/fake-io.ts'
import { codeOf } from '../support/call.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { withRedis } from '../support/with-redis.ts'
import { event } from './chain.ts'

const [STREAM, , SEGMENTS] = journalKeys('identity-mcp:')

withRedis('a journal in Redis', () => {
  let redis: RedisServer
  let connections: ReturnType<typeof openRedis>[] = []
  let desk: Awaited<ReturnType<typeof openDesk>>
  let journal: Journal
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis[Symbol.asyncDispose]())
  beforeEach(async () => {
    await redis.raw().flushall()
    journal = open()
    desk = await openDesk(open())
  })
  afterEach(async () => {
    for (const connection of connections) await connection.close()
    connections = []
    await desk.stop()
  })

  /** As another process opens it, with the index that all share. */
  function open(): Journal {
    const connection = openRedis(redis.address)
    connections.push(connection)
    return streamJournal(connection, redisStore(connection))
  }
  const run = (...args: string[]) => desk.run(journalCommand, args)
  const append = async (from: number, to: number) => {
    for (let number = from; number <= to; number += 1) await journal.append(event(number))
  }
  const numbers = async (lines: AsyncIterable<{ seq: number }>) => {
    const found: number[] = []
    for await (const { seq } of lines) found.push(seq)
    return found
  }
  const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

  /** Three closed segments of ten entries, and five entries behind them. */
  async function written(): Promise<Segment[]> {
    const segments: Segment[] = []
    for (const from of [1, 11, 21]) {
      await append(from, from + 9)
      segments.push((await open().rotate()) as Segment)
    }
    await append(31, 35)
    return segments
  }

  test('reads, verifies, follows and proves over its segments', async () => {
    expect(await journal.rotate()).toBeUndefined()
    expect(await written()).toMatchObject([
      { from: 1, to: 10, file: 'journal-000000001-000000010.jsonl' },
      { from: 11, to: 20 },
      { from: 21, to: 30 },
    ])
    for (const one of [journal, open()]) {
      expect(await one.verify()).toEqual({ ok: true, lines: 35 })
      expect(await numbers(one.read())).toEqual(span(1, 35))
      expect(await numbers(one.read({}, { to: 25 }))).toEqual(span(1, 25))
      const left = { times: 1 }
      expect(await numbers(one.follow(8, { everyMs: 1, live: () => left.times-- > 0 }))).toEqual(span(9, 35))
      expect((await one.latest(12, { to: 35 })).map(({ seq }) => seq)).toEqual(span(24, 35))
      for (const seq of [1, 10, 11, 30, 31, 35]) {
        expect(await linesAbout(one, [`call-${seq}`])).toMatchObject([{ seq }])
        expect((await checkProof(await makeProof(one, [`call-${seq}`], {}), {})).problems).toEqual([])
      }
    }
    expect(await open().rotate()).toMatchObject({ from: 31, to: 35 })
    expect(await open().rotate()).toBeUndefined()
    expect(await open().verify()).toEqual({ ok: true, lines: 35 })
    await append(36, 36)
    expect(await open().verify()).toEqual({ ok: true, lines: 36 })
  })

  test('moves its old segments into files, and back, and reads what is there', async () => {
    const [first, second, third] = (await written()) as [Segment, Segment, Segment]
    const before = await redis.raw().xrange(`${STREAM}:1-10`, '-', '+')
    expect(await run('archive', '.')).toMatchObject({ code: 0 })
    const path = (segment: Segment) => join(desk.folder, segment.file)
    expect((await readdir(desk.folder)).toSorted()).toEqual([first.file, second.file])
    expect((await stat(path(first))).mode & 0o777).toBe(0o600)
    expect(await readFile(path(first), 'utf8')).toBe(before.map(([, [, text]]) => `${text}\n`).join(''))
    expect(await redis.raw().keys(`${STREAM}:*`)).toEqual([`${STREAM}:21-30`])

    expect(await open().verify()).toEqual({ ok: true, lines: 15, elsewhere: { from: 1, to: 20 } })
    expect(await run('verify')).toMatchObject({ code: 0, out: expect.stringContaining('1 to 20 are kept') })
    expect(await numbers(open().read({ since: new Date(0) }))).toEqual(span(21, 35))
    expect(await linesAbout(open(), ['call-21'])).toMatchObject([{ seq: 21 }])
    expect(await run('show', 'call-2')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`put ${first.file} back`),
    })
    await append(36, 36)
    expect(await linesAbout(open(), ['call-36'])).toMatchObject([{ seq: 36 }])
    expect(await run('archive', '.', '--keep', '0')).toMatchObject({ code: 0 })
    await append(37, 37)
    expect(await open().verify()).toEqual({ ok: true, lines: 7, elsewhere: { from: 1, to: 30 } })
    expect(await run('archive', '.')).toMatchObject({ out: expect.stringContaining('no closed segment') })

    expect(await run('restore', first.file)).toMatchObject({ code: 1, err: expect.stringContaining('newer') })
    for (const { file } of [third, second, first])
      expect(await run('restore', file)).toMatchObject({ code: 0 })
    expect(await redis.raw().xrange(`${STREAM}:1-10`, '-', '+')).toEqual(before)
    expect(await open().verify()).toEqual({ ok: true, lines: 37 })
    expect((await run('show', 'call-2')).code).toBe(0)
  })

  test.each<[string, (path: string) => Promise<unknown>]>([
    ['was changed', async (path) => writeFile(path, (await readFile(path, 'utf8')).replace('ada', 'eve'))],
    ['lacks its last line', async (path) => writeFile(path, (await readFile(path, 'utf8')).slice(0, -20))],
    [
      'has one more',
      async (path) => {
        const text = await readFile(path, 'utf8')
        return writeFile(path, text + text.slice(text.lastIndexOf('\n', text.length - 2) + 1))
      },
    ],
    [
      'is another one',
      async (path) => copyFile(path.replace('000000001-000000010', '000000011-000000020'), path),
    ],
  ])('takes nothing out for a file that %s, and puts none back', async (_, alter) => {
    const [first] = (await written()) as [Segment]
    expect((await run('archive', '.')).code).toBe(0)
    const path = join(desk.folder, first.file)
    await run('restore', 'journal-000000011-000000020.jsonl')
    const good = await readFile(path)
    await alter(path)
    expect(await run('restore', first.file)).toMatchObject({ code: 1 })
    expect(await open().verify()).toMatchObject({ ok: true, lines: 25 })
    await writeFile(path, good)
    expect(await run('restore', first.file)).toMatchObject({ code: 0 })
    await alter(path)
    expect(await run('archive', '.', '--keep', '0')).toMatchObject({ code: 1 })
    expect(await open().verify()).toEqual({ ok: true, lines: 35 })
    expect((await run('restore', 'identity-mcp.json')).code).toBe(2)
  })

  test('keeps all of its segments when the folder or the number is wrong', async () => {
    await written()
    expect((await run('archive', 'nowhere')).code).toBe(2)
    expect((await run('archive', '.', '--keep', 'some')).code).toBe(2)
    expect(await open().verify()).toEqual({ ok: true, lines: 35 })
  })

  test.each<[string, (raw: ReturnType<RedisServer['raw']>) => Promise<unknown>]>([
    ['a line was taken out of a closed segment', (raw) => raw.xdel(`${STREAM}:11-20`, '13-0')],
    ['a closed segment is missing', (raw) => raw.del(`${STREAM}:11-20`)],
    ['a closed segment is another one', (raw) => raw.rename(`${STREAM}:1-10`, `${STREAM}:11-20`)],
    ['the list of segments is missing', (raw) => raw.del(SEGMENTS)],
  ])('says so when %s', async (_, alter) => {
    await written()
    await alter(redis.raw())
    expect(await open().verify()).toMatchObject({ ok: false })
    expect(await codeOf(open().index.catchUp())).toBe('unavailable')
  })

  test('is closed while others write, and no entry is lost or doubled', async () => {
    const writers = [open(), open(), open()]
    const writing = Promise.all(
      span(0, 89).map((number) => (writers[number % 3] as Journal).append(event(number))),
    )
    const reading: Promise<unknown>[] = []
    let closed = 0
    for (let round = 0; round < 6; round += 1) {
      if (await open().rotate()) closed += 1
      reading.push(open().verify())
    }
    await writing
    expect(closed).toBeGreaterThan(0)
    for (const verdict of await Promise.all(reading)) expect(verdict).toMatchObject({ ok: true })
    expect(await open().verify()).toEqual({ ok: true, lines: 90 })
    expect(new Set(await numbers(open().read()))).toEqual(new Set(span(1, 90)))
  })

  test('that was lost after a segment was closed is not begun anew', async () => {
    await append(1, 4)
    await open().rotate()
    await redis.raw().flushall()
    await append(5, 5)
    expect(await open().verify()).toMatchObject({ ok: false, problem: 'lost' })
    expect(await open().rotate()).toMatchObject({ from: 5, to: 6 })
    await append(7, 7)
    expect(await open().verify()).toMatchObject({ ok: false, line: 1, problem: 'lost' })
  })
})
