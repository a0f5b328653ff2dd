// @module-tag long

import { describe, expect, test } from 'vitest'
import { storeLedger } from '../../src/limits/ledger.ts'
import { openRedis } from '../../src/store/redis-connection.ts'
import { redisStore } from '../../src/store/redis-store.ts'
import { startCluster, startSentinel } from '../support/redis-failover.ts'
import { withRedis } from '../support/with-redis.ts'
import { openWorld, type ToolAnswer } from '../support/world.ts'

const KINDS = [
  ['found through Sentinels', () => startSentinel()],
  ['in a cluster', startCluster],
] as const

const SHARE = 1 / 4
const PER_SECOND = 40

withRedis('a Redis', () => {
  test('is found through Sentinels that want a password of their own, and not without it', async () => {
    await using redis = await startSentinel({ password: 'p@ss/wörd' })
    const { via, ...address } = redis.address
    const store = redisStore(openRedis({ ...address, via }))
    await expect.poll(() => store.health(), { timeout: 10_000 }).toMatchObject({ ok: true })
    await store.close()
    const without = redisStore(openRedis({ ...address, via: { ...via, login: undefined } as typeof via }))
    await expect(without.get('key')).rejects.toMatchObject({ code: 'unavailable' })
    await without.close()
  })

  describe.each(KINDS)('%s', (_, start) => {
    test('keeps, lists and changes, and says what state it is in', async () => {
      await using redis = await start()
      const store = redisStore(openRedis(redis.address))
      await expect.poll(() => store.health(), { timeout: 10_000 }).toMatchObject({ ok: true })
      await Promise.all(Array.from({ length: 20 }, (_, at) => store.set(`key/${at}`, at)))
      expect(await store.keys('key/')).toHaveLength(20)
      const increment = () =>
        store.update<number, number>('count', (count = 0) => ({ next: count + 1, result: count }))
      await Promise.all(Array.from({ length: 20 }, increment))
      expect(await store.get('count')).toBe(20)
      const claimed = await Promise.all([1, 2, 3].map(() => store.claim('claim', 60_000)))
      expect(claimed.filter(Boolean)).toHaveLength(1)
      expect(Math.abs((await store.now()) - Date.now())).toBeLessThan(5_000)
      expect(await store.health()).toMatchObject({ ok: true })
      await store.close()
    })

    test('that fails over in the middle of a hundred changes writes none twice, and loses none unsaid', async () => {
      await using redis = await start()
      await using world = await openWorld({
        settings: { store: 'env:REDIS_URL', limits: { removesPerHour: 1_000 } },
        // A request whose end was lost with the primary keeps its place for as long as a request can take.
        tenant: { budget: { perMinute: 10_000, atOnce: 20 }, timeoutMs: 1_000, maxRetries: 0 },
        env: { REDIS_URL: redis.url },
        sandbox: { perMinute: 100_000 },
      })
      const servers = [world, await world.open()]
      const people = world.netskope.users.filter(({ active }) => active).slice(0, 100)
      expect(people).toHaveLength(100)
      const answers = new Map<string, ToolAnswer>()
      let failing: Promise<void> | undefined
      const leave = async (line: number) => {
        for (const [index, { userName }] of people.entries()) {
          if (index % 8 !== line) continue
          if (answers.size > 30) failing ??= redis.fail()
          const change = () =>
            servers[index % 2]?.call('deactivate_user', {
              user: userName,
              tenants: ['acme-netskope'],
              reason: 'left the company',
            }) as Promise<ToolAnswer>
          // Who is refused asks again, until another node has taken over.
          await expect
            .poll(
              async () => {
                const answer = await change()
                answers.set(userName, answer)
                return answer.status
              },
              { timeout: 20_000, interval: 200 },
            )
            .toMatch(/done|unchanged/)
        }
      }
      await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(leave))
      await failing
      for (const { id, active } of people) {
        const writes = world.netskope.writes.filter(({ path }) => path.includes(id))
        expect([writes.length, active]).toEqual([1, false])
      }
      // What had not reached the replica is said to be lost.
      const verdict = JSON.parse((await world.run(['journal', 'verify', '--json'])).stdout)
      if (!verdict.ok) expect(verdict.problem).toBe('lost')
    }, 60_000)

    test('that fails over lets no more through a saturated budget than the share of each', async () => {
      await using redis = await start()
      const limits = { perSecond: PER_SECOND }
      const seen: number[] = []
      const said: boolean[] = []
      const until = performance.now() + 6_000
      const spend = async () => {
        const store = redisStore(openRedis(redis.address))
        const ledger = storeLedger(store, { share: SHARE, say: (alone) => void said.push(alone) })
        while (performance.now() < until) {
          const taken = await ledger.take('b', limits)
          if ('ticket' in taken) {
            seen.push(performance.now())
            await ledger.settle('b', taken.ticket)
          } else if ('retryAt' in taken) {
            const wait = Math.min(taken.retryAt - Date.now(), 100)
            await new Promise((resolve) => setTimeout(resolve, Math.max(1, wait)))
          }
        }
        await ledger.flush()
        await store.close()
      }
      const spending = [spend(), spend()]
      await expect.poll(() => seen.length, { timeout: 5_000 }).toBeGreaterThan(PER_SECOND)
      await redis.fail()
      await Promise.all(spending)
      seen.sort((a, b) => a - b)
      const most = Math.max(
        ...seen.map((from) => seen.filter((at) => at >= from && at < from + 1_000).length),
      )
      expect(most).toBeLessThanOrEqual(PER_SECOND + 2 * SHARE * PER_SECOND)
      // It was spent from before, without, and after it.
      expect(said).toContain(true)
      expect(said.at(-1)).toBe(false)
      expect(seen.length).toBeGreaterThan(2 * PER_SECOND)
    }, 60_000)
  })
})
