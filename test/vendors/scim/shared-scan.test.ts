// @module-tag long

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DIRECT } from '../../../src/config/network.ts'
import type { RequestContext } from '../../../src/domain/operations.ts'
import { payingFrom, type Spending, tokenBucket } from '../../../src/guards/token-bucket.ts'
import { storeLedger } from '../../../src/limits/ledger.ts'
import { Secret } from '../../../src/secret.ts'
import { appMemory } from '../../../src/store/app-memory.ts'
import type { Store } from '../../../src/store/store.ts'
import { memoryStore } from '../../../src/store/table-store.ts'
import { openClient } from '../../../src/vendors/http/client.ts'
import { sealer } from '../../../src/vendors/http/sealer.ts'
import { newScan, sharedScan } from '../../../src/vendors/scim/shared-scan.ts'
import { context, serveCanned } from '../../support/canned.ts'
import { listOf, scimAt, user } from './scim-at.ts'

const name = (number: number) => `u${number}@example.com`
const ids = ({ accounts }: { accounts: { id: string }[] }) => accounts.map(({ id }) => id)

/** An app that refuses every filter, and whose users can change. */
async function openApp(count: number, arrived: (index: number) => unknown = () => {}) {
  const users = Array.from({ length: count }, (_, at) => user(`u${at + 1}`))
  const app = await serveCanned(async ({ method, path, query, body }, index) => {
    await arrived(index)
    const id = path.split('/')[2]
    const at = users.findIndex((one) => one.id === id)
    if (method === 'POST') {
      const made = user(`u${users.length + 1}`, String((body as { userName: string }).userName))
      users.push(made)
      return { status: 201, body: made }
    }
    if (method === 'DELETE') {
      users.splice(at, 1)
      return { status: 204 }
    }
    if (id !== undefined) return users[at] ? { body: users[at] } : { status: 404, body: { status: '404' } }
    if (query.filter) return { status: 400, body: { scimType: 'invalidFilter', status: '400' } }
    const from = Number(query.startIndex ?? 1) - 1
    return { body: listOf(users.slice(from, from + Number(query.count)), users.length) }
  })
  const later = () => app.asked.filter(({ query }) => Number(query.startIndex) > 1)
  return Object.assign(app, { users, later })
}

interface ProcessOptions {
  token?: string
  budget?: Spending
  pageSize?: number
  failed?: (error: unknown) => void
}

/** The operations of the app, as another process on the store has them. */
function processOn(store: Store, url: string, options: ProcessOptions = {}) {
  const { token = 'canned-token-0', budget, pageSize = 10, failed = () => {} } = options
  const ledger = storeLedger(store)
  const opening = { base: new URL(url), token: new Secret(token), headers: {} }
  const client = budget
    ? openClient(
        opening,
        [tokenBucket(ledger, 'bucket', budget)],
        DIRECT,
        () => {},
        payingFrom(ledger, 'bucket', budget),
      )
    : openClient(opening, [])
  const memory = appMemory(store, { tenant: 'acme', address: url }, failed)
  return scimAt(url, { pageSize, maxPages: 10_000 }, { client, memory })
}

const valuesIn = async (store: Store) =>
  Promise.all(
    (await store.keys('app-shared/')).map(async (key) => JSON.stringify([key, await store.get(key)])),
  )

