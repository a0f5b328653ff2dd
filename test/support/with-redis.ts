import { describe } from 'vitest'
import { redisInstalled } from './redis.ts'

/** A `describe` for tests that need a real redis-server. */
export const withRedis = describe.skipIf(!redisInstalled())
