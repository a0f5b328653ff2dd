import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { storeLedger } from '../../src/budget/ledger.ts'
import { storePeople } from '../../src/budget/people.ts'
import { ChangeLimits } from '../../src/config-policy.ts'
import { Declined, NotFound, Protected, RateLimited, type Refused, UnknownTenant } from '../../src/errors.ts'
import { access } from '../../src/guards/access.ts'
import { blastRadius } from '../../src/guards/blast-radius.ts'
import { brake } from '../../src/guards/brake.ts'
import type { Call } from '../../src/guards/call.ts'
import { declaredOnly } from '../../src/guards/declared-only.ts'
import { journalled } from '../../src/guards/journal.ts'
import { type ListAdmins, lastAdmin } from '../../src/guards/last-admin.ts'
import { planning } from '../../src/guards/planning.ts'
import { protectedAccounts } from '../../src/guards/protected.ts'
import { readOnly } from '../../src/guards/read-only.ts'
import type { Account } from '../../src/identity/account.ts'
import type { Change } from '../../src/identity/plan.ts'
import { openStops, type Stop } from '../../src/stops.ts'
import type { JournalEvent } from '../../src/store/events.ts'
import { memoryStore } from '../../src/store/open.ts'
import { aCall, account, behind, change, codeOf, plan } from '../support/call.ts'

const reading = { ...aCall().tool, effect: 'reads' as const }

describe('declared-only', () => {
  test('hands on what the schema made of the arguments, and drops what an answer may not hold', async () => {
    const { next, reached } = behind()
    const output = z.object({ status: z.string() })
    const call = aCall({
      tool: { ...aCall().tool, input: z.strictObject({ limit: z.int().default(5) }), output },
      input: undefined,
    })
    const reply = await declaredOnly()(call, async (inner) => {
      await next(inner)
      return { answer: { status: 'done', token: 'not declared' } }
    })
    expect(reached[0]?.input).toEqual({ limit: 5 })
    expect(reply).toEqual({ answer: { status: 'done' } })
  })

  test('refuses unknown arguments by name, cleaned of what cannot be seen', async () => {
    const call = aCall({ input: { user: 'a', tenants: ['b'], 'con\u202efirm': true } })
    const error = await declaredOnly()(call, behind().next).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('"confirm"') })
  })
})

describe('access', () => {
  const policy = {
    mustExist: (tenant: string) => {
      if (tenant !== 'acme') throw new UnknownTenant('no', 'no')
    },
    isOffered: () => true,
  }

  test('passes what it knows, and refuses a tenant it does not, in either argument', async () => {
    const { next, reached } = behind()
    await access(policy)(aCall(), next)
    expect(reached).toHaveLength(1)
    expect(await codeOf(access(policy)(aCall({ input: { tenant: 'other' } }), next))).toBe('unknown_tenant')
    expect(await codeOf(access(policy)(aCall({ input: { tenants: ['acme', 'x'] } }), next))).toBe(
      'unknown_tenant',
    )
    expect(reached).toHaveLength(1)
  })

  test('refuses a tool that nobody can serve', async () => {
    expect(await codeOf(access({ ...policy, isOffered: () => false })(aCall(), behind().next))).toBe(
      'unsupported',
    )
  })
})

describe('read-only', () => {
  test.each(['adds', 'changes', 'removes'] as const)('refuses a tool that %s', async (effect) => {
    const call = aCall({ tool: { ...aCall().tool, effect } })
    expect(await codeOf(readOnly({ everywhere: true, at: () => false })(call, behind().next))).toBe(
      'read_only',
    )
    expect(
      await codeOf(readOnly({ everywhere: false, at: (name) => name === 'acme' })(call, behind().next)),
    ).toBe('read_only')
  })

  test('lets reading through, and changes elsewhere', async () => {
    const { next, reached } = behind()
    await readOnly({ everywhere: true, at: () => true })(aCall({ tool: reading }), next)
    await readOnly({ everywhere: false, at: (name) => name === 'other' })(aCall(), next)
    expect(reached).toHaveLength(2)
  })
})

describe('planning', () => {
  test('makes the plan before anything judges it, and lets no change through without one', async () => {
    const { next, reached } = behind()
    const made = plan(change())
    await planning(async () => made)(aCall(), next)
    expect(reached[0]?.plan).toBe(made)
    await expect(planning(() => undefined)(aCall(), next)).rejects.toThrow('makes no plan')
  })
})

