// @module-tag long

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { composeServer } from '../../src/app/compose.ts'
import { openDataFolder } from '../../src/app/stores.ts'
import { undoCommand } from '../../src/cli/undo.ts'
import { openDesk, withoutColours } from '../cli/fake-io.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld, type WorldOptions } from '../support/world.ts'

const stdin = `${PASSPHRASE}\n`

/** A world in which grace may approve. */
async function open(options: WorldOptions = {}) {
  const world = await openWorld(options)
  await addApprovers(world, 'grace')
  return world
}

const shared = shareWorld(open)

/** What came of an agent's deactivating somebody new, and how to look at them. */
async function deactivated(world = shared()) {
  const { userName: user } = world.newcomer()
  const leaves = { user, tenants: ['acme-netskope'], reason: 'left the company' }
  const { change } = await world.call('deactivate_user', leaves)
  return {
    world,
    user,
    change: String(change),
    isActive: () => world.netskope.user(user).active,
    journal: world.since().journal,
  }
}
const agreed = ['--approver', 'grace', '--passphrase-stdin']

test('shows the plan, takes the passphrase of an approver, and does it', async () => {
  const { world, change, isActive, journal } = await deactivated()
  const { code, stdout } = await world.run(['undo', change, '--reason', 'a mistake', ...agreed], { stdin })
  expect(stdout).toContain('inactive → active')
  expect(stdout).toContain('a mistake')
  expect(stdout).toContain('Everything is as it was before.')
  expect(code).toBe(0)
  expect(isActive()).toBe(true)
  const lines = journal().filter(({ tool }) => tool === 'undo_change')
  expect(lines.map(({ event }) => event)).toEqual(['asked', 'approved', 'started', 'done'])
  expect(lines.slice(1).map(({ approval }) => approval)).toMatchObject(
    Array.from({ length: 3 }, () => ({ by: 'grace', how: 'terminal' })),
  )
})

test('asks for name and passphrase at the terminal, behind the plan', async () => {
  const { world, change, isActive } = await deactivated()
  await using desk = await openDesk()
  const IDENTITY_MCP_CONFIG = join(world.folder, 'identity-mcp.json')
  const { code, out } = await desk.run(
    (bare) => {
      const io = { ...bare, env: { ...world.env, IDENTITY_MCP_CONFIG } }
      return undoCommand(
        io,
        (options) => composeServer(io, options),
        (command) => openDataFolder(io, command),
      )
    },
    [change],
    { typed: ['grace', PASSPHRASE] },
  )
  const shown = withoutColours(out)
  expect(shown.indexOf('inactive → active')).toBeLessThan(shown.indexOf('Name of the approver'))
  expect(shown).not.toContain('horse')
  expect(code).toBe(0)
  expect(isActive()).toBe(true)
})

test('asks for nothing and does nothing with --dry-run', async () => {
  const { world, change, isActive, journal } = await deactivated()
  const { code, stdout } = await world.run(['undo', change, '--dry-run'])
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/inactive → active[\s\S]*Nothing has been changed/),
  ])
  expect(isActive()).toBe(false)
  expect(journal()).toEqual([])
})

test.each([
  ['a wrong passphrase', [...agreed], 'a wrong passphrase\n', 1, 'passphrase is wrong'],
  ['no passphrase', ['--approver', 'grace'], '', 2, '--passphrase-stdin'],
  ['nobody named', [], '', 2, '--approver'],
])('does nothing with %s', async (_what, words, typed, code, said) => {
  const { world, change, isActive } = await deactivated()
  const ran = await world.run(['undo', change, ...words], { stdin: typed })
  expect(ran).toMatchObject({ code, stderr: expect.stringContaining(said) })
  expect(isActive()).toBe(false)
})

test('asks for an approver although the settings ask nobody for such a change', async () => {
  await using world = await open({ settings: { confirm: { adds: 'none' } } })
  const { change, isActive } = await deactivated(world)
  expect((await world.run(['undo', change], { stdin })).code).toBe(2)
  expect(isActive()).toBe(false)
})

test('wants the number of accounts typed where the undo is of many', async () => {
  await using world = await open({ settings: { confirm: { bulk: 'none' }, limits: { removesPerHour: 100 } } })
  const [group] = world.netskope.groups
  const inside = () => (world.netskope.group(group?.id ?? '').members ?? []).map(({ value }) => value)
  const before = inside().sort()
  const add = world.netskope.users.filter(({ id }) => !before.includes(id)).map(({ userName }) => userName)
  const { change, status } = await world.call('update_group_members', {
    tenant: 'acme-netskope',
    group: group?.displayName,
    add: add.slice(0, 21),
  })
  expect(status).toBe('done')
  const undo = (...more: string[]) => world.run(['undo', String(change), ...agreed, ...more], { stdin })
  expect((await undo()).code).toBe(2)
  expect((await undo('--confirm', '20')).code).toBe(2)
  expect(inside()).toHaveLength(before.length + 21)
  expect((await undo('--confirm', '21')).code).toBe(0)
  expect(inside().sort()).toEqual(before)
})

test('is under the guards like an agent', async () => {
  await using world = await open()
  const { user, change, isActive } = await deactivated(world)
  world.rewrite({ protected: [user] })
  const ran = await world.run(['undo', change, ...agreed], { stdin })
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('protected') })
  expect(isActive()).toBe(false)
})

test('says what it leaves alone, as JSON too, and that a reference is unknown', async () => {
  const { world, user, change } = await deactivated()
  world.netskope.renameUser(user, 'a.king@example.com')
  const ran = await world.run(['undo', change, '--json', ...agreed], { stdin })
  expect(ran.code).toBe(1)
  expect(JSON.parse(ran.stdout)).toMatchObject({ status: 'failed', results: [{ outcome: 'left_alone' }] })
  expect(await world.run(['undo', '0123456789ab', ...agreed], { stdin })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no change 0123456789ab'),
  })
})
