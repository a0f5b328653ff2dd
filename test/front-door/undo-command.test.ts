import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDataFolder } from '../../src/commands/place.ts'
import { start } from '../../src/commands/start.ts'
import { undoCommand } from '../../src/commands/undo.ts'
import { openDesk, withoutColours } from '../commands/fake-io.ts'
import { letApprove, PASSPHRASE } from '../support/approvers.ts'
import { openWorld, type World, type WorldOptions } from '../support/world.ts'

const ADA = 'ada@example.com'
const stdin = `${PASSPHRASE}\n`

/** A world in which grace may approve and an agent has deactivated Ada. */
async function deactivated(options: WorldOptions = {}): Promise<{ world: World; change: string }> {
  const world = await openWorld(options)
  await letApprove(world, 'grace')
  const { change } = await world.call('deactivate_user', {
    user: ADA,
    tenants: ['acme-netskope'],
    reason: 'left the company',
  })
  return { world, change: String(change) }
}
const agreed = ['--approver', 'grace', '--passphrase-stdin']
const isActive = (world: World) => world.netskope.user(ADA).active

test('shows the plan, takes the passphrase of an approver, and does it', async () => {
  const { world, change } = await deactivated()
  await using _ = world
  const { code, stdout } = await world.run(['undo', change, '--reason', 'a mistake', ...agreed], { stdin })
  expect(stdout).toContain('inactive → active')
  expect(stdout).toContain('a mistake')
  expect(stdout).toContain('All of it is as it was before.')
  expect(code).toBe(0)
  expect(isActive(world)).toBe(true)
  const lines = world.journal().filter(({ tool }) => tool === 'undo_change')
  expect(lines.map(({ event }) => event)).toEqual(['asked', 'approved', 'started', 'done'])
  expect(lines.slice(1).map(({ approval }) => approval)).toMatchObject(
    Array.from({ length: 3 }, () => ({ by: 'grace', how: 'terminal' })),
  )
})

test('asks for name and passphrase at the terminal, behind the plan', async () => {
  const { world, change } = await deactivated()
  await using _ = world
  await using desk = await openDesk()
  const IDENTITY_MCP_CONFIG = join(world.folder, 'identity-mcp.json')
  const { code, out } = await desk.run(
    (bare) => {
      const io = { ...bare, env: { ...world.env, IDENTITY_MCP_CONFIG } }
      return undoCommand(
        io,
        (options) => start(io, options),
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
  expect(isActive(world)).toBe(true)
})

test('asks for nothing and does nothing with --dry-run', async () => {
  const { world, change } = await deactivated()
  await using _ = world
  const before = world.journal().length
  const { code, stdout } = await world.run(['undo', change, '--dry-run'])
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/inactive → active[\s\S]*Nothing has been changed/),
  ])
  expect(isActive(world)).toBe(false)
  expect(world.journal()).toHaveLength(before)
})

test.each([
  ['a wrong passphrase', [...agreed], 'a wrong passphrase\n', 1, 'not the passphrase'],
  ['no passphrase', ['--approver', 'grace'], '', 2, '--passphrase-stdin'],
  ['nobody named', [], '', 2, '--approver'],
])('does nothing with %s', async (_what, words, typed, code, said) => {
  const { world, change } = await deactivated()
  await using _ = world
  const ran = await world.run(['undo', change, ...words], { stdin: typed })
  expect(ran).toMatchObject({ code, stderr: expect.stringContaining(said) })
  expect(isActive(world)).toBe(false)
})

test('asks for an approver although the settings ask nobody for such a change', async () => {
  const { world, change } = await deactivated({ settings: { confirm: { adds: 'none' } } })
  await using _ = world
  expect((await world.run(['undo', change], { stdin })).code).toBe(2)
  expect(isActive(world)).toBe(false)
})

test('wants the number of accounts typed where the undo is of many', async () => {
  await using world = await openWorld({ settings: { confirm: { bulk: 'none' } } })
  await letApprove(world, 'grace')
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
  const { world, change } = await deactivated()
  await using _ = world
  world.rewrite({ protected: [ADA] })
  const ran = await world.run(['undo', change, ...agreed], { stdin })
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('protected') })
  expect(isActive(world)).toBe(false)
})

test('says what it leaves alone, as JSON too, and that a reference is unknown', async () => {
  const { world, change } = await deactivated()
  await using _ = world
  world.netskope.renameUser(ADA, 'a.king@example.com')
  const ran = await world.run(['undo', change, '--json', ...agreed], { stdin })
  expect(ran.code).toBe(1)
  expect(JSON.parse(ran.stdout)).toMatchObject({ status: 'failed', results: [{ outcome: 'left_alone' }] })
  expect(await world.run(['undo', '0123456789ab', ...agreed], { stdin })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no change 0123456789ab'),
  })
})
