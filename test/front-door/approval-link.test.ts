// @module-tag long

import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ApprovalFormFields } from '../support/browser.ts'
import { type Answer, type Browser, CLIENTS } from '../support/clients.ts'
import { shareWorld } from '../support/sharing.ts'
import { APPROVE_REMOVALS, decideAt, openApprovalWorld, type PendingAnswer } from '../support/strict.ts'
import { openWorld, type World } from '../support/world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }

const isActive = (world: World) => world.netskope.user(ADA)?.active
const OPENED: Answer = { action: 'accept', content: {} }

/** Somebody new who leaves in a world that tests share, and what has happened there since. */
function leaving(world: World) {
  const { userName: user } = world.newcomer()
  return { world, user, leaves: { ...LEAVES, user }, ...world.since() }
}

/** A person who opens the link, and decides there a moment later. */
const decidesLater = (fields: ApprovalFormFields = {}) => {
  const links: string[] = []
  const decided: Promise<number>[] = []
  return {
    links,
    decided,
    browser: (link: string): Answer => {
      links.push(link)
      decided.push(new Promise((resolve) => setTimeout(resolve, 300)).then(() => decideAt(link, fields)))
      return OPENED
    },
  }
}

describe.each(CLIENTS)('a %s client that can open links', (client) => {
  let browser: Browser
  const shared = shareWorld(() =>
    openApprovalWorld({ client, browser: (link, message) => browser(link, message) }),
  )
  const scene = (opens: Browser) => {
    browser = opens
    return leaving(shared())
  }

  test('is handed the page, and the same call goes through once it is approved there', async () => {
    const person = decidesLater()
    const messages: string[] = []
    const { world, asked, writes, events, journal } = scene((link, message) => {
      messages.push(message)
      return person.browser(link)
    })
    expect(await world.call('deactivate_user', LEAVES)).toMatchObject({
      status: 'done',
      results: [{ outcome: 'deactivated', verified: true }],
    })
    expect(await Promise.all(person.decided)).toEqual([303])
    expect(person.links).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/approvals\/[\w-]{12}$/)])
    for (const part of ['Ada Lovelace', ADA, 'left the company']) expect(messages[0]).toContain(part)
    expect(asked()).toEqual([])
    expect(writes()).toHaveLength(1)
    expect(events()).toEqual(['asked', 'approved', 'started', 'done'])
    const approved = journal().find(({ event }) => event === 'approved')
    expect(approved).toMatchObject({ approval: { by: 'grace', how: 'page' } })
    expect(journal().at(-1)?.approval).toMatchObject({ by: 'grace', how: 'page' })
  })

  test('is told when it was denied there', async () => {
    const person = decidesLater({ decision: 'denied' })
    const { world, leaves, writes, events } = scene(person.browser)
    expect((await world.call('deactivate_user', leaves)).error?.code).toBe('approval_denied')
    expect(writes()).toEqual([])
    expect(events()).toEqual(['asked', 'denied', 'denied'])
  })

  test.each(['decline', 'cancel'] as const)('that says %s leaves the request waiting', async (action) => {
    const { world, leaves, writes, events } = scene(() => ({ action }))
    const first = (await world.call('deactivate_user', leaves)) as unknown as PendingAnswer
    expect(first.status).toBe('approval_required')
    expect(events()).toEqual(['asked'])
    expect(await decideAt(first.approval.approveAt)).toBe(303)
    expect(await world.call('deactivate_user', { ...leaves, approvalId: first.approval.id })).toMatchObject({
      status: 'done',
    })
    expect(writes()).toHaveLength(1)
  })

  test('voids the yes when the account changed while the person was deciding', async () => {
    const { world, user, leaves, writes } = scene(async (link) => {
      world.netskope.user(user).externalId = 'somebody-else'
      expect(await decideAt(link)).toBe(303)
      return OPENED
    })
    expect((await world.call('deactivate_user', leaves)).error?.code).toBe('approval_void')
    expect(writes()).toEqual([])
  })

  test('is not handed the page when nobody may approve yet', async () => {
    let opened = 0
    const browser = () => {
      opened += 1
      return OPENED
    }
    await using world = await openWorld({ client, settings: APPROVE_REMOVALS, browser })
    const { status, approval } = (await world.call('deactivate_user', LEAVES)) as unknown as PendingAnswer
    expect(status).toBe('approval_required')
    expect(approval.approveAt).toContain('approvers add NAME')
    expect(opened).toBe(0)
  })
})