describe('protected', () => {
  test.each([
    ['ada@example.com', account(), true],
    ['ADA@example.COM', account(), true],
    ['id-1', account(), true],
    ['ext-*', account({ externalId: 'ext-7' }), true],
    ['*@robots.example.com', account({ email: 'x@robots.example.com' }), true],
    ['ada@example', account(), false],
    ['a.a@example.com', account(), false],
    ['*@example.org', account(), false],
  ])('%s against %o: %s', async (pattern, target, hit) => {
    const work = protectedAccounts([pattern])(aCall({ plan: plan(change(target)) }), behind().next)
    expect(await codeOf(work)).toBe(hit ? 'protected' : 'no error')
  })

  test('tells why an account is tagged, in the tenant where it is', async () => {
    const guard = protectedAccounts([
      { match: 'ada@*', tenant: 'acme', why: 'the way in when all else fails' },
    ])
    await expect(guard(aCall({ plan: plan(change()) }), behind().next)).rejects.toMatchObject({
      code: 'protected',
      message: expect.stringContaining('the way in when all else fails'),
    })
    expect(await codeOf(guard(aCall({ plan: plan(change({ tenant: 'beta' })) }), behind().next))).toBe(
      'no error',
    )
  })

  test.each([
    ['local:ada', account({ userName: 'ada' }), true],
    ['local:ada', account({ userName: 'ADA' }), true],
    ['local:ada', account({ userName: 'ada@example.com' }), false],
    ['ada@example.com', account(), true],
    ['token:ada@example.com', account(), true],
    ['ada@example.com', account({ userName: 'al', email: 'Ada@Example.com' }), true],
    ['00u1a2b3', account({ externalId: '00u1a2b3' }), true],
    ['id-1', account(), true],
    ['eve@example.com', account(), false],
  ])('the caller %s and its own account %o: %s', async (id, target, own) => {
    const call = aCall({ caller: { id, client: 'x' }, plan: plan(change(target)) })
    expect(await codeOf(protectedAccounts([])(call, behind().next))).toBe(own ? 'protected' : 'no error')
  })

  test('no caller makes itself an account', async () => {
    const making = { ...change(), accounts: [], operation: 'createAccount' } as unknown as Change
    const call = (email: string) =>
      aCall({
        caller: { id: 'ada@example.com', client: 'x' },
        plan: plan({ ...making, ask: { fields: { email, userName: 'al' } } } as Change),
      })
    expect(await codeOf(protectedAccounts([])(call('Ada@example.com'), behind().next))).toBe('protected')
    expect(await codeOf(protectedAccounts([])(call('eve@example.com'), behind().next))).toBe('no error')
  })

  test('looks at every account of a plan', async () => {
    const call = aCall({ plan: plan(change({ userName: 'other@example.com' }), change()) })
    expect(await codeOf(protectedAccounts(['ada@*'])(call, behind().next))).toBe('protected')
  })
})

describe('last-admin', () => {
  const ADA = account({ admin: true })
  const GRACE = account({ id: 'id-2', userName: 'grace@example.com', admin: true })
  const removing = plan(change(ADA))
  type Listing = Awaited<ReturnType<ListAdmins>>
  const guarded = (listing: Listing | Error, store = memoryStore()) =>
    lastAdmin(() => {
      if (listing instanceof Error) return Promise.reject(listing)
      return listing && Promise.resolve(listing)
    }, store)

  test.each<[string, Listing | Error, unknown]>([
    ['another is active', { items: [ADA, GRACE], complete: true }, 'no error'],
    ['another is active and there is more', { items: [GRACE], complete: false, note: 'more' }, 'no error'],
    ['nobody else is there', { items: [ADA], complete: true }, 'protected'],
    [
      'the others are inactive',
      { items: [ADA, { ...GRACE, status: 'inactive' }], complete: true },
      'protected',
    ],
    ['the others may be inactive', { items: [{ ...GRACE, status: 'unknown' }], complete: true }, 'doubt'],
    ['there is more', { items: [ADA], complete: false }, 'doubt'],
    ['something was left out', { items: [ADA], complete: true, note: 'Some do not tell admin.' }, 'doubt'],
    ['the app offers no listing', undefined, 'doubt'],
    ['the app cannot be asked', new RateLimited('no', 'no'), 'doubt'],
  ])('when %s', async (_, listing, expected) => {
    const { next, reached } = behind()
    const code = await codeOf(guarded(listing)(aCall({ plan: removing }), next))
    expect(reached[0]?.plan?.doubt === undefined ? code : 'doubt').toBe(expected)
    if (expected === 'doubt') expect(reached[0]?.plan?.lines.at(-1)).toBe(reached[0]?.plan?.doubt)
  })

  const updating = (set: Record<string, unknown>): Change => ({
    ...change(ADA),
    operation: 'updateAccount',
    ask: { id: 'id-1', userName: 'ada@example.com', set },
  })
  test.each<[string, Change, boolean]>([
    ['a deletion', { ...change(ADA), operation: 'deleteAccount' } as Change, true],
    ['unmaking one', updating({ admin: false }), true],
    ['switching one off by a field', updating({ status: 'inactive' }), true],
    ['another title', updating({ title: 'Dr' }), false],
    ['making one', updating({ admin: true }), false],
    ['a reactivation', { ...change(ADA), operation: 'reactivateAccount' } as Change, false],
    ['somebody else', change(), false],
    ['one that is inactive', change({ admin: true, status: 'inactive' }), false],
  ])('looks at %s: %s', async (_, one, looks) => {
    const work = guarded({ items: [ADA], complete: true })(aCall({ plan: plan(one) }), behind().next)
    expect(await codeOf(work)).toBe(looks ? 'protected' : 'no error')
  })

  test('counts nobody who leaves in the same call', async () => {
    const both = plan(change(ADA), change(GRACE))
    const work = guarded({ items: [ADA, GRACE], complete: true })(aCall({ plan: both }), behind().next)
    expect(await codeOf(work)).toBe('protected')
  })

  test('lets one call at a time take administrators from a tenant, and the next after it', async () => {
    const guard = guarded({ items: [ADA, GRACE], complete: true })
    const two = [plan(change(ADA)), plan(change(GRACE))].map((made) =>
      guard(aCall({ plan: made }), behind().next),
    )
    expect((await Promise.all(two.map(codeOf))).sort()).toEqual(['conflict', 'no error'])
    expect(await codeOf(guard(aCall({ plan: removing }), behind().next))).toBe('no error')
  })
})

