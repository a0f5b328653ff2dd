// @module-tag long

import { expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { allRows } from '../support/rows.ts'
import { openWorld } from '../support/world.ts'

const ADA = 'ada@example.com'
const BO = 'bo@example.com'
const CY = 'cy@example.com'
const REASON = { reason: 'the team was closed' }

const PLENTY = { perSecond: 1_000, perMinute: 60_000 }

interface Answer {
  status: string
  state: string
  runId: string
  plan: { people: number; accounts: number }
  counts: Record<string, number>
  rows: { person: string; tenant?: string; outcome: string; code?: string; note?: string }[]
  approval?: { id: string; plan: string[] }
  note?: string
}

async function open() {
  const world = await openWorld({
    tenants: (own) =>
      Object.fromEntries(Object.entries(own).map(([name, tenant]) => [name, { ...tenant, budget: PLENTY }])),
    sandbox: { apps: ['netskope', 'scim'], perMinute: 100_000 },
  })
  await addApprovers(world, 'linus')
  const scim = world.sandbox.tenants['acme-scim']
  for (const app of [world.netskope, scim]) {
    for (const userName of [ADA, BO, CY]) {
      const known = app.users.find((user) => user.userName === userName)
      if (known) known.active = true
      else app.addUser({ userName })
    }
  }
  const call = async (tool: string, args: object) => (await world.call(tool, args)) as unknown as Answer
  const ended = async (runId: string) => {
    await expect
      .poll(async () => (await call('get_run', { runId })).state, { timeout: 60_000 })
      .not.toMatch(/running|planning|scheduled/)
    return call('get_run', { runId, limit: 200 })
  }
  return {
    ...world,
    scim,
    call,
    ended,
    /** Approves what is asked for, and makes the call again. */
    async agreed(tool: string, args: object, first: Answer): Promise<Answer> {
      const words = ['approvals', 'approve', first.approval?.id ?? '', '--approver', 'linus']
      const confirm = ['--confirm', String(first.plan.accounts), '--passphrase-stdin']
      expect(await world.run([...words, ...confirm], { stdin: `${PASSPHRASE}\n` })).toMatchObject({ code: 0 })
      return call(tool, { ...args, approvalId: first.approval?.id })
    },
  }
}

/** The call that the note of a run tells. */
function toldIn({ note = '' }: Answer): { tool: string; args: Record<string, unknown> } {
  const [, tool = '', args = '{}'] = /call (\w+) with (\{.*\})\./.exec(note) ?? []
  return { tool, args: JSON.parse(args) as Record<string, unknown> }
}

const rename = (user: object) => Object.assign(user, { externalId: `of-${Math.random()}` })

const cases: [string, string, object, string[]][] = [
  ['offboard', 'offboard', { people: [ADA, BO, CY], ...REASON }, [ADA]],
  ['offboard of one app', 'offboard', { people: [ADA, BO], tenants: ['acme-scim'], ...REASON }, [ADA]],
  [
    'offboard, where everybody has changed',
    'offboard',
    { people: [ADA, BO], tenants: ['acme-scim'], ...REASON },
    [ADA, BO],
  ],
  ['offboard at a time', 'offboard', { people: [ADA, BO], at: 'soon', ...REASON }, [BO]],
  ['deactivate_users', 'deactivate_users', { tenant: 'acme-scim', users: [ADA, BO], ...REASON }, [BO]],
]

test.each(cases)(
  '%s: who has changed since the yes is left alone, and asked about again',
  async (_, tool, given, changing) => {
    await using world = await open()
    const args = 'at' in given ? { ...given, at: new Date(Date.now() + 6_000).toISOString() } : given
    const first = await world.call(tool, args)
    expect(first).toMatchObject({ status: 'approval_required' })
    for (const name of changing) rename(world.scim.user(name))
    await world.agreed(tool, args, first)
    const run = await world.ended(first.runId)
    expect(run).toMatchObject({ state: 'finished', counts: { skipped: changing.length } })
    expect(run.note).toContain(`${changing.length} account`)
    const told = toldIn(run)
    expect(told.tool).toBe(tool)
    expect(told.args.people ?? told.args.users).toEqual(changing)
    for (const name of changing) expect(world.scim.user(name).active).toBe(true)
    // The same call still means the run that has ended.
    expect(await world.call(tool, args)).toMatchObject({ runId: first.runId, note: run.note })
    const shown = await world.run(['runs', 'show', first.runId])
    expect(shown.stdout.replaceAll(/\s+/g, ' ')).toContain('left alone. To ask a person about them again')

    const again = await world.call(told.tool, told.args)
    expect(again).toMatchObject({
      status: 'approval_required',
      plan: { people: changing.length, accounts: changing.length },
    })
    expect(again.runId).not.toBe(first.runId)
    for (const name of changing) expect(world.scim.user(name).active).toBe(true)
    await world.agreed(told.tool, told.args, again)
    const last = await world.ended(again.runId)
    expect(last).toMatchObject({ state: 'finished', counts: { done: changing.length, skipped: 0 } })
    expect(last.note).toBeUndefined()
    for (const name of changing) expect(world.scim.user(name).active).toBe(false)
  },
)

test('a temporary run that is asked about again still gives back at its end', async () => {
  await using world = await open()
  const until = new Date(Date.now() + 3_600_000).toISOString()
  const args = { people: [ADA, BO], tenants: ['acme-scim'], until, ...REASON }
  const first = await world.call('offboard', args)
  rename(world.scim.user(ADA))
  await world.agreed('offboard', args, first)
  expect(toldIn(await world.ended(first.runId)).args).toMatchObject({ people: [ADA], until })
})

test('of many who have changed, the first are named and the others are counted', async () => {
  await using world = await open()
  const people = Array.from({ length: 23 }, (_, at) => `leaver-${at}@example.com`)
  for (const userName of people) world.scim.addUser({ userName })
  const args = { people, tenants: ['acme-scim'], ...REASON }
  const first = await world.call('offboard', args)
  for (const name of people) rename(world.scim.user(name))
  await world.agreed('offboard', args, first)
  const run = await world.ended(first.runId)
  expect(toldIn(run).args.people).toEqual(people.slice(0, 20))
  expect(run.note).toContain('Add 3 more')
  const look = (more: object) => world.call('get_run', { runId: first.runId, limit: 200, ...more })
  const { rows } = await allRows<{ code?: string }>(look, 'rows', {})
  expect(rows.filter(({ code }) => code === 'changed')).toHaveLength(23)
})

test('an undo of a run does not tell to take anything from those whom it left alone', async () => {
  await using world = await open()
  const args = { people: [ADA], tenants: ['acme-scim'], ...REASON }
  const taken = await world.call('offboard', args)
  await world.agreed('offboard', args, taken)
  await world.ended(taken.runId)
  const undo = { change: taken.runId, ...REASON }
  const first = await world.call('undo_change', undo)
  rename(world.scim.user(ADA))
  await world.agreed('undo_change', undo, first)
  const run = await world.ended(first.runId)
  expect(run).toMatchObject({ counts: { skipped: 1 } })
  expect(run.note).toContain('find_user shows')
  expect(run.note).not.toContain('call ')
})

test('who got an account between the yes and an onboarding keeps it, and the report says what asks anew', async () => {
  await using world = await open()
  const person = { email: 'dee@example.com', givenName: 'Dee', familyName: 'Doe' }
  const args = { people: [person], tenants: ['acme-scim'], ...REASON }
  const first = await world.call('onboard', args)
  expect(first).toMatchObject({ status: 'approval_required' })
  world.scim.addUser({ userName: person.email })
  await world.agreed('onboard', args, first)
  const run = await world.ended(first.runId)
  expect(run.rows).toMatchObject([{ outcome: 'already', note: expect.stringContaining('ask anew') }])
  expect(world.scim.writes).toEqual([])
})
