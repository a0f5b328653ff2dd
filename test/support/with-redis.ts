import { describe } from 'vitest'
import { redisIsThere } from './redis.ts'

/** For tests that need a real redis-server. */
export const withRedis = describe.skipIf(!redisIsThere())
