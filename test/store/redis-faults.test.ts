import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, createServer } from 'node:tls'
import { expect, test } from 'vitest'
import { streamJournal } from '../../src/journal/redis-stream.ts'
import { Secret } from '../../src/secret.ts'
import { openRedis } from '../../src/store/redis-connection.ts'
import { redisStore } from '../../src/store/redis-store.ts'
import type { Store } from '../../src/store/store.ts'
import { AUTHORITY } from '../support/corporate-network.ts'
import { freePort, type RedisServer, startRedis } from '../support/redis.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { withRedis } from '../support/with-redis.ts'

/** A store on a Redis of its own; `port` when it is reached in another way than directly. */
async function openAt(redis: Pick<RedisServer, 'address'>, port = redis.address.port) {
  const store = redisStore(openRedis({ ...redis.address, port }))
  return { store, [Symbol.asyncDispose]: () => store.close() }
}

/** How long `work` takes, milliseconds, and the code of the error that it ends with. */
async function timed(work: Promise<unknown>) {
  const began = performance.now()
  const code = await work.then(
    () => undefined,
    (error) => error.code ?? error,
  )
  return { code, ms: performance.now() - began }
}

const increment = (store: Store) =>
  store.update<number, number>('count', (count = 0) => ({ next: count + 1, result: count + 1 }))

/** Every kind of call; each fails with the same error when the store can't be used. */
const calls = (store: Store) => [
  increment(store),
  store.claim('claim', 60_000),
  store.set('key', 1),
  store.get('key'),
  store.keys('k'),
  store.delete('key'),
  store.now(),
]

const heals = (store: Store) =>
  expect.poll(() => increment(store).catch(() => 0), { timeout: 10_000 }).toBeGreaterThan(0)

