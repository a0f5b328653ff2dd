// @module-tag long

import { link, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Segment } from '../../src/journal/backend.ts'
import type { JournalLine } from '../../src/journal/events.ts'
import { fileJournal, journalFile } from '../../src/journal/file.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { checkProof, makeProof } from '../../src/journal/proof.ts'
import { linesAbout } from '../../src/journal/query.ts'
import { ofCall } from '../../src/journal/terms.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { codeOf } from '../support/call.ts'
import { dataFolder, event } from './chain.ts'

let place: Awaited<ReturnType<typeof dataFolder>>
let derived = memoryStore()
beforeEach(async () => {
  place = await dataFolder()
  derived = memoryStore()
})
afterEach(() => place[Symbol.asyncDispose]())

const open = (): Journal => fileJournal(place.folder, memoryStore(), derived)
const all = async (lines: AsyncIterable<JournalLine>) => {
  const found: JournalLine[] = []
  for await (const line of lines) found.push(line)
  return found
}
const append = async (from: number, to: number) => {
  for (let number = from; number <= to; number += 1) await open().append(event(number))
}
const pathOf = ({ file }: Segment) => join(place.folder, file)

/** Three closed segments of ten entries, and one that is written. */
async function written(): Promise<Segment[]> {
  const segments: Segment[] = []
  for (const from of [1, 11, 21]) {
    await append(from, from + 9)
    await open().index.catchUp()
    segments.push((await open().rotate()) as Segment)
  }
  await append(31, 35)
  return segments
}

test('a journal in segments reads, verifies and proves as one', async () => {
  const segments = await written()
  expect(segments).toMatchObject([
    { from: 1, to: 10 },
    { from: 11, to: 20 },
    { from: 21, to: 30 },
  ])
  const journal = open()
  expect(await journal.verify()).toEqual({ ok: true, lines: 35 })
  expect((await all(journal.read())).map(({ seq }) => seq)).toEqual(
    Array.from({ length: 35 }, (_, at) => at + 1),
  )
  const { position, head } = await journal.end()
  expect(head?.seq).toBe(35)
  expect((await journal.latest(12, { to: position })).map(({ seq }) => seq)).toEqual(
    Array.from({ length: 12 }, (_, at) => at + 24),
  )
  for (const seq of [1, 10, 11, 30, 31, 35]) {
    expect(await linesAbout(journal, [`call-${seq}`])).toMatchObject([{ seq }])
    expect((await checkProof(await makeProof(journal, [`call-${seq}`], {}), {})).problems).toEqual([])
  }
  await journal.index.rebuild()
  expect(await linesAbout(journal, ['call-11'])).toMatchObject([{ seq: 11 }])
  expect(await journal.rotate()).toMatchObject({ from: 31, to: 35 })
  expect(await journal.rotate()).toBeUndefined()
})

test('old segments can be kept elsewhere, and put back', async () => {
  const [first, second] = (await written()) as [Segment, Segment]
  await open().index.catchUp()
  for (const one of [first, second]) await rename(pathOf(one), `${pathOf(one)}.away`)
  expect(await open().verify()).toEqual({ ok: true, lines: 15, elsewhere: { from: 1, to: 20 } })
  const latest = await open().latest(100, { to: (await open().end()).position })
  expect(latest).toHaveLength(15)
  await append(36, 36)
  expect(await linesAbout(open(), ['call-36'])).toMatchObject([{ seq: 36 }])
  expect(await linesAbout(open(), ['call-21'])).toMatchObject([{ seq: 21 }])
  for (const away of ['call-1', 'call-20']) {
    const error = await linesAbout(open(), [away]).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'unavailable', hint: expect.stringContaining('journal-0000000') })
  }
  expect(await all(open().read({ since: new Date(0) }))).toHaveLength(16)
  // An index that is made meanwhile knows nothing of them.
  derived = memoryStore()
  expect(await all(open().index.about([ofCall('call-1')]))).toEqual([])
  expect(await linesAbout(open(), ['call-22'])).toMatchObject([{ seq: 22 }])
  for (const one of [first, second]) await rename(`${pathOf(one)}.away`, pathOf(one))
  expect(await open().verify()).toEqual({ ok: true, lines: 36 })
  await open().index.rebuild()
  expect(await linesAbout(open(), ['call-1'])).toMatchObject([{ seq: 1 }])
})

