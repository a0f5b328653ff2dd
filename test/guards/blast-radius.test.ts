import { expect, test, vi } from 'vitest'
import { ChangeLimits } from '../../src/config/policy.ts'
import type { Account } from '../../src/domain/account.ts'
import type { Change } from '../../src/domain/change.ts'
import { Declined } from '../../src/errors.ts'
import { blastRadius } from '../../src/guards/blast-radius.ts'
import type { Call } from '../../src/guards/call.ts'
import { openFreezes } from '../../src/limits/freezes.ts'
import { storeLedger } from '../../src/limits/ledger.ts'
import { storePeople } from '../../src/limits/people.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { change, codeOf, makeCall, plan } from '../support/call.ts'

const limits = ChangeLimits.parse({ removesPerHour: 2, changesPerHour: 3 })
const guarded = (more: Record<string, unknown> = {}, store = memoryStore()) => {
  const freezes = openFreezes(store)
  const counts = { ledger: storeLedger(store), people: storePeople(store) }
  const guard = blastRadius({ ...counts, freezes, limits: ChangeLimits.parse({ ...limits, ...more }) })
  return Object.assign(guard, { freezes })
}
const started = async (call: Call) => {
  await call.record({ event: 'started' })
  return { answer: { status: 'done' } }
}

test('counts accounts, per caller, tenant and kind of change', async () => {
  const guard = guarded()
  const two = plan(change(), change({ id: 'id-2' }))
  await guard(makeCall({ plan: two }), started)
  expect(await codeOf(guard(makeCall({ plan: plan(change()) }), started))).toBe('limit_reached')
  const others = [
    makeCall({ plan: two, caller: { id: 'local:ada', client: 'x' } }),
    makeCall({ plan: plan(change({ tenant: 'other' })) }),
    makeCall({ plan: { ...two, effect: 'adds' } }),
  ]
  for (const call of others) expect(await codeOf(guard(call, started))).toBe('no error')
})

test('counts nothing that was asked about, declined, or refused for another tenant of the same call', async () => {
  const guard = guarded({ removesPerHour: 1 })
  const call = () => makeCall({ plan: plan(change(), change({ tenant: 'other' })) })
  await guard(call(), async () => ({ question: { message: '', state: '' } }))
  await codeOf(
    guard(call(), async () => {
      throw new Declined('no', 'no')
    }),
  )
  await guard(makeCall({ plan: plan(change({ tenant: 'other' })) }), started)
  expect(await codeOf(guard(call(), started))).toBe('limit_reached')
  expect(await codeOf(guard(makeCall({ plan: plan(change()) }), started))).toBe('no error')
})

test('lets exactly as many through as are allowed when they come at once', async () => {
  const guard = guarded()
  const codes = await Promise.all(
    Array.from({ length: 10 }, () => codeOf(guard(makeCall({ plan: plan(change()) }), started))),
  )
  expect(codes.filter((code) => code === 'no error')).toHaveLength(2)
})

const of = (userName: string, more: Partial<Account> = {}) =>
  change({ id: userName, userName: `${userName}@example.com`, ...more })
const wide = { removesPerHour: 1_000 }
const by = (id: string, ...changes: Change[]) =>
  makeCall({ caller: { id, client: 'x' }, plan: plan(...changes) })

test.each<[string, Record<string, unknown>, Call[], Call, Call]>([
  [
    'people a day by one caller',
    { perCaller: { peoplePerDay: 2 } },
    [by('bot', of('a')), by('bot', of('b')), by('bot', of('A', { tenant: 'beta', id: 'x' }))],
    by('bot', of('c')),
    by('other', of('c')),
  ],
  [
    'changes an hour by one caller, over all tenants',
    { perCaller: { changesPerHour: 2 } },
    [by('bot', of('a')), by('bot', of('a', { tenant: 'beta' }))],
    by('bot', of('a')),
    by('other', of('a')),
  ],
  [
    'people an hour in one tenant, by all callers',
    { perTenant: { peoplePerHour: 2 } },
    [by('bot', of('a')), by('other', of('b'))],
    by('third', of('c')),
    by('fourth', of('c', { tenant: 'beta' })),
  ],
  [
    'changes a day in total',
    { overall: { changesPerDay: 2 } },
    [by('bot', of('a')), by('other', of('b', { tenant: 'beta' }))],
    by('third', of('a')),
    makeCall({ plan: plan() }),
  ],
  [
    'more at once than ever',
    { overall: { peoplePerHour: 1 } },
    [],
    by('bot', of('a'), of('b')),
    by('x', of('a')),
  ],
])('%s', async (_, ceiling, within, beyond, elsewhere) => {
  const guard = guarded({ ...wide, ...ceiling })
  for (const call of within) expect(await codeOf(guard(call, started))).toBe('no error')
  expect(await codeOf(guard(beyond, started))).toBe('limit_reached')
  expect(await guard.freezes.list()).toMatchObject([
    { caller: beyond.caller.id, counts: [expect.any(String)] },
  ])
  expect(await codeOf(guard(elsewhere, started))).toBe('no error')
})

test('pauses nobody for what comes back by itself, nor for what was only asked', async () => {
  const guard = guarded({ removesPerHour: 1, perCaller: { peoplePerHour: 1 } })
  const asked = async () => ({ question: { message: '', state: '' } })
  for (const name of ['a', 'b', 'c']) await guard(by('bot', of(name)), asked)
  await guard(by('bot', of('a')), started)
  expect(await codeOf(guard(by('bot', of('b')), started))).toBe('limit_reached')
  expect(await guard.freezes.list()).toEqual([])
})

test('an hour and a day go by', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const guard = guarded({ ...wide, perCaller: { peoplePerHour: 1, peoplePerDay: 2 } })
    const codes = async (...names: string[]) => {
      const ends: unknown[] = []
      for (const name of names) {
        ends.push(await codeOf(guard(by('bot', of(name)), started)))
        vi.advanceTimersByTime(61 * 60_000)
      }
      return ends
    }
    expect(await codes('a', 'b', 'c')).toEqual(['no error', 'no error', 'limit_reached'])
    vi.advanceTimersByTime(23 * 60 * 60_000)
    expect(await codes('c')).toEqual(['no error'])
  } finally {
    vi.useRealTimers()
  }
})

test('gives back what one limit took when another is passed, or cannot be looked at', async () => {
  const store = memoryStore()
  const guard = guarded({ ...wide, perCaller: { changesPerHour: 1 }, perTenant: { peoplePerHour: 1 } }, store)
  await guard(by('bot', of('a')), started)
  expect(await codeOf(guard(by('other', of('b')), started))).toBe('limit_reached')
  expect(await codeOf(guard(by('other', of('a')), started))).toBe('no error')
})

test('never lets more through than a ceiling when 20 come at once', async () => {
  const guard = guarded({ ...wide, overall: { peoplePerDay: 5 } })
  const names = Array.from({ length: 20 }, (_, index) => `p${index}`)
  const codes = await Promise.all(names.map((name) => codeOf(guard(by(name, of(name)), started))))
  expect(codes.filter((code) => code === 'no error')).toHaveLength(5)
  expect(await guard.freezes.list()).toHaveLength(15)
})
