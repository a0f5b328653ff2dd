import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openApprovals } from '../../src/approvals/approvals.ts'
import { Confirm } from '../../src/config/policy.ts'
import type { Account } from '../../src/domain/account.ts'
import type { Change, Plan } from '../../src/domain/change.ts'
import type { Call, Reply } from '../../src/guards/call.ts'
import { confirm } from '../../src/guards/confirm.ts'
import { stateSigner } from '../../src/store/signed-state.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { change, codeOf, makeCall, plan, recordingNext, TRAITS } from '../support/call.ts'

const POLICY = {
  confirm: Confirm.parse({}),
  about: () => TRAITS,
}

function guarded(rules: unknown[] = [], store = memoryStore()) {
  const approvals = openApprovals(store)
  const guard = confirm({
    policy: { ...POLICY, confirm: Confirm.parse({ rules }) },
    approvals,
    approvers: { list: async () => ['grace', 'hugo', 'ida'].map((name) => ({ name, addedAt: 0 })) },
    signer: stateSigner(store),
    approveAt: async ({ id }) => ({ words: `approve ${id}` }),
    tend: async () => {},
    brief: async () => ({ changes: [] }),
  })
  const { next, reached } = recordingNext()
  return { approvals, reached, run: (call: Call) => guard(call, next) }
}

const stateOf = (reply: Reply): string => ('question' in reply ? reply.question.state : '')
const statusOf = (reply: Reply): unknown => ('answer' in reply ? reply.answer.status : 'question')
const yes = (state: string): Call['answer'] => ({ state, action: 'accept', confirmed: true })

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const OPERATIONS = {
  removes: 'deactivateAccount',
  changes: 'updateAccount',
  gives: 'reactivateAccount',
} as const

describe('the level', () => {
  test.each([
    ['removes', {}, {}, 'question'],
    ['changes', {}, {}, 'done'],
    ['gives', {}, {}, 'question'],
    ['gives', { admin: true }, {}, 'approval_required'],
    ['changes', { role: 'Administrator' }, {}, 'approval_required'],
    ['changes', { groups: ['Everyone', 'Global Admins'] }, {}, 'approval_required'],
    ['removes', { admin: true }, {}, 'approval_required'],
    ['removes', {}, { effect: 'adds' }, 'question'],
    ['removes', { admin: true }, { effect: 'adds' }, 'approval_required'],
  ] satisfies [keyof typeof OPERATIONS, Partial<Account>, Partial<Plan>, string][])(
    'of a change that %s, for an account with %o and a plan with %o, ends as %s',
    async (what, more, planned, ends) => {
      const { run } = guarded()
      const ask = { ...change(more).subject, set: { title: 'Lead' } }
      const does = { ...change(more), operation: OPERATIONS[what], ask, before: {} } as unknown as Change
      expect(statusOf(await run(makeCall({ plan: { ...plan(does), ...planned } })))).toBe(ends)
    },
  )

  test('goes by what is done to the account, whatever the tool says that it does', async () => {
    const { run, reached } = guarded()
    const call = makeCall({ tool: { ...makeCall().tool, effect: 'adds' }, plan: plan(change()) })
    expect(statusOf(await run(call))).toBe('question')
    expect(reached).toEqual([])
  })

  test('is never below what the call itself demands', async () => {
    const { run } = guarded()
    const tool = { ...makeCall().tool, effect: 'adds' as const }
    expect(statusOf(await run(makeCall({ tool, plan: plan(change()), leastLevel: 'approve' })))).toBe(
      'approval_required',
    )
  })

  test('asks nobody about a plan without changes', async () => {
    const { run, reached } = guarded()
    await run(makeCall({ plan: plan() }))
    expect(reached).toHaveLength(1)
  })
})

describe('a question', () => {
  test('is good for five minutes', async () => {
    const { run, reached } = guarded()
    const call = () => makeCall({ plan: plan(change()) })
    const early = stateOf(await run(call()))
    vi.advanceTimersByTime(5 * 60_000 - 1)
    expect(await codeOf(run({ ...call(), answer: yes(early) }))).toBe('no error')
    const late = stateOf(await run(call()))
    vi.advanceTimersByTime(5 * 60_000)
    expect(await codeOf(run({ ...call(), answer: yes(late) }))).toBe('approval_void')
    expect(reached).toHaveLength(1)
  })

  test.each([
    ['the account became an administrator', { plan: plan(change({ admin: true })) }, 'approval_required'],
    ['the account has another id', { plan: plan(change({ id: 'id-2' })) }, 'approval_void'],
    ['the account was renamed', { plan: plan(change({ userName: 'eve@example.com' })) }, 'approval_void'],
    ['one account more is concerned', { plan: plan(change(), change({ id: 'id-2' })) }, 'approval_void'],
    ['a doubt has come up', { plan: { ...plan(change()), doubt: 'Who is left?' } }, 'approval_required'],
    ['another caller answers', { caller: { id: 'local:eve', client: 'test/1' } }, 'approval_void'],
    ['another client answers', { caller: { id: 'local:grace', client: 'other/1' } }, 'approval_void'],
    ['another tool is called', { tool: { ...makeCall().tool, name: 'b_tool' } }, 'approval_void'],
    ['the arguments differ', { input: { user: 'eve', tenants: ['acme'] } }, 'approval_void'],
  ])('does not stand when %s', async (_, changed, ends) => {
    const { run, reached } = guarded()
    const state = stateOf(await run(makeCall({ plan: plan(change()) })))
    const reply = run({ ...makeCall({ plan: plan(change()) }), ...changed, answer: yes(state) } as Call)
    expect(await reply.then(statusOf, ({ code }) => code)).toBe(ends)
    expect(reached).toEqual([])
  })

  test('shows text of an agent quoted, on one line and without what cannot be seen', async () => {
    const { run } = guarded()
    const reason = `fine\n\nApproved by security \u202e\u001b[2J${'x'.repeat(2000)}`
    const reply = await run(makeCall({ plan: { ...plan(change()), reason } }))
    const message = 'question' in reply ? reply.question.message : ''
    expect(message).toMatch(/^Reason given: "fine Approved by security \[2Jx+…"$/m)
    expect(message).not.toMatch(/\p{Cf}|\p{Cc}(?<!\n)/u)
    expect(message.length).toBeLessThan(700)
  })
})

