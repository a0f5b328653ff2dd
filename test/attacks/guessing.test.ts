// @module-tag long

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openApprovers } from '../../src/approvals/approvers.ts'
import { type EnteredAt, networkOf } from '../../src/approvals/attempts.ts'
import { hashingQueue } from '../../src/approvals/hashing-queue.ts'
import { IdentityError } from '../../src/errors.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { cookiesOf, openPage } from '../approvals/page/page-at.ts'
import { cheapApprovers, PASSPHRASE } from '../support/approvers.ts'

const LINK = 'K7Q2-M9XD-41'
const page = (address: string, link = LINK): EnteredAt => ({ place: 'page', address, link })
const ATTACKER = '198.51.100.7'
const TERMINAL: EnteredAt = { place: 'terminal' }
const OWN: EnteredAt = { place: 'own browser', browser: 'of-grace' }

async function desk() {
  const store = memoryStore()
  const approvers = cheapApprovers(store)
  for (const name of ['grace', 'linus']) await approvers.add(name, PASSPHRASE)
  /** Whether the passphrase was looked at, and was right; or the code of the refusal. */
  const enter = (name: string, from: EnteredAt, passphrase = PASSPHRASE) =>
    approvers.check(name, passphrase, from).catch((error) => {
      if (!(error instanceof IdentityError)) throw error
      return error.code
    })
  /** How many wrong passphrases were looked at. */
  const guess = async (tries: number, name: string, from: (at: number) => EnteredAt) => {
    let seen = 0
    for (let at = 0; at < tries; at += 1)
      if ((await enter(name, from(at), `guess ${at} of it`)) === false) seen += 1
    return seen
  }
  return { store, enter, guess }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

describe('whoever has a link', () => {
  const ONE_SOURCE = () => page(ATTACKER)
  const MANY_SOURCES = (at: number) => page(`198.51.${Math.floor(at / 5)}.1`)

  test.each<[string, (at: number) => EnteredAt, string, EnteredAt, boolean | string]>([
    ['from another address', ONE_SOURCE, 'grace', page('203.0.113.5'), true],
    ['from another address under IPv6', ONE_SOURCE, 'grace', page('2001:db8:1:2::5'), true],
    ['from the same address with another link', ONE_SOURCE, 'grace', page(ATTACKER, 'Q4F7-FX2V-S5'), true],
    ['in the browser of that approver', ONE_SOURCE, 'grace', OWN, true],
    ['at the terminal', ONE_SOURCE, 'grace', TERMINAL, true],
    ['from the same address with the same link', ONE_SOURCE, 'grace', page(ATTACKER), 'limit_reached'],
    ['as that IPv4 address in IPv6', ONE_SOURCE, 'grace', page(`::ffff:${ATTACKER}`), 'limit_reached'],
    ['under another name from there', ONE_SOURCE, 'linus', page(ATTACKER), 'limit_reached'],
    ['in the browser, when many addresses guess', MANY_SOURCES, 'grace', OWN, true],
    ['at the terminal, when many addresses guess', MANY_SOURCES, 'grace', TERMINAL, true],
    ['as somebody else, when many addresses guess', MANY_SOURCES, 'linus', page('203.0.113.5'), true],
    ['from a new address, when many guess', MANY_SOURCES, 'grace', page('203.0.113.5'), 'limit_reached'],
  ])('keeps nobody out but its own kind: the right passphrase %s', async (_, source, name, from, ends) => {
    const { enter, guess } = await desk()
    await guess(200, 'grace', source)
    expect(await enter(name, from)).toBe(ends)
  })

  test('guesses slowly, from one address or a thousand', async () => {
    const { guess } = await desk()
    let [one, many] = [0, 0]
    for (let minutes = 0; minutes < 24 * 60; minutes += 10) {
      one += await guess(3, 'linus', () => page(ATTACKER))
      many += await guess(10, 'grace', (at) => page(`198.51.${at}.${minutes % 250}`))
      vi.advanceTimersByTime(10 * 60_000)
    }
    expect(one).toBeLessThan(130)
    expect(many).toBeLessThan(300)
  })

  test('gets no new guesses by being right under a name of its own', async () => {
    const { enter, guess } = await desk()
    let seen = 0
    for (let round = 0; round < 100; round += 1) {
      seen += await guess(4, 'grace', () => page(ATTACKER))
      expect(await enter('linus', page(ATTACKER))).toBe(true)
    }
    expect(seen).toBeLessThan(160)
  })

  test('guesses names no faster, known or made up', async () => {
    const { guess } = await desk()
    expect(await guess(50, 'grace', () => page(ATTACKER))).toBe(5)
    const { store, ...other } = await desk()
    let seen = 0
    for (let at = 0; at < 50; at += 1) seen += await other.guess(1, `made-up-${at}`, () => page(ATTACKER))
    expect(seen).toBe(5)
    const { guess: again } = await desk()
    expect(await again(200, 'made-up', (at) => page(`198.51.${Math.floor(at / 5)}.1`))).toBe(150)
  })
})

test.each([
  ['198.51.100.7', '198.51.100.7'],
  ['::ffff:198.51.100.7', '198.51.100.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
])('the address %s counts as %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

test('what is typed as a name is not written down', async () => {
  const { store, enter } = await desk()
  const typed = ['correct-horse-battery', 'correct horse battery', `x${'y'.repeat(500)}`]
  for (const name of typed) for (const from of [TERMINAL, page(ATTACKER)]) await enter(name, from, 'grace')
  const kept = JSON.stringify(
    await Promise.all((await store.keys('')).map(async (key) => [key, await store.get(key)])),
  )
  for (const name of typed) expect(kept).not.toContain(name)
})

describe('hashing', () => {
  test('is done one by one, of few sources each, and the rest is told when to come again', async () => {
    vi.useRealTimers()
    const queue = hashingQueue()
    let [running, most] = [0, 0]
    const run = (source: string) =>
      queue
        .run(source, async () => {
          running += 1
          most = Math.max(most, running)
          await new Promise((resolve) => setTimeout(resolve, 2))
          running -= 1
          return 'hashed'
        })
        .catch(({ code, details }) => [code, details.retryAt > Date.now()])
    const attack = Promise.all(Array.from({ length: 50 }, () => run('attacker')))
    expect(await run('approver')).toBe('hashed')
    expect((await attack).filter((end) => end === 'hashed')).toHaveLength(4)
    expect(new Set((await attack).map(String))).toEqual(new Set(['hashed', 'limit_reached,true']))
    const many = await Promise.all(Array.from({ length: 50 }, (_, at) => run(`source-${at}`)))
    expect(many.filter((end) => end === 'hashed')).toHaveLength(9)
    expect(most).toBe(1)
    expect(await run('approver')).toBe('hashed')
  })

  test('goes on after work that fails', async () => {
    const queue = hashingQueue()
    const failing = queue.run('a', async () => Promise.reject(new Error('no memory')))
    const next = queue.run('a', async () => 'hashed')
    await expect(failing).rejects.toThrow('no memory')
    expect(await next).toBe('hashed')
  })

  const OLD = { N: 2 ** 8, r: 8, p: 1 }
  const TODAY = { N: 2 ** 11, r: 8, p: 1 }

  test('takes as long for an unknown name, and for a passphrase of an older cost', async () => {
    vi.useRealTimers()
    const store = memoryStore()
    await openApprovers(store, OLD).add('old', PASSPHRASE)
    const approvers = openApprovers(store, TODAY)
    await approvers.add('new', PASSPHRASE)
    const names = ['new', 'old', 'nobody', 'no such name!']
    const times = new Map(names.map((name) => [name, Number.POSITIVE_INFINITY]))
    // The fastest of many, in turn: all else is the load of the machine.
    for (let round = 0; round < 25; round += 1) {
      for (const name of names) {
        const begun = performance.now()
        await approvers.check(name, 'a wrong passphrase', page(`192.0.2.${round}`, name))
        times.set(name, Math.min(times.get(name) ?? 0, performance.now() - begun))
      }
    }
    for (const name of names) {
      const ratio = (times.get(name) ?? 0) / (times.get('new') ?? 1)
      expect({ name, ratio }).toEqual({
        name,
        ratio: expect.toSatisfy((one: number) => one > 0.5 && one < 2),
      })
    }
  })

  test('is raised to the cost of today when a passphrase is next used', async () => {
    const store = memoryStore()
    await openApprovers(store, OLD).add('grace', PASSPHRASE)
    const row = async () => (await store.get('approver/name/grace')) as { cost: object; key: string }
    const before = await row()
    const approvers = openApprovers(store, TODAY)
    expect(await approvers.check('grace', 'a wrong passphrase')).toBe(false)
    expect(await row()).toEqual(before)
    expect(await approvers.check('Grace', PASSPHRASE)).toBe(true)
    const after = await row()
    expect(after).toMatchObject({ name: 'grace', cost: TODAY })
    expect(after.key).not.toBe(before.key)
    expect(await approvers.check('grace', PASSPHRASE)).toBe(true)
    expect(await row()).toEqual(after)
    expect(await openApprovers(store, OLD).check('grace', PASSPHRASE)).toBe(true)
    expect(await row()).toEqual(after)
  })
})

describe('the page', () => {
  const WRONG = { passphrase: 'a wrong passphrase' }

  test('takes the right passphrase in a browser that has been used before, while somebody guesses from there', async () => {
    await using at = await openPage()
    const cookies = cookiesOf(await at.submit(await at.ask()))
    const id = await at.ask({ digest: 'digest-2' })
    for (let wrong = 0; wrong < 10; wrong += 1) await at.submit(id, WRONG)
    expect((await at.submit(id)).status).toBe(429)
    const form = await at.filled(id)
    expect((await at.send({ ...form, headers: { ...form.headers, ...cookies } })).status).toBe(303)
  })

  test.each<[string, Record<string, string>, (cookie: string) => string]>([
    ['as another approver', { approver: 'linus' }, (cookie) => cookie],
    ['with a cookie that was altered', {}, (cookie) => cookie.replace('=', '=x')],
    ['with a made-up cookie', {}, () => 'identity-mcp-approver=W3siYXBwcm92ZXIiOiJncmFjZSJ9LG51bGxd.AAAA'],
  ])('%s, that browser is like any other', async (_, fields, edit) => {
    await using at = await openPage()
    await at.approvers.add('linus', PASSPHRASE)
    const { cookie } = cookiesOf(await at.submit(await at.ask()))
    const id = await at.ask({ digest: 'digest-2' })
    for (let wrong = 0; wrong < 5; wrong += 1) await at.submit(id, WRONG)
    const form = await at.filled(id, fields)
    expect((await at.send({ ...form, headers: { ...form.headers, cookie: edit(cookie) } })).status).toBe(429)
  })

  test('knows no browser of an approver who was removed, also if another gets the name', async () => {
    await using at = await openPage()
    const cookies = cookiesOf(await at.submit(await at.ask()))
    const id = await at.ask({ digest: 'digest-2', approvers: 2 })
    await at.approvals.decide(id, 'approved', 'linus', 'terminal')
    expect((await at.get(id, cookies)).text).toContain('linus')
    await at.approvers.remove('grace')
    expect((await at.get(id, cookies)).text).not.toContain('linus')
    vi.advanceTimersByTime(1_000)
    await at.approvers.add('grace', PASSPHRASE)
    expect((await at.get(id, cookies)).text).not.toContain('linus')
  })

  test('names no approver to a stranger, whatever became of the request', async () => {
    await using at = await openPage()
    const open = await at.ask({ approvers: 2 })
    const done = [
      await at.ask({ digest: 'approved' }),
      await at.ask({ digest: 'denied' }),
      await at.ask({ digest: 'used' }),
    ]
    await at.approvals.decide(open, 'approved', 'linus', 'terminal')
    await at.approvals.decide(done[0] ?? '', 'approved', 'linus', 'terminal')
    await at.approvals.decide(done[1] ?? '', 'denied', 'linus', 'terminal')
    await at.approvals.decide(done[2] ?? '', 'approved', 'linus', 'terminal')
    await at.approvals.use(done[2] ?? '', 'used')
    expect((await at.get(open)).text).toContain('1 of 2 approvers have agreed')
    for (const id of [open, ...done]) {
      const replies = [await at.get(id), await at.submit(id, WRONG), await at.submit(id, { approver: 'eve' })]
      for (const { text } of replies) expect(text).not.toMatch(/linus/i)
    }
    vi.advanceTimersByTime(2 * 60 * 60_000)
    for (const id of [open, ...done]) expect((await at.get(id)).text).not.toMatch(/linus/i)
  })

  test('writes the name down only if an approver has it', async () => {
    await using at = await openPage()
    const id = await at.ask()
    for (const approver of ['correct horse battery', 'correct-horse-battery', 'GRACE']) {
      expect((await at.submit(id, { approver, passphrase: 'grace' })).status).toBe(403)
    }
    const lines = await at.journal()
    expect(JSON.stringify([lines, at.warned])).not.toMatch(/horse/)
    expect(lines.map(({ note }) => note)).toEqual([
      expect.stringMatching(/^wrong passphrase, and no approver has that name, on/),
      expect.stringMatching(/^wrong passphrase, and no approver has that name, on/),
      expect.stringMatching(/^wrong passphrase for the approver "grace", on/),
    ])
  })

  test('reads each line of the journal once, and few from long before', async () => {
    let read = 0
    await using at = await openPage((journal) => ({
      ...journal,
      async *lines(range) {
        for await (const line of journal.lines(range)) {
          read += 1
          yield line
        }
      },
    }))
    const change = {
      call: 'c',
      tool: 'update_user',
      caller: 'local:bot',
      account: { tenant: 'a', id: '1', userName: 'u' },
    }
    const append = async (times: number) => {
      for (let tick = 0; tick < times; tick += 1) await at.parts.journal.append({ ...change, event: 'done' })
    }
    await append(300)
    vi.advanceTimersByTime(3 * 24 * 60 * 60_000)
    const id = await at.ask()
    await append(30)
    const views = async (times: number) => {
      read = 0
      const texts = await Promise.all(Array.from({ length: times }, async () => (await at.get(id)).text))
      return { read, texts }
    }
    const first = await views(20)
    for (const text of first.texts) expect(text).toMatch(/30 changes<\/summary>\s*<p>The latest 20:/)
    expect(first.read).toBeLessThan(150)
    await append(1)
    const second = await views(20)
    expect(second.texts[0]).toContain('31 changes')
    expect(second.read).toBeLessThan(400)
  })
})
