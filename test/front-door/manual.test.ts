// @module-tag long

import { describe, expect, test, vi } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { fillIn, send } from '../support/browser.ts'
import { serveCanned } from '../support/canned.ts'
import { openHttpWorld } from '../support/http-world.ts'
import { openWorld, PEOPLE, type World, type WorldOptions } from '../support/world.ts'

const ADA = 'ada@example.com'
const KATHERINE = 'katherine.johnson@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope', 'badges'], reason: 'left the company' }
const BADGES = { vendor: 'manual', title: 'Door badges', owner: 'grace' }

async function open(own: Record<string, unknown> = {}, more: WorldOptions = {}): Promise<World> {
  const world = await openWorld({
    ...more,
    tenants: (apps) => ({ ...apps, badges: { ...BADGES, ...own } }),
  })
  await addApprovers(world, 'grace', 'linus')
  return world
}

interface ListedTask {
  id: string
  owner: string
  user: string
  tenant: string
  reason: string
  saw?: string
}

async function tasksIn(world: World, ...words: string[]): Promise<ListedTask[]> {
  const { code, stdout } = await world.run(['tasks', 'list', '--json', ...words])
  expect(code).toBe(0)
  return (JSON.parse(stdout) as { tasks: ListedTask[] }).tasks
}

const done = (
  world: World,
  id: string,
  { owner = 'grace', passphrase = PASSPHRASE, saw = 'The badge opens no door.' } = {},
) =>
  world.run(['tasks', 'done', id, '--owner', owner, '--saw', saw, '--passphrase-stdin'], {
    stdin: `${passphrase}\n`,
  })

const rowOf = (answer: Record<string, unknown>, tenant: string) =>
  (answer.results as { tenant: string; outcome: string }[] | undefined)?.find((row) => row.tenant === tenant)

const atBadges = (world: World) =>
  world
    .journal()
    .flatMap(({ event, account, note, task, call }) =>
      account?.tenant === 'badges' ? [{ event, note, task: task?.owner, call }] : [],
    )