test('having opened the link says nothing: the call waits a bounded while, and the request stays', async () => {
  let opened = 0
  await using world = await openApprovalWorld({
    browser: () => {
      opened += 1
      return OPENED
    },
  })
  const legacy = await world.open({ client: 'legacy', clientName: 'older-client' })
  onTestFinished(() => void vi.useRealTimers())
  vi.useFakeTimers({ toFake: ['Date'] })
  const begun = Date.now()
  let answered = 0
  const calls = [world, legacy].map(async (one) => {
    const answer = await one.call('deactivate_user', LEAVES)
    answered += 1
    return answer as unknown as PendingAnswer
  })
  await vi.waitUntil(() => opened === 2, { timeout: 20_000 })
  // Long enough for a person …
  vi.setSystemTime(begun + 30_000)
  expect(await world.call('list_tenants')).toHaveProperty('tenants')
  expect(answered).toBe(0)
  // … and well before a client gives up after a minute.
  vi.setSystemTime(begun + 40_000)
  const answers = await Promise.all(calls)
  expect(answers.map(({ status }) => status)).toEqual(['approval_required', 'approval_required'])
  expect(world.netskope.writes).toEqual([])
  expect(isActive(world)).toBe(true)
  const { id, approveAt } = answers[0]?.approval ?? { id: '', approveAt: '' }
  expect(await decideAt(approveAt)).toBe(303)
  expect(await world.call('deactivate_user', { ...LEAVES, approvalId: id })).toMatchObject({ status: 'done' })
})

test('an older client that fails at links is told where to approve', async () => {
  await using world = await openApprovalWorld({
    client: 'legacy',
    browser: () => {
      throw new Error('no browser')
    },
  })
  const { status, approval } = (await world.call('deactivate_user', LEAVES)) as unknown as PendingAnswer
  expect(status).toBe('approval_required')
  expect(await decideAt(approval.approveAt)).toBe(303)
})

test('a client that can only open links is handed one where others are asked', async () => {
  const person = decidesLater()
  await using world = await openApprovalWorld({ settings: {}, answer: 'none', browser: person.browser })
  expect(await world.call('deactivate_user', LEAVES)).toMatchObject({ status: 'done' })
  expect(person.links).toHaveLength(1)
})

describe('a forged or bent link', () => {
  const shared = shareWorld(async () => {
    const world = await openApprovalWorld()
    return { ...world, one: world.raw(), stranger: world.raw('another-client') }
  })

  /** A modern client that was handed a link, and what it is to send along when it repeats the call. */
  const linked = async () => {
    const scene = leaving(shared())
    const { one, stranger } = shared()
    const first = await one.send('tools/call', { name: 'deactivate_user', arguments: scene.leaves })
    const link = first.result?.inputRequests?.approve?.params.url ?? ''
    expect(link).toContain('/approvals/')
    return { ...scene, one, stranger, link, requestState: first.result?.requestState ?? '' }
  }
  const ACCEPT = { approve: { action: 'accept', content: { confirm: true } } }

  test('is good for exactly the call that it was handed out for', async () => {
    const { world, user, leaves, one, stranger, link, requestState, writes } = await linked()
    expect(await decideAt(link)).toBe(303)
    const round = { requestState, inputResponses: ACCEPT }
    const other = await one.call('deactivate_user', { ...leaves, reason: 'another reason' }, round)
    expect(other.body.error?.code).toBe('approval_void')
    // Whoever else brings it is sent to a person as if they had brought nothing.
    const { state, body } = await stranger.call('deactivate_user', leaves, round)
    expect({ asked: state !== undefined, body }).toEqual({ asked: true, body: {} })
    expect(writes()).toEqual([])
    expect((await one.call('deactivate_user', leaves, round)).body.status).toBe('done')
    world.netskope.user(user).active = true
    expect((await one.call('deactivate_user', leaves, round)).body.error?.code).toBe('approval_used')
    expect(writes()).toHaveLength(1)
  })

  test('writes once, when the same answer is sent 20 times at once', async () => {
    const { leaves, one, link, requestState, writes } = await linked()
    expect(await decideAt(link)).toBe(303)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        one.call('deactivate_user', leaves, { requestState, inputResponses: ACCEPT }),
      ),
    )
    expect(answers.filter(({ body }) => body.status === 'done')).toHaveLength(1)
    expect(writes()).toHaveLength(1)
  })

  test.each([
    ['an altered state', (state: string) => `${state.slice(0, -2)}AA`],
    [
      'the bare id',
      (state: string) =>
        String(JSON.parse(Buffer.from(state.split('.')[0] ?? '', 'base64url').toString())[0]),
    ],
  ])('lets nothing through with %s', async (_, alter) => {
    const { leaves, one, link, requestState, writes } = await linked()
    expect(await decideAt(link)).toBe(303)
    const round = { requestState: alter(requestState), inputResponses: ACCEPT }
    const { state, body } = await one.call('deactivate_user', leaves, round)
    expect({ state, body }).toMatchObject({ state: undefined, body: { status: 'approval_required' } })
    expect(writes()).toEqual([])
  })

  test('is no form: ticking a box does not approve', async () => {
    const { leaves, one, requestState, writes } = await linked()
    const inputResponses = { confirm: { action: 'accept', content: { confirm: true } } }
    const { body } = await one.call('deactivate_user', leaves, { requestState, inputResponses })
    expect(body.status).toBe('approval_required')
    expect(writes()).toEqual([])
  })
})
