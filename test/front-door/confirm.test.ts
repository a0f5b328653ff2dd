import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { CLIENTS, type Person } from '../support/clients.ts'
import { NO, YES } from '../support/raw.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld, PEOPLE, type World } from '../support/world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }

interface Waiting {
  status: string
  approval: { id: string; plan: string[]; approveAt: string; expiresAt: string }
}

const isActive = (world: World, user = ADA) => world.netskope.user(user).active
const events = (world: World) => world.journal().map(({ event }) => event)

const decide = (world: World, decision: 'approve' | 'deny', id: string, passphrase = PASSPHRASE) =>
  world.run(['approvals', decision, id, '--approver', 'grace', '--passphrase-stdin'], {
    stdin: `${passphrase}\n`,
  })

/** Somebody new who leaves in a world that tests share, and what has happened there since. */
function leaving(world: World) {
  const { userName: user } = world.newcomer()
  return { world, user, leaves: { ...LEAVES, user }, ...world.since() }
}

describe.each(CLIENTS)('a question put through a %s client', (client) => {
  let person: Person
  const shared = shareWorld(() => openWorld({ client, answer: (message) => person(message) }))
  const scene = (answer: Person) => {
    person = answer
    return leaving(shared())
  }

  test('names the person, the app, the change and the reason, and acts on yes', async () => {
    const { world, asked, events } = scene(PEOPLE.accept)
    const answer = await world.call('deactivate_user', LEAVES)
    expect(answer).toMatchObject({ status: 'done', results: [{ outcome: 'deactivated', verified: true }] })
    expect(isActive(world)).toBe(false)
    expect(asked()).toHaveLength(1)
    for (const part of [
      'Ada Lovelace',
      ADA,
      'Netskope',
      'acme-netskope',
      'inactive',
      'left the company',
      '40 minutes',
    ]) {
      expect(asked()[0]).toContain(part)
    }
    expect(events()).toEqual(['asked', 'approved', 'started', 'done'])
  })

  test.each(['decline', 'cancel'] as const)('changes nothing on %s', async (answer) => {
    const { world, user, leaves, writes, events } = scene(PEOPLE[answer])
    expect((await world.call('deactivate_user', leaves)).error?.code).toBe('declined')
    expect(isActive(world, user)).toBe(true)
    expect(writes()).toEqual([])
    expect(events()).toEqual(['asked', 'declined'])
  })

  test('changes nothing when the box is not ticked', async () => {
    const { world, user, leaves } = scene(() => ({ action: 'accept', content: { confirm: false } }))
    const { error } = await world.call('deactivate_user', leaves)
    expect(error).toMatchObject({
      code: 'declined',
      message: expect.stringContaining('without ticking its box'),
    })
    expect(isActive(world, user)).toBe(true)
  })

  test('voids the yes when the account changed while the person was thinking', async () => {
    const { world, user, leaves, writes } = scene((message) => {
      world.netskope.renameUser(user, `formerly-${user}`)
      world.netskope.addUser({ userName: user, active: true })
      return PEOPLE.accept(message)
    })
    expect((await world.call('deactivate_user', leaves)).error?.code).toBe('approval_void')
    expect(writes()).toEqual([])
  })

  test('asks nobody when there is nothing to do', async () => {
    const { world, user, leaves, asked, arrivals } = scene(PEOPLE.accept)
    world.netskope.user(user).active = false
    expect(await world.call('deactivate_user', leaves)).toMatchObject({
      status: 'unchanged',
      results: [{ outcome: 'already_inactive' }],
    })
    expect(asked()).toEqual([])
    // A look-up and the record.
    expect(arrivals()).toHaveLength(2)
  })

  test('turns to approval outside the agent on a client that cannot ask', async () => {
    await using world = await openWorld({ client, answer: 'none' })
    const first = (await world.call('deactivate_user', LEAVES)) as unknown as Waiting
    expect(first.status).toBe('approval_required')
    expect(first.approval.approveAt).toContain('approvers add NAME')
    expect(first.approval.plan.join('\n')).toContain(ADA)
    const words = ['approvers', 'add', 'grace', '--passphrase-stdin']
    expect(await world.run(words, { stdin: `${PASSPHRASE}\n` })).toMatchObject({ code: 0 })
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
  const shared = shareWorld(async () => {
    const world = await openWorld()
    return { ...world, one: world.raw('one'), two: world.raw('two') }
  })

  /** A client that was asked whether somebody shall leave, and what is to come back with the answer. */
  const asked = async () => {
    const scene = leaving(shared())
    const { one, two } = shared()
    const { state = '' } = await one.call('deactivate_user', scene.leaves)
    expect(state).not.toBe('')
    return { ...scene, one, two, state }
  }

  test.each([
    ['other arguments', () => ({ reason: 'another reason' })],
    ['another person', () => ({ user: shared().newcomer().userName })],
  ])('is void for %s', async (_, other) => {
    const { one, leaves, state, writes } = await asked()
    const round = { requestState: state, inputResponses: YES }
    const { body } = await one.call('deactivate_user', { ...leaves, ...other() }, round)
    expect(body.error?.code).toBe('approval_void')
    expect(writes()).toEqual([])
  })

  test.each([
    ['an altered state', (state: string) => `${state.slice(0, -2)}AA`],
    ['a made-up state', () => 'eyJpZCI6IngifQ.AAAA'],
    ['an empty state', () => ''],
    ['another spelling of the signature', (state: string) => `${state}=`],
  ])('is void with %s', async (_, alter) => {
    const { one, leaves, state, writes } = await asked()
    const round = { requestState: alter(state), inputResponses: YES }
    expect((await one.call('deactivate_user', leaves, round)).body.error?.code).toBe('approval_void')
    expect(writes()).toEqual([])
  })

  test('asks when an answer comes without a question', async () => {
    const { leaves, writes } = leaving(shared())
    const { state, body } = await shared().one.call('deactivate_user', leaves, { inputResponses: YES })
    expect({ asked: state !== undefined, body }).toEqual({ asked: true, body: {} })
    expect(writes()).toEqual([])
  })

  test('is void from another client', async () => {
    const { two, leaves, state } = await asked()
    const { body } = await two.call('deactivate_user', leaves, { requestState: state, inputResponses: YES })
    expect(body.error?.code).toBe('approval_void')
  })

  test('cannot be turned from no to yes', async () => {
    const { one, leaves, state: requestState, writes } = await asked()
    expect(
      (await one.call('deactivate_user', leaves, { requestState, inputResponses: NO })).body.error?.code,
    ).toBe('declined')
    const { body } = await one.call('deactivate_user', leaves, { requestState, inputResponses: YES })
    expect(body.error?.code).toBe('approval_used')
    expect(writes()).toEqual([])
  })

  test('writes once when the same yes is sent 20 times at once', async () => {
    const { one, leaves, state: requestState, writes } = await asked()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        one.call('deactivate_user', leaves, { requestState, inputResponses: YES }),
      ),
    )
    expect(answers.filter(({ body }) => body.status === 'done')).toHaveLength(1)
    expect(writes()).toHaveLength(1)
  })

  test('is used up even when the account was made active again', async () => {
    const { world, user, one, leaves, state: requestState, writes } = await asked()
    const round = { requestState, inputResponses: YES }
    expect((await one.call('deactivate_user', leaves, round)).body.status).toBe('done')
    world.netskope.user(user).active = true
    const { body } = await one.call('deactivate_user', leaves, round)
    expect(body.error?.code).toBe('approval_used')
    expect(writes()).toHaveLength(1)
  })
})

