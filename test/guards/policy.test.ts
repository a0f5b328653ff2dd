import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Confirm, type ConfirmRule } from '../../src/config/policy.ts'
import { type Change, WEIGHTS } from '../../src/domain/change.ts'
import { type Demand, demandOf, type Target, type Weighed, weigh } from '../../src/guards/policy.ts'
import { account, change, FACTS, plan, TRAITS } from '../support/call.ts'

const TENANTS = {
  acme: TRAITS,
  beta: { ...TRAITS, vendor: 'gainsight', environment: 'staging' },
  pager: {
    ...TRAITS,
    vendor: 'scim',
    environment: 'development',
    facts: { ...FACTS, deactivate: 'unknown' },
  },
} as const
type TenantName = keyof typeof TENANTS

const about = (tenant: string) => TENANTS[tenant as TenantName]
const target = (more: Partial<Target> = {}): Target => ({
  tenant: 'acme',
  weights: ['changes'],
  administrator: false,
  ...more,
})
const weighed = (...targets: Target[]): Weighed => ({ targets })
const demand = (what: Weighed, confirm: unknown = {}) =>
  demandOf(what, { confirm: Confirm.parse(confirm), about })
const settings = ({ because }: Demand) => because.map(({ setting }) => setting)

describe('without rules', () => {
  test.each([
    ['a change', target(), 'none', ['confirm.changes']],
    ['an addition', target({ weights: ['adds'] }), 'none', ['confirm.adds']],
    ['access given', target({ weights: ['gives'] }), 'ask', ['confirm.gives']],
    ['a login', target({ weights: ['logins', 'changes'] }), 'ask', ['confirm.logins', 'confirm.changes']],
    ['a removal', target({ weights: ['removes'] }), 'ask', ['confirm.removes']],
    [
      'a deletion',
      target({ weights: ['deletes', 'removes'] }),
      'approve',
      ['confirm.deletes', 'confirm.removes'],
    ],
    ['an administrator', target({ administrator: true }), 'approve', ['confirm.changes', 'confirm.admins']],
  ] as const)('%s goes by its kinds', (_, one, level, because) => {
    const needed = demand(weighed(one))
    expect(needed).toMatchObject({ level, approvers: 1, fourEyes: false })
    expect(settings(needed)).toEqual(because)
  })

  test('more than twenty accounts in one call are bulk work', () => {
    const many = (count: number) => demand(weighed(...Array.from({ length: count }, () => target())))
    expect(many(20).level).toBe('none')
    expect(many(21).level).toBe('approve')
  })

  test('a doubt and a call about nobody need approval, whatever the settings say', () => {
    const lax = { removes: 'none', bulk: 'none', deletes: 'none', admins: 'none' }
    expect(demand({ ...weighed(target()), doubt: 'Who knows?' }, lax).level).toBe('approve')
    expect(demand({ targets: [] }, lax).level).toBe('approve')
  })
})