withRedis('a Redis', () => {
  test('that is not there fails every call soon, and after that at once', async () => {
    const port = await freePort()
    await using at = await openAt({ address: { host: '127.0.0.1', port, tls: false, database: 0 } })
    const first = await Promise.all(calls(at.store).map(timed))
    expect(new Set(first.map(({ code }) => code))).toEqual(new Set(['unavailable']))
    expect(Math.max(...first.map(({ ms }) => ms))).toBeLessThan(5_000)
    const then = await Promise.all(calls(at.store).map(timed))
    expect(new Set(then.map(({ code }) => code))).toEqual(new Set(['unavailable']))
    expect(Math.max(...then.map(({ ms }) => ms))).toBeLessThan(1_000)
    expect(await at.store.health()).toMatchObject({
      ok: false,
      problem: expect.stringContaining('nothing listens'),
    })
  })

  test('that is killed fails calls, and serves them again once it is back', async () => {
    await using redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
    await using at = await openAt(redis)
    expect(await increment(at.store)).toBe(1)
    await redis.kill()
    const failed = await Promise.all(calls(at.store).map(timed))
    expect(new Set(failed.map(({ code }) => code))).toEqual(new Set(['unavailable']))
    expect(await at.store.health()).toMatchObject({ ok: false })
    await redis.start()
    await heals(at.store)
    expect(await increment(at.store)).toBe(3)
  })

  test('that is back within a moment is waited for', async () => {
    await using redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
    await using proxy = await openTcpProxy(redis.port)
    await using at = await openAt(redis, proxy.port)
    expect(await increment(at.store)).toBe(1)
    for (let round = 0; round < 5; round += 1) {
      proxy.cut()
      // What was on its way when the connection broke fails, since it may have been done.
      await increment(at.store).catch(() => 0)
      expect(await increment(at.store)).toBeGreaterThan(1)
    }
  })

  test('that is frozen is given up on after a second, by all who wait, and not waited for again', async () => {
    await using redis = await startRedis()
    await using at = await openAt(redis)
    await increment(at.store)
    redis.freeze()
    const first = await Promise.all(calls(at.store).map(timed))
    expect(new Set(first.map(({ code }) => code))).toEqual(new Set(['unavailable']))
    expect(Math.max(...first.map(({ ms }) => ms))).toBeLessThan(4_000)
    await expect.poll(async () => (await timed(at.store.now())).ms, { timeout: 20_000 }).toBeLessThan(100)
    expect((await timed(increment(at.store))).code).toBe('unavailable')
    redis.thaw()
    await heals(at.store)
  })

  test('that is slow is used as long as it answers within a second', async () => {
    await using redis = await startRedis()
    await using proxy = await openTcpProxy(redis.port)
    await using at = await openAt(redis, proxy.port)
    await increment(at.store)
    proxy.how.delayMs = 200
    const counts = await Promise.all(Array.from({ length: 50 }, () => increment(at.store)))
    expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 2))
    // All of them in few rounds of a read and a write, however long each takes.
    const stats = await redis.raw().info('commandstats')
    expect(Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1])).toBeLessThanOrEqual(6)
    proxy.how.delayMs = 700
    const slow = await timed(increment(at.store))
    expect(slow).toMatchObject({ code: 'unavailable' })
    expect(slow.ms).toBeLessThan(4_000)
    proxy.how.delayMs = 0
    await heals(at.store)
  })

  test('whose replies get lost leaves nobody waiting, and no change is made twice', async () => {
    await using redis = await startRedis()
    await using proxy = await openTcpProxy(redis.port)
    await using at = await openAt(redis, proxy.port)
    await increment(at.store)
    proxy.how.swallow = true
    await expect(at.store.set('key', 'arrived')).rejects.toMatchObject({ code: 'unavailable' })
    proxy.how.swallow = false
    await expect.poll(() => at.store.get('key').catch(() => undefined), { timeout: 10_000 }).toBe('arrived')
    expect(Number((await redis.raw().info('commandstats')).match(/cmdstat_set:calls=(\d+)/)?.[1])).toBe(2)
  })

  test('that became a replica takes no changes and answers questions, until it is a primary again', async () => {
    await using primary = await startRedis('--repl-diskless-sync-delay', '0')
    await using redis = await startRedis()
    await using at = await openAt(redis)
    await at.store.set('key', 'kept')
    await primary.raw().set('identity-mcp:store/key', '0123456789abcdef"other"')
    await redis.raw().replicaof('127.0.0.1', primary.port)
    await expect.poll(() => at.store.get('key').catch(() => undefined), { timeout: 10_000 }).toBe('other')
    await expect(increment(at.store)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(at.store.claim('claim', 60_000)).rejects.toMatchObject({ code: 'unavailable' })
    await expect
      .poll(() => at.store.health(), { timeout: 10_000 })
      .toMatchObject({ ok: false, problem: expect.stringContaining('replica') })
    await redis.raw().replicaof('NO', 'ONE')
    await heals(at.store)
  })

  test.each(['was killed', 'lives on as a replica of the new one'])(
    'whose primary failed over and %s is found again at its address',
    async (fate) => {
      await using first = await startRedis('--repl-diskless-sync-delay', '0')
      await using second = await startRedis()
      await second.raw().replicaof('127.0.0.1', first.port)
      await expect
        .poll(() => second.raw().info('replication'), { timeout: 20_000 })
        .toContain('master_link_status:up')
      await using proxy = await openTcpProxy(first.port)
      await using at = await openAt(first, proxy.port)
      await increment(at.store)
      await first.raw().wait(1, 5_000)
      await second.raw().replicaof('NO', 'ONE')
      proxy.how.target = second.port
      if (fate === 'was killed') await first.kill()
      else await first.raw().replicaof('127.0.0.1', second.port)
      await heals(at.store)
      expect(await increment(at.store)).toBe(3)
    },
  )

  test('whose memory is full takes no changes, and says so', async () => {
    await using redis = await startRedis()
    await using at = await openAt(redis)
    await increment(at.store)
    await redis.raw().config('SET', 'maxmemory', '1')
    await expect(increment(at.store)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await at.store.health()).toMatchObject({ ok: false, problem: expect.stringContaining('memory') })
    await redis.raw().config('SET', 'maxmemory', '0')
    expect(await increment(at.store)).toBe(2)
  })

  test('needs no more than the documented permissions', async () => {
    await using redis = await startRedis()
    const page = readFileSync(new URL('../../docs/store.md', import.meta.url), 'utf8')
    const rules = /^user identity on >PASSWORD (.*)$/m.exec(page)?.[1]?.split(' ') ?? []
    await redis.raw().acl('SETUSER', 'identity', 'on', '>correct-horse', ...rules)
    const password = new Secret('correct-horse')
    const connection = openRedis({ ...redis.address, username: 'identity', password })
    const store = redisStore(connection)
    await Promise.all(calls(store))
    const journal = streamJournal(connection)
    await journal.append({ event: 'done', call: 'call', tool: 'test', caller: 'ada' })
    expect(await journal.verify()).toEqual({ ok: true, lines: 1 })
    expect(await store.health()).toMatchObject({ ok: true, advice: [expect.stringContaining('appendonly')] })
    await store.close()
  })

  test.each([
    ['password', { password: undefined }],
    ['no database', { database: 99 }],
  ])('that does not let us in is told by its reason: %s', async (reason, wrong) => {
    await using redis = await startRedis()
    if ('password' in wrong) await redis.raw().config('SET', 'requirepass', 'correct-horse')
    await using at = await openAt({ address: { ...redis.address, ...('database' in wrong ? wrong : {}) } })
    await expect(at.store.get('key')).rejects.toMatchObject({ code: 'unavailable' })
    expect(await at.store.health()).toMatchObject({ ok: false, problem: expect.stringContaining(reason) })
  })
})

test('a certificate of an authority that is not trusted refuses a call by the first attempt', async () => {
  const fixture = (name: string) => readFileSync(join(AUTHORITY, '..', name))
  const server = createServer({ cert: fixture('server.pem'), key: fixture('server-key.pem') })
  let attempts = 0
  let encrypted = 0
  server.on('connection', () => {
    attempts += 1
  })
  server.on('secureConnection', (socket) => {
    encrypted += 1
    socket.destroy()
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port, not on a pipe
  const address = { host: 'localhost', port, tls: true, database: 0 }

  const doubtful = redisStore(openRedis(address))
  const { code } = await timed(doubtful.get('key'))
  expect({ code, attempts }).toEqual({ code: 'unavailable', attempts: 1 })
  expect(await doubtful.health()).toMatchObject({ problem: expect.stringContaining('`ca`') })
  await doubtful.close()

  // What is trusted is spoken to, though it is no Redis.
  const before = encrypted
  const trusting = redisStore(openRedis(address, () => createSecureContext({ ca: fixture('authority.pem') })))
  expect(await timed(trusting.get('key'))).toMatchObject({ code: 'unavailable' })
  expect((await trusting.health()).problem).not.toContain('certificate')
  expect(encrypted).toBeGreaterThan(before)
  await trusting.close()
  server.close()
})
