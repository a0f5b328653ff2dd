import { describe, expect, test } from 'vitest'
import { openWorld, type World } from '../support/world.ts'

const TENANT = 'acme-netskope'
const ADA = 'ada@example.com'
const NEW = { tenant: TENANT, email: 'new.hire@example.com', givenName: 'New', familyName: 'Hire' }

const events = (world: World) => world.journal().map(({ event }) => event)

describe('create_user', () => {
  test('looks first, creates once, reads back, and does nothing the second time', async () => {
    await using world = await openWorld()
    expect(await world.call('create_user', NEW)).toMatchObject({
      status: 'done',
      outcome: 'created',
      verified: true,
      account: { userName: NEW.email, name: 'New Hire', status: 'active' },
    })
    expect(world.netskope.writes.map(({ method }) => method)).toEqual(['POST'])
    expect(await world.call('create_user', { ...NEW, email: 'NEW.hire@example.com' })).toMatchObject({
      status: 'unchanged',
      outcome: 'already_exists',
    })
    expect(world.netskope.writes).toHaveLength(1)
    expect(events(world)).toEqual(['started', 'done', 'done'])
  })

  test('settles a lost reply by looking, with one POST', async () => {
    await using world = await openWorld({ sandbox: { faults: [{ fault: 'lost-reply', method: 'POST' }] } })
    expect(await world.call('create_user', NEW)).toMatchObject({ outcome: 'created', verified: true })
    expect(world.netskope.writes).toHaveLength(1)
  })

  test('says unknown, and never posts twice, when nothing shows of a lost request', async () => {
    await using world = await openWorld({
      tenant: { verifyWindowMs: 200 },
      sandbox: { faults: [{ fault: 'reset', method: 'POST' }] },
    })
    expect(await world.call('create_user', NEW)).toMatchObject({ status: 'failed', outcome: 'unknown' })
    expect(world.netskope.writes.length).toBeLessThanOrEqual(1)
  })

  test('takes no password', async () => {
    await using world = await openWorld()
    const answer = await world.call('create_user', { ...NEW, attributes: { password: 'hunter2hunter2' } })
    expect(answer.error?.code).toBe('invalid_input')
    expect(JSON.stringify(world.journal())).not.toContain('hunter2')
  })
})

describe('update_user', () => {
  test('changes just what differs, and shows before and after', async () => {
    await using world = await openWorld()
    const answer = await world.call('update_user', {
      tenant: TENANT,
      user: ADA,
      set: { familyName: 'Byron', givenName: 'Ada' },
    })
    expect(answer).toMatchObject({
      status: 'done',
      outcome: 'updated',
      before: { familyName: 'Lovelace', givenName: 'Ada' },
      after: { familyName: 'Byron', givenName: 'Ada' },
      verified: true,
      note: expect.stringContaining('identity provider'),
    })
    expect(JSON.stringify(world.netskope.writes.map(({ body }) => body))).not.toContain('"Ada"')
  })

  test('writes nothing when nothing differs', async () => {
    await using world = await openWorld()
    expect(
      await world.call('update_user', { tenant: TENANT, user: ADA, set: { familyName: 'Lovelace' } }),
    ).toMatchObject({ status: 'unchanged', outcome: 'unchanged' })
    expect(world.netskope.writes).toEqual([])
  })

  test('names what the app accepted and ignored', async () => {
    await using world = await openWorld({
      tenant: { verifyWindowMs: 100 },
      sandbox: { faults: [{ fault: 'patch-ignored' }] },
    })
    expect(
      await world.call('update_user', { tenant: TENANT, user: ADA, set: { familyName: 'Byron' } }),
    ).toMatchObject({ status: 'partial', verified: false, note: expect.stringContaining('familyName') })
  })

  test('keeps everything else when the app wants the whole record', async () => {
    await using world = await openWorld({ sandbox: { faults: [{ fault: 'patch-unsupported' }] } })
    const before = structuredClone(world.netskope.user(ADA))
    await world.call('update_user', { tenant: TENANT, user: ADA, set: { familyName: 'Byron' } })
    expect(world.netskope.user(ADA)).toMatchObject({
      ...before,
      name: { ...before.name, familyName: 'Byron' },
    })
  })

  test.each([{ status: 'inactive' }, { group: 'Contractors' }, {}])('does not take %o', async (set) => {
    await using world = await openWorld()
    expect((await world.call('update_user', { tenant: TENANT, user: ADA, set })).error?.code).toBe(
      'invalid_input',
    )
  })

  test('wants approval where somebody becomes an administrator', async () => {
    await using world = await openWorld()
    expect(
      (await world.call('update_user', { tenant: TENANT, user: ADA, set: { admin: true } })).status,
    ).not.toBe('done')
    expect(world.netskope.writes).toEqual([])
  })
})