describe('an approval in the terminal', () => {
  const shared = shareWorld(async () => {
    const world = await openWorld({ answer: 'none', settings: { confirm: { adds: 'approve' } } })
    await addApprovers(world, 'grace')
    return world
  })
  /** Somebody whose leaving waits for Grace. */
  const waiting = async () => {
    const scene = leaving(shared())
    const { approval } = (await scene.world.call('deactivate_user', scene.leaves)) as unknown as Waiting
    return { ...scene, approvalId: approval.id }
  }
  const approved = async () => {
    const scene = await waiting()
    expect(await decide(scene.world, 'approve', scene.approvalId)).toMatchObject({ code: 0 })
    return scene
  }

  test('covers the same call in any spelling', async () => {
    const { world, leaves, approvalId, writes } = await approved()
    const { tenants, ...rest } = leaves
    const spelt = { ...rest, tenants: JSON.stringify(tenants), partial: null, toolCallId: 'call_1' }
    expect(await world.call('deactivate_user', { ...spelt, approvalId })).toMatchObject({ status: 'done' })
    expect(writes()).toHaveLength(1)
  })

  test('goes through once, when 20 calls use it at once', async () => {
    const { world, leaves, approvalId, writes } = await approved()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => world.call('deactivate_user', { ...leaves, approvalId })),
    )
    expect(answers.filter(({ status }) => status === 'done')).toHaveLength(1)
    expect(writes()).toHaveLength(1)
  })

  test('is void for other arguments', async () => {
    const { world, leaves, approvalId, writes } = await approved()
    const bent = { ...leaves, reason: 'another reason', approvalId }
    expect((await world.call('deactivate_user', bent)).error?.code).toBe('approval_void')
    expect(writes()).toEqual([])
  })

  test('is void for another tool', async () => {
    const { world, user, leaves, approvalId, writes } = await approved()
    world.netskope.user(user).active = false
    expect((await world.call('reactivate_user', { ...leaves, approvalId })).error?.code).toBe('approval_void')
    expect(writes()).toEqual([])
  })

  test('is void for another client, and for an id nobody gave out', async () => {
    const { world, leaves, approvalId, writes } = await approved()
    const other = await world.open({ clientName: 'another-client' })
    expect((await other.call('deactivate_user', { ...leaves, approvalId })).error?.code).toBe('approval_void')
    expect((await world.call('deactivate_user', { ...leaves, approvalId: 'AAAA-BBBB-CC' })).error?.code).toBe(
      'approval_void',
    )
    expect(writes()).toEqual([])
  })

  test('is void when the account has changed since', async () => {
    const { world, user, leaves, approvalId, writes } = await approved()
    world.netskope.user(user).externalId = 'somebody-else'
    expect((await world.call('deactivate_user', { ...leaves, approvalId })).error?.code).toBe('approval_void')
    expect(writes()).toEqual([])
  })

  test('that is denied stays denied', async () => {
    const { world, leaves, approvalId, writes, events } = await waiting()
    expect(await decide(world, 'deny', approvalId)).toMatchObject({ code: 0 })
    expect((await world.call('deactivate_user', { ...leaves, approvalId })).error?.code).toBe(
      'approval_denied',
    )
    expect(await decide(world, 'approve', approvalId)).toMatchObject({ code: 1 })
    expect(writes()).toEqual([])
    expect(events()).toContain('denied')
  })

  test('needs the right passphrase', async () => {
    const { world, leaves, approvalId } = await waiting()
    expect(await decide(world, 'approve', approvalId, 'wrong passphrase')).toMatchObject({ code: 1 })
    expect((await world.call('deactivate_user', { ...leaves, approvalId })).status).toBe('approval_required')
  })

  test('is demanded of a client that can ask, when the settings say so', async () => {
    await using world = await openWorld({ settings: { confirm: { removes: 'approve' } } })
    expect((await world.call('deactivate_user', LEAVES)).status).toBe('approval_required')
    expect(world.asked).toEqual([])
  })

  test('survives a restart of the server', async () => {
    const { world, leaves } = leaving(shared())
    const first = await world.open()
    const { approval } = (await first.call('deactivate_user', leaves)) as unknown as Waiting
    expect(await decide(world, 'approve', approval.id)).toMatchObject({ code: 0 })
    await first.close()
    const later = await world.open()
    const approvalId = approval.id
    expect(await later.call('deactivate_user', { ...leaves, approvalId })).toMatchObject({ status: 'done' })
  })
})
