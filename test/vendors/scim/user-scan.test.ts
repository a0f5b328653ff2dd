// @module-tag long

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DIRECT } from '../../../src/config/network.ts'
import type { RequestContext } from '../../../src/domain/operations.ts'
import { payingFrom, type Spending, tokenBucket } from '../../../src/guards/token-bucket.ts'
import { storeLedger } from '../../../src/limits/ledger.ts'
import { Secret } from '../../../src/secret.ts'
import { memoryStore } from '../../../src/store/table-store.ts'
import { openClient } from '../../../src/vendors/http/client.ts'
import { context, serveCanned } from '../../support/canned.ts'
import { listOf, scimAt, user } from './scim-at.ts'

type User = ReturnType<typeof user>

/** An app that refuses every filter, or ignores it, and whose users can change. */
async function openApp(
  count: number,
  {
    refuses = true,
    arrived = () => {},
    listed = (one) => one,
  }: { refuses?: boolean; arrived?: (index: number) => void; listed?: (one: User) => unknown } = {},
) {
  const users: User[] = Array.from({ length: count }, (_, at) => user(`u${at + 1}`))
  const hidden = new Set<string>()
  const app = await serveCanned(({ method, path, query, body }, index) => {
    arrived(index)
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
    if (id !== undefined) {
      const shown = at >= 0 && !hidden.has(id)
      return shown ? { body: users[at] } : { status: 404, body: { detail: 'User not found', status: '404' } }
    }
    if (query.filter && refuses) return { status: 400, body: { scimType: 'invalidFilter', status: '400' } }
    const from = Number(query.startIndex ?? 1) - 1
    return { body: listOf(users.slice(from, from + Number(query.count)).map(listed), users.length) }
  })
  return Object.assign(app, { users, hidden })
}

/** The app's operations, whose requests a budget pays for. */
function paidAt(url: string, budget: Spending, pageSize = 100) {
  const ledger = storeLedger(memoryStore())
  const client = openClient(
    { base: new URL(url), token: new Secret('canned-token-0'), headers: {} },
    [tokenBucket(ledger, 'bucket', budget)],
    DIRECT,
    () => {},
    payingFrom(ledger, 'bucket', budget),
  )
  return scimAt(url, { pageSize, maxPages: 10_000 }, { client })
}

const soon = (more: Partial<RequestContext> = {}): RequestContext => ({ ...context(), ...more })
const name = (number: number) => `u${number}@example.com`
const ids = ({ accounts }: { accounts: { id: string }[] }) => accounts.map(({ id }) => id)

describe.each([true, false])('an app that does not filter (refuses: %s)', (refuses) => {
  test('is read once for all who look somebody up within minutes, at the same time or later', async () => {
    await using app = await openApp(250, { refuses })
    const operations = scimAt(app.url, { pageSize: 10 })
    const together = await Promise.all(
      Array.from({ length: 20 }, (_, at) => operations.findAccounts({ user: name(at * 12 + 1) }, context())),
    )
    expect(together.map(ids)).toEqual(Array.from({ length: 20 }, (_, at) => [`u${at * 12 + 1}`]))
    const pages = app.asked.filter(({ query }) => Number(query.startIndex) > 1).length
    expect(pages).toBeLessThan(30)
    const before = app.asked.length
    expect(ids(await operations.findAccounts({ user: name(249) }, context()))).toEqual(['u249'])
    expect(await operations.findAccounts({ user: 'nobody@example.com' }, context())).toEqual({ accounts: [] })
    // The first page tells whether the list is still the same; the record is read anew.
    expect(app.asked.slice(before).map(({ path, query }) => query.startIndex ?? path)).toEqual(
      expect.arrayContaining(['1', '/Users/u249', '1']),
    )
    expect(app.asked.length - before).toBeLessThanOrEqual(refuses ? 5 : 13)
  })

  test('is read anew where its list is another one, and believed in nothing that is old', async () => {
    await using app = await openApp(50, { refuses })
    const operations = scimAt(app.url, { pageSize: 10 })
    const find = async (who: string) => ids(await operations.findAccounts({ user: who }, context()))
    expect(await find('ada@example.com')).toEqual([])
    app.users.push(user('u51', 'ada@example.com'))
    expect(await find('ada@example.com')).toEqual(['u51'])
    app.users.splice(50, 1)
    expect(await find('ada@example.com')).toEqual([])
    app.users[20] = user('u21', 'renamed@example.com')
    expect(await find(name(21))).toEqual([])
    app.users.splice(30, 1)
    expect(await find(name(31))).toEqual([])
    // What the first page shows is new, though the total and the first user are as before.
    app.users[3] = user('u4', 'lin@example.com')
    expect(await find('lin@example.com')).toEqual(['u4'])
    app.users[5] = user('u99', 'lin@example.com')
    expect(await find('lin@example.com')).toEqual(['u4', 'u99'])
    // One that only lists show is found in the list, each time.
    app.hidden.add('u40')
    for (const _ of [1, 2]) expect(await find(name(40))).toEqual(['u40'])
  })

  test('tells of nobody what only a record that was read besides tells', async () => {
    await using app = await openApp(50, { refuses, listed: ({ id, userName }) => ({ id, userName }) })
    const emails = [{ value: 'u39.mail@example.com', primary: true }]
    app.users[38] = Object.assign(user('u39'), { emails })
    app.users[0] = Object.assign(user('u1'), { emails })
    const operations = scimAt(app.url, { pageSize: 10 })
    const find = () => operations.findAccounts({ user: 'mail@example.com' }, context())
    await expect(find()).rejects.toMatchObject({ code: 'bad_reply' })
    await operations.readAccount({ id: 'u39' }, context())
    await expect(find()).rejects.toMatchObject({ code: 'bad_reply' })
  })

  test('is not read anew for what this server itself changes', async () => {
    await using app = await openApp(50, { refuses })
    const operations = scimAt(app.url, { pageSize: 10 })
    const find = async (who: string) => ids(await operations.findAccounts({ user: who }, context()))
    await find(name(1))
    const later = () => app.asked.filter(({ query }) => Number(query.startIndex) > 1).length
    const before = later()
    const { id = '' } = await operations.createAccount({ fields: { userName: 'ada@example.com' } }, context())
    await operations.readAccount({ id }, context())
    expect(await find('ada@example.com')).toEqual(['u51'])
    await operations.deleteAccount?.({ id, userName: 'ada@example.com' }, context())
    await operations.readAccount({ id }, context())
    expect(await find('ada@example.com')).toEqual([])
    expect(await find(name(50))).toEqual(['u50'])
    expect(later()).toBe(before)
  })

  test('goes on where a search was interrupted', async () => {
    const ending = new AbortController()
    const arrived = (index: number) => void (index === 20 && ending.abort(new Error('enough')))
    await using app = await openApp(300, { refuses, arrived })
    const operations = scimAt(app.url, { pageSize: 10 })
    const search = operations.findAccounts({ user: name(299) }, soon({ signal: ending.signal }))
    await expect(search).rejects.toThrow()
    expect(ids(await operations.findAccounts({ user: name(299) }, context()))).toEqual(['u299'])
    const pages = app.asked.map(({ query }) => Number(query.startIndex)).filter((start) => start > 1)
    // The page that was on its way may have been asked twice.
    expect(pages.length - new Set(pages).size).toBeLessThanOrEqual(1)
  })
})

