import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { redisClient } from '../../src/store/redis-client.ts'

test('what a connection says after its first error ends no process', async () => {
  const redis = await redisClient({ host: '127.0.0.1', port: 1, tls: false, database: 0 })
  if (!(redis instanceof Redis)) throw new TypeError('a client of one server is none of a cluster')
  const failed = new Promise((resolve) => redis.once('error', resolve))
  redis.connect().catch(() => undefined)
  await failed
  // Without a listener, this throws.
  expect(redis.stream.emit('error', new Error('alert decode error'))).toBe(true)
  redis.disconnect()
})
