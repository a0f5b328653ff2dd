import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { CLIENTS } from '../support/clients.ts'
import { NO, YES } from '../support/raw.ts'
import { openWorld, type World } from '../support/world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }
const PASSPHRASE = 'correct horse battery staple'

interface Waiting {
  status: string
  approval: { id: string; plan: string[]; approveAt: string; expiresAt: string }
}

const isActive = (world: World) => world.netskope.user(ADA)?.active
const events = (world: World) => world.journal().map(({ event }) => event)

async function withApprover(world: World): Promise<void> {
  const added = await world.run(['approvers', 'add', 'grace', '--passphrase-stdin'], {
    stdin: `${PASSPHRASE}\n`,
  })
  expect(added).toMatchObject({ code: 0 })
}

const decide = (world: World, decision: 'approve' | 'deny', id: string, passphrase = PASSPHRASE) =>
  world.run(['approvals', decision, id, '--approver', 'grace', '--passphrase-stdin'], {
    stdin: `${passphrase}\n`,
  })

describe.each(CLIENTS)('a question put through a %s client', (client) => {
  test('names the person, the app, the change and the reason, and acts on yes', async () => {
    await using world = await openWorld({ client })
    const answer = await world.call('deactivate_user', LEAVES)
    expect(answer).toMatchObject({ status: 'done', results: [{ outcome: 'deactivated', verified: true }] })
    expect(isActive(world)).toBe(false)
    expect(world.asked).toHaveLength(1)
    for (const part of [
      'Ada Lovelace',
      ADA,
      'Netskope',
      'acme-netskope',
      'inactive',
      'left the company',
      '40 minutes',
    ]) {
      expect(world.asked[0]).toContain(part)
    }
    expect(events(world)).toEqual(['asked', 'approved', 'started', 'done'])
  })

  test.each(['decline', 'cancel'] as const)('changes nothing on %s', async (answer) => {
    await using world = await openWorld({ client, answer })
    expect((await world.call('deactivate_user', LEAVES)).error?.code).toBe('declined')
    expect(isActive(world)).toBe(true)
    expect(world.netskope.writes).toEqual([])
    expect(events(world)).toEqual(['asked', 'declined'])
  })

  test('changes nothing when the box is not ticked', async () => {
    await using world = await openWorld({
      client,
      answer: () => ({ action: 'accept', content: { confirm: false } }),
    })
    expect((await world.call('deactivate_user', LEAVES)).error?.code).toBe('declined')
    expect(isActive(world)).toBe(true)
  })

  test('voids the yes when the account changed while the person was thinking', async () => {
    await using world = await openWorld({
      client,
      answer: () => {
        world.netskope.renameUser(ADA, 'ada.lovelace@example.com')
        world.netskope.addUser({ userName: ADA, active: true })
        return { action: 'accept', content: { confirm: true } }
      },
    })
    expect((await world.call('deactivate_user', LEAVES)).error?.code).toBe('approval_void')
    expect(world.netskope.writes).toEqual([])
  })

  test('asks nobody when there is nothing to do', async () => {
    await using world = await openWorld({ client })
    const record = world.netskope.user(ADA)
    if (record) record.active = false
    expect(await world.call('deactivate_user', LEAVES)).toMatchObject({
      status: 'unchanged',
      results: [{ outcome: 'already_inactive' }],
    })
    expect(world.asked).toEqual([])
    expect(world.netskope.arrivals).toHaveLength(1)
  })

  test('turns to approval outside the agent on a client that cannot ask', async () => {
    await using world = await openWorld({ client, answer: 'none' })
    const first = (await world.call('deactivate_user', LEAVES)) as unknown as Waiting
    expect(first.status).toBe('approval_required')
    expect(first.approval.approveAt).toContain('approvers add NAME')
    expect(first.approval.plan.join('\n')).toContain(ADA)
    await withApprover(world)
    const again = (await world.call('deactivate_user', LEAVES)) as unknown as Waiting
    expect(again.approval.id).toBe(first.approval.id)
    expect(again.approval.approveAt).not.toContain('approvers add')
    const { id } = first.approval
    expect(await world.call('deactivate_user', { ...LEAVES, approvalId: id })).toMatchObject({
      status: 'approval_required',
    })
    expect(isActive(world)).toBe(true)

    expect(await decide(world, 'approve', id)).toMatchObject({ code: 0 })
    expect(await world.call('deactivate_user', { ...LEAVES, approvalId: id })).toMatchObject({
      status: 'done',
    })
    expect(isActive(world)).toBe(false)
    expect((await world.call('deactivate_user', { ...LEAVES, approvalId: id })).status).toBe('unchanged')
    expect(events(world)).toEqual(['asked', 'started', 'done', 'approved', 'started', 'done', 'done'])
    expect(world.journal().find(({ event }) => event === 'approved')?.approval).toMatchObject({
      by: 'grace',
      how: 'terminal',
    })
  })
})

