// @module-tag long

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { composeServer } from '../../src/app/compose.ts'
import type { Io } from '../../src/app/io.ts'
import { dispatcher } from '../../src/engine/dispatch.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { codeOf, makeCall } from '../support/call.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld, type World } from '../support/world.ts'

const TENANT = 'acme-netskope'
const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: [TENANT], reason: 'left the company' }
const NEW = { tenant: TENANT, email: 'new.hire@example.com', givenName: 'New', familyName: 'Hire' }
const BACK = 'a mistake'

/** Makes a change that goes through and returns its reference. */
async function make(world: World, tool: string, args: object): Promise<string> {
  const answer = await world.call(tool, args)
  expect(answer).toMatchObject({ status: 'done', change: expect.stringMatching(/^[0-9a-f]{12}$/) })
  return String(answer.change)
}
const undo = (world: Pick<World, 'call'>, change: string, more: object = {}) =>
  world.call('undo_change', { change, reason: BACK, ...more })

const ada = (world: World) => world.netskope.user(ADA)

/** Ada anew in a world that tests share, what is done to her there, and what has happened since. */
function scene(world: World) {
  const name = { givenName: 'Ada', familyName: 'Lovelace' }
  const { userName: user } = Object.assign(world.newcomer(), { name })
  const leaves = { ...LEAVES, user }
  const rename = { tenant: TENANT, user, set: { familyName: 'Byron', givenName: 'Augusta' } }
  return { world, user, leaves, rename, ada: () => world.netskope.user(user), ...world.since() }
}

const shared = shareWorld(() => openWorld())
const asking = shareWorld(() => openWorld({ settings: { confirm: { changes: 'ask' } } }))

