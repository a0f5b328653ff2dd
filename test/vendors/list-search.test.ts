// @module-tag long

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DIRECT } from '../../src/config/network.ts'
import type { AppOperations } from '../../src/domain/operations.ts'
import { payingFrom, type Spending, tokenBucket } from '../../src/guards/token-bucket.ts'
import { storeLedger } from '../../src/limits/ledger.ts'
import { startGainsight } from '../../src/sandbox/gainsight.ts'
import { makePeople } from '../../src/sandbox/people.ts'
import { startScimApp } from '../../src/sandbox/scim-app.ts'
import type { Tenant } from '../../src/sandbox/tenant.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { openClient } from '../../src/vendors/http/client.ts'
import { vendors } from '../../src/vendors/index.ts'
import { context, vendorContext } from '../support/canned.ts'
import { parseAs } from './vendor-at.ts'

interface Served {
  app: Tenant
  vendor: string
  settings: Record<string, unknown>
}

const PEOPLE = 60

const gainsightBy =
  (restDialect: 'services' | 'users', faults: ('search-ignored' | 'search-refused')[] = []) =>
  async (): Promise<Served> => {
    const people = makePeople(PEOPLE)
    const app = await startGainsight({ people, limits: {}, restDialects: [restDialect], faults })
    const tokens = { accessKey: app.tokens.accessKey.value }
    return { app, vendor: 'gainsight', settings: { url: app.url, tokens, restDialect } }
  }

/** Apps that do not filter, over HTTP. */
const APPS: [string, () => Promise<Served>][] = [
  [
    'SCIM',
    async () => {
      const app = await startScimApp({ people: makePeople(PEOPLE), faults: ['filter-ignored'] })
      return { app, vendor: 'scim', settings: { url: app.scimUrl, tokens: { scim: app.tokens.scim.value } } }
    },
  ],
  ['Gainsight users', gainsightBy('users')],
  ['Gainsight services that ignore a search', gainsightBy('services', ['search-ignored'])],
  ['Gainsight services that refuse a search', gainsightBy('services', ['search-refused'])],
]
const GAINSIGHT = APPS.slice(1)

