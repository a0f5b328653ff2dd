import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openClaims } from '../../src/store/claims.ts'
import type { Store } from '../../src/store/store.ts'
import { diskStore } from '../../src/store/table-store.ts'
import { dataFolder } from '../journal/chain.ts'

const TICK_MS = 10
const TICKS = 5

/** Another process that holds the write lock of a database, as one whose disk is slow does, until it is let go. */
async function holdLock(file: string) {
  const script = `
    const Database = require('libsql')
    const rows = new Database(process.argv[1])
    rows.exec('BEGIN EXCLUSIVE')
    console.log('held')
    process.stdin.once('data', () => { rows.exec('COMMIT'); process.exit() })`
  const child = spawn(process.execPath, ['-e', script, file], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return {
    async release() {
      const exit = once(child, 'exit')
      child.stdin.write('go\n')
      await exit
    },
  }
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
  const lock = await holdLock(join(data.folder, 'store.db'))
  let isDone = false
  const working = work(store).finally(() => {
    isDone = true
  })
  // Where the loop waits, nobody comes to let the disk go.
  for (let tick = 0; tick < TICKS; tick++) await setTimeout(TICK_MS)
  expect(isDone).toBe(false)
  await lock.release()
  await working
  await store.close()
})

test('changes that wait together are made together, each once', async () => {
  await using data = await dataFolder()
  const [store, other] = [1, 2].map(() => diskStore(data.folder, { durable: true })) as [Store, Store]
  await Promise.all([store.get('count'), other.get('count')])
  const lock = await holdLock(join(data.folder, 'store.db'))
  const increment = (count = 0) => ({ next: count + 1, result: count + 1 })
  const counted = Array.from({ length: 60 }, (_, at) =>
    (at % 2 ? store : other).update<number, number>(at % 3 ? 'count' : `count ${at}`, increment),
  )
  const claimed = Array.from({ length: 10 }, (_, at) => (at % 2 ? store : other).claim('claim', 60_000))
  await setTimeout(TICK_MS)
  await lock.release()
  await Promise.all(counted)
  expect((await Promise.all(claimed)).filter(Boolean)).toHaveLength(1)
  expect(await store.get('count')).toBe(40)
  await Promise.all([store.close(), other.close()])
})