describe('a budget', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  test.each([
    [2_500, 1, 0],
    [5_000, 1, 0],
    [5_000, 3, 0],
    [7_000, 1, 1],
    [7_000, 3, 1],
    [9_900, 2, 1],
  ])(
    'of 60 a minute finds one of %i users for %i callers, who come back %i times at `retryAt`',
    async (count, callers, times) => {
      await using app = await openApp(count)
      const operations = paidAt(app.url, { perMinute: 60, atOnce: 2 })
      const find = async (caller: number) => {
        for (let back = 0; ; back += 1) {
          const ended = await operations
            .findAccounts({ user: name(count - caller) }, soon({ caller: `caller-${caller}` }))
            .catch((error: unknown) => error as { code: string; details: { retryAt: number } })
          if ('accounts' in ended) return { back, found: ids(ended) }
          expect(ended.code).toBe('rate_limited')
          vi.setSystemTime(Math.max(Date.now(), ended.details.retryAt))
        }
      }
      const found = await Promise.all(Array.from({ length: callers }, (_, caller) => find(caller)))
      expect(found.map(({ found }) => found)).toEqual(
        Array.from({ length: callers }, (_, caller) => [`u${count - caller}`]),
      )
      for (const { back } of found) expect(back).toBeLessThanOrEqual(times + (callers > 1 ? 1 : 0))
      expect(app.asked.length).toBeLessThan(count / 100 + 15 + 4 * callers)
    },
  )

  test.each<[string, number, Spending, number]>([
    ['a hundred an hour', 9_900, { perHour: 100, perDay: 1_000 }, 10],
    ['ten a minute', 5_000, { perMinute: 10 }, 40],
    ['ninety a day', 9_900, { perMinute: 60, perDay: 90 }, 100],
  ])(
    'of %s that never pays for a search is not spent on it, and says what is needed',
    async (_, count, budget, pageSize) => {
      await using app = await openApp(count)
      const operations = paidAt(app.url, budget, pageSize)
      const error = await operations.findAccounts({ user: name(count) }, context()).catch((thrown) => thrown)
      expect(error).toMatchObject({ code: 'unsupported' })
      expect(error.message).toContain(`needs ${Math.ceil(count / pageSize)} requests`)
      expect(app.asked.filter(({ query }) => Number(query.startIndex) > 1)).toEqual([])
      // Whoever knows the id needs no list.
      expect(ids(await operations.findAccounts({ user: 'u77' }, context()))).toEqual(['u77'])
    },
  )

  test('that `maxPages` allows too little is said in the same way, without reading on', async () => {
    await using app = await openApp(500)
    const error = await scimAt(app.url, { pageSize: 10, maxPages: 20 })
      .findAccounts({ user: name(1) }, context())
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'bad_reply', message: expect.stringContaining('50 requests') })
    expect(app.asked.filter(({ query }) => Number(query.startIndex) > 1)).toEqual([])
  })
})
