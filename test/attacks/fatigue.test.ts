import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ApprovalRequest } from '../../src/approvals/approval.ts'
import { APPROVAL_TTL_MS, openApprovals } from '../../src/approvals/approvals.ts'
import { MAX_OPEN_OF_CALLER, MAX_SHOWN, MAX_SHOWN_OF_CALLER } from '../../src/approvals/open-requests.ts'
import { journalNews } from '../../src/approvals/tend.ts'
import type { JournalEvent } from '../../src/journal/events.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { eventOf } from '../../src/webhook/message.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { send } from '../support/browser.ts'
import { ALL_SCOPES, openHttpWorld } from '../support/http-world.ts'
import { APPROVE_REMOVALS, openApprovalWorld, type PendingAnswer } from '../support/strict.ts'

const MINUTE = 60_000
const TENANT = 'acme-netskope'
const leaves = (user: string, reason = 'left the company') => ({ user, tenants: [TENANT], reason })
const asked = (more: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
  digest: 'digest',
  targets: { 'acme/1': 'hash' },
  tool: 'deactivate_user',
  plan: ['Deactivate somebody.'],
  caller: 'local:bot',
  call: 'call-1',
  ...more,
})

describe('a plan that a person denied', () => {
  test('cannot be requested again at once, in whatever words', async () => {
    await using world = await openApprovalWorld()
    const user = world.newcomer().userName
    const ask = (server: Pick<typeof world, 'call'>, ...how: Parameters<typeof leaves>) =>
      server.call('deactivate_user', leaves(...how))
    const { approval } = (await ask(world, user)) as unknown as PendingAnswer
    await world.run(['approvals', 'deny', approval.id, '--approver', 'grace', '--passphrase-stdin'], {
      stdin: PASSPHRASE,
    })
    const another = await world.open({ clientName: 'another-client' })
    const answers = [
      await ask(world, user),
      await ask(world, user, 'has left the company'),
      await ask(world, user.toUpperCase()),
      await ask(another, user),
      await world.call('deactivate_user', { ...leaves(user), approvalId: approval.id }),
    ]
    for (const { error } of answers) {
      expect(error).toMatchObject({ code: 'approval_denied', retryAt: expect.any(String) })
      const wait = Date.parse(error?.retryAt ?? '') - Date.now()
      expect(wait).toBeGreaterThan(14 * MINUTE)
      expect(wait).toBeLessThanOrEqual(15 * MINUTE)
    }
    expect(answers[0]?.error?.message).toContain(answers[0]?.error?.retryAt)
    expect((await ask(world, world.newcomer().userName)).status).toBe('approval_required')
    const { stdout } = await world.run(['approvals', '--json'])
    expect(JSON.parse(stdout).approvals).toHaveLength(1)
  })

  describe('in time', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
    afterEach(() => void vi.useRealTimers())

    test('can be requested again after a pause that grows', async () => {
      const approvals = openApprovals(memoryStore())
      for (const minutes of [15, 60, 240, 24 * 60, 24 * 60]) {
        const { id } = await approvals.request(asked())
        await approvals.decide(id, 'denied', 'grace', 'page')
        const denied = { code: 'approval_denied', details: { retryAt: Date.now() + minutes * MINUTE } }
        await expect(approvals.request(asked({ digest: 'other words' }))).rejects.toMatchObject(denied)
        await expect(approvals.use(id, 'digest')).rejects.toMatchObject(denied)
        vi.advanceTimersByTime(minutes * MINUTE - 1)
        await expect(approvals.request(asked())).rejects.toMatchObject(denied)
        vi.advanceTimersByTime(1)
      }
      vi.advanceTimersByTime(25 * 60 * MINUTE)
      const { id } = await approvals.request(asked())
      await approvals.decide(id, 'denied', 'grace', 'page')
      vi.advanceTimersByTime(15 * MINUTE)
      expect((await approvals.request(asked())).state).toBe('pending')
    })

    test.each<[string, Partial<ApprovalRequest>]>([
      ['another caller', { caller: 'local:other', digest: 'other' }],
      ['another tool', { tool: 'delete_user', digest: 'other' }],
      ['another account', { targets: { 'acme/2': 'hash' }, digest: 'other' }],
      ['an account that has changed', { targets: { 'acme/1': 'hash of now' }, digest: 'other' }],
      ['one account more', { targets: { 'acme/1': 'hash', 'acme/2': 'hash' }, digest: 'other' }],
    ])('holds nothing up for %s', async (_, more) => {
      const approvals = openApprovals(memoryStore())
      const { id } = await approvals.request(asked())
      await approvals.decide(id, 'denied', 'grace', 'page')
      expect((await approvals.request(asked(more))).state).toBe('pending')
    })
  })
})

