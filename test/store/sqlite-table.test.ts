import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sqliteThread } from '../../src/store/sqlite-thread.ts'
import { diskStore } from '../../src/store/table-store.ts'
import { dataFolder } from '../journal/chain.ts'
import { bundled } from '../support/bundled.ts'

test('processes that open a new folder at the same moment never read what another has overwritten', {
  timeout: 60_000,
}, async () => {
  await using data = await dataFolder()
  const script = await bundled({ file: join(import.meta.dirname, 'take-turns.ts') })
  const children = Array.from({ length: 4 }, () => fork(script))
  const work = async (child: ChildProcess, folder: string) => {
    child.send(folder)
    const [told] = await once(child, 'message')
    return told as { read: number[]; won: boolean; error?: string }
  }
  try {
    for (let round = 0; round < 40; round++) {
      const folder = join(data.folder, String(round))
      const told = await Promise.all(children.map((child) => work(child, folder)))
      expect(told.map(({ error }) => error)).toEqual(Array(4).fill(undefined))
      const read = told.flatMap((one) => one.read).sort((a, b) => a - b)
      expect(read).toEqual(Array.from({ length: 20 }, (_, count) => count))
      expect(told.filter(({ won }) => won)).toHaveLength(1)
    }
  } finally {
    for (const child of children) child.kill()
  }
})

test('a folder that holds something else is refused, and used once that is out of the way', async () => {
  await using data = await dataFolder()
  const folder = join(data.folder, 'state')
  await mkdir(folder)
  const store = diskStore(folder, { durable: false })
  await writeFile(join(folder, 'store.db'), 'not a store, but long enough to be looked at as one'.repeat(100))
  await expect(store.get('key')).rejects.toMatchObject({ code: 'unavailable' })
  await writeFile(join(folder, 'store.db'), '')
  await store.set('key', { kept: true })
  expect(await store.get('key')).toEqual({ kept: true })
  await store.close()
})

test('what is kept is for nobody else to read, a copy of it neither', async () => {
  await using data = await dataFolder()
  const store = diskStore(join(data.folder, 'state'), { durable: true })
  await store.set('key', 'value')
  expect((await stat(join(data.folder, 'state'))).mode & 0o777).toBe(0o700)
  expect((await stat(join(data.folder, 'state', 'store.db'))).mode & 0o777).toBe(0o600)
  await store.close()
})

test('keys are listed by prefix, in order, without those that lapsed', async () => {
  await using data = await dataFolder()
  const store = diskStore(data.folder, { durable: true })
  for (const key of ['a/2', 'a/1', 'b/1', 'a', 'a/é', 'a0']) await store.set(key, key)
  await store.set('a/3', 'gone', -1)
  expect(await store.keys('a/')).toEqual(['a/1', 'a/2', 'a/é'])
  await store.close()
})

test('what has lapsed is gone from the disk with the next start', async () => {
  await using data = await dataFolder()
  const file = join(data.folder, 'store.db')
  const keep = async (key: string, ttl?: number) => {
    const store = diskStore(data.folder, { durable: true })
    await store.set(key, `kept under ${key}`, ttl)
    await store.close()
  }
  await keep('for ever')
  await keep('for an hour', 3_600_000)
  await keep('for no time', 1)
  await new Promise((resolve) => setTimeout(resolve, 5))
  await keep('the next')
  const store = diskStore(data.folder, { durable: true })
  expect(await store.keys('')).toEqual(['for an hour', 'for ever', 'the next'])
  expect(await store.get('for an hour')).toBe('kept under for an hour')
  await store.close()
  const { default: Database } = await import('libsql')
  const rows = new Database(file)
  expect(rows.prepare('SELECT count(*) AS count FROM rows').get()).toMatchObject({ count: 3 })
  rows.close()
})

test('what has lapsed goes while the store is open, a thousand rows or more, and nothing else', async () => {
  await using data = await dataFolder()
  const file = join(data.folder, 'store.db')
  await writeFile(file, '')
  const table = sqliteThread({ file, durable: false, waitMs: 1_000, sweepMs: 50 }, () => {})
  const row = (expires?: number) => JSON.stringify({ value: 'x', ...(expires !== undefined && { expires }) })
  const later = Date.now() + 3_600_000
  const keepUntil = (expires: number) =>
    Promise.all(Array.from({ length: 2_500 }, (_, at) => table.write(`lapses/${at}`, row(expires))))
  await Promise.all([
    keepUntil(later),
    table.write('stays/for ever', row()),
    table.write('stays/for an hour', row(later)),
  ])
  expect(await table.list('')).toHaveLength(2_502)
  await keepUntil(Date.now() - 1)
  await expect
    .poll(async () => (await table.list('')).map(([key]) => key))
    .toEqual(['stays/for an hour', 'stays/for ever'])
  await table.close()
})