describe('brake', () => {
  const stopping = async (...stops: Partial<Stop>[]) => {
    const all = openStops(memoryStore())
    for (const stop of stops) await all.put({ at: 0, by: 'ada', ...stop })
    return brake(all)
  }
  const call = aCall()

  test.each([
    ['everything', {}, 'refused'],
    ['the tenant', { tenant: 'acme' }, 'refused'],
    ['another tenant', { tenant: 'beta' }, 'no error'],
    ['the caller', { caller: 'local:grace' }, 'limit_reached'],
    ['another caller', { caller: 'local:ada' }, 'no error'],
  ] as const)('where %s is stopped', async (_, stop, code) => {
    expect(await codeOf((await stopping(stop))(call, behind().next))).toBe(code)
    expect(await codeOf((await stopping(stop))(aCall({ tool: reading }), behind().next))).toBe('no error')
  })

  test('says who stopped it, and nothing of how it is let go', async () => {
    const guard = await stopping({ tenant: 'acme', why: 'odd\u202e\nthings' })
    const error = await guard(call, behind().next).catch((thrown: Refused) => thrown)
    const { message, hint } = error as Refused
    expect(message).toContain('"odd things"')
    expect(`${message} ${hint}`).not.toMatch(/brake off|lift|--|approver/)
  })

  test('an order to stop replaces one to the same, and no other', async () => {
    const stops = openStops(memoryStore())
    for (const tenant of ['acme', 'beta', 'acme']) await stops.put({ tenant, at: 0, by: 'ada' })
    await stops.put({ caller: 'acme', at: 0, by: 'a limit' })
    expect((await stops.list()).map(({ tenant, caller }) => tenant ?? caller)).toEqual([
      'beta',
      'acme',
      'acme',
    ])
    expect(await stops.lift(({ tenant }) => tenant === 'acme')).toHaveLength(1)
    expect(await stops.list()).toHaveLength(2)
  })
})