test('an index that ends with a segment goes on when that is kept elsewhere', async () => {
  await append(1, 5)
  await open().index.catchUp()
  const segment = (await open().rotate()) as Segment
  await open().index.catchUp()
  await rename(pathOf(segment), `${pathOf(segment)}.away`)
  await append(6, 6)
  expect(await linesAbout(open(), ['call-6'])).toMatchObject([{ seq: 6 }])
  expect(await codeOf(linesAbout(open(), ['call-2']))).toBe('unavailable')
})

test.each<[string, (segments: Segment[]) => Promise<unknown>, object]>([
  [
    'a line was changed',
    async ([, one]) => {
      const path = pathOf(one as Segment)
      await writeFile(path, (await readFile(path, 'utf8')).replace('call-14', 'call-99'))
    },
    { line: 14, problem: 'changed' },
  ],
  [
    'a line was taken out',
    async ([, one]) => {
      const path = pathOf(one as Segment)
      const lines = (await readFile(path, 'utf8')).split('\n')
      await writeFile(path, lines.toSpliced(3, 1).join('\n'))
    },
    { line: 14, problem: 'removed' },
  ],
  [
    'its middle is missing',
    ([, one]) => rename(pathOf(one as Segment), `${place.folder}/away`),
    { line: 11, problem: 'removed' },
  ],
  [
    'two were exchanged',
    async ([one, two]) => {
      const [a, b] = [pathOf(one as Segment), pathOf(two as Segment)]
      await rename(a, `${a}.x`)
      await rename(b, a)
      await rename(`${a}.x`, b)
    },
    { ok: false, line: 1 },
  ],
  [
    'another journal follows a segment that is elsewhere',
    async ([one, two]) => {
      await rename(pathOf(one as Segment), `${place.folder}/away`)
      await writeFile(pathOf(two as Segment), await readFile(`${place.folder}/away`))
    },
    { ok: false, line: 1 },
  ],
])('verification finds out where %s', async (_, alter, verdict) => {
  await alter(await written())
  expect(await open().verify()).toMatchObject({ ok: false, ...verdict })
  derived = memoryStore()
  expect(await codeOf(open().index.catchUp())).toBe('unavailable')
})

test('a crash while a segment is closed loses nothing, wherever it came', async () => {
  await append(1, 3)
  // Before the recorded end was replaced: the file has a second name.
  await link(journalFile(place.folder), join(place.folder, 'journal-000000001-000000003.jsonl'))
  await append(4, 4)
  expect(await open().verify()).toEqual({ ok: true, lines: 4 })
  const segment = (await open().rotate()) as Segment
  expect(segment).toMatchObject({ from: 1, to: 4 })
  // After it: the old name is still there.
  await link(pathOf(segment), journalFile(place.folder))
  expect(await open().verify()).toEqual({ ok: true, lines: 4 })
  await append(5, 6)
  expect(await open().verify()).toEqual({ ok: true, lines: 6 })
  expect((await stat(pathOf(segment))).mode & 0o777).toBe(0o600)
})

test('segments are closed while others write, and no entry is lost or doubled', async () => {
  const writing = Promise.all(Array.from({ length: 60 }, (_, number) => open().append(event(number))))
  for (let round = 0; round < 5; round += 1) await open().rotate()
  await writing
  expect(await open().verify()).toEqual({ ok: true, lines: 60 })
  expect((await readdir(place.folder)).filter((file) => /^journal-\d/.test(file)).length).toBeGreaterThan(0)
})
