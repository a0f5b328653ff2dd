import type { Redis } from 'ioredis'
import type { RedisAddress } from '../config/store.ts'
import { IdentityError, Unavailable } from '../errors.ts'
import type { StoreHealth } from './store.ts'

/** What all our keys begin with. */
export const PREFIX = 'identity-mcp:'

/** Longest that one command may take, and that one try to connect may. */
const COMMAND_MS = 1_000
const CONNECT_MS = 2_000
/** How long a call waits for the first connection, and for one that has just been lost; after that it fails at once. */
const FIRST_WAIT_MS = 3_000
const BLIP_MS = 500
const RETRY_MS = { first: 50, longest: 1_000 }

/** A connection that never keeps anybody waiting for long, and that comes back by itself. */
export interface RedisConnection {
  /** Does `work` on a connection that stands. Throws `Unavailable` when there is none or when Redis refuses. */
  run<Result>(work: (redis: Redis) => Promise<Result>): Promise<Result>
  /** Calls `listener` whenever the connection has come to stand. */
  onReady(listener: () => void): void
  health(): Promise<StoreHealth>
  close(): Promise<void>
}

/** Connects on first use, so that a start touches nothing. */
export function openRedis(address: RedisAddress): RedisConnection {
  let opened: Promise<Redis> | undefined
  let up = false
  let patience = { since: 0, ms: FIRST_WAIT_MS }
  let refusedAt = Number.NEGATIVE_INFINITY
  let lastError: Error | undefined
  const waiting = new Set<() => void>()
  const listeners: (() => void)[] = []

  const wentDown = () => {
    if (up) patience = { since: performance.now(), ms: BLIP_MS }
    up = false
  }

  async function open(): Promise<Redis> {
    patience.since = performance.now()
    const { Redis } = (await import('ioredis')).default
    const redis = new Redis({
      ...partsOf(address),
      connectionName: 'identity-mcp',
      // Proxies and older servers know no other.
      protocol: 2,
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      commandTimeout: COMMAND_MS,
      disconnectTimeout: 100,
      // What cannot be sent now fails now, and what may have been done is never sent a second time.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: (times) =>
        Math.min(RETRY_MS.first * 2 ** (times - 1), RETRY_MS.longest) * (0.5 + Math.random() / 2),
      // After a failover the same address leads to the new primary, once it is looked up anew.
      reconnectOnError: ({ message }) => {
        const again = message.includes('READONLY') && performance.now() - refusedAt > RETRY_MS.longest
        if (again) refusedAt = performance.now()
        return again
      },
    })
    // The first error of a try says what is wrong; others only follow from it.
    let first = true
    redis.on('connecting', () => {
      first = true
    })
    redis.on('error', (error: Error & { command?: { name: string } }) => {
      if (first) lastError = error
      first = false
      // It would go on in database 0, which may be somebody else's.
      if (error.command?.name === 'select') redis.disconnect(true)
    })
    redis.on('close', wentDown)
    redis.on('ready', () => {
      up = true
      lastError = undefined
      for (const go of [...waiting, ...listeners]) go()
    })
    redis.connect().catch(() => undefined)
    return redis
  }

  /** Waits until the connection stands, `ms` at the longest. */
  const standing = (ms: number) =>
    new Promise<void>((resolve) => {
      const go = () => {
        clearTimeout(timer)
        waiting.delete(go)
        resolve()
      }
      const timer = setTimeout(go, ms)
      waiting.add(go)
    })

  async function ready(): Promise<Redis> {
    opened ??= open()
    const redis = await opened
    const left = patience.since + patience.ms - performance.now()
    if (!up && left > 0) await standing(left)
    if (!up) throw lastError ?? new Error('connect ETIMEDOUT')
    return redis
  }

  async function run<Result>(work: (redis: Redis) => Promise<Result>): Promise<Result> {
    try {
      return await work(await ready())
    } catch (error) {
      if (error instanceof IdentityError) throw error
      if (up && error instanceof Error && error.message === 'Command timed out') {
        // Whoever comes next need not wait as long to learn the same.
        wentDown()
        void opened?.then((redis) => redis.disconnect(true))
      }
      throw new Unavailable(
        `The store of this server cannot be used: ${problemOf(error)}.`,
        'Try again later, or ask the person who runs it.',
        { cause: error },
      )
    }
  }

  return {
    run,
    onReady: (listener) => void listeners.push(listener),
    async health() {
      const at = `${address.host}:${address.port}`
      try {
        const info = await run(async (redis) => {
          await redis.set(`${PREFIX}health`, '', 'PX', COMMAND_MS)
          return redis.info().catch(() => '')
        })
        const version = fieldOf(info, 'redis_version')
        return { ok: true, store: `Redis ${version ? `${version} ` : ''}at ${at}`, advice: adviceOn(info) }
      } catch (error) {
        return { ok: false, store: `Redis at ${at}`, problem: problemOf((error as Error).cause) }
      }
    },
    async close() {
      up = false
      ;(await opened?.catch(() => undefined))?.disconnect()
    },
  }
}

/** Epoch milliseconds, from what TIME answers: seconds and microseconds. */
export const toMs = ([seconds, micros]: readonly (string | number)[]): number =>
  Number(seconds) * 1_000 + Math.ceil(Number(micros) / 1_000)

const partsOf = ({ host, port, tls, database, username, password }: RedisAddress) => ({
  host,
  port,
  db: database,
  ...(tls && { tls: {} }),
  ...(username !== undefined && { username }),
  ...(password && { password: password.reveal() }),
})

const PROBLEMS: readonly [RegExp, string][] = [
  [/ECONNREFUSED/, 'nobody listens at its address'],
  [/ENOTFOUND|EAI_AGAIN/, 'there is no host of that name'],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|timed out/, 'it does not answer in time'],
  [/WRONGPASS|NOAUTH/, 'its password, or user name, is wrong or missing'],
  [/NOPERM/, 'its user may not do all that is needed'],
  [/DB index/, 'it has no database of that number'],
  [/READONLY/, 'it is a replica that takes no changes'],
  [/OOM/, 'its memory is full'],
  [/MISCONF/, 'it cannot write to its disk'],
  [/LOADING/, 'it is still loading its data'],
  [/RESP/, 'what answers at its address is no Redis'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO|ERR_SSL|ERR_TLS|EPROTO/,
    'its certificate is not trusted, or it speaks no TLS',
  ],
]

/** What is wrong, in our words; the error itself is for the log. */
function problemOf(error: unknown): string {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  // Node wraps the failures of every address that a name stands for.
  const inner = error instanceof AggregateError ? String(error.errors[0]) : ''
  return PROBLEMS.find(([sign]) => sign.test(`${code} ${message} ${inner}`))?.[1] ?? 'its connection broke'
}

const fieldOf = (info: string, name: string): string | undefined =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]

function adviceOn(info: string): string[] {
  const bounded = !['0', undefined].includes(fieldOf(info, 'maxmemory'))
  const evicts = bounded && fieldOf(info, 'maxmemory_policy') !== 'noeviction'
  return [
    ...(evicts ? ['It throws data away when its memory is full: set maxmemory-policy to noeviction.'] : []),
    ...(fieldOf(info, 'aof_enabled') === '0'
      ? ['A crash can lose the latest approvals and journal entries: set appendonly to yes.']
      : []),
  ]
}