describe('a list of users that was read', () => {
  test('serves other processes, which read the record of whoever is looked for', async () => {
    await using app = await openApp(250)
    const store = memoryStore()
    await processOn(store, app.url).findAccounts({ user: name(1) }, context())
    const before = app.later().length
    const other = processOn(store, app.url)
    expect(ids(await other.findAccounts({ user: name(249) }, context()))).toEqual(['u249'])
    expect(await other.findAccounts({ user: 'nobody@example.com' }, context())).toEqual({ accounts: [] })
    expect(app.later().length).toBe(before)
    expect(app.asked.filter(({ path }) => path === '/Users/u249')).toHaveLength(1)
  })

  test('is read by one process at a time, whoever else comes', async () => {
    await using app = await openApp(250, () => new Promise((resolve) => setTimeout(resolve, 5)))
    const store = memoryStore()
    const found = await Promise.all(
      Array.from({ length: 6 }, (_, at) =>
        processOn(store, app.url).findAccounts({ user: name(200 + at) }, context()),
      ),
    )
    expect(found.map(ids)).toEqual(Array.from({ length: 6 }, (_, at) => [`u${200 + at}`]))
    const starts = app.later().map(({ query }) => query.startIndex)
    expect(starts).toHaveLength(new Set(starts).size)
  })

  test('is gone on with where another process stopped', async () => {
    const ending = new AbortController()
    await using app = await openApp(300, (index) => index === 20 && ending.abort(new Error('enough')))
    const store = memoryStore()
    const search = processOn(store, app.url).findAccounts(
      { user: name(299) },
      { ...context(), signal: ending.signal },
    )
    await expect(search).rejects.toThrow()
    expect(ids(await processOn(store, app.url).findAccounts({ user: name(299) }, context()))).toEqual([
      'u299',
    ])
    expect(ids(await processOn(store, app.url).findAccounts({ user: name(15) }, context()))).toEqual(['u15'])
    const starts = app.later().map(({ query }) => query.startIndex)
    // The page that was on its way may have been asked twice.
    expect(starts.length - new Set(starts).size).toBeLessThanOrEqual(1)
  })

  test('holds for all what one process changes', async () => {
    await using app = await openApp(50)
    const store = memoryStore()
    const [one, two] = [processOn(store, app.url), processOn(store, app.url)]
    const find = async (at: typeof one, who: string) => ids(await at.findAccounts({ user: who }, context()))
    await find(one, name(1))
    await find(two, name(1))
    const before = app.later().length
    const { id = '' } = await one.createAccount({ fields: { userName: 'ada@example.com' } }, context())
    await one.readAccount({ id }, context())
    expect(await find(two, 'ada@example.com')).toEqual(['u51'])
    await two.deleteAccount?.({ id, userName: 'ada@example.com' }, context())
    await two.readAccount({ id }, context())
    expect(await find(one, 'ada@example.com')).toEqual([])
    app.users[39] = user('u40', 'lin@example.com')
    await one.readAccount({ id: 'u40' }, context())
    expect(await find(processOn(store, app.url), 'lin@example.com')).toEqual(['u40'])
    expect(app.later().length).toBe(before)
    // What no process made is seen by the first page.
    app.users.push(user('u60', 'new@example.com'))
    expect(await find(two, 'new@example.com')).toEqual(['u60'])
  })

  test('is kept sealed, for whoever has the token alone, and not after its time', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    await using app = await openApp(60)
    const store = memoryStore()
    await processOn(store, app.url).findAccounts({ user: name(1) }, context())
    const kept = (await valuesIn(store)).join('\n')
    expect(kept.length).toBeGreaterThan(500)
    for (const clear of ['u33@', 'example.com', Buffer.from('u33@example.com').toString('base64')])
      expect(kept).not.toContain(clear)
    const before = app.later().length
    const stranger = processOn(store, app.url, { token: 'another-token-1' })
    expect(ids(await stranger.findAccounts({ user: name(55) }, context()))).toEqual(['u55'])
    expect(app.later().length).toBe(2 * before)
    vi.setSystemTime(Date.now() + 10 * 60_000 + 1_000)
    expect(await valuesIn(store)).toEqual([])
  })

  test.each<[string, (store: Store, keys: string[]) => Promise<unknown>]>([
    ['was altered', (store, keys) => Promise.all(keys.map((key) => store.set(key, 'AAAA'.repeat(20))))],
    [
      'was exchanged with another',
      async (store, [one = '', two = '']) => {
        const [a, b] = [await store.get(one), await store.get(two)]
        await store.set(one, b)
        await store.set(two, a)
      },
    ],
    ['lacks a part', (store, [one = '']) => store.delete(one)],
  ])('is believed in nothing when it %s', async (_, spoil) => {
    await using app = await openApp(100)
    const store = memoryStore()
    await processOn(store, app.url).findAccounts({ user: name(1) }, context())
    const before = app.later().length
    await spoil(
      store,
      (await store.keys('app-shared/')).filter((key) => key.includes('scim.userScan/')),
    )
    expect(ids(await processOn(store, app.url).findAccounts({ user: name(99) }, context()))).toEqual(['u99'])
    expect(app.later().length).toBe(2 * before)
  })

  test('takes little room: 20,000 users', async () => {
    await using app = await openApp(20_000)
    const store = memoryStore()
    await processOn(store, app.url, { pageSize: 1_000 }).findAccounts({ user: name(1) }, context())
    const bytes = (await valuesIn(store)).join('').length
    expect(bytes).toBeGreaterThan(20_000)
    expect(bytes).toBeLessThan(60 * 20_000)
  })

  test.each([
    [100_000, 2],
    [100_001, 0],
  ])('of %i users has %i values in the store', async (total, count) => {
    const store = memoryStore()
    const { shared } = appMemory(store, { tenant: 'acme', address: 'canned' }, () => {})
    const scans = sharedScan(shared, sealer(new Secret('canned-token-0')), 'scim.userScan')
    const scan = newScan({ total, firstId: 'u1', from: Date.now() })
    await scans.add(scan, { users: [{ account: { id: 'u1' }, userName: 'ada', emails: [] }] })
    expect(await store.keys('app-shared/')).toHaveLength(count)
    expect((await scans.recall(undefined))?.users.size).toBe(count > 0 ? 1 : undefined)
  })

  test('serves its own process where the store cannot be used', async () => {
    await using app = await openApp(100)
    const gone = () => Promise.reject(new Error('no store'))
    const store = { ...memoryStore(), get: gone, set: gone, update: gone, delete: gone }
    const failed = vi.fn()
    const operations = processOn(store, app.url, { failed })
    for (const number of [1, 99])
      expect(ids(await operations.findAccounts({ user: name(number) }, context()))).toEqual([`u${number}`])
    expect(app.later()).toHaveLength(9)
    expect(failed).toHaveBeenCalled()
  })

  test('is read on by another process when one ended without a word', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    await using app = await openApp(50)
    const store = memoryStore()
    const memory = appMemory(store, { tenant: 'acme', address: app.url }, () => {})
    // As a process leaves it that is killed while it reads.
    const killed = await memory.shared.alone('scim.userScan/reader', 15_000, async () =>
      store.keys('app-shared/'),
    )
    const lease = killed?.result.find((key) => key.endsWith('reader')) ?? ''
    await store.set(lease, { owner: 'killed', until: Date.now() + 15_000 })
    const search = processOn(store, app.url).findAccounts({ user: name(49) }, context())
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(app.later()).toEqual([])
    vi.setSystemTime(Date.now() + 15_001)
    expect(ids(await search)).toEqual(['u49'])
  })

  test('lets a caller leave who waits for another process', async () => {
    await using app = await openApp(50)
    const store = memoryStore()
    const memory = appMemory(store, { tenant: 'acme', address: app.url }, () => {})
    const leaving = new AbortController()
    await memory.shared.alone('scim.userScan/reader', 15_000, async () => {
      const search = processOn(store, app.url).findAccounts(
        { user: name(49) },
        { ...context(), signal: leaving.signal },
      )
      setTimeout(() => leaving.abort(new Error('enough')), 300)
      await expect(search).rejects.toThrow('enough')
    })
    expect(app.later()).toEqual([])
  })
})