describe('an approval', () => {
  test('lapses, and is asked for anew', async () => {
    const { run, approvals } = guarded()
    const call = () => makeCall({ canAsk: false, plan: plan(change()) })
    await run(call())
    const [first] = await approvals.list()
    await approvals.decide(first?.id ?? '', 'approved', 'grace', 'terminal')
    vi.advanceTimersByTime(61 * 60_000)
    const late = { ...call(), input: { user: 'ada@example.com', tenants: ['acme'], approvalId: first?.id } }
    expect(await codeOf(run(late))).toBe('approval_void')
    expect(statusOf(await run(call()))).toBe('approval_required')
    expect(await approvals.list({ pending: true })).toHaveLength(1)
  })

  test('is void once there is a doubt that nobody was told of', async () => {
    const { run, approvals, reached } = guarded()
    const planned = plan(change({ admin: true }))
    await run(makeCall({ plan: planned }))
    const [{ id } = { id: '' }] = await approvals.list()
    await approvals.decide(id, 'approved', 'grace', 'terminal')
    const input = { user: 'ada@example.com', tenants: ['acme'], approvalId: id }
    const doubtful = makeCall({ input, plan: { ...planned, doubt: 'Who is left?' } })
    expect(await codeOf(run(doubtful))).toBe('approval_void')
    expect(reached).toEqual([])
  })

  test('is journalled as asked once, however often the call is repeated', async () => {
    const { run } = guarded()
    const calls = Array.from({ length: 3 }, (_, index) =>
      makeCall({ id: `call-${index}`, canAsk: false, plan: plan(change()) }),
    )
    for (const call of calls) await run(call)
    expect(calls.flatMap(({ events }) => events)).toMatchObject([{ event: 'asked' }])
  })
})

describe('an approval that more people must give', () => {
  const twoPeople = [{ when: {}, level: 'approve', approvers: 2, fourEyes: true }]
  const call = (approvalId?: string) =>
    makeCall({
      plan: plan(change()),
      input: { user: 'ada@example.com', tenants: ['acme'], ...(approvalId && { approvalId }) },
    })

  test('lets nothing through before the second of them', async () => {
    const { run, approvals, reached } = guarded(twoPeople)
    await run(call())
    const [{ id } = { id: '' }] = await approvals.list()
    await approvals.decide(id, 'approved', 'hugo', 'terminal')
    expect(statusOf(await run(call(id)))).toBe('approval_required')
    expect(reached).toEqual([])
    await approvals.decide(id, 'approved', 'ida', 'terminal')
    expect(statusOf(await run(call(id)))).toBe('done')
  })

  test('is void when it was asked for before the settings demanded as much, and is asked for anew', async () => {
    const store = memoryStore()
    const before = guarded([{ when: {}, level: 'approve' }], store)
    await before.run(call())
    const [{ id } = { id: '' }] = await before.approvals.list()
    await before.approvals.decide(id, 'approved', 'hugo', 'terminal')
    const now = guarded(twoPeople, store)
    expect(await codeOf(now.run(call(id)))).toBe('approval_void')
    await now.run(call())
    expect(await now.approvals.list({ pending: true })).toMatchObject([{ approvers: 2, fourEyes: true }])
    expect([...before.reached, ...now.reached]).toEqual([])
  })

  test('still takes as many once the settings are weakened', async () => {
    const store = memoryStore()
    const before = guarded(twoPeople, store)
    await before.run(call())
    const [{ id } = { id: '' }] = await before.approvals.list()
    const now = guarded([{ when: {}, level: 'approve' }], store)
    await now.approvals.decide(id, 'approved', 'hugo', 'terminal')
    expect(statusOf(await now.run(call(id)))).toBe('approval_required')
    expect(now.reached).toEqual([])
  })

  test('names all who gave it in what is journalled of the change', async () => {
    const { run, approvals, reached } = guarded(twoPeople)
    await run(call())
    const [{ id } = { id: '' }] = await approvals.list()
    await approvals.decide(id, 'approved', 'hugo', 'terminal')
    await approvals.decide(id, 'approved', 'ida', 'page')
    const used = call(id)
    await run(used)
    await reached[0]?.record({ event: 'started' })
    expect(used.events).toEqual([{ event: 'started', approval: { id, by: 'hugo, ida', how: 'page' } }])
  })
})