describe('a question', () => {
  test('falls back to approval when the client declares forms and fails at them', async () => {
    await using world = await openWorld({
      client: 'legacy',
      answer: () => {
        throw new Error('no window to show it in')
      },
    })
    expect((await world.call('deactivate_user', LEAVES)).status).toBe('approval_required')
    expect(world.netskope.writes).toEqual([])
  })

  test('counts for nothing once the caller has left', async () => {
    await using world = await openWorld({
      client: 'v1',
      answer: async () => {
        await pause(600)
        return { action: 'accept', content: { confirm: true } }
      },
    })
    await expect(world.call('deactivate_user', LEAVES, { timeout: 300 })).rejects.toThrow()
    await pause(900)
    expect(world.netskope.writes).toEqual([])
    expect(isActive(world)).toBe(true)
  })
})

describe('a forged or bent confirmation', () => {
  const bent = async (
    world: World,
    round: (state: string) => Record<string, unknown>,
    args: Record<string, unknown> = LEAVES,
  ) => {
    const raw = world.raw()
    const { state = '' } = await raw.call('deactivate_user', LEAVES)
    expect(state).not.toBe('')
    const { body } = await raw.call('deactivate_user', args, { inputResponses: YES, ...round(state) })
    return body.error?.code
  }

  test.each([
    ['other arguments', { ...LEAVES, reason: 'another reason' }, 'approval_void'],
    ['another person', { ...LEAVES, user: 'grace.hopper@example.com' }, 'approval_void'],
  ])('is void for %s', async (_, args, code) => {
    await using world = await openWorld()
    world.netskope.addUser({ userName: 'grace.hopper@example.com', active: true })
    expect(await bent(world, (requestState) => ({ requestState }), args)).toBe(code)
    expect(world.netskope.writes).toEqual([])
  })

  test.each([
    ['an altered state', (state: string) => `${state.slice(0, -2)}AA`],
    ['a made-up state', () => 'eyJpZCI6IngifQ.AAAA'],
    ['an empty state', () => ''],
    ['another spelling of the signature', (state: string) => `${state}=`],
  ])('is void with %s', async (_, alter) => {
    await using world = await openWorld()
    expect(await bent(world, (state) => ({ requestState: alter(state) }))).toBe('approval_void')
    expect(world.netskope.writes).toEqual([])
  })

  test('asks when an answer comes without a question', async () => {
    await using world = await openWorld()
    const raw = world.raw()
    const { state, body } = await raw.call('deactivate_user', LEAVES, { inputResponses: YES })
    expect({ asked: state !== undefined, body }).toEqual({ asked: true, body: {} })
    expect(world.netskope.writes).toEqual([])
  })

  test('is void from another client', async () => {
    await using world = await openWorld()
    const { state } = await world.raw('one').call('deactivate_user', LEAVES)
    const { body } = await world
      .raw('two')
      .call('deactivate_user', LEAVES, { requestState: state, inputResponses: YES })
    expect(body.error?.code).toBe('approval_void')
  })

  test('cannot be turned from no to yes', async () => {
    await using world = await openWorld()
    const raw = world.raw()
    const { state: requestState } = await raw.call('deactivate_user', LEAVES)
    expect(
      (await raw.call('deactivate_user', LEAVES, { requestState, inputResponses: NO })).body.error?.code,
    ).toBe('declined')
    const { body } = await raw.call('deactivate_user', LEAVES, { requestState, inputResponses: YES })
    expect(body.error?.code).toBe('approval_used')
    expect(world.netskope.writes).toEqual([])
  })

  test('writes once when the same yes is sent 20 times at once', async () => {
    await using world = await openWorld()
    const raw = world.raw()
    const { state: requestState } = await raw.call('deactivate_user', LEAVES)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        raw.call('deactivate_user', LEAVES, { requestState, inputResponses: YES }),
      ),
    )
    expect(answers.filter(({ body }) => body.status === 'done')).toHaveLength(1)
    expect(world.netskope.writes).toHaveLength(1)
  })

  test('is used up even when the account was made active again', async () => {
    await using world = await openWorld()
    const raw = world.raw()
    const { state: requestState } = await raw.call('deactivate_user', LEAVES)
    expect(
      (await raw.call('deactivate_user', LEAVES, { requestState, inputResponses: YES })).body.status,
    ).toBe('done')
    const record = world.netskope.user(ADA)
    if (record) record.active = true
    const { body } = await raw.call('deactivate_user', LEAVES, { requestState, inputResponses: YES })
    expect(body.error?.code).toBe('approval_used')
    expect(world.netskope.writes).toHaveLength(1)
  })
})

