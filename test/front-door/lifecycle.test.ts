import { describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld, type World } from '../support/world.ts'

const TENANT = 'acme-netskope'
const ADA = 'ada@example.com'
const NEW = { tenant: TENANT, email: 'new.hire@example.com', givenName: 'New', familyName: 'Hire' }

type Faults = Parameters<World['netskope']['faults']['set']>[0]

const shared = shareWorld(() =>
  openWorld({
    settings: { confirm: { gives: 'none' } },
    tenant: { verifyWindowMs: 200 },
    ownProcess: true,
  }),
)
/** The world that tests share, with these faults of the app alone, and what has happened since. */
function scene(...faults: Faults) {
  const world = shared()
  world.netskope.faults.set(faults)
  return { world, ...world.since() }
}

describe('create_user', () => {
  test('looks first, creates once, reads back, and does nothing the second time', async () => {
    const { world, writes, events } = scene()
    expect(await world.call('create_user', NEW)).toMatchObject({
      status: 'done',
      outcome: 'created',
      verified: true,
      account: { userName: NEW.email, name: 'New Hire', status: 'active' },
    })
    expect(writes().map(({ method }) => method)).toEqual(['POST'])
    expect(await world.call('create_user', { ...NEW, email: 'NEW.hire@example.com' })).toMatchObject({
      status: 'unchanged',
      outcome: 'already_exists',
    })
    expect(writes()).toHaveLength(1)
    expect(events()).toEqual(['started', 'done', 'done'])
  })

  test('says unknown, and never posts twice, when nothing shows of a lost request', async () => {
    const { world, writes } = scene({ fault: 'reset', method: 'POST' })
    const other = { ...NEW, email: 'other.hire@example.com' }
    expect(await world.call('create_user', other)).toMatchObject({ status: 'failed', outcome: 'unknown' })
    expect(writes().length).toBeLessThanOrEqual(1)
  })

  test.each([{ password: 'hunter2hunter2' }, { custom: { Password: 'hunter2hunter2' } }])(
    'takes no password as %o',
    async (attributes) => {
      const { world, journal } = scene()
      const answer = await world.call('create_user', { ...NEW, attributes })
      expect(answer.error?.code).toBe('invalid_input')
      expect(JSON.stringify(journal())).not.toContain('hunter2')
    },
  )
})

describe('update_user', () => {
  test('changes just what differs, and shows before and after', async () => {
    const { world, writes } = scene()
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
    expect(JSON.stringify(writes().map(({ body }) => body))).not.toContain('"Ada"')
  })

  test('writes nothing when nothing differs', async () => {
    const { world, writes } = scene()
    expect(
      await world.call('update_user', {
        tenant: TENANT,
        user: 'grace@example.com',
        set: { familyName: 'Hopper' },
      }),
    ).toMatchObject({ status: 'unchanged', outcome: 'unchanged' })
    expect(writes()).toEqual([])
  })

  test.each([{ status: 'inactive' }, { group: 'Contractors' }, {}])('does not take %o', async (set) => {
    const { world } = scene()
    expect((await world.call('update_user', { tenant: TENANT, user: ADA, set })).error?.code).toBe(
      'invalid_input',
    )
  })

  test('wants approval where somebody becomes an administrator', async () => {
    const { world, writes } = scene()
    expect(
      (await world.call('update_user', { tenant: TENANT, user: ADA, set: { admin: true } })).status,
    ).not.toBe('done')
    expect(writes()).toEqual([])
  })
})

describe('create_group', () => {
  const NIGHT = { tenant: TENANT, name: 'Night shift', externalId: 'idp-night', members: [ADA] }

  test('looks first, creates once with its members, reads back, and does nothing the second time', async () => {
    const { world, writes, events } = scene()
    const { id } = world.netskope.user(ADA)
    expect(await world.call('create_group', NIGHT)).toMatchObject({
      status: 'done',
      outcome: 'created',
      verified: true,
      group: { name: 'Night shift', memberCount: 1, members: [{ id }] },
    })
    expect(writes().map(({ method, body }) => [method, body])).toEqual([
      [
        'POST',
        {
          schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
          displayName: 'Night shift',
          externalId: 'idp-night',
          members: [{ value: id }],
        },
      ],
    ])
    const again = { ...NIGHT, name: 'NIGHT shift', members: ['grace@example.com'] }
    expect(await world.call('create_group', again)).toMatchObject({
      status: 'unchanged',
      outcome: 'already_exists',
      group: { name: 'Night shift', memberCount: 1 },
    })
    expect(writes()).toHaveLength(1)
    expect(events()).toEqual(['started', 'done', 'done'])
  })

  test.each<[string, Faults, object]>([
    [
      'a lost reply by looking',
      [{ fault: 'lost-reply', method: 'POST' }],
      { outcome: 'created', verified: true },
    ],
    [
      'a name that was taken after all by looking again',
      [{ fault: 'filter-empty', times: 1 }],
      { status: 'unchanged', outcome: 'already_exists', group: { name: 'Sales' } },
    ],
    [
      'a group that the app says it made and did not',
      ['create-not-kept'],
      { status: 'partial', outcome: 'created', verified: false },
    ],
    [
      'members that the app does not tell',
      ['members-hidden'],
      { status: 'partial', outcome: 'created', verified: false, note: expect.stringContaining('members') },
    ],
  ])('settles %s, with one POST', async (what, faults, expected) => {
    const { world, writes } = scene(...faults)
    const name = faults.some((fault) => typeof fault !== 'string' && fault.fault === 'filter-empty')
      ? 'Sales'
      : `Night shift that meets ${what}`
    expect(await world.call('create_group', { ...NIGHT, name })).toMatchObject(expected)
    expect(writes().map(({ method }) => method)).toEqual(['POST'])
  })

  test.each<[string, object, Record<string, unknown>, string]>([
    ['somebody who is not there', { members: [ADA, 'nobody@example.com'] }, {}, 'not_found'],
    ['somebody protected', {}, { protected: [ADA] }, 'protected'],
  ])('makes no group with %s', async (_, more, settings, code) => {
    await using world = await openWorld({ settings })
    expect((await world.call('create_group', { ...NIGHT, ...more })).error?.code).toBe(code)
    expect(world.netskope.writes).toEqual([])
  })
})

describe('update_group_members', () => {
  test('puts in and takes out, and says it member by member', async () => {
    const { world } = scene()
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
})

describe('delete_user', () => {
  const leave = { tenant: TENANT, user: ADA, reason: 'asked to be forgotten' }

  test('is not even listed where the tenant does not allow it', async () => {
    const { world, writes } = scene()
    expect((await world.client.listTools()).map(({ name }) => name)).not.toContain('delete_user')
    expect((await world.call('delete_user', leave)).error?.code).toBe('unsupported')
    expect(writes()).toEqual([])
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
    await addApprovers(world, 'grace')
    const approve = (...more: string[]) =>
      world.run(
        ['approvals', 'approve', waiting.approval.id, '--approver', 'grace', '--passphrase-stdin', ...more],
        { stdin: PASSPHRASE },
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