describe('undo_change', () => {
  test('gives access back that was taken, and takes it back again when that is undone too', async () => {
    const { world, user, leaves, ada, asked, events } = scene(shared())
    const change = await make(world, 'deactivate_user', leaves)
    const answer = await undo(world, change)
    expect(answer).toMatchObject({
      status: 'done',
      results: [{ tenant: TENANT, subject: user, outcome: 'restored', verified: true }],
    })
    expect(ada().active).toBe(true)
    // To give access back is asked about as reactivate_user is.
    expect(asked()).toHaveLength(2)
    expect(asked()[1]).toContain('inactive → active')
    expect(await undo(world, String(answer.change))).toMatchObject({ status: 'done' })
    expect(ada().active).toBe(false)
    expect(asked()).toHaveLength(3)
    expect(asked()[2]).toContain('active → inactive')
    expect(asked()[2]).toContain(BACK)
    expect(events()).toEqual([
      ...['asked', 'approved', 'started', 'done'],
      ...['asked', 'approved', 'started', 'done'],
      ...['asked', 'approved', 'started', 'done'],
    ])
  })

  test('sets attributes back, and says what a person agrees to', async () => {
    const { world, rename, ada, asked } = scene(asking())
    const change = await make(world, 'update_user', rename)
    expect(await undo(world, change)).toMatchObject({ status: 'done', results: [{ outcome: 'restored' }] })
    expect(ada().name).toMatchObject({ givenName: 'Ada', familyName: 'Lovelace' })
    expect(asked()[1]).toContain('Undo update_user of ')
    expect(asked()[1]).toContain('familyName: "Byron" → "Lovelace"')
    expect(asked()[1]).toContain('givenName: "Augusta" → "Ada"')
  })

  test('follows an account under the user name that the change itself gave it', async () => {
    await using world = await openWorld({
      tenants: (own) => ({ 'acme-mindtickle': own['acme-mindtickle'] }),
    })
    const app = world.sandbox.tenants['acme-mindtickle']
    const { id } = app.user(ADA)
    const set = { userName: 'a.king@example.com' }
    const change = await make(world, 'update_user', { tenant: 'acme-mindtickle', user: ADA, set })
    expect(app.user(id).userName).toBe(set.userName)
    expect(await undo(world, change)).toMatchObject({ status: 'done' })
    expect(app.user(id).userName).toBe(ADA)
  })

  test('puts members back and takes others out again, and nobody else', async () => {
    const { world } = scene(shared())
    const [group] = world.netskope.groups
    const idsIn = () => (world.netskope.group(group?.id ?? '').members ?? []).map(({ value }) => value).sort()
    const before = idsIn()
    const inside = world.netskope.users.find(({ id }) => before.includes(id))
    const [outside, bystander] = world.netskope.users.filter(({ id }) => !before.includes(id))
    const change = await make(world, 'update_group_members', {
      tenant: TENANT,
      group: group?.displayName,
      add: [outside?.userName],
      remove: [inside?.userName],
    })
    const meanwhile = { tenant: TENANT, group: group?.displayName, add: [bystander?.userName] }
    await make(world, 'update_group_members', meanwhile)
    expect(await undo(world, change)).toMatchObject({
      status: 'done',
      results: [{ subject: group?.displayName, outcome: 'restored', verified: true }],
    })
    expect(idsIn()).toEqual([...before, bystander?.id].sort())
  })

  test('deactivates an account that was made, asks for that, and says that it stays', async () => {
    const { world, asked } = scene(shared())
    const change = await make(world, 'create_user', NEW)
    expect(asked()).toEqual([])
    const answer = await undo(world, change)
    expect(answer).toMatchObject({
      status: 'done',
      results: [{ subject: NEW.email, outcome: 'restored', note: expect.stringContaining('invitation') }],
    })
    expect(world.netskope.user(NEW.email).active).toBe(false)
    expect(asked()[0]).toContain('The account itself stays')
  })

  test('takes out whom it put into a group that it made, and says that the group stays', async () => {
    const { world, user } = scene(shared())
    const change = await make(world, 'create_group', { tenant: TENANT, name: 'Night shift', members: [user] })
    const group = () => world.netskope.group('Night shift')
    expect(group().members).toHaveLength(1)
    expect(await undo(world, change)).toMatchObject({
      status: 'done',
      results: [{ subject: 'Night shift', outcome: 'restored', note: expect.stringContaining('stays') }],
    })
    expect(group().members ?? []).toEqual([])
  })

  test('cannot undo a deletion, asks nobody and journals that', async () => {
    await using world = await openWorld({
      tenant: { allowDelete: true },
      settings: { confirm: { deletes: 'ask' } },
    })
    const change = await make(world, 'delete_user', { tenant: TENANT, user: ADA, reason: 'asked for it' })
    const writes = world.netskope.writes.length
    expect(await undo(world, change)).toMatchObject({
      status: 'failed',
      results: [{ outcome: 'cannot_undo', note: 'A deletion cannot be undone.' }],
    })
    expect(world.netskope.writes).toHaveLength(writes)
    expect(world.asked).toHaveLength(1)
    expect(world.journal().at(-1)).toMatchObject({ event: 'failed', tool: 'undo_change', args: { change } })
  })

  test('has nothing to do where all is as it was', async () => {
    const { world, leaves } = scene(shared())
    const change = await make(world, 'deactivate_user', leaves)
    await undo(world, change)
    const { writes } = world.since()
    expect(await undo(world, change)).toMatchObject({
      status: 'unchanged',
      results: [{ outcome: 'unchanged' }],
    })
    expect(writes()).toEqual([])
  })

  test('settles by looking what came of a write whose reply was lost', async () => {
    const { world, leaves, ada } = scene(shared())
    world.netskope.faults.set([{ fault: 'lost-reply', method: 'PATCH', times: 1 }])
    const { change } = await world.call('deactivate_user', leaves)
    expect(await undo(world, String(change))).toMatchObject({ status: 'done' })
    expect(ada().active).toBe(true)
  })
})

