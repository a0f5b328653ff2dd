import { expect, test, vi } from 'vitest'
import { ChangeLimits } from '../../src/config/policy.ts'
import type { Account } from '../../src/domain/account.ts'
import type { Change } from '../../src/domain/change.ts'
import { ApprovalDenied, Declined } from '../../src/errors.ts'
import { blastRadius, withinLimits } from '../../src/guards/blast-radius.ts'
import type { Call, CallGuard } from '../../src/guards/call.ts'
import { compose } from '../../src/guards/compose.ts'
import { openFreezes } from '../../src/limits/freezes.ts'
import { storeLedger } from '../../src/limits/ledger.ts'
import { storePeople } from '../../src/limits/people.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { change, codeOf, FACTS, makeCall, plan } from '../support/call.ts'

const limits = ChangeLimits.parse({ removesPerHour: 2, changesPerHour: 3 })
const guarded = (more: Record<string, unknown> = {}, store = memoryStore()) => {
  const freezes = openFreezes(store)
  const counts = { ledger: storeLedger(store), people: storePeople(store) }
  const by = {
    ...counts,
    freezes,
    appOf: (tenant: string) => tenant,
    factsOf: () => FACTS,
    limits: ChangeLimits.parse({ ...limits, ...more }),
  }
  /** The guards as they stand, around whatever asks a person. */
  const guard = (call: Call, next: Parameters<CallGuard>[1], asks: readonly CallGuard[] = []) =>
    compose([withinLimits(by), ...asks, blastRadius(by)], next)(call)
  return Object.assign(guard, { freezes })
}

const question: CallGuard = async () => ({ question: { message: '', state: '' } })
const pending: CallGuard = async () => ({ answer: { status: 'approval_required' } })
const no: CallGuard = async () => {
  throw new Declined('no', 'no')
}
const denied: CallGuard = async () => {
  throw new ApprovalDenied('no', 'no')
}
const NO_YES: [string, CallGuard][] = [
  ['asked', question],
  ['waiting for an approval', pending],
  ['declined', no],
  ['denied', denied],
]
const started = async (call: Call) => {
  await call.record({ event: 'started' })
  return { answer: { status: 'done' } }
}

const of = (userName: string, more: Partial<Account> = {}) =>
  change({ id: userName, userName: `${userName}@example.com`, ...more })
const wide = { removesPerHour: 1_000 }
const by = (id: string, ...changes: Change[]) =>
  makeCall({ caller: { id, client: 'x' }, plan: plan(...changes) })

test('counts accounts, per caller, tenant and kind of change', async () => {
  const guard = guarded()
  const two = plan(change(), change({ id: 'id-2' }))
  await guard(makeCall({ plan: two }), started)
  expect(await codeOf(guard(makeCall({ plan: plan(change()) }), started))).toBe('limit_reached')
  const others = [
    makeCall({ plan: two, caller: { id: 'local:ada', client: 'x' } }),
    makeCall({ plan: plan(change({ tenant: 'other' })) }),
    makeCall({
      plan: plan(...two.changes.map((one) => ({ ...one, operation: 'reactivateAccount' }) as Change)),
    }),
  ]
  for (const call of others) expect(await codeOf(guard(call, started))).toBe('no error')
})

test.each(NO_YES)(
  'counts nothing that is %s, or refused for another tenant of the same call',
  async (_, asks) => {
    const guard = guarded({ removesPerHour: 1 })
    const call = () => makeCall({ plan: plan(change(), change({ tenant: 'other' })) })
    for (let round = 0; round < 3; round += 1) await codeOf(guard(call(), started, [asks]))
    await guard(makeCall({ plan: plan(change({ tenant: 'other' })) }), started)
    expect(await codeOf(guard(call(), started))).toBe('limit_reached')
    expect(await codeOf(guard(makeCall({ plan: plan(change()) }), started))).toBe('no error')
  },
)