describe('blast-radius', () => {
  const limits = ChangeLimits.parse({ removesPerHour: 2, changesPerHour: 3 })
  const guarded = (more: Record<string, unknown> = {}, store = memoryStore()) => {
    const stops = openStops(store)
    const counts = { ledger: storeLedger(store), people: storePeople(store) }
    const guard = blastRadius({ ...counts, stops, limits: ChangeLimits.parse({ ...limits, ...more }) })
    return Object.assign(guard, { stops })
  }
  const started = async (call: Call) => {
    await call.record({ event: 'started' })
    return { answer: { status: 'done' } }
  }

  test('counts accounts, per caller, tenant and kind of change', async () => {
    const guard = guarded()
    const two = plan(change(), change({ id: 'id-2' }))
    await guard(aCall({ plan: two }), started)
    expect(await codeOf(guard(aCall({ plan: plan(change()) }), started))).toBe('limit_reached')
    const others = [
      aCall({ plan: two, caller: { id: 'local:ada', client: 'x' } }),
      aCall({ plan: plan(change({ tenant: 'other' })) }),
      aCall({ plan: two, tool: { ...aCall().tool, effect: 'adds' } }),
    ]
    for (const call of others) expect(await codeOf(guard(call, started))).toBe('no error')
  })

  test('counts nothing that was asked about, declined, or refused for another tenant of the same call', async () => {
    const guard = guarded({ removesPerHour: 1 })
    const call = () => aCall({ plan: plan(change(), change({ tenant: 'other' })) })
    await guard(call(), async () => ({ question: { message: '', state: '' } }))
    await codeOf(
      guard(call(), async () => {
        throw new Declined('no', 'no')
      }),
    )
    await guard(aCall({ plan: plan(change({ tenant: 'other' })) }), started)
    expect(await codeOf(guard(call(), started))).toBe('limit_reached')
    expect(await codeOf(guard(aCall({ plan: plan(change()) }), started))).toBe('no error')
  })

  test('lets exactly as many through as are allowed when they come at once', async () => {
    const guard = guarded()
    const codes = await Promise.all(
      Array.from({ length: 10 }, () => codeOf(guard(aCall({ plan: plan(change()) }), started))),
    )
    expect(codes.filter((code) => code === 'no error')).toHaveLength(2)
  })

  const of = (userName: string, more: Partial<Account> = {}) =>
    change({ id: userName, userName: `${userName}@example.com`, ...more })
  const wide = { removesPerHour: 1_000 }
  const by = (id: string, ...changes: Change[]) =>
    aCall({ caller: { id, client: 'x' }, plan: plan(...changes) })

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
      'changes a day altogether',
      { overall: { changesPerDay: 2 } },
      [by('bot', of('a')), by('other', of('b', { tenant: 'beta' }))],
      by('third', of('a')),
      aCall({ plan: plan() }),
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
    expect(await guard.stops.list()).toMatchObject([
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
    expect(await guard.stops.list()).toEqual([])
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
    const guard = guarded(
      { ...wide, perCaller: { changesPerHour: 1 }, perTenant: { peoplePerHour: 1 } },
      store,
    )
    await guard(by('bot', of('a')), started)
    expect(await codeOf(guard(by('other', of('b')), started))).toBe('limit_reached')
    expect(await codeOf(guard(by('other', of('a')), started))).toBe('no error')
  })

  test('never lets more through than a ceiling when 20 come at once', async () => {
    const guard = guarded({ ...wide, overall: { peoplePerDay: 5 } })
    const names = Array.from({ length: 20 }, (_, index) => `p${index}`)
    const codes = await Promise.all(names.map((name) => codeOf(guard(by(name, of(name)), started))))
    expect(codes.filter((code) => code === 'no error')).toHaveLength(5)
    expect(await guard.stops.list()).toHaveLength(15)
  })
})

describe('journal', () => {
  const journalOf = () => {
    const lines: JournalEvent[] = []
    const warnings: string[] = []
    const guard = journalled({
      journal: {
        append: async (event) => ({ ...event, seq: lines.push(event), at: '', prev: '', hash: '' }),
      },
      warn: (message) => void warnings.push(message),
    })
    return { guard, lines, warnings }
  }

  test.each([
    ['declined', new Declined('no', 'no')],
    ['refused', new Protected('no', 'no')],
    ['failed', new NotFound('no', 'no')],
    ['failed', new Error('ours')],
  ])('writes %s for %o, with the arguments and without the approval', async (event, error) => {
    const { guard, lines } = journalOf()
    const call = aCall({ input: { user: 'ada', tenants: ['acme'], approvalId: 'K7Q2' } })
    await expect(
      guard(call, async () => {
        throw error
      }),
    ).rejects.toBe(error)
    expect(lines).toMatchObject([
      { event, call: 'call-1', tool: 'a_tool', caller: 'local:grace', client: 'test/1' },
    ])
    expect(lines[0]?.args).toEqual({ user: 'ada', tenants: ['acme'] })
  })

  test('keeps arguments out that the tool does not declare', async () => {
    const { guard, lines } = journalOf()
    const call = aCall({ input: { secret: 'do not write this down' } })
    await codeOf(guard(call, (inner) => declaredOnly()(inner, behind().next)))
    expect(JSON.stringify(lines)).not.toContain('do not write')
  })

  test('does not write reads down', async () => {
    const { guard, lines } = journalOf()
    await guard(aCall({ tool: reading }), behind().next)
    expect(lines).toEqual([])
  })

  test('tells the caller the reason even when a refusal cannot be written down', async () => {
    const warnings: string[] = []
    const guard = journalled({
      journal: { append: () => Promise.reject(new Error('disk full')) },
      warn: (message) => void warnings.push(message),
    })
    const refusal = guard(aCall(), async () => {
      throw new Protected('no', 'no')
    })
    expect(await codeOf(refusal)).toBe('protected')
    expect(warnings).toHaveLength(1)
  })
})