describe('a change in an app without an API', () => {
  test('becomes a task that only its owner ends, and the journal has their word', async () => {
    await using world = await open()
    const answer = await world.call('deactivate_user', LEAVES)
    expect(world.asked.join()).toMatch(
      /Give grace the task to deactivate .*by hand in Door badges, tenant badges/,
    )
    expect(answer).toMatchObject({
      status: 'partial',
      results: [
        { tenant: 'acme-netskope', outcome: 'deactivated', verified: true },
        { tenant: 'badges', outcome: 'by_hand', verified: false, note: expect.stringContaining('for grace') },
      ],
    })
    const [task] = await tasksIn(world)
    expect(task).toMatchObject({ owner: 'grace', tenant: 'badges', user: ADA, reason: LEAVES.reason })
    const { id = '' } = task ?? {}
    expect(rowOf(answer, 'badges')).toMatchObject({ note: expect.stringContaining(id) })
    expect(atBadges(world).map(({ event }) => event)).toEqual(['started'])

    for (const wrong of [{ passphrase: `not ${PASSPHRASE}` }, { owner: 'linus' }, { owner: 'nobody' }])
      expect((await done(world, id, wrong)).code).toBe(1)
    expect(await tasksIn(world)).toHaveLength(1)
    expect(await done(world, id)).toMatchObject({ code: 0 })
    expect(await tasksIn(world)).toEqual([])
    expect(await tasksIn(world, '--all')).toMatchObject([{ id, saw: 'The badge opens no door.' }])
    expect(await done(world, id)).toMatchObject({ code: 1 })
    const [started, ...after] = atBadges(world)
    expect(after.map(({ event }) => event)).toEqual(['refused', 'refused', 'refused', 'done'])
    expect(after.at(-1)).toMatchObject({
      note: 'by hand, by grace, who saw: The badge opens no door.',
      task: 'grace',
    })
    expect(after.at(-1)?.call).toBe(started?.call)
    expect((await world.run(['journal', 'verify'])).code).toBe(0)
  })

  test('of two words at once one counts', async () => {
    await using world = await open()
    await world.call('deactivate_user', LEAVES)
    const [task] = await tasksIn(world)
    const words = await Promise.all([done(world, task?.id ?? ''), done(world, task?.id ?? '')])
    expect(words.map(({ code }) => code).toSorted()).toEqual([0, 1])
    expect(atBadges(world).filter(({ event }) => event === 'done')).toHaveLength(1)
  })

  test('asks nobody again while it is a task, and anew once it is done', async () => {
    await using world = await open()
    const only = { ...LEAVES, tenants: ['badges'] }
    expect(await world.call('deactivate_user', only)).toMatchObject({ status: 'partial' })
    const asked = world.asked.length
    const again = await world.call('deactivate_user', { ...only, reason: 'once more' })
    expect([again.status, rowOf(again, 'badges')?.outcome, world.asked.length]).toEqual([
      'partial',
      'by_hand',
      asked,
    ])
    const [task, ...more] = await tasksIn(world)
    expect(more).toEqual([])
    await done(world, task?.id ?? '')
    await world.call('deactivate_user', only)
    expect([world.asked.length, (await tasksIn(world)).length]).toEqual([asked + 1, 1])
  })

  test('tells its owner the address that the person has elsewhere, whatever was asked by', async () => {
    await using world = await open()
    const { id } = world.netskope.user(ADA) as { id: string }
    await world.call('deactivate_user', { ...LEAVES, user: id })
    expect(await tasksIn(world)).toMatchObject([{ user: ADA }])
  })

  test('goes through with the approval of a person, where nobody can be asked', async () => {
    await using world = await open({}, { answer: 'none' })
    const { approval } = (await world.call('deactivate_user', LEAVES)) as {
      approval?: { id: string; plan: string[] }
    }
    expect(approval?.plan.join()).toContain('Give grace the task')
    const words = ['approvals', 'approve', approval?.id ?? '', '--approver', 'linus', '--passphrase-stdin']
    expect(await world.run(words, { stdin: `${PASSPHRASE}\n` })).toMatchObject({ code: 0 })
    expect(await tasksIn(world)).toEqual([])
    const answer = await world.call('deactivate_user', { ...LEAVES, approvalId: approval?.id })
    expect(rowOf(answer, 'badges')).toMatchObject({ outcome: 'by_hand', verified: false })
    expect(await tasksIn(world)).toHaveLength(1)
  })

  test('is not given while the brake is on', async () => {
    await using world = await open()
    expect((await world.run(['brake', 'on'])).code).toBe(0)
    expect((await world.call('deactivate_user', LEAVES)).error).toBeDefined()
    expect(await tasksIn(world)).toEqual([])
  })

  test('is given for nobody who is found nowhere else, and by name where no other app is asked', async () => {
    await using world = await open()
    const nobody = { ...LEAVES, user: 'adaa@example.com' }
    expect((await world.call('deactivate_user', nobody)).error?.code).toBe('not_found')
    expect([world.asked, await tasksIn(world)]).toEqual([[], []])
    await world.call('deactivate_user', { ...nobody, tenants: ['badges'] })
    expect(world.asked.join()).toContain('adaa@example.com')
    expect(await tasksIn(world)).toMatchObject([{ user: 'adaa@example.com' }])
  })

  test('is no account that is known of', async () => {
    await using world = await open()
    const found = await world.call('find_user', { user: ADA })
    expect(found.complete).toBe(false)
    expect(found.searched).toContainEqual({
      tenant: 'badges',
      outcome: 'not_searched',
      code: 'unsupported',
      note: expect.stringContaining('no API'),
    })
    const { tenants } = await world.call('list_tenants')
    expect(tenants).toContainEqual(
      expect.objectContaining({
        tenant: 'badges',
        title: 'Door badges',
        caveats: [expect.stringContaining('grace')],
      }),
    )
  })
})

/** What gives no task. */
const NONE: [
  what: string,
  own: Record<string, unknown>,
  more: WorldOptions,
  answers: Record<string, unknown>,
][] = [
  ['a no', {}, { answer: 'decline' }, { error: { code: 'declined' } }],
  ['nobody to ask', {}, { answer: 'none' }, { status: 'approval_required' }],
  ['a protected person', {}, { settings: { protected: ['ada@*'] } }, { error: { code: 'protected' } }],
  ['a tenant that is not to be written to', { allowWrites: false }, {}, { error: { code: 'read_only' } }],
  [
    'a dry run',
    { dryRun: true },
    {},
    { status: 'failed', results: [{ outcome: 'failed', code: 'refused' }] },
  ],
]

test.each(NONE)('gives no task: %s', async (_, own, more, answers) => {
  await using world = await open(own, more)
  expect(await world.call('deactivate_user', { ...LEAVES, tenants: ['badges'] })).toMatchObject(answers)
  expect(await tasksIn(world)).toEqual([])
})

test.each(['reactivate_user', 'delete_user', 'update_user', 'create_user'])(
  '%s is not made by hand',
  async (tool) => {
    await using world = await open()
    const about = { user: ADA, tenants: ['badges'], reason: 'x' }
    const one = { tenant: 'badges', reason: 'x' }
    const args: Record<string, object> = {
      reactivate_user: about,
      delete_user: { ...one, user: ADA },
      update_user: { ...one, user: ADA, set: { title: 'x' } },
      create_user: { ...one, email: 'new@example.com', givenName: 'N', familyName: 'P' },
    }
    const { error, status } = await world.call(tool, args[tool])
    expect(error?.code ?? status).toMatch(/unsupported|failed|invalid_input/)
    expect([world.asked, await tasksIn(world)]).toEqual([[], []])
  },
)