describe('a rule', () => {
  const rule = (when: ConfirmRule['when'], more: Record<string, unknown> = {}) => ({
    rules: [{ when, level: 'approve', ...more }],
  })

  test.each<[ConfirmRule['when'], Target, boolean]>([
    [{}, target(), true],
    [{ effects: ['changes'] }, target(), true],
    [{ effects: ['removes'] }, target(), false],
    [{ effects: ['adds', 'removes'] }, target({ weights: ['deletes', 'removes'] }), true],
    [{ effects: ['deletes'] }, target({ weights: ['removes'] }), false],
    [{ vendors: ['netskope'] }, target(), true],
    [{ vendors: ['gainsight', 'scim'] }, target(), false],
    [{ tenants: ['beta', 'acme'] }, target(), true],
    [{ tenants: ['beta'] }, target(), false],
    [{ environments: ['production'] }, target(), true],
    [{ environments: ['staging', 'development'] }, target(), false],
    [{ environments: ['staging'] }, target({ tenant: 'beta' }), true],
    [{ administrator: true }, target(), false],
    [{ administrator: true }, target({ administrator: true }), true],
    [{ atLeast: 1 }, target(), true],
    [{ atLeast: 2 }, target(), false],
    [{ vendors: ['netskope'], environments: ['staging'] }, target(), false],
  ])('about %o holds for %o: %s', (when, one, holds) => {
    const lax = { changes: 'none', removes: 'none', deletes: 'none', admins: 'none' }
    expect(demand(weighed(one), { ...lax, ...rule(when) }).level).toBe(holds ? 'approve' : 'none')
  })

  test('takes all of its conditions of the same accounts, and counts those', () => {
    const production = target()
    const staging = target({ tenant: 'beta', administrator: true })
    const admins = rule({ environments: ['production'], administrator: true })
    expect(demand(weighed(production, staging), { admins: 'none', ...admins }).level).toBe('none')
    const two = rule({ environments: ['production'], atLeast: 2 })
    expect(demand(weighed(production, { ...staging, administrator: false }), two).level).toBe('none')
    expect(demand(weighed(production, production), two).level).toBe('approve')
  })

  test('never lowers what another setting says', () => {
    const needed = demand(weighed(target({ weights: ['removes'] })), {
      rules: [
        { when: {}, level: 'none' },
        { when: { environments: ['production'] }, level: 'approve', approvers: 2 },
        { when: { vendors: ['netskope'] }, level: 'approve', fourEyes: true },
        { when: {}, level: 'ask' },
      ],
    })
    expect(needed).toMatchObject({ level: 'approve', approvers: 2, fourEyes: true })
  })

  test.each([
    [{ when: {}, level: 'ask', approvers: 2 }],
    [{ when: {}, level: 'none', fourEyes: true }],
    [{ when: {}, level: 'approve', approvers: 3 }],
    [{ when: {}, level: 'approve', approvers: 0 }],
    [{ when: { environment: 'production' }, level: 'approve' }],
    [{ when: { environments: [] }, level: 'approve' }],
    [{ when: { administrator: false }, level: 'approve' }],
    [{ level: 'approve' }],
    [{ when: {} }],
  ])('is refused as %o', (bad) => {
    expect(Confirm.safeParse({ rules: [bad] }).success).toBe(false)
  })
})