describe('a budget that processes share', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  const soon = (more: Partial<RequestContext> = {}): RequestContext => ({ ...context(), ...more })

  test('of 60 a minute finds one of 9,000 for three of them, who come back at `retryAt`', async () => {
    await using app = await openApp(9_000)
    const store = memoryStore()
    const budget = { perMinute: 60, atOnce: 2 }
    const find = async (caller: number) => {
      const operations = processOn(store, app.url, { budget, pageSize: 100 })
      for (let back = 0; ; back += 1) {
        const ended = await operations
          .findAccounts({ user: name(9_000 - caller) }, soon({ caller: `caller-${caller}` }))
          .catch((error: unknown) => error as { code: string; details: { retryAt: number } })
        if ('accounts' in ended) return { back, found: ids(ended) }
        expect(ended.code).toBe('rate_limited')
        vi.setSystemTime(Math.max(Date.now(), ended.details.retryAt))
      }
    }
    const found = await Promise.all([0, 1, 2].map(find))
    expect(found.map(({ found }) => found)).toEqual([['u9000'], ['u8999'], ['u8998']])
    for (const { back } of found) expect(back).toBeLessThanOrEqual(3)
    const starts = app.later().map(({ query }) => query.startIndex)
    expect(starts.length - new Set(starts).size).toBeLessThanOrEqual(1)
  })

  test('that never pays for a search is not spent on it by any of them', async () => {
    await using app = await openApp(9_900)
    const store = memoryStore()
    for (const _ of [1, 2]) {
      const operations = processOn(store, app.url, { budget: { perHour: 100, perDay: 1_000 } })
      const error = await operations.findAccounts({ user: name(9_900) }, soon()).catch((thrown) => thrown)
      expect(error).toMatchObject({ code: 'unsupported', message: expect.stringContaining('990 requests') })
    }
    expect(app.later()).toEqual([])
  })
})

afterEach(() => void vi.useRealTimers())