describe('many requests', () => {
  test('of one caller wait in line, and those of another are shown', async () => {
    await using world = await openHttpWorld({ settings: APPROVE_REMOVALS })
    await addApprovers(world, 'grace')
    const guest = async (name: string) => world.guest({ token: await world.token(name, ALL_SCOPES) })
    const [attacker, victim] = [await guest('attacker'), await guest('victim')]
    const ask = async (guest: typeof attacker) =>
      ((await guest.call('deactivate_user', leaves(world.newcomer().userName))) as unknown as PendingAnswer)
        .approval
    const requests: PendingAnswer['approval'][] = []
    for (let at = 0; at < MAX_SHOWN_OF_CALLER + 3; at += 1) requests.push(await ask(attacker))
    const [shown, inLine] = [requests.slice(0, MAX_SHOWN_OF_CALLER), requests.slice(MAX_SHOWN_OF_CALLER)]
    for (const { approveAt } of shown) expect(approveAt).toContain('http')
    for (const { approveAt } of inLine) expect(approveAt).toMatch(/^In line/)
    const other = await ask(victim)
    expect(other.approveAt).toContain('http')

    const list = async () => JSON.parse((await world.run(['approvals', '--json'])).stdout)
    const ids = [...shown, other].map(({ id }) => id)
    const listed = await list()
    expect(listed.approvals.map(({ id }: { id: string }) => id)).toEqual(ids)
    expect(listed.inLine).toBe(3)
    const { stdout } = await world.run(['approvals'])
    // Like ones are one entry, which names each of them.
    expect(stdout.match(/deactivate_user/g)).toHaveLength(2)
    for (const { id } of shown) expect(stdout).toContain(id)
    for (const { id } of inLine) expect(stdout).not.toContain(id)
    expect(stdout).toContain('3 more wait in line')

    const [next] = inLine
    const page = async () => (await send(world.url.origin, { path: `/approvals/${next?.id}` })).text
    expect(await page()).toContain('waits in line')
    expect(await page()).not.toContain('<form')
    const told = () => world.journal().filter((line) => eventOf(line) === 'waiting')
    expect(told()).toHaveLength(MAX_SHOWN_OF_CALLER + 1)
    await world.run(['approvals', 'deny', shown[4]?.id ?? '', '--approver', 'grace', '--passphrase-stdin'], {
      stdin: PASSPHRASE,
    })
    expect(await page()).toContain('<form')
    expect(told().map(({ approval }) => approval?.id)).toEqual([...ids, next?.id])
    expect(told().at(-1)).toMatchObject({
      caller: expect.stringMatching(/^token:attacker#/),
      args: { reason: 'left the company' },
    })
    expect((await list()).inLine).toBe(2)
  })

  const counts = async (callers: Record<string, number>) => {
    const approvals = openApprovals(memoryStore())
    for (const [caller, times] of Object.entries(callers))
      for (let at = 0; at < times; at += 1)
        await approvals.request(asked({ caller, digest: `${caller} ${at}` }))
    const inLine = await approvals.inLine()
    const shown = (await approvals.list({ pending: true })).filter(({ id }) => !inLine.has(id))
    const of = Object.keys(callers).map((caller) => [
      caller,
      shown.filter((one) => one.caller === caller).length,
    ])
    return { approvals, of: Object.fromEntries(of), all: shown.length }
  }

  test.each<[Record<string, number>, Record<string, number>]>([
    [{ a: 40 }, { a: 10 }],
    [
      { a: 10, b: 10, c: 10 },
      { a: 10, b: 10, c: 10 },
    ],
    [
      { a: 50, b: 50, c: 50, d: 1 },
      { a: 10, b: 10, c: 9, d: 1 },
    ],
    [
      { a: 20, b: 20, c: 20, d: 20, e: 3 },
      { a: 7, b: 7, c: 7, d: 6, e: 3 },
    ],
  ])('of %o are shown as %o', async (callers, shown) => {
    const { of, all } = await counts(callers)
    expect(of).toEqual(shown)
    expect(all).toBeLessThanOrEqual(MAX_SHOWN)
  })

  test('of one caller have an end, which others do not feel', async () => {
    const { approvals } = await counts({ a: MAX_OPEN_OF_CALLER })
    await expect(approvals.request(asked({ caller: 'a', digest: 'one more' }))).rejects.toMatchObject({
      code: 'limit_reached',
    })
    expect((await approvals.request(asked({ caller: 'a', digest: 'a 7' }))).state).toBe('pending')
    expect((await approvals.request(asked({ caller: 'b', digest: 'b' }))).state).toBe('pending')
  })
})

describe('an approval that was given and not used', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  test('says so when it ends: in the journal and to the webhook once, and to the call that comes too late', async () => {
    const approvals = openApprovals(memoryStore())
    const events: JournalEvent[] = []
    const append = async (event: JournalEvent) => events.push(event) as never
    const news = () => journalNews({ approvals, journal: { append } })
    const { id } = await approvals.request(asked({ args: { user: 'ada@example.com' } }))
    const used = await approvals.request(asked({ digest: 'used' }))
    const undecided = await approvals.request(asked({ digest: 'undecided' }))
    await approvals.decide(id, 'approved', 'grace', 'page')
    await approvals.decide(used.id, 'approved', 'grace', 'page')
    await approvals.use(used.id, 'used')
    expect(await news()).toBe(2)
    expect(events).toEqual([])
    vi.advanceTimersByTime(APPROVAL_TTL_MS)
    expect(await news()).toBe(0)
    await news()
    expect(events).toEqual([
      {
        event: 'failed',
        code: 'approval_void',
        call: 'call-1',
        tool: 'deactivate_user',
        caller: 'local:bot',
        args: { user: 'ada@example.com' },
        approval: { id, by: 'grace', how: 'page' },
        note: 'approved, and not used before it expired',
      },
    ])
    expect(events.map((event) => eventOf(event as never))).toEqual(['unused'])
    await expect(approvals.use(id, 'digest')).rejects.toMatchObject({
      code: 'approval_void',
      message: expect.stringMatching(/was approved, but it has expired: it was not used/),
    })
    await expect(approvals.use(undecided.id, 'undecided')).rejects.toThrow('expired without a decision')
  })
})