describe('update_group_members', () => {
  test('puts in and takes out, and says it member by member', async () => {
    await using world = await openWorld()
    const [group] = world.netskope.groups
    const members = group?.members?.map(({ value }) => value) ?? []
    const inside = world.netskope.users.find(({ id }) => members.includes(id))
    const outside = world.netskope.users.find(({ id }) => !members.includes(id))
    expect(
      await world.call('update_group_members', {
        tenant: TENANT,
        group: group?.displayName,
        add: [outside?.userName, 'nobody@example.com'],
        remove: [inside?.userName],
      }),
    ).toMatchObject({
      status: 'partial',
      verified: true,
      members: [
        { user: outside?.userName, outcome: 'added' },
        { user: inside?.userName, outcome: 'removed' },
        { user: 'nobody@example.com', outcome: 'failed', code: 'not_found' },
      ],
    })
    const now = world.netskope.group(group?.id ?? '').members?.map(({ value }) => value)
    expect(now).toContain(outside?.id)
    expect(now).not.toContain(inside?.id)
    expect(now).toHaveLength(members.length)
  })

  test('does not take members that are not told for none', async () => {
    await using world = await openWorld({
      sandbox: { faults: [{ fault: 'members-hidden' }] },
      tenant: { verifyWindowMs: 100 },
    })
    const [group] = world.netskope.groups
    expect(
      await world.call('update_group_members', { tenant: TENANT, group: group?.displayName, add: [ADA] }),
    ).toMatchObject({ status: 'partial', verified: false, members: [{ outcome: 'added' }] })
  })
})

describe('delete_user', () => {
  const leave = { tenant: TENANT, user: ADA, reason: 'asked to be forgotten' }

  test('is not even listed where the tenant does not allow it', async () => {
    await using world = await openWorld()
    expect((await world.client.listTools()).map(({ name }) => name)).not.toContain('delete_user')
    expect((await world.call('delete_user', leave)).error?.code).toBe('unsupported')
    expect(world.netskope.writes).toEqual([])
  })

  test('waits for a person outside the agent, who is told that it cannot be undone', async () => {
    await using world = await openWorld({ tenant: { allowDelete: true } })
    const waiting = (await world.call('delete_user', leave)) as unknown as {
      status: string
      approval: { id: string; plan: string[] }
    }
    expect(waiting.status).toBe('approval_required')
    expect(waiting.approval.plan.join(' ')).toContain('cannot be undone')
    expect(world.asked).toEqual([])
    await world.run(['approvers', 'add', 'grace', '--passphrase-stdin'], { stdin: 'correct horse battery\n' })
    const approve = (...more: string[]) =>
      world.run(
        ['approvals', 'approve', waiting.approval.id, '--approver', 'grace', '--passphrase-stdin', ...more],
        { stdin: 'correct horse battery\n' },
      )
    expect(await approve()).toMatchObject({ code: 2, stderr: expect.stringContaining('--confirm') })
    expect(await approve('--confirm', 'somebody-else')).toMatchObject({ code: 2 })
    expect(await approve('--confirm', ADA.toUpperCase())).toMatchObject({ code: 0 })
    expect(await world.call('delete_user', { ...leave, approvalId: waiting.approval.id })).toMatchObject({
      status: 'done',
      outcome: 'deleted',
      verified: true,
    })
    expect(world.netskope.users.some(({ userName }) => userName === ADA)).toBe(false)
    expect((await world.call('delete_user', { ...leave, approvalId: waiting.approval.id })).error?.code).toBe(
      'not_found',
    )
  })
})