describe('any rule at all', () => {
  const some = <Item>(...items: Item[]) => fc.option(fc.subarray(items, { minLength: 1 }), { nil: undefined })
  const level = fc.constantFrom('none', 'ask', 'approve')
  const when = fc
    .record({
      effects: some('adds', 'changes', 'removes', 'deletes'),
      vendors: some('netskope', 'gainsight', 'scim'),
      tenants: some(...Object.keys(TENANTS)),
      environments: some('production', 'staging', 'development'),
      administrator: fc.constantFrom(true, undefined),
      atLeast: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    })
    .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
  const rule = fc.oneof(
    fc.record({ when, level }),
    fc.record({
      when,
      level: fc.constant('approve'),
      approvers: fc.constantFrom(1, 2),
      fourEyes: fc.boolean(),
    }),
  )
  const levels = fc.record({
    removes: level,
    logins: level,
    gives: level,
    bulk: level,
    deletes: level,
    admins: level,
    changes: level,
    adds: level,
  })
  const call: fc.Arbitrary<Weighed> = fc.record({
    targets: fc.array(
      fc.record({
        tenant: fc.constantFrom(...Object.keys(TENANTS)),
        weights: fc.subarray([...WEIGHTS], { minLength: 1 }),
        administrator: fc.boolean(),
      }),
      { minLength: 1, maxLength: 30 },
    ),
  })
  const asNumbers = ({ level, approvers, fourEyes }: Demand) => [
    ['none', 'ask', 'approve'].indexOf(level),
    approvers,
    Number(fourEyes),
  ]

  test('makes nothing less strict, and raises to what it says where it alone is added', () => {
    fc.assert(
      fc.property(levels, fc.array(rule, { maxLength: 6 }), rule, call, (base, rules, added, what) => {
        const before = demand(what, { ...base, rules })
        const after = demand(what, { ...base, rules: [...rules, added] })
        for (const [index, value] of asNumbers(after).entries()) {
          expect(value).toBeGreaterThanOrEqual(asNumbers(before)[index] ?? 0)
        }
        if (after.because.length > before.because.length) {
          const said = Confirm.parse({ rules: [added] }).rules[0] as unknown as Demand
          for (const [index, value] of asNumbers(said).entries()) {
            expect(asNumbers(after)[index]).toBeGreaterThanOrEqual(value)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('counts alike in whatever order the rules stand', () => {
    fc.assert(
      fc.property(levels, fc.array(rule, { maxLength: 6 }), call, (base, rules, what) => {
        const there = demand(what, { ...base, rules })
        const back = demand(what, { ...base, rules: rules.toReversed() })
        expect(asNumbers(back)).toEqual(asNumbers(there))
      }),
      { numRuns: 300 },
    )
  })

  test('one more account in a call makes nothing less strict', () => {
    fc.assert(
      fc.property(levels, fc.array(rule, { maxLength: 6 }), call, (base, rules, what) => {
        const fewer = demand({ ...what, targets: what.targets.slice(1) }, { ...base, rules })
        const all = demand(what, { ...base, rules })
        if (what.targets.length === 1) return
        for (const [index, value] of asNumbers(all).entries()) {
          expect(value).toBeGreaterThanOrEqual(asNumbers(fewer)[index] ?? 0)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('what a plan weighs', () => {
  const updating = (set: Record<string, unknown>): Change => ({
    ...change(),
    operation: 'updateAccount',
    ask: { id: 'id-1', userName: 'ada@example.com', set },
    before: {},
  })
  const creating = (fields: Record<string, unknown>): Change => ({
    ...change(),
    accounts: [],
    operation: 'createAccount',
    ask: { fields: { email: 'new@example.com', ...fields } },
  })

  test.each<[string, Change, Partial<Target>]>([
    ['a deactivation', change(), { weights: ['removes'], administrator: false }],
    ['that of an administrator', change({ admin: true }), { weights: ['removes'], administrator: true }],
    ['one that may delete', { ...change(), tenant: 'pager' }, { weights: ['deletes', 'removes'] }],
    ['a new title', updating({ title: 'Dr' }), { weights: ['changes'], administrator: false }],
    [
      'made an administrator',
      updating({ admin: true }),
      { weights: ['gives', 'changes'], administrator: true },
    ],
    ['unmade one', updating({ admin: false }), { weights: ['removes', 'changes'], administrator: true }],
    ['switched off by a field', updating({ status: 'inactive' }), { weights: ['removes', 'changes'] }],
    [
      'switched off by a field where that may delete',
      { ...updating({ status: 'inactive' }), tenant: 'pager' },
      { weights: ['deletes', 'removes', 'changes'] },
    ],
    ['switched on by a field', updating({ status: 'active' }), { weights: ['gives', 'adds', 'changes'] }],
    ['a new account', creating({}), { weights: ['adds'], administrator: false }],
    ['a new administrator', creating({ admin: true }), { weights: ['gives', 'adds'], administrator: true }],
  ])('%s', (_, one, expected) => {
    expect(weigh(plan(one), about).targets).toMatchObject([expected])
  })

  test('counts every account once', () => {
    const two = [change(), change({ tenant: 'beta', id: 'id-2', userName: 'al', email: 'ADA@example.com' })]
    const group: Change = {
      ...change(),
      accounts: [account(), account({ id: 'id-3', userName: 'eve@example.com' })],
      operation: 'updateMembers',
      ask: { group: { id: 'g', name: 'G' }, add: [], remove: [] },
      inside: [],
    }
    expect(weigh(plan(...two, group, creating({})), about).targets).toHaveLength(4)
  })
})