describe('an approval in the terminal', () => {
  const waiting = async (world: World, args: Record<string, unknown> = LEAVES) =>
    ((await world.call('deactivate_user', args)) as unknown as Waiting).approval.id

  test('goes through once, when 20 calls use it at once', async () => {
    await using world = await openWorld({ answer: 'none' })
    await withApprover(world)
    const approvalId = await waiting(world)
    await decide(world, 'approve', approvalId)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => world.call('deactivate_user', { ...LEAVES, approvalId })),
    )
    expect(answers.filter(({ status }) => status === 'done')).toHaveLength(1)
    expect(world.netskope.writes).toHaveLength(1)
  })

  test.each([
    ['other arguments', { ...LEAVES, reason: 'another reason' }],
    ['another tool', undefined],
  ])('is void for %s', async (_, args) => {
    await using world = await openWorld({ answer: 'none', settings: { confirm: { adds: 'approve' } } })
    await withApprover(world)
    const approvalId = await waiting(world)
    await decide(world, 'approve', approvalId)
    if (!args) {
      const record = world.netskope.user(ADA)
      if (record) record.active = false
    }
    const answer = await world.call(args ? 'deactivate_user' : 'reactivate_user', {
      ...(args ?? LEAVES),
      approvalId,
    })
    expect(answer.error?.code).toBe('approval_void')
    expect(world.netskope.writes).toEqual([])
  })

  test('is void for another client, and for an id nobody gave out', async () => {
    await using world = await openWorld({ answer: 'none' })
    await withApprover(world)
    const approvalId = await waiting(world)
    await decide(world, 'approve', approvalId)
    const other = await world.open({ clientName: 'another-client' })
    expect((await other.call('deactivate_user', { ...LEAVES, approvalId })).error?.code).toBe('approval_void')
    expect((await world.call('deactivate_user', { ...LEAVES, approvalId: 'AAAA-BBBB-CC' })).error?.code).toBe(
      'approval_void',
    )
    expect(world.netskope.writes).toEqual([])
  })

  test('is void when the account has changed since', async () => {
    await using world = await openWorld({ answer: 'none' })
    await withApprover(world)
    const approvalId = await waiting(world)
    await decide(world, 'approve', approvalId)
    const record = world.netskope.user(ADA)
    if (record) record.externalId = 'somebody-else'
    expect((await world.call('deactivate_user', { ...LEAVES, approvalId })).error?.code).toBe('approval_void')
    expect(world.netskope.writes).toEqual([])
  })

  test('that is denied stays denied', async () => {
    await using world = await openWorld({ answer: 'none' })
    await withApprover(world)
    const approvalId = await waiting(world)
    expect(await decide(world, 'deny', approvalId)).toMatchObject({ code: 0 })
    expect((await world.call('deactivate_user', { ...LEAVES, approvalId })).error?.code).toBe(
      'approval_denied',
    )
    expect(await decide(world, 'approve', approvalId)).toMatchObject({ code: 1 })
    expect(world.netskope.writes).toEqual([])
    expect(events(world)).toContain('denied')
  })

  test('needs the right passphrase', async () => {
    await using world = await openWorld({ answer: 'none' })
    await withApprover(world)
    const approvalId = await waiting(world)
    expect(await decide(world, 'approve', approvalId, 'wrong passphrase')).toMatchObject({ code: 1 })
    expect((await world.call('deactivate_user', { ...LEAVES, approvalId })).status).toBe('approval_required')
  })

  test('is demanded of a client that can ask, when the settings say so', async () => {
    await using world = await openWorld({ settings: { confirm: { removes: 'approve' } } })
    expect((await world.call('deactivate_user', LEAVES)).status).toBe('approval_required')
    expect(world.asked).toEqual([])
  })

  test('survives a restart of the server', async () => {
    await using world = await openWorld({ answer: 'none' })
    await withApprover(world)
    const approvalId = await waiting(world)
    await decide(world, 'approve', approvalId)
    await world.close()
    const later = await world.open()
    expect(await later.call('deactivate_user', { ...LEAVES, approvalId })).toMatchObject({ status: 'done' })
  })
})