test('holds nothing while a person thinks, and asks nobody about what is too much', async () => {
  const guard = guarded({ removesPerHour: 1 })
  const call = () => makeCall({ plan: plan(change()) })
  let answer = () => {}
  const thinking = new Promise<void>((resolve) => {
    answer = resolve
  })
  const slow: CallGuard = async (input, next) => {
    await thinking
    return next(input)
  }
  const waiting = codeOf(guard(call(), started, [slow]))
  expect(await codeOf(guard(call(), started))).toBe('no error')
  answer()
  expect(await waiting).toBe('limit_reached')
  let asked = 0
  const counting: CallGuard = async (input, next) => {
    asked += 1
    return next(input)
  }
  expect(await codeOf(guard(call(), started, [counting]))).toBe('limit_reached')
  expect(asked).toBe(0)
})

const SHARED = [
  { overall: { peoplePerDay: 5 } },
  { overall: { changesPerHour: 5 } },
  { perTenant: { peoplePerHour: 5 } },
  { perTenant: { changesPerDay: 5 } },
]
test.each(
  NO_YES.flatMap(([what, asks]) =>
    SHARED.map((limits) => [what, JSON.stringify(limits), asks, limits] as const),
  ),
)(
  'a caller whose changes are only %s gets no other caller refused or paused by %s',
  async (_what, _limits, asks, limits) => {
    const guard = guarded({ ...wide, ...limits })
    for (let at = 0; at < 30; at += 1) await codeOf(guard(by('attacker', of(`p${at}`)), started, [asks]))
    for (let at = 0; at < 5; at += 1)
      expect(await codeOf(guard(by('victim', of(`v${at}`)), started))).toBe('no error')
    expect(await codeOf(guard(by('victim', of('v5')), started))).toBe('limit_reached')
    expect(await guard.freezes.list()).toEqual([])
  },
)

test('lets exactly as many through as are allowed when they come at once', async () => {
  const guard = guarded()
  const codes = await Promise.all(
    Array.from({ length: 10 }, () => codeOf(guard(makeCall({ plan: plan(change()) }), started))),
  )
  expect(codes.filter((code) => code === 'no error')).toHaveLength(2)
})

test.each<[string, Record<string, unknown>, Call[], Call, Call, 'pauses' | 'refuses']>([
  [
    'people a day by one caller',
    { perCaller: { peoplePerDay: 2 } },
    [by('bot', of('a')), by('bot', of('b')), by('bot', of('A', { tenant: 'beta', id: 'x' }))],
    by('bot', of('c')),
    by('other', of('c')),
    'pauses',
  ],
  [
    'changes an hour by one caller, over all tenants',
    { perCaller: { changesPerHour: 2 } },
    [by('bot', of('a')), by('bot', of('a', { tenant: 'beta' }))],
    by('bot', of('a')),
    by('other', of('a')),
    'pauses',
  ],
  [
    'people an hour in one tenant, by all callers',
    { perTenant: { peoplePerHour: 2 } },
    [by('bot', of('a')), by('other', of('b'))],
    by('third', of('c')),
    by('fourth', of('c', { tenant: 'beta' })),
    'refuses',
  ],
  [
    'changes a day in total',
    { overall: { changesPerDay: 2 } },
    [by('bot', of('a')), by('other', of('b', { tenant: 'beta' }))],
    by('third', of('a')),
    makeCall({ plan: plan() }),
    'refuses',
  ],
  [
    'more at once than ever',
    { overall: { peoplePerHour: 1 } },
    [],
    by('bot', of('a'), of('b')),
    by('x', of('a')),
    'refuses',
  ],
])('%s', async (_, ceiling, within, beyond, elsewhere, ends) => {
  const guard = guarded({ ...wide, ...ceiling })
  for (const call of within) expect(await codeOf(guard(call, started))).toBe('no error')
  expect(await codeOf(guard(beyond, started))).toBe('limit_reached')
  const pause = { caller: beyond.caller.id, counts: [expect.any(String)] }
  expect(await guard.freezes.list()).toMatchObject(ends === 'pauses' ? [pause] : [])
  expect(await codeOf(guard(elsewhere, started))).toBe('no error')
})

test('pauses nobody for what comes back by itself, nor for what was only asked', async () => {
  const guard = guarded({ removesPerHour: 1, perCaller: { peoplePerHour: 1 } })
  for (const name of ['a', 'b', 'c']) await guard(by('bot', of(name)), started, [question])
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
  expect(await guard.freezes.list()).toEqual([])
})