describe('undo_change leaves alone what was changed since', () => {
  test('a field at the app, and still restores the other', async () => {
    const { world, rename, ada } = scene(shared())
    const change = await make(world, 'update_user', rename)
    Object.assign(ada(), { name: { ...ada().name, familyName: 'King' } })
    expect(await undo(world, change)).toMatchObject({
      status: 'partial',
      results: [{ outcome: 'restored', left: ['familyName: changed since by somebody else: left alone'] }],
    })
    expect(ada().name).toMatchObject({ givenName: 'Ada', familyName: 'King' })
  })

  test('all of it, with no write and nobody asked', async () => {
    const { world, rename, ada, asked } = scene(asking())
    const change = await make(world, 'update_user', rename)
    Object.assign(ada(), { name: { givenName: 'Countess', familyName: 'King' } })
    const { writes } = world.since()
    expect(await undo(world, change)).toMatchObject({
      status: 'failed',
      results: [{ outcome: 'left_alone', note: expect.stringContaining('changed since by somebody else') }],
    })
    expect(writes()).toEqual([])
    expect(asked()).toHaveLength(1)
  })

  test('an account that bears another user name', async () => {
    const { world, user, leaves } = scene(shared())
    const change = await make(world, 'deactivate_user', leaves)
    world.netskope.renameUser(user, 'somebody.else@example.com')
    expect(await undo(world, change)).toMatchObject({ results: [{ outcome: 'left_alone' }] })
    expect(world.netskope.user('somebody.else@example.com').active).toBe(false)
  })

  test('a state that looks the same and was decided anew', async () => {
    const { world, leaves, ada } = scene(shared())
    const change = await make(world, 'deactivate_user', leaves)
    await make(world, 'reactivate_user', { ...leaves, reason: 'came back' })
    await make(world, 'deactivate_user', { ...leaves, reason: 'left for good' })
    expect(await undo(world, change)).toMatchObject({
      status: 'failed',
      results: [{ outcome: 'left_alone' }],
    })
    expect(ada().active).toBe(false)
  })
})

