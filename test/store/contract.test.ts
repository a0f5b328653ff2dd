import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Conflict } from '../../src/errors.ts'
import { openClaims } from '../../src/store/claims.ts'
import { openRedis } from '../../src/store/redis-connection.ts'
import { redisStore } from '../../src/store/redis-store.ts'
import type { Store } from '../../src/store/store.ts'
import { diskStore, memoryStore } from '../../src/store/table-store.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { withRedis } from '../support/with-redis.ts'

/** What every store promises, whatever it is made of. */
function keepsTheContract(open: () => Store) {
  let store: Store
  beforeEach(() => {
    store = open()
    return () => store.close()
  })
  const count = (current: number | undefined) => ({ next: (current ?? 0) + 1, result: current ?? 0 })
  const gone = (key: string) =>
    expect.poll(() => store.get(key), { timeout: 10_000, interval: 5 }).toBeUndefined()

  test('gives back what was put in, until it is deleted', async () => {
    const value = { text: 'é\u0000 "quoted"', list: [1, null, true], none: {} }
    await store.set('key', value)
    expect(await store.get('key')).toEqual(value)
    await store.set('key', 'other')
    expect(await store.get('key')).toBe('other')
    await store.delete('key')
    expect(await store.get('key')).toBeUndefined()
    expect(await store.get('never')).toBeUndefined()
  })

  test('lets one call at a time hold what it claimed', async () => {
    const claims = openClaims(store)
    let inside = 0
    const met = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const call = claims({ caller: 'local:ada', signal: new AbortController().signal })
        expect(await call.take(['account', 'group'])).toBeUndefined()
        inside += 1
        const now = inside
        await new Promise((resolve) => setTimeout(resolve, 5))
        inside -= 1
        await call.release()
        return now
      }),
    )
    expect(met).toEqual(Array(20).fill(1))
  })

  test('forgets a value when its time is over, and not before', async () => {
    await store.set('short', 1, 30)
    await store.set('long', 1, 60_000)
    await store.set('over', 1, -1)
    expect(await store.get('over')).toBeUndefined()
    await gone('short')
    expect(await store.get('long')).toBe(1)
  })

  test('a value that is set without a time outlives the time it had', async () => {
    await store.set('key', 1, 50)
    await store.set('key', 2)
    await store.set('other', 1, 30)
    await gone('other')
    await store.update<number, void>('key', (current) => ({ next: current, ttl: 20, result: undefined }))
    await gone('key')
  })

  test('lists the keys with a prefix, in order, without those that lapsed', async () => {
    for (const key of ['a/2', 'a/1', 'b/1', 'a', 'a/é', 'a0', 'a/*', 'A/1']) await store.set(key, key)
    await store.set('a/3', 'gone', -1)
    expect(await store.keys('a/')).toEqual(['a/*', 'a/1', 'a/2', 'a/é'])
    expect(await store.keys('a/*')).toEqual(['a/*'])
    expect(await store.keys('c')).toEqual([])
  })

  test('changes of one value never overlap', async () => {
    const other = open()
    const all = Array.from({ length: 100 }, (_, at) => (at % 2 ? store : other).update('count', count))
    expect((await Promise.all(all)).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, at) => at))
    expect(await store.get('count')).toBe(100)
  })

  test('a change that throws writes nothing, and disturbs no other', async () => {
    await store.set('key', { list: ['kept'] })
    const spoil = store.update<{ list: string[] }, void>('key', (current) => {
      current?.list.push('spoiled')
      throw new Conflict('No.', 'Never.')
    })
    const add = store.update<{ list: string[] }, number>('key', (current) => {
      const list = [...(current?.list ?? []), 'added']
      return { next: { list }, result: list.length }
    })
    await expect(spoil).rejects.toMatchObject({ code: 'conflict' })
    expect(await add).toBe(2)
    expect(await store.get('key')).toEqual({ list: ['kept', 'added'] })
  })

  test('a change to nothing removes the value, and the next one finds none', async () => {
    await store.set('key', 1)
    await store.update('key', () => ({ next: undefined, result: undefined }))
    expect(await store.get('key')).toBeUndefined()
    expect(await store.update('key', count)).toBe(0)
  })

  test('a change sees the time of the store, which goes forward', async () => {
    const before = await store.now()
    const during = await store.update('key', (_, now) => ({ next: 1, result: now }))
    const after = await store.now()
    expect(during).toBeGreaterThanOrEqual(before)
    expect(after).toBeGreaterThanOrEqual(during)
    expect(Math.abs(after - Date.now())).toBeLessThan(5_000)
  })

  test('a claim has one winner, until its time is over', async () => {
    const other = open()
    const claims = Array.from({ length: 20 }, (_, at) => (at % 2 ? store : other).claim('one', 60_000))
    expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1)
    expect(await store.claim('one', 30)).toBe(false)
    expect(await store.claim('short', 30)).toBe(true)
    await expect.poll(() => store.claim('short', 60_000), { timeout: 10_000, interval: 5 }).toBe(true)
  })

  test('says that it is well', async () => {
    expect(await store.health()).toMatchObject({ ok: true })
  })
}

describe('in memory', () => {
  // One for all who open it, since it has nothing behind it that could be shared.
  let store = memoryStore()
  beforeEach(() => {
    store = memoryStore()
  })
  keepsTheContract(() => store)
})

describe('on disk', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'store-'))
    return () => rmSync(folder, { recursive: true, force: true })
  })
  keepsTheContract(() => diskStore(folder, { durable: false }))
})

withRedis('in Redis', () => {
  let redis: RedisServer
  const opened: Store[] = []
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis[Symbol.asyncDispose]())
  beforeEach(async () => {
    await redis.raw().flushall()
    return async () => {
      for (const store of opened.splice(0)) await store.close()
    }
  })
  keepsTheContract(() => {
    const store = redisStore(openRedis(redis.address))
    opened.push(store)
    return store
  })
})
