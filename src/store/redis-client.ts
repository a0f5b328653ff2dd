import type { SecureContext } from 'node:tls'
import type { ClusterOptions, Redis, RedisOptions } from 'ioredis'
import type { RedisAddress } from '../config/store.ts'
import { withinAwake } from './awake-deadline.ts'

/** Timeouts of one command and of one connection attempt, milliseconds. */
export const COMMAND_MS = 1_000
const CONNECT_MS = 2_000
const HANDSHAKE_MS = 5_000
const RETRY_MS = { first: 50, longest: 1_000 }

/** The commands in use: those with one key, so that a cluster knows the node. */
export type RedisCommands = Pick<Redis, 'get' | 'set' | 'del' | 'eval' | 'xrange'>

/** An unconnected client that fails fast, reconnects by itself, and never sends a command twice. */
export interface RedisClient extends RedisCommands {
  connect(): Promise<void>
  disconnect(reconnect?: boolean): void
  on(event: string, listener: (error: Error) => void): unknown
}

/** The commands of a client, each with its time limit. */
export const timed = (redis: RedisCommands): RedisCommands =>
  new Proxy(redis, {
    get:
      (_, name: keyof RedisCommands) =>
      (...given: unknown[]) =>
        withinAwake(Reflect.apply(redis[name], redis, given), COMMAND_MS),
  })

/** What TLS trusts; undefined for what Node trusts by itself. */
export type Trust = () => SecureContext | undefined

/** The client for an address: of one server, of the primary that Sentinels name, or of a cluster. */
export async function redisClient(
  address: RedisAddress,
  trust: Trust = () => undefined,
): Promise<RedisClient> {
  const { Redis, Cluster } = (await import('ioredis')).default
  const { via } = address
  const tls = address.tls ? { secureContext: trust() } : undefined
  if (via && 'cluster' in via) {
    const cluster = new Cluster([...via.cluster], clusterOptions(address, tls))
    cluster.on('+node', outliveLateErrors)
    return cluster
  }
  const { host, port, database } = address
  const found = via
    ? { sentinels: [...via.sentinels], name: via.name, ...sentinelOptions(tls, via.login) }
    : { host, port }
  const redis = new Redis({
    ...commonOptions(address, tls),
    ...found,
    db: database,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: pause,
  })
  outliveLateErrors(redis)
  return redis
}

/**
 * ioredis hears the first error of a connection alone, and Node ends a process in which nobody hears one: such as the alert
 * of a server whose certificate was refused before.
 */
function outliveLateErrors(redis: Redis): void {
  const hear = () => {
    // There is none before the first attempt.
    const stream: Redis['stream'] | undefined = redis.stream
    if (stream && !stream.listeners('error').includes(ignore)) stream.on('error', ignore)
  }
  redis.on('connecting', () => setImmediate(hear))
  redis.on('connect', hear)
  redis.on('error', hear)
}

const ignore = () => undefined

/** Each attempt later than the last, and not all instances at the same moment. */
const pause = (times: number) =>
  Math.min(RETRY_MS.first * 2 ** (times - 1), RETRY_MS.longest) * (0.5 + Math.random() / 2)

type TlsOptions = { secureContext: SecureContext | undefined } | undefined

function commonOptions({ username, password }: RedisAddress, tls: TlsOptions): RedisOptions {
  let reconnectedAt = Number.NEGATIVE_INFINITY
  return {
    connectionName: 'identity-mcp',
    // Proxies and older servers support only RESP2.
    protocol: 2,
    connectTimeout: CONNECT_MS,
    // For its own commands as it connects; ours have a shorter limit, that does not count a pause of this process.
    commandTimeout: HANDSHAKE_MS,
    disconnectTimeout: 100,
    // It takes permission for INFO; while Redis loads, it refuses each command.
    enableReadyCheck: false,
    // A command that cannot be sent fails immediately; one that may have run is never sent again.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // After a failover, a new lookup leads to the new primary.
    reconnectOnError: ({ message }) => {
      const again = message.includes('READONLY') && performance.now() - reconnectedAt > RETRY_MS.longest
      if (again) reconnectedAt = performance.now()
      return again
    },
    ...(tls && { tls }),
    ...(username !== undefined && { username }),
    ...(password && { password: password.reveal() }),
  }
}

type SentinelLogin = Extract<RedisAddress['via'], { sentinels: unknown }>['login']

const sentinelOptions = (tls: TlsOptions, login: SentinelLogin): RedisOptions => ({
  sentinelCommandTimeout: COMMAND_MS,
  sentinelRetryStrategy: pause,
  ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
  ...(login?.username !== undefined && { sentinelUsername: login.username }),
  ...(login?.password && { sentinelPassword: login.password.reveal() }),
})

const clusterOptions = (address: RedisAddress, tls: TlsOptions): ClusterOptions => ({
  lazyConnect: true,
  enableOfflineQueue: false,
  clusterRetryStrategy: pause,
  slotsRefreshTimeout: COMMAND_MS,
  slotsRefreshInterval: 1_000,
  // Both would send a command again that may have run, or keep its caller waiting.
  retryDelayOnFailover: 0,
  retryDelayOnClusterDown: 0,
  // As the nodes are named, which their certificates name too.
  dnsLookup: (host, done) => done(null, host),
  redisOptions: commonOptions(address, tls),
})