describe('undo_change under the guards', () => {
  const approving = shareWorld(async () => {
    const world = await openWorld({ settings: { confirm: { adds: 'approve' } } })
    await addApprovers(world, 'grace')
    return world
  })

  test('waits for a person where the settings say so, and goes through once approved', async () => {
    const { world, leaves, ada } = scene(approving())
    const change = await make(world, 'deactivate_user', leaves)
    const waiting = (await undo(world, change)) as {
      status?: string
      approval?: { id: string; plan: string[] }
    }
    expect(waiting.status).toBe('approval_required')
    expect(waiting.approval?.plan.join(' ')).toContain('inactive → active')
    expect(ada().active).toBe(false)
    const id = waiting.approval?.id ?? ''
    await approve(world, id)
    expect(await undo(world, change, { approvalId: id })).toMatchObject({ status: 'done' })
    expect((await undo(world, change, { approvalId: id })).status).toBe('unchanged')
  })

  test('is void when the account was changed between the yes and the call', async () => {
    const { world, leaves, ada } = scene(approving())
    const change = await make(world, 'deactivate_user', leaves)
    const { approval } = (await undo(world, change)) as { approval?: { id: string } }
    await approve(world, approval?.id ?? '')
    Object.assign(ada(), { externalId: 'another' })
    expect((await undo(world, change, { approvalId: approval?.id })).error?.code).toBe('approval_void')
    expect(ada().active).toBe(false)
  })

  test('knows neither a reference that nobody gave out nor that of a call that changed nothing', async () => {
    await using world = await openWorld({ answer: 'decline' })
    const declined = await world.call('deactivate_user', LEAVES)
    for (const change of [declined.error?.reference ?? '', '0123456789ab', '**********', '{"$gt":""}']) {
      expect((await undo(world, change)).error?.code).toBe('not_found')
    }
    // Neither is the number of a line a reference.
    expect((await undo(world, '1')).error?.code).toBe('invalid_input')
    expect(world.netskope.writes).toEqual([])
  })

  test('does not know the change of another caller', async () => {
    const { world, leaves, ada, journal } = scene(shared())
    const change = await make(world, 'deactivate_user', leaves)
    const stream = () => new PassThrough()
    // As much of a process as it takes to serve.
    const io = {
      env: world.env,
      cwd: world.folder,
      stdout: stream(),
      stderr: stream(),
      user: 'mallory',
    } as unknown as Io
    const { parts, close } = await composeServer(io, { config: join(world.folder, 'identity-mcp.json') })
    const tool = parts.tools.find(({ name }) => name === 'undo_change')
    const as = (id: string) =>
      dispatcher(parts)(
        makeCall({
          ...(tool && { tool }),
          input: { change, reason: BACK },
          caller: { id, client: 'test/1' },
        }),
      )
    const { writes } = world.since()
    expect(await codeOf(as('local:mallory'))).toBe('not_found')
    expect(writes()).toEqual([])
    expect(ada().active).toBe(false)
    expect(await as(journal()[0]?.caller ?? '')).toHaveProperty('question')
    await close()
  })

  test.each([
    ['protected', { protected: [ADA] }, {}],
    ['read_only', {}, { allowWrites: false }],
    // Nothing may be changed anywhere, so that the tool is not even offered.
    ['read_only', { readOnly: true }, {}],
  ])('ends as %s where the settings have become stricter', async (code, settings, tenant) => {
    await using world = await openWorld()
    const change = await make(world, 'deactivate_user', LEAVES)
    const { tenants } = world.sandbox.settings
    world.rewrite({ tenants: { ...tenants, [TENANT]: { ...tenants[TENANT], ...tenant } }, ...settings })
    const other = await world.open()
    const writes = world.netskope.writes.length
    expect((await undo(other, change)).error?.code).toBe(code)
    expect(world.netskope.writes).toHaveLength(writes)
  })

  test('is stopped by a brake in the tenant that only its plan names, before anybody is asked', async () => {
    await using world = await openWorld({ settings: { confirm: { adds: 'ask' } } })
    const change = await make(world, 'deactivate_user', LEAVES)
    expect((await world.run(['brake', 'on', '--tenant', TENANT])).code).toBe(0)
    expect((await undo(world, change)).error?.code).toBe('refused')
    expect(world.asked).toHaveLength(1)
    expect(ada(world).active).toBe(false)
  })

  test('takes nothing from a journal that somebody altered', async () => {
    await using world = await openWorld()
    const change = await make(world, 'update_user', {
      tenant: TENANT,
      user: ADA,
      set: { familyName: 'Byron' },
    })
    const file = join(world.dataDir, 'journal.jsonl')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"was":"Lovelace"', '"was":"Mallory!"'))
    expect((await undo(world, change)).error?.code).toBe('unavailable')
    expect(ada(world).name?.familyName).toBe('Byron')
  })
})

describe('a change over several tenants', () => {
  test('is undone in the one that is named, or in all', async () => {
    await using world = await openWorld()
    world.rewrite({ tenants: world.sandbox.settings.tenants })
    const all = await world.open()
    const tenants = Object.keys(world.sandbox.settings.tenants)
    const { change, status } = await all.call('deactivate_user', { ...LEAVES, tenants })
    expect(status).toBe('done')
    const one = await undo(all, String(change), { tenant: TENANT })
    expect(one).toMatchObject({ status: 'done', results: [{ tenant: TENANT, outcome: 'restored' }] })
    expect(world.sandbox.tenants['acme-mindtickle'].user(ADA).active).toBe(false)
    const rest = (await undo(all, String(change))) as { results: { outcome: string }[] }
    expect(rest.results.map(({ outcome }) => outcome).sort()).toEqual(['restored', 'restored', 'unchanged'])
    expect(world.sandbox.tenants['acme-mindtickle'].user(ADA).active).toBe(true)
    expect((await undo(all, String(change), { tenant: 'acme-nowhere' })).error?.code).toBe('unknown_tenant')
  })
})

async function approve(world: World, id: string): Promise<void> {
  const stdin = `${PASSPHRASE}\n`
  const words = ['approvals', 'approve', id, '--approver', 'grace', '--passphrase-stdin']
  expect(await world.run(words, { stdin })).toMatchObject({ code: 0 })
}