async function openApp(start: () => Promise<Served>) {
  const { app, vendor, settings } = await start()
  const store = memoryStore()
  const memory = new Map<string, unknown>()
  return {
    app,
    store,
    /** The operations, as one more process on the store has them. */
    process(more: Record<string, unknown> = {}, budget?: Spending) {
      const parsed = parseAs(vendor, { ...settings, pageSize: 10, ...more })
      if (!parsed.success) throw parsed.error
      const ledger = storeLedger(store)
      const opened = vendorContext(memory, store)
      const found = vendors.find(({ name }) => name === vendor)
      const operations = found?.operations(parsed.data, {
        ...opened,
        open: (opening) =>
          budget
            ? openClient(
                opening,
                [tokenBucket(ledger, 'bucket', budget)],
                DIRECT,
                () => {},
                payingFrom(ledger, 'bucket', budget),
              )
            : opened.open(opening),
      })
      return operations as Required<AppOperations> // a test that calls what is not offered fails by that
    },
    /** The first row of each page of the list that was asked for, from the second page on. */
    pagesBehind: () =>
      app.arrivals.flatMap(({ query, body }) => {
        const asked = { ...(body as object), ...Object.fromEntries(new URLSearchParams(query)) } as Record<
          string,
          unknown
        >
        if (asked.where || asked.filter) return []
        const page = Number(asked.page ?? 0) - (body ? 0 : 1)
        const start = asked.startIndex
          ? Number(asked.startIndex)
          : page * Number(asked.limit ?? asked.pageSize) + 1
        return start > 1 ? [start] : []
      }),
    at: (index: number) => app.users[index]?.userName ?? '',
    rename(userName: string, to: string) {
      Object.assign(app.user(userName), { userName: to, emails: [{ value: to, primary: true }] })
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}

type Opened = Awaited<ReturnType<typeof openApp>>

const find = async (at: AppOperations, user: string): Promise<string[]> => {
  const found = await at.findAccounts?.({ user }, context())
  if (found?.gap) throw found.gap
  return found?.accounts.map(({ id }) => id) ?? []
}
const idOf = ({ app }: Opened, userName: string) => app.user(userName).id
const failed = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )

describe.each(APPS)('%s: a list that is looked through', (vendor, start) => {
  test('is read once, for all look-ups of all processes', async () => {
    await using opened = await openApp(start)
    const [one, two] = [opened.process(), opened.process()]
    const names = [3, 14, 25, 36, 47, 58].map(opened.at)
    const ids = names.map((name) => [idOf(opened, name)])
    expect(await Promise.all(names.map((name) => find(one, name)))).toEqual(ids)
    expect(opened.pagesBehind().slice(0, 5)).toEqual([11, 21, 31, 41, 51])
    // Whoever cannot be read by id is looked at on their page again.
    const again = vendor.includes('services') ? names.length - 1 : 0
    expect(opened.pagesBehind().length).toBeLessThanOrEqual(5 + again)
    const before = opened.app.arrivals.length
    for (const [index, name] of names.entries()) expect(await find(two, name)).toEqual(ids[index])
    expect(await find(two, 'nobody@example.com')).toEqual([])
    // The first page, and whoever is found as they are now; SCIM asks by a filter what it learned of none.
    const each = vendor === 'SCIM' ? 4 : 2
    expect(opened.app.arrivals.length - before).toBeLessThanOrEqual(each * (names.length + 1))
  })

  test('is kept where nobody can read it who has no token', async () => {
    await using opened = await openApp(start)
    await find(opened.process(), opened.at(30))
    const keys = await opened.store.keys('app-shared/')
    expect(keys.length).toBeGreaterThan(2)
    const kept = JSON.stringify(await Promise.all(keys.map((key) => opened.store.get(key))))
    for (const { userName, id } of opened.app.users.slice(10, 20)) {
      expect(kept).not.toContain(userName)
      expect(kept).not.toContain(id)
    }
  })

  test('shows whoever was created, deleted or renamed since', async () => {
    await using opened = await openApp(start)
    const { app, at } = opened
    const one = opened.process()
    expect(await find(one, 'ada.new@example.com')).toEqual([])
    const { id } = app.addUser({
      userName: 'ada.new@example.com',
      displayName: 'Zoë Zhou',
      emails: [{ value: 'ada.new@example.com', primary: true }],
    })
    expect(await find(one, 'ada.new@example.com')).toEqual([id])
    app.removeUser('ada.new@example.com')
    expect(await find(one, 'ada.new@example.com')).toEqual([])
    const [old, renamed] = [at(35), idOf(opened, at(35))]
    opened.rename(old, 'renamed@example.com')
    expect(await find(one, old)).toEqual([])
    expect(await find(one, 'renamed@example.com')).toEqual([renamed])
    expect(await find(opened.process(), 'renamed@example.com')).toEqual([renamed])
  })

  test('is refused without a second page if `maxPages` allows too few', async () => {
    await using opened = await openApp(start)
    const error = await failed(find(opened.process({ maxPages: 5 }), 'nobody@example.com'))
    expect(error).toMatchObject({ code: 'bad_reply', message: expect.stringContaining('needs 6 requests') })
    expect(opened.pagesBehind()).toEqual([])
  })
})

describe('a budget', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  test.each(APPS)('%s: that never pays for the list is not spent on it', async (_, start) => {
    await using opened = await openApp(start)
    const budget = { perHour: 25, perDay: 100 }
    const error = await failed(find(opened.process({ pageSize: 2 }, budget), 'nobody@example.com'))
    expect(error).toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/needs 30 requests\. The budget gives 25 in 10 minutes/),
    })
    expect(opened.pagesBehind().filter((first) => first > 3)).toEqual([])
  })

  test.each(APPS)('%s: that pays for the list in parts has each page read once', async (_, start) => {
    await using opened = await openApp(start)
    const budget = { perMinute: 24 }
    const name = opened.at(58)
    const error = await failed(find(opened.process({ pageSize: 2 }, budget), name))
    expect(error).toMatchObject({ code: 'rate_limited', details: { retryAt: expect.any(Number) } })
    vi.setSystemTime((error as { details: { retryAt: number } }).details.retryAt)
    // Another process goes on.
    expect(await find(opened.process({ pageSize: 2 }, budget), name)).toEqual([idOf(opened, name)])
    const starts = opened.pagesBehind()
    expect(new Set(starts).size).toBe(29)
    // Whoever cannot be read by id is looked at on their page again.
    expect(starts.length).toBeLessThanOrEqual(30)
  })

  test.each(GAINSIGHT)('%s: of an hour tells when all of it can be read, at once', async (_, start) => {
    await using opened = await openApp(start)
    const budget = { perHour: 40 }
    const one = opened.process({ pageSize: 2 }, budget)
    const from = Date.now()
    for (let at = 0; at < 20; at++) await one.checkTokens({}, context())
    vi.setSystemTime(from + 20 * 60_000)
    const error = await failed(find(one, opened.at(58)))
    expect(error).toMatchObject({ code: 'rate_limited' })
    expect(opened.pagesBehind().filter((first) => first > 3)).toEqual([])
    const { retryAt } = (error as { details: { retryAt: number } }).details
    expect(retryAt).toBeGreaterThan(from + 59 * 60_000)
    vi.setSystemTime(retryAt)
    expect(await find(one, opened.at(58))).toEqual([idOf(opened, opened.at(58))])
  })

  test.each(GAINSIGHT)('%s: is said to fit or not by `check` and `probe`', async (_, start) => {
    await using opened = await openApp(start)
    const told = async (pageSize: number, budget: Spending) => {
      const operations = opened.process({ pageSize }, budget)
      const { findings, unserved } = await operations.probeApp({}, context())
      const checks = await operations.checkTokens({}, context())
      return {
        search: checks.flatMap(({ surfaces }) => surfaces.filter(({ surface }) => surface === 'REST search')),
        found: findings.filter(({ about }) => about === 'looking up').map(({ found }) => found),
        unserved,
      }
    }
    expect(await told(5, { perHour: 10 })).toEqual({
      search: [
        {
          surface: 'REST search',
          ok: false,
          meaning: expect.stringMatching(/needs 12 requests; the budget gives 10/),
          hint: expect.any(String),
        },
      ],
      found: [expect.stringMatching(/needs 12 requests; the budget gives 10 .*Raise `budget` or `pageSize`/)],
      unserved: [expect.stringContaining('looking up')],
    })
    vi.setSystemTime(Date.now() + 2 * 60 * 60_000)
    expect(await told(10, { perHour: 25 })).toEqual({
      search: [],
      found: [expect.stringContaining('needs 6 requests, once in 10 minutes')],
      unserved: [],
    })
  })
})
