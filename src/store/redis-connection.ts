import { passwordInClear, type RedisAddress } from '../config/store.ts'
import {
  COMMAND_MS,
  type RedisClient,
  type RedisCommands,
  redisClient,
  type Trust,
  timed,
} from './redis-client.ts'
import { CLOSED_BY_SERVER, mayPass, problemText, unavailable } from './redis-problems.ts'
import type { StoreHealth } from './store.ts'

/** How long a call waits for a connection that was never ready, or was lost, milliseconds; then calls fail immediately. */
const FIRST_WAIT_MS = 3_000
const RECONNECT_WAIT_MS = 500

/** A connection that fails fast and reconnects by itself. */
export interface RedisConnection {
  /** Begins every key. All keys of a cluster share a slot: scripts, listings and the clock are those of one node. */
  prefix: string
  /** Runs `work` on a ready connection. Throws `Unavailable` when there is none or when Redis refuses. */
  run<Result>(work: (redis: RedisCommands) => Promise<Result>): Promise<Result>
  /** Calls `listener` each time the connection becomes ready. */
  onReady(listener: () => void): void
  health(): Promise<StoreHealth>
  close(): Promise<void>
}

/** Connects on first use, not at start. Over TLS, to a server whose certificate `trust` accepts. */
export function openRedis(address: RedisAddress, trust?: Trust): RedisConnection {
  const prefix = address.via && 'cluster' in address.via ? '{identity-mcp}:' : 'identity-mcp:'
  let opened: Promise<RedisClient> | undefined
  let up = false
  /** Until when calls wait for the connection. */
  let patientUntil = 0
  let lastError: Error | undefined
  const waiting = new Set<() => void>()
  const listeners: (() => void)[] = []

  const markDown = () => {
    if (up) patientUntil = performance.now() + RECONNECT_WAIT_MS
    up = false
  }
  /** An attempt failed: a wrong password is not waited for, and a server that starts only for a moment. */
  const failed = (error: Error) => {
    lastError = /Connection is closed|ECONNRESET|EPIPE/.test(error.message)
      ? new Error(CLOSED_BY_SERVER)
      : error
    const patience = mayPass(error) ? RECONNECT_WAIT_MS : 0
    patientUntil = Math.min(patientUntil, performance.now() + patience)
    for (const proceed of waiting) proceed()
  }

  async function open(): Promise<RedisClient> {
    patientUntil = performance.now() + FIRST_WAIT_MS
    const redis = await redisClient(address, trust)
    // The first error of an attempt is the cause; later ones only follow from it.
    let hasFailed = false
    redis.on('connecting', () => {
      hasFailed = false
    })
    redis.on('error', (error: Error & { command?: { name: string } }) => {
      if (!hasFailed) failed(error)
      hasFailed = true
      // Otherwise ioredis continues in database 0, which may belong to another application.
      if (error.command?.name === 'select') redis.disconnect(true)
    })
    redis.on('close', () => {
      if (!up && !hasFailed) failed(new Error(CLOSED_BY_SERVER))
      hasFailed = true
      markDown()
    })
    redis.on('ready', () => {
      up = true
      lastError = undefined
      for (const proceed of [...waiting, ...listeners]) proceed()
    })
    redis.connect().catch(() => undefined)
    return redis
  }

  /** Waits until something happens to the connection, at most `ms`. */
  const news = (ms: number) =>
    new Promise<void>((resolve) => {
      const proceed = () => {
        clearTimeout(timer)
        waiting.delete(proceed)
        resolve()
      }
      const timer = setTimeout(proceed, ms)
      waiting.add(proceed)
    })

  async function ready(): Promise<RedisClient> {
    opened ??= open()
    const redis = await opened
    for (;;) {
      const left = patientUntil - performance.now()
      if (up) return redis
      if (left <= 0) throw lastError ?? new Error('connect ETIMEDOUT')
      await news(left)
    }
  }

  async function attempt<Result>(work: (redis: RedisCommands) => Promise<Result>): Promise<Result> {
    try {
      return await work(timed(await ready()))
    } catch (error) {
      if (up && error instanceof Error && error.message === 'Command timed out') {
        // Later calls then fail sooner.
        markDown()
        void opened?.then((redis) => redis.disconnect(true))
      }
      throw error
    }
  }

  return {
    prefix,
    run: (work) =>
      attempt(work).catch((error) => {
        throw unavailable(error)
      }),
    onReady: (listener) => void listeners.push(listener),
    async health() {
      const at = `${address.host}:${address.port}`
      try {
        const info = await attempt((redis) => tryOut(redis, `${prefix}health`))
        const version = fieldOf(info, 'redis_version')
        return {
          ok: true,
          store: `Redis ${version ? `${version} ` : ''}at ${at}`,
          advice: adviceOn(info, address),
        }
      } catch (error) {
        return { ok: false, store: `Redis at ${at}`, problem: problemText(error) }
      }
    },
    async close() {
      up = false
      patientUntil = 0
      for (const proceed of waiting) proceed()
      ;(await opened?.catch(() => undefined))?.disconnect()
    },
  }
}

/** Epoch milliseconds from the reply of TIME: seconds and microseconds. */
export const toMs = ([seconds, micros]: readonly (string | number)[]): number =>
  Number(seconds) * 1_000 + Math.ceil(Number(micros) / 1_000)

/** Every command that the scripts of the store and the journal run. INFO is for advice alone. */
const TRIAL_SCRIPT = `
redis.call('DEL', KEYS[1])
redis.call('XADD', KEYS[1], '1-0', 'line', '')
redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
redis.call('XRANGE', KEYS[1], '-', '+')
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'seq', '')
redis.call('HMGET', KEYS[1], 'seq')
redis.call('HGET', KEYS[1], 'seq')
redis.call('RENAME', KEYS[1], KEYS[1])
redis.call('UNLINK', KEYS[1])
redis.call('RPUSH', KEYS[1], '')
redis.call('LRANGE', KEYS[1], 0, -1)
redis.call('LLEN', KEYS[1])
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], '', 'PX', ${COMMAND_MS})
redis.call('GET', KEYS[1])
redis.call('GETRANGE', KEYS[1], 0, 0)
redis.call('SCAN', '0', 'COUNT', 1)
redis.call('TIME')
local info = redis.pcall('INFO')
return type(info) == 'string' and info or ''`

/** Tries all commands in use, so that what a user may not do is known before it is needed. Returns INFO if it may. */
async function tryOut(redis: RedisCommands, key: string): Promise<string> {
  const info = await redis.eval(TRIAL_SCRIPT, 1, key)
  await redis.set(key, '', 'PX', COMMAND_MS, 'NX')
  await Promise.all([redis.get(key), redis.del(key), redis.xrange(`${key}-stream`, '-', '+', 'COUNT', 1)])
  return String(info)
}

const fieldOf = (info: string, name: string): string | undefined =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]

function adviceOn(info: string, address: RedisAddress): string[] {
  const inClear = passwordInClear(address)
  const bounded = !['0', undefined].includes(fieldOf(info, 'maxmemory'))
  const evicts = bounded && fieldOf(info, 'maxmemory_policy') !== 'noeviction'
  return [
    ...(inClear === undefined ? [] : [inClear]),
    ...(evicts ? ['It evicts data when its memory is full: set maxmemory-policy to noeviction.'] : []),
    ...(fieldOf(info, 'aof_enabled') === '0'
      ? ['A crash can lose the latest approvals and journal entries: set appendonly to yes.']
      : []),
  ]
}
