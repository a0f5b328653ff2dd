// @module-tag long

import { readFile, writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toLine } from '../../src/journal/entry.ts'
import { fileJournal, journalFile } from '../../src/journal/file.ts'
import { headFile } from '../../src/journal/file-head.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { canonicalJson } from '../../src/text/canonical-json.ts'
import { inEveryForm } from './backends.ts'
import { chain, dataFolder, event, place } from './chain.ts'

const genuine = chain(6)
const { texts, lines } = genuine

/** What is found when the file holds this and the store remembers the genuine journal. */
async function verdictOn(spoiled: string | Buffer) {
  await using data = await dataFolder()
  const store = memoryStore()
  await place(data.folder, genuine)
  await writeFile(journalFile(data.folder), spoiled)
  return await fileJournal(data.folder, store).verify()
}

const swapped = <Item>(items: Item[], a: number, b: number) =>
  items.map((item, at) => (at === a ? items[b] : at === b ? items[a] : item))

/** The genuine line at `index`, rewritten, with a hash that is right for what it now says. */
function forged(index: number, last = lines[index - 1] ?? { seq: 0, hash: '0'.repeat(64) }): string {
  return toLine(event(99, { caller: 'eve' }), last).text
}

const rechained = (from: number): string[] => {
  const texts = [forged(from)]
  let last = JSON.parse(texts[0] ?? '')
  for (const line of lines.slice(from + 1)) {
    const next = toLine(line, last)
    texts.push(next.text)
    last = next.line
  }
  return texts
}

inEveryForm((openDesk) => {
  test('a journal that nobody touched is whole', async () => {
    await using desk = await openDesk()
    await desk.place(genuine)
    expect(await desk.open().verify()).toEqual({ ok: true, lines: 6 })
  })

  test.each<[string, string[], number, string]>([
    ['a word changed', texts.with(2, (texts[2] ?? '').replace('ada', 'eve')), 3, 'changed'],
    ['a blank added', texts.with(2, (texts[2] ?? '').replace('{', '{ ')), 3, 'changed'],
    ['a field added', texts.with(2, (texts[2] ?? '').replace('{', '{"a":1,')), 3, 'changed'],
    ['no JSON', texts.with(2, 'nothing\n'), 3, 'malformed'],
    ['an empty line', texts.toSpliced(2, 0, '\n'), 3, 'malformed'],
    ['a line removed', texts.toSpliced(2, 1), 3, 'removed'],
    ['three lines removed', texts.toSpliced(1, 3), 2, 'removed'],
    ['the first line removed', texts.slice(1), 1, 'removed'],
    ['the last line removed', texts.slice(0, -1), 6, 'removed'],
    ['all lines removed', [], 1, 'removed'],
    ['a line repeated at once', texts.toSpliced(3, 0, texts[2] ?? ''), 4, 'inserted'],
    ['a line repeated later', texts.toSpliced(5, 0, texts[0] ?? ''), 6, 'inserted'],
    ['a line repeated at the end', [...texts, texts[5] ?? ''], 7, 'inserted'],
    ['a chained line put in', texts.toSpliced(2, 0, forged(2)), 3, 'inserted'],
    ['a chained line put in behind its rival', texts.toSpliced(3, 0, forged(2)), 4, 'inserted'],
    ['a chained line put in before the last', texts.toSpliced(5, 0, forged(5)), 6, 'inserted'],
    ['a chained line at the end', [...texts, forged(6)], 7, 'inserted'],
    ['a line rewritten with a right hash', texts.with(2, forged(2)), 3, 'changed'],
    ['the first line rewritten', texts.with(0, forged(0)), 1, 'changed'],
    ['the line before the last rewritten', texts.with(4, forged(4)), 5, 'changed'],
    ['the last line rewritten', texts.with(5, forged(5)), 6, 'changed'],
    ['all from the third rewritten', [...texts.slice(0, 2), ...rechained(2)], 6, 'changed'],
    ['the whole file replaced', rechained(0), 6, 'changed'],
    ['replaced by a longer one', [...rechained(0), forged(6)], 6, 'changed'],
    ['replaced by a shorter one', rechained(0).slice(0, 4), 5, 'removed'],
    ['neighbours swapped', swapped(texts, 2, 3) as string[], 3, 'inserted'],
    ['lines swapped', swapped(texts, 1, 4) as string[], 2, 'removed'],
  ])('%s is found in its line', async (_, spoiled, line, problem) => {
    await using desk = await openDesk()
    await desk.place(genuine)
    await desk.spoil(spoiled)
    expect(await desk.open().verify()).toMatchObject({ ok: false, line, problem })
  })
})

