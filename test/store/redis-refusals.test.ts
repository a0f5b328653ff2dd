// @module-tag long

import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { expect, test } from 'vitest'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { withRedis } from '../support/with-redis.ts'
import { openWorld, type ToolAnswer } from '../support/world.ts'

const LEAVES = { user: 'ada@example.com', tenants: ['acme-netskope'], reason: 'left the company' }
const PASSWORD = 'My-Secret-Pass-42'

const settings = { store: 'env:REDIS_URL', confirm: { removes: 'none' } }
const openOn = (url: string) => openWorld({ settings, env: { REDIS_URL: url, IDENTITY_MCP_LOG: 'info' } })

/** A Redis with a user who may do what `rules` say. */
async function redisFor(rules: string) {
  const redis = await startRedis()
  await redis.raw().acl('SETUSER', 'identity', 'on', `>${PASSWORD}`, '~identity-mcp:*', ...rules.split(' '))
  return redis
}

const urlOf = ({ port }: { port: number }, user = 'identity') =>
  `redis://${user}:${PASSWORD}@127.0.0.1:${port}`

async function listening(server: Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** Says back what it was sent, as servers do that know no such command. */
const echo = () =>
  createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (piece) => {
      const said = String(piece)
        .split('\r\n')
        .filter((part) => !/^[*$]/.test(part))
      for (const _ of said)
        socket.write(`-ERR unknown command 'auth', with args beginning with: '${said.join("' '")}'\r\n`)
    })
  })

const NARROW: [what: string, rules: string][] = [
  ['scripts', '+@all -@scripting'],
  ['the clock', '+@all -time'],
  ['the journal', '+@all -@stream'],
  ['its keys', '+@all resetkeys ~other:*'],
]

const CASES: [what: string, open: () => Promise<AsyncDisposable & { url: string }>, says: RegExp][] = [
  [
    'wants another user',
    async () => at(await redisFor('+@all'), (redis) => urlOf(redis, 'identityX')),
    /its user name or password is wrong or missing: correct the address/,
  ],
  [
    'wants a password',
    async () => {
      const redis = await startRedis('--requirepass', PASSWORD)
      return at(redis, ({ port }) => `redis://127.0.0.1:${port}`)
    },
    /its user name or password is wrong or missing: correct the address/,
  ],
  ...NARROW.map(([what, rules]): (typeof CASES)[number] => [
    `lets its user do all but ${what}`,
    async () => at(await redisFor(rules), urlOf),
    /its user lacks permissions: give it those in docs\/store\.md/,
  ]),
  [
    'is no Redis',
    async () => at(await listening(createHttpServer()), urlOf),
    /is not Redis.*correct `store`/,
  ],
  [
    'closes every connection',
    async () => at(await listening(createServer((socket) => void socket.destroy())), urlOf),
    /it closes every connection: write rediss:\/\//,
  ],
  [
    'knows no AUTH',
    async () => at(await listening(echo()), urlOf),
    /lacks commands that are needed: use Redis 6\.2/,
  ],
  [
    'speaks no TLS',
    async () => at(await redisFor('+@all'), (redis) => urlOf(redis).replace('redis:', 'rediss:')),
    /it did not answer in time: .* speaks TLS just as `store` says/,
  ],
  [
    'is a node of a cluster',
    async () => {
      const redis = await startRedis('--cluster-enabled', 'yes')
      return at(redis, ({ port }) => `redis://127.0.0.1:${port}`)
    },
    /its cluster is down|it is a node of a Redis Cluster/,
  ],
]

const at = <Server extends AsyncDisposable & { port: number }>(
  server: Server,
  url: (server: Server) => string,
) => ({ url: url(server), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() })

/** Refused as a whole, or for the one app. */
const codeOf = ({ error, results }: ToolAnswer) => error?.code ?? (results as { code?: string }[])[0]?.code

withRedis('a Redis that', () => {
  test('lets its user do all but a listing is told by check', async () => {
    await using redis = await redisFor('+@all -scan')
    await using world = await openOn(urlOf(redis))
    expect(await world.run(['check'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('lacks permissions'),
    })
  })

  test.each(CASES)(
    '%s is refused at once, at the start and by check, without its password',
    async (_, open, says) => {
      await using redis = await open()
      await using world = await openOn(redis.url)
      await expect.poll(world.stderr, { timeout: 5_000 }).toMatch(says)
      await expect.poll(world.stderr, { timeout: 5_000 }).toContain('no change can be made')
      const began = performance.now()
      const answer = await world.call('deactivate_user', LEAVES)
      expect(codeOf(answer)).toBe('unavailable')
      expect(performance.now() - began).toBeLessThan(4_000)
      expect(world.netskope.writes).toEqual([])
      const { code, stdout, stderr } = await world.run(['check'])
      // Lines are as wide as a terminal.
      expect([code, stdout.replace(/\s+/g, ' ')]).toEqual([1, expect.stringMatching(says)])
      expect(world.stderr() + stdout + stderr + JSON.stringify(answer)).not.toContain(PASSWORD)
    },
  )

  const TURNS: [what: string, turn: (redis: RedisServer) => Promise<unknown>, says: RegExp][] = [
    [
      'is full',
      (redis) => redis.raw().config('SET', 'maxmemory', '1'),
      /its memory is full: raise its maxmemory/,
    ],
    [
      'became a replica',
      async (redis) => {
        await redis.raw().replicaof('127.0.0.1', 1)
        await redis.raw().config('SET', 'replica-serve-stale-data', 'yes')
      },
      /it is a read-only replica: let `store` name the primary/,
    ],
    [
      'takes a permission away',
      (redis) => redis.raw().acl('SETUSER', 'identity', '-eval'),
      /its user lacks permissions/,
    ],
    [
      'has changed its password',
      async (redis) => {
        await redis.raw().acl('SETUSER', 'identity', 'resetpass', '>another')
        await redis.raw().client('KILL', 'USER', 'identity')
      },
      /its user name or password is wrong or missing/,
    ],
    [
      'has too few replicas',
      (redis) => redis.raw().config('SET', 'min-replicas-to-write', '1'),
      /too few of its replicas are connected/,
    ],
  ]

  test.each(TURNS)(
    '%s while it is in use refuses a change at once, and the log holds no entry',
    async (_, turn, says) => {
      await using redis = await redisFor('+@all')
      await using world = await openOn(urlOf(redis))
      await world.call('find_user', { user: LEAVES.user })
      await turn(redis)
      const began = performance.now()
      expect(codeOf(await world.call('deactivate_user', LEAVES))).toBe('unavailable')
      expect(performance.now() - began).toBeLessThan(4_000)
      expect(world.netskope.writes).toEqual([])
      const { code, stdout } = await world.run(['check'])
      expect([code, stdout.replace(/\s+/g, ' ')]).toEqual([1, expect.stringMatching(says)])
      // The first call may have hit the loss itself.
      const said = async () => {
        await world.call('deactivate_user', LEAVES)
        return world.stderr()
      }
      await expect.poll(said, { timeout: 5_000 }).toMatch(says)
      expect(world.stderr()).not.toContain(PASSWORD)
      expect(world.stderr()).not.toContain(LEAVES.reason)
    },
  )
})
