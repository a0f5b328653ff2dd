import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { RedisAddress } from '../../src/config/store.ts'
import { Secret } from '../../src/secret.ts'
import { freePort, type RedisServer, startRedis } from './redis.ts'

/** Several real nodes, one of which has our data and can be killed. */
export interface FailoverRedis extends AsyncDisposable {
  url: string
  address: RedisAddress
  /** Kills the node that has our data; another one takes over. */
  fail(): Promise<void>
}

const DOWN_AFTER_MS = 500
const REPLICA = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1']

const synced = (replica: RedisServer) =>
  expect.poll(() => replica.raw().info('replication'), { timeout: 15_000 }).toMatch(/master_link_status:up/)

/** A primary, a replica, and a Sentinel that makes one of the other. */
export async function startSentinel({ password }: { password?: string } = {}): Promise<FailoverRedis> {
  const primary = await startRedis(...REPLICA)
  const replica = await startRedis(...REPLICA, '--replicaof', `127.0.0.1 ${primary.port}`)
  const port = await freePort()
  const file = join(replica.folder, 'sentinel.conf')
  writeFileSync(
    file,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor main 127.0.0.1 ${primary.port} 1`,
      `sentinel down-after-milliseconds main ${DOWN_AFTER_MS}`,
      'sentinel failover-timeout main 3000',
      ...(password === undefined ? [] : [`requirepass ${password}`]),
    ].join('\n'),
  )
  await synced(replica)
  const sentinel = spawn('redis-server', [file, '--sentinel'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  sentinel.stdout.on('data', (piece) => {
    said += String(piece)
  })
  // It knows the replica before it is needed.
  await expect.poll(() => said, { timeout: 15_000 }).toContain('+slave slave')
  const nodes = [{ host: '127.0.0.1', port }]
  return {
    url: `redis+sentinel://127.0.0.1:${port}/main${password === undefined ? '' : `?sentinelPassword=${encodeURIComponent(password)}`}`,
    address: {
      host: '127.0.0.1',
      port,
      tls: false,
      database: 0,
      via: {
        sentinels: nodes,
        name: 'main',
        ...(password !== undefined && { login: { password: new Secret(password) } }),
      },
    },
    fail: () => primary.kill(),
    async [Symbol.asyncDispose]() {
      const gone = once(sentinel, 'exit')
      sentinel.kill('SIGKILL')
      await gone
      await Promise.all([primary, replica].map((node) => node[Symbol.asyncDispose]()))
    },
  }
}

/** The slot of keys with the tag `{identity-mcp}`. */
const slotOf = (node: RedisServer) => node.raw().cluster('KEYSLOT', '{identity-mcp}:')

/** Three primaries with a third of the slots each, and a replica of the one that has our keys. */
export async function startCluster(): Promise<FailoverRedis> {
  const nodes = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const bus = await freePort()
      const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(DOWN_AFTER_MS)]
      return { bus, redis: await startRedis(...REPLICA, ...options, '--cluster-port', String(bus)) }
    }),
  )
  const redises = nodes.map(({ redis }) => redis)
  const [first, , , replica] = redises as [RedisServer, RedisServer, RedisServer, RedisServer]
  const third = 16_384 / 3
  for (const [at, { redis }] of nodes.slice(0, 3).entries()) {
    await redis.raw().call('CLUSTER', 'ADDSLOTSRANGE', Math.ceil(at * third), Math.ceil((at + 1) * third) - 1)
  }
  for (const { redis, bus } of nodes.slice(1)) {
    await first.raw().call('CLUSTER', 'MEET', '127.0.0.1', redis.port, bus)
  }
  for (const node of redises) {
    await expect
      .poll(() => node.raw().cluster('INFO'), { timeout: 15_000 })
      .toMatch(/cluster_state:ok[\s\S]*cluster_known_nodes:4/)
  }
  const ours = redises[Math.floor((await slotOf(first)) / third)] ?? first
  await replica.raw().call('CLUSTER', 'REPLICATE', String(await ours.raw().cluster('MYID')))
  await synced(replica)
  const places = redises.map(({ port }) => ({ host: '127.0.0.1', port }))
  return {
    url: `redis+cluster://${places.map(({ host, port }) => `${host}:${port}`).join(',')}`,
    address: { ...first.address, via: { cluster: places } },
    fail: () => ours.kill(),
    async [Symbol.asyncDispose]() {
      await Promise.all(redises.map((node) => node[Symbol.asyncDispose]()))
    },
  }
}