const whole = Buffer.from(texts.join(''))
const at = fc.nat({ max: texts.length - 1 })
const spoiling = fc
  .oneof(
    fc.record({ byte: fc.nat({ max: whole.length - 1 }), to: fc.nat({ max: 255 }) }).map(({ byte, to }) => {
      const spoiled = Buffer.from(whole)
      spoiled[byte] = to
      return spoiled
    }),
    fc.nat({ max: whole.length - 1 }).map((length) => whole.subarray(0, length)),
    fc.uint8Array({ minLength: 1, maxLength: 200 }).map((more) => Buffer.concat([whole, more])),
    fc
      .array(at, { minLength: 1, maxLength: 3 })
      .map((gone) => texts.filter((_, index) => !gone.includes(index))),
    fc.tuple(at, at).map(([from, to]) => texts.toSpliced(to, 0, texts[from] ?? '')),
    fc.tuple(at, at).map(([a, b]) => swapped(texts, a, b) as string[]),
    fc.tuple(at, fc.string({ unit: 'grapheme' })).map(([to, line]) => texts.toSpliced(to, 0, `${line}\n`)),
    fc.shuffledSubarray(texts),
  )
  .map((spoiled) => (Buffer.isBuffer(spoiled) ? spoiled : Buffer.from(spoiled.join(''))))

/** The lines of a file, each with its break. */
const cut = (file: Buffer) => file.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? []

test('whatever is done to the file, the first line that differs is named', async () => {
  const before = cut(whole)
  await fc.assert(
    fc.asyncProperty(spoiling, async (spoiled) => {
      const after = cut(spoiled)
      const first = before.findIndex((line, index) => line !== after[index])
      const verdict = await verdictOn(spoiled)
      if (spoiled.equals(whole)) expect(verdict.ok).toBe(true)
      else
        expect(verdict, JSON.stringify(verdict)).toMatchObject({
          ok: false,
          line: first < 0 ? before.length + 1 : first + 1,
        })
    }),
    { numRuns: 400 },
  )
})

test('a journal that the store knows nothing of is not called whole', async () => {
  await using data = await dataFolder()
  await writeFile(journalFile(data.folder), texts.join(''))
  const verdict = await fileJournal(data.folder, memoryStore()).verify()
  expect(verdict).toMatchObject({ ok: false, line: 1, explanation: expect.stringContaining('store') })
})

test('without the store, a break in the chain is named all the same', async () => {
  await using data = await dataFolder()
  await writeFile(journalFile(data.folder), texts.toSpliced(2, 1).join(''))
  expect(await fileJournal(data.folder, memoryStore()).verify()).toMatchObject({
    line: 3,
    problem: 'removed',
  })
})

test('no journal at all is whole as long as nothing was recorded', async () => {
  await using data = await dataFolder()
  expect(await fileJournal(data.folder, memoryStore()).verify()).toEqual({ ok: true, lines: 0 })
})

test('looking changes nothing', async () => {
  await using data = await dataFolder()
  const store = memoryStore()
  await place(data.folder, genuine)
  await fileJournal(data.folder, store).verify()
  expect(JSON.parse(await readFile(headFile(data.folder), 'utf8'))).toEqual(genuine.head)
  expect((await fileJournal(data.folder, store).append(event(7))).seq).toBe(7)
})

test('a huge line without a break is malformed, not a burden', async () => {
  const verdict = await verdictOn(Buffer.concat([Buffer.from(texts[0] ?? ''), Buffer.alloc(20_000_000, 'x')]))
  expect(verdict).toMatchObject({ ok: false, line: 2, problem: 'malformed' })
})

test('10,000 lines are read one by one', async () => {
  await using data = await dataFolder()
  const store = memoryStore()
  const long = chain(10_000)
  await place(data.folder, long)
  expect(await fileJournal(data.folder, store).verify()).toEqual({ ok: true, lines: 10_000 })
  const spoiled = long.texts.with(8_443, canonicalJson({ ...long.lines[8_443], caller: 'eve' }).concat('\n'))
  await place(data.folder, { ...long, texts: spoiled })
  expect(await fileJournal(data.folder, store).verify()).toMatchObject({
    ok: false,
    line: 8_444,
    problem: 'changed',
  })
})
