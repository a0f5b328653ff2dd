import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { APPROVAL_TTL_MS, openApprovals } from '../../src/approvals/approvals.ts'
import { openRedis } from '../../src/store/redis-connection.ts'
import { redisStore } from '../../src/store/redis-store.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { withRedis } from '../support/with-redis.ts'

const REQUEST = { digest: 'digest', tool: 'deactivate_user', plan: ['Deactivate ada.'], caller: 'bot' }

withRedis('on instances whose clocks are wrong', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis[Symbol.asyncDispose]())
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] })
    return () => vi.useRealTimers()
  })
  const skewed = (ms: number) => vi.setSystemTime(performance.timeOrigin + performance.now() + ms)

  test.each([2 * APPROVAL_TTL_MS, -2 * APPROVAL_TTL_MS])(
    'an approval is good for its hour, though they differ by %i ms',
    async (ms) => {
      await redis.raw().flushall()
      const store = redisStore(openRedis(redis.address))
      const approvals = openApprovals(store)
      skewed(0)
      const { id, createdAt, expiresAt } = await approvals.request(REQUEST)
      expect(expiresAt - createdAt).toBe(APPROVAL_TTL_MS)
      skewed(ms)
      expect((await approvals.request(REQUEST)).id).toBe(id)
      await approvals.decide(id, 'approved', 'grace', 'terminal')
      expect(await approvals.use(id, 'digest')).toMatchObject({ state: 'approved' })
      await expect(approvals.use(id, 'digest')).rejects.toMatchObject({ code: 'approval_used' })
      await store.close()
    },
  )
})
