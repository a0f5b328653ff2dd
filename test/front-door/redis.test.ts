// @module-tag long

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileJournal, journalFile } from '../../src/journal/file.ts'
import { HEAD_KEY } from '../../src/journal/file-head.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { openHttpWorld } from '../support/http-world.ts'
import { freePort, type RedisServer, startRedis } from '../support/redis.ts'
import { withRedis } from '../support/with-redis.ts'
import { openWorld, type ToolAnswer, type WorldOptions } from '../support/world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }
const PASSPHRASE = 'correct horse battery staple'
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always']

/** A world whose servers keep everything in `redis`. */
const openOn = (redis: Pick<RedisServer, 'url'>, { settings, env, ...options }: WorldOptions = {}) =>
  openWorld({
    ...options,
    settings: { store: 'env:REDIS_URL', ...settings },
    env: { REDIS_URL: redis.url, ...env },
  })

withRedis('servers on one Redis', () => {
  test('share an approval, which is used once, and a journal', async () => {
    await using redis = await startRedis()
    await using world = await openOn(redis, { settings: { confirm: { removes: 'approve' } } })
    await world.run(['approvers', 'add', 'grace', '--passphrase-stdin'], { stdin: PASSPHRASE })
    const { approval } = (await world.call('deactivate_user', LEAVES)) as unknown as {
      approval: { id: string }
    }
    const approve = ['approvals', 'approve', approval.id, '--approver', 'grace', '--passphrase-stdin']
    expect(await world.run(approve, { stdin: PASSPHRASE })).toMatchObject({ code: 0 })
    const servers = [world, await world.open(), await world.open()]
    const answers = await Promise.all(
      servers.map(({ call }) => call('deactivate_user', { ...LEAVES, approvalId: approval.id })),
    )
    expect(answers.filter(({ status }) => status === 'done')).toHaveLength(1)
    expect(world.netskope.writes).toHaveLength(1)
    const exported = await world.run(['journal', 'export'])
    const lines = exported.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const started = lines.filter(({ event, tool }) => event === 'started' && tool === 'deactivate_user')
    expect(started).toHaveLength(1)
    expect((await world.run(['journal', 'show', approval.id])).stdout).toContain('by grace in a terminal')
    expect(existsSync(world.dataDir) ? readdirSync(world.dataDir) : []).toEqual([])

    // What was exported is a journal in a file.
    writeFileSync(journalFile(world.folder), exported.stdout)
    const store = memoryStore()
    await store.set(HEAD_KEY, lines.at(-1))
    expect(await world.run(['journal', 'verify'])).toMatchObject({ code: 0 })
    expect(await fileJournal(world.folder, store).verify()).toEqual({ ok: true, lines: lines.length })
  })

  test('take back what another of them changed', async () => {
    await using redis = await startRedis()
    await using world = await openOn(redis, { settings: { confirm: { removes: 'none' } } })
    const { change } = await world.call('deactivate_user', LEAVES)
    const { call } = await world.open()
    expect(await call('undo_change', { change, reason: 'a mistake' })).toMatchObject({ status: 'done' })
    expect(world.netskope.user(ADA).active).toBe(true)
  })

  test('count removals together, and stop at one brake', async () => {
    await using redis = await startRedis()
    await using world = await openOn(redis, {
      settings: { confirm: { removes: 'none' }, limits: { removesPerHour: 1 } },
    })
    const { call } = await world.open()
    expect(await world.call('deactivate_user', LEAVES)).toMatchObject({ status: 'done' })
    const other = { ...LEAVES, user: 'grace@example.com' }
    expect((await call('deactivate_user', other)).error?.code).toBe('limit_reached')
    expect(await world.run(['brake', 'on', '--reason', 'odd changes'])).toMatchObject({ code: 0 })
    const back = { user: ADA, tenants: ['acme-netskope'], reason: 'a mistake' }
    for (const server of [world, { call }]) {
      expect((await server.call('reactivate_user', back)).error?.code).toBe('refused')
    }
    expect(world.netskope.writes).toHaveLength(1)
  })

  test('know of an app what one of them has found out, and go on asking every app without it', async () => {
    await using redis = await startRedis()
    await using world = await openOn(redis, { tenants: (own) => own })
    const { arrivals } = world.sandbox.tenants['acme-gainsight']
    const inGainsight = { user: ADA, tenants: ['acme-gainsight'] }
    // Where its people are, all of them, that these are all, what its lists tell, and what its filters do.
    await world.call('find_user', inGainsight)
    expect(arrivals).toHaveLength(5)
    const { call } = await world.open()
    await call('find_user', inGainsight)
    expect(arrivals).toHaveLength(6)
    await redis.kill()
    const lost = performance.now()
    expect(await call('find_user', { user: ADA })).toMatchObject({
      complete: true,
      searched: [{ outcome: 'found' }, { outcome: 'found' }, { outcome: 'found' }],
    })
    // Not the time of a request that nobody will hear of any more.
    expect(performance.now() - lost).toBeLessThan(5_000)
  })

  test('spend one budget', async () => {
    await using redis = await startRedis()
    await using world = await openOn(redis, { tenant: { budget: { perMinute: 13 }, maxRetries: 0 } })
    await world.call('find_user', { user: ADA })
    const servers = [world, await world.open(), await world.open()]
    const answers = await Promise.all(
      servers.flatMap(({ call }) => Array.from({ length: 6 }, () => call('find_user', { user: ADA }))),
    )
    expect(world.netskope.arrivals).toHaveLength(13)
    expect(answers.filter(({ complete }) => complete)).toHaveLength(9)
  }, 90_000)

  test('go on reading without it, change nothing, and change again once it is back', async () => {
    await using redis = await startRedis(...DURABLE)
    await using world = await openOn(redis, {
      settings: { confirm: { removes: 'none' } },
      tenant: { budget: { perMinute: 100 } },
    })
    await world.call('find_user', { user: ADA })
    await redis.kill()
    expect(await world.call('find_user', { user: ADA })).toMatchObject({ complete: true })
    const { checks } = (await world.call('check_token', {})) as unknown as {
      checks: { budget: { limit: number }[] }[]
    }
    expect(checks[0]?.budget).toMatchObject([{ limit: 25 }])
    expect(world.stderr()).toContain('each budget is a quarter')
    expect((await world.call('deactivate_user', LEAVES)).error).toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
    expect(world.netskope.writes).toEqual([])
    expect(await world.run(['check'])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('nothing listens'),
    })
    await redis.start()
    await expect
      .poll(() => world.call('deactivate_user', LEAVES), { timeout: 20_000 })
      .toMatchObject({ status: 'done' })
    expect(world.netskope.writes).toHaveLength(1)
    expect(await world.run(['journal', 'verify'])).toMatchObject({ code: 0 })
  })

  test.each([
    ['keeps what it had', DURABLE],
    ['comes back empty', []],
  ])('change each account once, and tell the truth, while it is killed and %s', async (_, args) => {
    await using redis = await startRedis(...args)
    await using world = await openOn(redis, {
      settings: { confirm: { removes: 'none' }, limits: { removesPerHour: 1_000 } },
      tenant: { budget: { perMinute: 1_000, atOnce: 10 } },
    })
    const servers = [world, await world.open(), await world.open()]
    const people = world.netskope.users.filter(({ active }) => active).slice(0, 60)
    const answers = new Map<string, ToolAnswer>()
    const refused = () => [...answers.values()].filter(({ status }) => status !== 'done').length
    let killed: Promise<void> | undefined
    const killOnce = async () => {
      await redis.kill()
      await expect.poll(refused, { timeout: 20_000 }).toBeGreaterThan(0)
      await redis.start()
      // Each of them has found it again: to look up a change, even one that there never was, takes the store.
      const nobodys = { change: '0123456789ab', reason: 'never made' }
      for (const { call } of servers) {
        const code = async () => (await call('undo_change', nobodys)).error?.code
        await expect.poll(code, { timeout: 20_000 }).toBe('not_found')
      }
    }
    const leave = async ({ call }: (typeof servers)[number], line: number) => {
      for (const [index, { userName }] of people.entries()) {
        if (index % 12 !== line) continue
        if (answers.size > 10) killed ??= killOnce()
        const answer = await call('deactivate_user', { ...LEAVES, user: userName })
        answers.set(userName, answer)
        // Who is refused goes on once there is a Redis again, so that most are deactivated.
        if (answer.status !== 'done') await killed
      }
    }
    await Promise.all(
      servers.flatMap((server, at) => [0, 1, 2, 3].map((line) => leave(server, at * 4 + line))),
    )
    await killed

    expect(answers.size - refused()).toBeGreaterThan(20)
    for (const { userName, id, active } of people) {
      const writes = world.netskope.writes.filter(({ path }) => path.includes(id))
      const answer = answers.get(userName)
      expect([answer?.status, writes.length, active]).toEqual(
        answer?.status === 'done' ? ['done', 1, false] : [answer?.status, 0, true],
      )
    }
    const verdict = JSON.parse((await world.run(['journal', 'verify', '--json'])).stdout)
    expect(verdict).toMatchObject(args.length > 0 ? { ok: true } : { problem: 'lost' })
    // Whatever was begun has an end; of what was lost with Redis, ends may be all that is left.
    const { stdout } = await world.run(['journal', 'export'])
    const open = new Set<string>()
    for (const line of stdout.trimEnd().split('\n')) {
      const { event, call } = JSON.parse(line)
      if (event === 'started') open.add(call)
      else open.delete(call)
    }
    expect(open).toEqual(new Set())
  })

  test('over HTTP are not ready without it, and answer the callers that they know', async () => {
    await using redis = await startRedis(...DURABLE)
    const settings = { store: 'env:REDIS_URL' }
    await using world = await openHttpWorld({ settings, env: { REDIS_URL: redis.url } })
    const { stdout } = await world.run(['tokens', 'create', 'helpdesk', '--scopes', 'identity:remove'])
    const guest = await world.guest({ token: stdout.trim() })
    const ready = async () => (await world.fetch('/readyz')).status
    expect(await guest.call('find_user', { user: ADA })).toMatchObject({ complete: true })
    expect(await ready()).toBe(200)
    await redis.kill()
    expect(await ready()).toBe(503)
    expect(await guest.call('find_user', { user: ADA })).toMatchObject({ complete: true })
    expect((await guest.call('deactivate_user', LEAVES)).error?.code).toBe('unavailable')
    await redis.start()
    await expect.poll(ready, { timeout: 20_000 }).toBe(200)
    expect(await guest.call('list_tenants')).toHaveProperty('tenants')
  })

  test('answer in time while it is frozen', async () => {
    await using redis = await startRedis()
    await using world = await openOn(redis, { settings: { confirm: { removes: 'none' } } })
    await world.call('find_user', { user: ADA })
    redis.freeze()
    const began = performance.now()
    expect(await world.call('find_user', { user: ADA })).toMatchObject({ complete: true })
    expect((await world.call('deactivate_user', LEAVES)).error?.code).toBe('unavailable')
    expect(performance.now() - began).toBeLessThan(15_000)
    expect(world.netskope.writes).toEqual([])
    redis.thaw()
    await expect
      .poll(() => world.call('deactivate_user', LEAVES), { timeout: 20_000 })
      .toMatchObject({ status: 'done' })
  })

  test('say that the journal is lost when it came back empty', async () => {
    await using redis = await startRedis()
    await using world = await openOn(redis, { settings: { confirm: { removes: 'none' } } })
    await world.call('deactivate_user', LEAVES)
    await redis.restart()
    await expect
      .poll(async () => (await world.run(['journal', 'verify'])).stdout, { timeout: 20_000, interval: 200 })
      .toContain('Entries were lost with the store')
    expect(await world.call('reactivate_user', LEAVES)).toMatchObject({ status: 'done' })
    expect(await world.run(['journal', 'verify'])).toMatchObject({ code: 1 })
  })

  test('say what state it is in', async () => {
    await using redis = await startRedis()
    await using world = await openOn(redis)
    const { code, stdout } = await world.run(['check'])
    expect(code).toBe(0)
    expect(stdout).toContain(`Redis ${/^redis_version:(.*?)\r$/m.exec(await redis.raw().info())?.[1]} at`)
    expect(stdout).toContain('appendonly')
    expect(JSON.parse((await world.run(['check', '--json'])).stdout)).toMatchObject({
      ok: true,
      store: { ok: true, advice: [expect.stringContaining('appendonly')] },
    })
  })

  test('reach it over TLS with a password, when its certificate is trusted', async () => {
    await using plain = await startRedis()
    const [key, cert] = [join(plain.folder, 'key.pem'), join(plain.folder, 'cert.pem')]
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '2',
        ],
        ...[
          '-subj',
          '/CN=localhost',
          '-addext',
          'subjectAltName=DNS:localhost',
          '-keyout',
          key,
          '-out',
          cert,
        ],
      ],
      { stdio: 'ignore' },
    )
    const port = await freePort()
    await using _redis = await startRedis(
      ...['--tls-port', String(port), '--tls-cert-file', cert, '--tls-key-file', key],
      ...['--tls-auth-clients', 'no', '--requirepass', 'p@ss w/rd'],
    )
    const url = `rediss://:${encodeURIComponent('p@ss w/rd')}@localhost:${port}/2`
    await using world = await openOn({ url }, { env: { NODE_EXTRA_CA_CERTS: cert }, ownProcess: true })
    const { code, stdout } = await world.run(['check'])
    expect([code, stdout]).toEqual([0, expect.stringContaining(`at localhost:${port}`)])
    // The same by the settings, also for commands that read no more of them than where the data is.
    await using trusting = await openOn({ url }, { settings: { ca: cert, confirm: { removes: 'none' } } })
    expect(await trusting.run(['check'])).toMatchObject({ code: 0 })
    expect(await trusting.call('deactivate_user', LEAVES)).toMatchObject({ status: 'done' })
    expect(await trusting.run(['journal', 'verify'])).toMatchObject({ code: 0 })
    await using doubtful = await openOn({ url }, { settings: { confirm: { removes: 'none' } } })
    expect((await doubtful.call('deactivate_user', LEAVES)).error).toMatchObject({ code: 'unavailable' })
    expect(doubtful.netskope.writes).toEqual([])
    const refused = await doubtful.run(['check'])
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('certificate')])
    expect(refused.stdout + refused.stderr).not.toContain('p@ss')
  })
})
