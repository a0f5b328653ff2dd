import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { appendFile, mkdir, readFile, rename, rmdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MAX_LINE } from '../../src/journal/entry.ts'
import type { JournalLine } from '../../src/journal/events.ts'
import { fileJournal, journalFile } from '../../src/journal/file.ts'
import { HEAD_KEY, headFile } from '../../src/journal/file-head.ts'
import { Secret } from '../../src/secret.ts'
import { diskStore, memoryStore } from '../../src/store/table-store.ts'
import { bundled } from '../support/bundled.ts'
import { chain, dataFolder, event, place } from './chain.ts'

const linesIn = async (folder: string): Promise<JournalLine[]> => {
  const lines: JournalLine[] = []
  for await (const line of fileJournal(folder, memoryStore()).read()) lines.push(line)
  return lines
}

test('touches nothing before the first entry, and lets only its owner read', async () => {
  await using data = await dataFolder()
  const folder = join(data.folder, 'deep', 'data')
  const journal = fileJournal(folder, memoryStore())
  await expect(stat(folder)).rejects.toThrow()
  await journal.append(event(1))
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  expect((await stat(journalFile(folder))).mode & 0o777).toBe(0o600)
})

test('keeps long, hidden and odd values out, and stays readable', async () => {
  await using data = await dataFolder()
  const store = memoryStore()
  const journal = fileJournal(data.folder, store)
  const long = 'é\u001b[31m"\\'.repeat(200_000)
  const deep: Record<string, unknown> = {}
  deep.itself = deep
  const args: Record<string, unknown> = {
    long,
    many: Array.from({ length: 5000 }, () => long),
    wide: Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`${at}${'k'.repeat(300)}`, long])),
    deep,
    token: new Secret('s3cret'),
    when: new Date(0),
    odd: [Number.NaN, 10n, undefined, () => 1, null, true, 1.5],
    ['__proto__']: 'x',
  }
  const line = await journal.append({ ...event(1, { args, note: long }), call: long, client: long })
  const text = await readFile(journalFile(data.folder), 'utf8')
  expect(text.length).toBeLessThan(MAX_LINE / 2)
  expect(text).not.toContain('s3cret')
  expect(JSON.stringify(text)).not.toContain('u001b')
  expect(Array.from(line.note ?? '')).toHaveLength(500)
  expect(await fileJournal(data.folder, store).verify()).toEqual({ ok: true, lines: 1 })
})

test('keeps the plain values of arguments as they are', async () => {
  await using data = await dataFolder()
  const args = {
    user: 'ada',
    tenants: ['a', 'b'],
    limit: 3,
    deep: { on: true, none: null },
    when: new Date(0),
  }
  const line = await fileJournal(data.folder, memoryStore()).append(event(1, { args }))
  expect(line.args).toEqual({ ...args, when: '1970-01-01T00:00:00.000Z' })
})

test('takes over the lines that a crash left behind the recorded end, and says so', async () => {
  await using data = await dataFolder()
  const store = memoryStore()
  const { texts, head } = chain(5)
  await place(data.folder, { ...chain(3), texts, head: { ...head, ...headAfter(texts, 3) } })
  const line = await fileJournal(data.folder, store).append(event(6))
  expect(line.seq).toBe(6)
  expect(await fileJournal(data.folder, store).verify()).toMatchObject({
    ok: true,
    lines: 6,
    adopted: [{ from: 4, to: 5 }],
  })
})

test('takes over the very first line when the crash came before anything was recorded', async () => {
  await using data = await dataFolder()
  const store = memoryStore()
  await writeFile(journalFile(data.folder), chain(1).texts.join(''))
  expect((await fileJournal(data.folder, store).append(event(2))).seq).toBe(2)
  expect(await fileJournal(data.folder, store).verify()).toMatchObject({ ok: true, lines: 2 })
})

test('cuts off the half line that a crash left', async () => {
  await using data = await dataFolder()
  const store = memoryStore()
  const journal = fileJournal(data.folder, store)
  await journal.append(event(1))
  await appendFile(journalFile(data.folder), '{"args":{"us')
  expect(await fileJournal(data.folder, store).verify()).toMatchObject({
    ok: false,
    line: 2,
    problem: 'malformed',
  })
  expect((await journal.append(event(2))).seq).toBe(2)
  expect(await fileJournal(data.folder, store).verify()).toEqual({ ok: true, lines: 2 })
})

test.each<[string, (file: string) => Promise<unknown>]>([
  ['is gone', (file) => rename(file, `${file}.old`)],
  ['is shorter', async (file) => truncate(file, (await stat(file)).size - 1)],
  ['is empty', (file) => truncate(file, 0)],
  [
    'ends in another line',
    async (file) => writeFile(file, (await readFile(file, 'utf8')).replace('-3"', '-9"')),
  ],
  ['goes on with junk', (file) => appendFile(file, 'junk\n')],
  ['goes on with a line of another chain', (file) => appendFile(file, chain(1).texts.join(''))],
])('refuses to write when its file %s', async (_, spoil) => {
  await using data = await dataFolder()
  const store = memoryStore()
  await place(data.folder, chain(3))
  await spoil(journalFile(data.folder))
  const journal = fileJournal(data.folder, store)
  await expect(journal.append(event(4))).rejects.toMatchObject({
    code: 'unavailable',
    hint: expect.stringContaining('journal verify'),
  })
})

