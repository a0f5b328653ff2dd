// @module-tag long

import { afterEach, expect, test, vi } from 'vitest'
import { openApprovers } from '../../src/approvals/approvers.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { cheapApprovers, PASSPHRASE } from '../support/approvers.ts'

afterEach(() => vi.useRealTimers())

test('knows an approver by name and passphrase', async () => {
  const approvers = openApprovers(memoryStore())
  await approvers.add('Boss', PASSPHRASE)
  expect(await approvers.check('boss', PASSPHRASE)).toBe(true)
  expect(await approvers.check('Boss', `${PASSPHRASE}.`)).toBe(false)
  expect(await approvers.check('nobody', PASSPHRASE)).toBe(false)
  expect(await approvers.check('no such name!', PASSPHRASE)).toBe(false)
})

test('keeps no passphrase', async () => {
  const store = memoryStore()
  await openApprovers(store).add('boss', PASSPHRASE)
  for (const key of await store.keys('')) {
    expect(JSON.stringify([key, await store.get(key)])).not.toContain('horse')
  }
})

test('makes passphrases dear to guess, and keeps beside each how dear it is', async () => {
  const store = memoryStore()
  const approvers = openApprovers(store)
  await approvers.add('boss', PASSPHRASE)
  const rows = await Promise.all((await store.keys('')).map((key) => store.get(key)))
  expect(rows).toMatchObject([{ name: 'boss', cost: { N: 2 ** 17, r: 8, p: 1 } }])
  await cheapApprovers(store).add('chief', PASSPHRASE)
  for (const name of ['boss', 'chief']) expect(await approvers.check(name, PASSPHRASE)).toBe(true)
})

test('takes the same letters from whatever keyboard', async () => {
  const approvers = openApprovers(memoryStore())
  await approvers.add('boss', 'p\u00e4sse partout')
  expect(await approvers.check('boss', 'pa\u0308sse partout')).toBe(true)
})

test.each([
  ['', PASSPHRASE],
  ['two words', PASSPHRASE],
  ['a'.repeat(65), PASSPHRASE],
  ['boss', 'short'],
  ['boss', 'x'.repeat(5000)],
  ['boss@example.com', 'Boss@Example.com'],
])('refuses the name %j with the passphrase %j', async (name, passphrase) => {
  const approvers = openApprovers(memoryStore())
  await expect(approvers.add(name, passphrase)).rejects.toMatchObject({ code: 'invalid_input' })
  expect(await approvers.list()).toEqual([])
})

test('gives a name to one person only', async () => {
  const approvers = openApprovers(memoryStore())
  await approvers.add('boss', PASSPHRASE)
  await expect(approvers.add('BOSS', 'another passphrase')).rejects.toMatchObject({ code: 'conflict' })
  expect(await approvers.check('boss', PASSPHRASE)).toBe(true)
  expect((await approvers.list()).map(({ name }) => name)).toEqual(['boss'])
})

test('one that is removed may approve no more', async () => {
  const approvers = openApprovers(memoryStore())
  await approvers.add('boss', PASSPHRASE)
  await approvers.remove('boss')
  expect(await approvers.check('boss', PASSPHRASE)).toBe(false)
  await expect(approvers.remove('boss')).rejects.toMatchObject({ code: 'not_found' })
})

test.each(['boss', 'nobody'])(
  'slows guessing down for %s, and lets the right one in after the pause',
  async (name) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const approvers = cheapApprovers(memoryStore())
    await approvers.add('boss', PASSPHRASE)
    // At once, so that a crowd of tries is not all looked at.
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, () => approvers.check(name, 'wrong passphrase')),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
    await expect(approvers.check(name, PASSPHRASE)).rejects.toMatchObject({
      code: 'limit_reached',
      details: { retryAt: Date.now() + 10_000 },
    })
    vi.setSystemTime(Date.now() + 10_000)
    expect(await approvers.check(name, 'wrong passphrase')).toBe(false)
    vi.setSystemTime(Date.now() + 10_000)
    await expect(approvers.check(name, PASSPHRASE)).rejects.toMatchObject({ code: 'limit_reached' })
    vi.setSystemTime(Date.now() + 10_000)
    expect(await approvers.check(name, PASSPHRASE)).toBe(name === 'boss')
  },
)

test('a right passphrase starts the count anew', async () => {
  const approvers = cheapApprovers(memoryStore())
  await approvers.add('boss', PASSPHRASE)
  for (let round = 0; round < 2; round++) {
    for (let wrong = 0; wrong < 4; wrong++) await approvers.check('boss', 'wrong passphrase')
    expect(await approvers.check('boss', PASSPHRASE)).toBe(true)
  }
})

test('made-up names at the terminal have one limit together, which no approver shares', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const approvers = cheapApprovers(memoryStore())
  await approvers.add('boss', PASSPHRASE)
  let lookedAt = 0
  for (let number = 0; number < 40; number++) {
    await approvers.check(`nobody-${number}`, 'wrong passphrase').then(
      () => {
        lookedAt += 1
      },
      (error) => expect(error).toMatchObject({ code: 'limit_reached' }),
    )
  }
  expect(lookedAt).toBe(5)
  expect(await approvers.check('boss', PASSPHRASE)).toBe(true)
})