test('what was handed over is not undone from here', async () => {
  await using world = await open()
  const { change } = await world.call('deactivate_user', { ...LEAVES, tenants: ['badges'] })
  const undone = await world.call('undo_change', { change, reason: 'a mistake' })
  expect(undone).toMatchObject({ results: [{ outcome: 'cannot_undo' }] })
})

test('the owner is told over the webhook', async () => {
  await using receiver = await serveCanned(() => ({}))
  const settings = { webhook: { url: `${receiver.url}/hook`, secret: 'env:HOOK' } }
  await using world = await open({}, { settings, env: { HOOK: 'canary-webhook-secret' } })
  await world.call('deactivate_user', LEAVES)
  const sent = await vi.waitFor(() => {
    const [message, ...more] = receiver.asked.filter(({ body }) => (body as { type: string }).type === 'task')
    expect([message !== undefined, more.length]).toEqual([true, 0])
    return message
  })
  const [task] = await tasksIn(world)
  expect(sent?.body).toMatchObject({
    type: 'task',
    data: { account: { tenant: 'badges', userName: ADA }, task: { id: task?.id, owner: 'grace' } },
  })
})

test.each([
  ['grace', 0],
  ['Grace', 0],
  ['hopper', 1],
])('check looks for the owner %s among the approvers', async (owner, code) => {
  await using world = await open({ owner })
  const said = await world.run(['check', '--tenant', 'badges'])
  expect(said.code).toBe(code)
  expect(/no approver/.test(said.stdout)).toBe(code === 1)
})

test('a run gives each owner their tasks, and is not done by itself', async () => {
  await using world = await open()
  const people = [ADA, KATHERINE, 'nobody@example.com']
  const args = { people, tenants: LEAVES.tenants, reason: 'the team was closed' }
  const first = (await world.call('offboard', args)) as unknown as {
    runId: string
    plan: { accounts: number; byHand: number }
    approval: { id: string; plan: string[] }
  }
  expect(first.plan).toMatchObject({ accounts: 2, byHand: 2 })
  expect(first.approval.plan.join('\n')).toMatch(
    /By hand, as tasks of grace: 2 in Door badges, tenant badges/,
  )
  expect(await tasksIn(world)).toEqual([])
  const words = [
    'approvals',
    'approve',
    first.approval.id,
    '--approver',
    'linus',
    '--passphrase-stdin',
    '--confirm',
    '4',
  ]
  expect(await world.run(words, { stdin: `${PASSPHRASE}\n` })).toMatchObject({ code: 0 })
  await world.call('offboard', { ...args, approvalId: first.approval.id })
  const { runId } = first
  const run = await vi.waitFor(async () => {
    const now = await world.call('get_run', { runId })
    expect(now.state).toBe('finished')
    return now
  }, 20_000)
  expect(run.counts).toMatchObject({ done: 2, byHand: 2, skipped: 1, failed: 0, unknown: 0 })
  const { rows } = await world.call('get_run', { runId, outcome: 'by_hand' })
  expect(rows).toMatchObject([
    { tenant: 'badges', verified: false, note: expect.stringContaining('for grace') },
    { tenant: 'badges', verified: false },
  ])
  expect((await tasksIn(world)).map(({ user }) => user).toSorted()).toEqual([ADA, KATHERINE])
  expect(await world.call('offboard', args)).toMatchObject({ status: 'partial', runId })
  const next = await world.call('offboard', {
    ...args,
    tenants: ['badges', 'acme-netskope'],
    reason: 'again',
  })
  expect(next).toMatchObject({ counts: { byHand: 2, already: 2 } })
  expect(await tasksIn(world)).toHaveLength(2)
})

test('over HTTP the message links to the page of the task, where its owner says that it is done', async () => {
  await using receiver = await serveCanned(() => ({}))
  await using world = await openHttpWorld({
    auth: 'none',
    settings: { webhook: { url: `${receiver.url}/hook`, secret: 'env:HOOK', events: ['task'] } },
    env: { HOOK: 'canary-webhook-secret' },
    tenants: (apps) => ({ ...apps, badges: BADGES }),
  })
  await addApprovers(world, 'grace')
  const guest = await world.guest({ person: PEOPLE.accept })
  expect(await guest.call('deactivate_user', LEAVES)).toMatchObject({ status: 'partial' })
  const message = await vi.waitFor(() => {
    const [first] = receiver.asked
    expect(first).toBeDefined()
    return first?.body as { data: { approveAt: string; task: { id: string } } }
  })
  const { approveAt, task } = message.data
  expect(new URL(approveAt).pathname).toBe(`/approvals/${task.id}`)
  const word = { owner: 'grace', passphrase: PASSPHRASE, saw: 'It is blocked.' }
  expect((await send(approveAt, await fillIn(approveAt, word as object))).status).toBe(303)
  const ends = world
    .journal()
    .filter(({ event, account }) => event === 'done' && account?.tenant === 'badges')
  expect(ends).toMatchObject([{ note: 'by hand, by grace, who saw: It is blocked.' }])
})
