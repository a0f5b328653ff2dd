import type { Redis } from 'ioredis'
import { passwordInClear, type RedisAddress } from '../config/store.ts'
import { IdentityError, Unavailable } from '../errors.ts'
import type { StoreHealth } from './store.ts'

/** Prefix of all our keys. */
export const KEY_PREFIX = 'identity-mcp:'

/** Timeouts of one command and of one connection attempt. */
const COMMAND_MS = 1_000
const CONNECT_MS = 2_000
/** How long a call waits for the first connection, or after a connection loss; after that, calls fail immediately. */
const FIRST_WAIT_MS = 3_000
const RECONNECT_WAIT_MS = 500
const RETRY_MS = { first: 50, longest: 1_000 }

/** A connection that fails fast and reconnects by itself. */
export interface RedisConnection {
  /** Runs `work` on a ready connection. Throws `Unavailable` when there is none or when Redis refuses. */
  run<Result>(work: (redis: Redis) => Promise<Result>): Promise<Result>
  /** Calls `listener` each time the connection becomes ready. */
  onReady(listener: () => void): void
  health(): Promise<StoreHealth>
  close(): Promise<void>
}

/** Connects on first use, not at start. */
export function openRedis(address: RedisAddress): RedisConnection {
  let opened: Promise<Redis> | undefined
  let up = false
  let waitWindow = { since: 0, ms: FIRST_WAIT_MS }
  let refusedAt = Number.NEGATIVE_INFINITY
  let lastError: Error | undefined
  const waiting = new Set<() => void>()
  const listeners: (() => void)[] = []

  const markDown = () => {
    if (up) waitWindow = { since: performance.now(), ms: RECONNECT_WAIT_MS }
    up = false
  }

  async function open(): Promise<Redis> {
    waitWindow.since = performance.now()
    const { Redis } = (await import('ioredis')).default
    const redis = new Redis({
      ...partsOf(address),
      connectionName: 'identity-mcp',
      // Proxies and older servers support only RESP2.
      protocol: 2,
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      commandTimeout: COMMAND_MS,
      disconnectTimeout: 100,
      // A command that cannot be sent fails immediately; one that may have run is never sent again.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: (times) =>
        Math.min(RETRY_MS.first * 2 ** (times - 1), RETRY_MS.longest) * (0.5 + Math.random() / 2),
      // After a failover, a new lookup of the same address leads to the new primary.
      reconnectOnError: ({ message }) => {
        const again = message.includes('READONLY') && performance.now() - refusedAt > RETRY_MS.longest
        if (again) refusedAt = performance.now()
        return again
      },
    })
    // The first error of an attempt is the cause; later ones only follow from it.
    let first = true
    redis.on('connecting', () => {
      first = true
    })
    redis.on('error', (error: Error & { command?: { name: string } }) => {
      if (first) lastError = error
      first = false
      // Otherwise ioredis continues in database 0, which may belong to another application.
      if (error.command?.name === 'select') redis.disconnect(true)
    })
    redis.on('close', markDown)
    redis.on('ready', () => {
      up = true
      lastError = undefined
      for (const proceed of [...waiting, ...listeners]) proceed()
    })
    redis.connect().catch(() => undefined)
    return redis
  }

  /** Waits until the connection is ready, at most `ms`. */
  const untilReady = (ms: number) =>
    new Promise<void>((resolve) => {
      const proceed = () => {
        clearTimeout(timer)
        waiting.delete(proceed)
        resolve()
      }
      const timer = setTimeout(proceed, ms)
      waiting.add(proceed)
    })

  async function ready(): Promise<Redis> {
    opened ??= open()
    const redis = await opened
    const left = waitWindow.since + waitWindow.ms - performance.now()
    if (!up && left > 0) await untilReady(left)
    if (!up) throw lastError ?? new Error('connect ETIMEDOUT')
    return redis
  }

  async function run<Result>(work: (redis: Redis) => Promise<Result>): Promise<Result> {
    try {
      return await work(await ready())
    } catch (error) {
      if (error instanceof IdentityError) throw error
      if (up && error instanceof Error && error.message === 'Command timed out') {
        // Later calls then fail sooner.
        markDown()
        void opened?.then((redis) => redis.disconnect(true))
      }
      throw new Unavailable(
        `The store of this server is unavailable: ${problemOf(error)}.`,
        'Try again later, or ask the person who runs this server.',
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
          await redis.set(`${KEY_PREFIX}health`, '', 'PX', COMMAND_MS)
          return redis.info().catch(() => '')
        })
        const version = fieldOf(info, 'redis_version')
        return {
          ok: true,
          store: `Redis ${version ? `${version} ` : ''}at ${at}`,
          advice: adviceOn(info, address),
        }
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

/** Epoch milliseconds from the reply of TIME: seconds and microseconds. */
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
  [/ECONNREFUSED/, 'nothing listens at its address'],
  [/ENOTFOUND|EAI_AGAIN/, 'its host name was not found'],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|timed out/, 'it did not answer in time'],
  [/WRONGPASS|NOAUTH/, 'its user name or password is wrong or missing'],
  [/NOPERM/, 'its user lacks permissions'],
  [/DB index/, 'it has no database with that number'],
  [/READONLY/, 'it is a read-only replica'],
  [/OOM/, 'its memory is full'],
  [/MISCONF/, 'it cannot write to its disk'],
  [/LOADING/, 'it is still loading its data'],
  [/RESP/, 'the server at its address is not Redis'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO|ERR_SSL|ERR_TLS|EPROTO/,
    'its certificate is not trusted, or it does not support TLS',
  ],
]

/** The problem in our words; the error itself is for the log. */
function problemOf(error: unknown): string {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  // When a name has several addresses, Node wraps the failures of all of them.
  const inner = error instanceof AggregateError ? String(error.errors[0]) : ''
  return PROBLEMS.find(([sign]) => sign.test(`${code} ${message} ${inner}`))?.[1] ?? 'its connection failed'
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