test('refuses when the disk does not let it write', async () => {
  await using data = await dataFolder()
  await writeFile(join(data.folder, 'file'), '')
  const journal = fileJournal(join(data.folder, 'file'), memoryStore())
  await expect(journal.append(event(1))).rejects.toMatchObject({ code: 'unavailable' })
})

/** Starts processes of their own that append to the journal of a folder. */
async function appenders() {
  const script = await bundled({ file: join(import.meta.dirname, 'append-lines.ts') })
  return (folder: string, name: string, count: number) =>
    spawn(process.execPath, [script, folder, name, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('several processes at once keep one whole chain', { timeout: 60_000 }, async () => {
  await using data = await dataFolder()
  const appender = await appenders()
  const children = ['one', 'two', 'three'].map((name) => appender(data.folder, name, 60))
  for (const child of children) child.stdout.resume()
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
  expect(codes).toEqual([0, 0, 0])
  const store = diskStore(join(data.folder, 'state'), { durable: false })
  expect(await fileJournal(data.folder, store).verify()).toEqual({ ok: true, lines: 180 })
  const calls = (await linesIn(data.folder)).map(({ call }) => call)
  expect(new Set(calls).size).toBe(180)
  await store.close()
})

test('a process that is killed in the middle of writing leaves a journal that goes on', {
  timeout: 60_000,
}, async () => {
  await using data = await dataFolder()
  const appender = await appenders()
  const child = appender(data.folder, 'victim', 100_000)
  let told = ''
  for await (const piece of child.stdout) {
    told += String(piece)
    if (told.split('\n').length > 30) break
  }
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
  const store = diskStore(join(data.folder, 'state'), { durable: false })
  const { seq } = await fileJournal(data.folder, store).append(event(1))
  // What was told to be written is there: the chain is whole, and longer than that.
  expect(seq).toBeGreaterThan(Number(told.split('\n').at(-2)))
  expect(await fileJournal(data.folder, store).verify()).toMatchObject({ ok: true, lines: seq })
  await store.close()
})

test('the recorded end is that of the last line', async () => {
  await using data = await dataFolder()
  const store = memoryStore()
  const line = await fileJournal(data.folder, store).append(event(1))
  const { size } = await stat(journalFile(data.folder))
  const recorded = JSON.parse(await readFile(headFile(data.folder), 'utf8'))
  expect(recorded).toEqual({ seq: 1, hash: line.hash, start: 0, length: size })
  expect((await stat(headFile(data.folder))).mode & 0o777).toBe(0o600)
})

test('goes on from an end that is recorded in the store, as it was before it had a file', async () => {
  await using data = await dataFolder()
  const store = memoryStore()
  const { texts, head } = chain(3)
  await writeFile(journalFile(data.folder), texts.join(''))
  await store.set(HEAD_KEY, head)
  expect(await fileJournal(data.folder, store).verify()).toEqual({ ok: true, lines: 3 })
  await truncate(journalFile(data.folder), head.start)
  await expect(fileJournal(data.folder, store).append(event(4))).rejects.toMatchObject({
    code: 'unavailable',
  })
  await writeFile(journalFile(data.folder), texts.join(''))
  expect((await fileJournal(data.folder, store).append(event(4))).seq).toBe(4)
  expect(await fileJournal(data.folder, store).verify()).toEqual({ ok: true, lines: 4 })
})

test('many lines at once go to the disk together, and the event loop never waits for it', async () => {
  await using data = await dataFolder()
  const journal = fileJournal(data.folder, memoryStore())
  await journal.append(event(0))
  let turns = 0
  let running = true
  const turn = () => {
    turns += 1
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  const lines = await Promise.all(Array.from({ length: 500 }, (_, at) => journal.append(event(at))))
  running = false
  expect(lines.map(({ seq }) => seq)).toEqual(Array.from({ length: 500 }, (_, at) => at + 2))
  // Several turns for each flush, and far fewer flushes than lines.
  expect(turns).toBeGreaterThan(50)
  expect(await journal.verify()).toEqual({ ok: true, lines: 501 })
})

const ROOM = join(import.meta.dirname, '../../src/journal')
test.each(readdirSync(ROOM))(
  '%s opens, reads, writes and flushes no file while everything else waits',
  (file) => {
    const code = readFileSync(join(ROOM, file), 'utf8')
    expect(code).not.toMatch(/\b(open|read|write|append|truncate|ftruncate|fsync|fdatasync|rename)\w*Sync\b/)
  },
)

test('a batch that the disk refuses is refused whole, and the next one goes on', async () => {
  await using data = await dataFolder()
  const journal = fileJournal(data.folder, memoryStore())
  await journal.append(event(1))
  // The recorded end cannot be replaced while a folder is in its way.
  await mkdir(`${headFile(data.folder)}.next`)
  const refused = await Promise.allSettled([2, 3, 4].map((number) => journal.append(event(number))))
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  await rmdir(`${headFile(data.folder)}.next`)
  expect((await journal.append(event(5))).seq).toBe(2)
  expect(await journal.verify()).toEqual({ ok: true, lines: 2 })
})

function headAfter(texts: string[], count: number) {
  const length = (upTo: number) => Buffer.byteLength(texts.slice(0, upTo).join(''))
  const { seq, hash } = JSON.parse(texts[count - 1] ?? '') as JournalLine
  return { seq, hash, start: length(count - 1), length: length(count) }
}
