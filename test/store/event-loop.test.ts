import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openClaims } from '../../src/store/claims.ts'
import type { Store } from '../../src/store/store.ts'
import { diskStore } from '../../src/store/table-store.ts'
import { dataFolder } from '../journal/chain.ts'

const HELD_MS = 500
const TICK_MS = 10

/** Another process that holds the write lock of a database, as one whose disk is slow does, until it ends. */
async function holdLock(file: string) {
  const script = `
    const Database = require('libsql')
    const rows = new Database(process.argv[1])
    rows.exec('BEGIN EXCLUSIVE')
    console.log('held')
    setTimeout(() => { rows.exec('COMMIT'); process.exit() }, ${HELD_MS})`
  const child = spawn(process.execPath, ['-e', script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return { released: once(child, 'exit') }
}

/** How many ticks of a timer come while `work` is under way. */
async function ticksDuring(work: () => Promise<unknown>): Promise<number> {
  let ticks = 0
  const timer = setInterval(() => {
    ticks += 1
  }, TICK_MS)
  await work()
  clearInterval(timer)
  return ticks
}

const WORK: [what: string, work: (store: Store) => Promise<unknown>][] = [
  ['a change', (store) => store.update('key', () => ({ next: 1, result: 1 }))],
  ['an approval that is used', (store) => store.claim('used', 60_000)],
  ['a name that is kept', (store) => store.set('name', 'Ada')],
  ['a look', (store) => store.get('key')],
  ['a list', (store) => store.keys('')],
  [
    'a claim',
    (store) => openClaims(store)({ caller: 'ada', signal: new AbortController().signal }).take(['account']),
  ],
  ['the health', (store) => store.health()],
]

test.each(WORK)('%s that waits for the disk keeps nothing else waiting', async (_, work) => {
  await using data = await dataFolder()
  const store = diskStore(data.folder, { durable: true })
  await store.set('key', 0)
  const { released } = await holdLock(join(data.folder, 'store.db'))
  const ticks = await ticksDuring(() => work(store))
  await released
  // All of them, save for what a busy machine takes: where the loop waits, there is none.
  expect(ticks).toBeGreaterThan(HELD_MS / TICK_MS / 4)
  await store.close()
})

test('changes that wait together are made together, each once', async () => {
  await using data = await dataFolder()
  const [store, other] = [1, 2].map(() => diskStore(data.folder, { durable: true })) as [Store, Store]
  await Promise.all([store.get('count'), other.get('count')])
  const { released } = await holdLock(join(data.folder, 'store.db'))
  const increment = (count = 0) => ({ next: count + 1, result: count + 1 })
  const counted = Array.from({ length: 60 }, (_, at) =>
    (at % 2 ? store : other).update<number, number>(at % 3 ? 'count' : `count ${at}`, increment),
  )
  const claimed = Array.from({ length: 10 }, (_, at) => (at % 2 ? store : other).claim('claim', 60_000))
  await Promise.all([...counted, released])
  expect((await Promise.all(claimed)).filter(Boolean)).toHaveLength(1)
  expect(await store.get('count')).toBe(40)
  await Promise.all([store.close(), other.close()])
})
