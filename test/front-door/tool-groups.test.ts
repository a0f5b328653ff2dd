import { expect, test } from 'vitest'
import { openSetup, openWorld } from '../support/world.ts'

const READ = [
  'list_tenants',
  'find_user',
  'list_users',
  'list_groups',
  'compare_users',
  'check_token',
  'explain_access',
  'get_run',
]
const WRITE = [
  'create_user',
  'update_user',
  'create_group',
  'update_group_members',
  'reactivate_user',
  'cancel_run',
]

test.each([
  ['read', READ],
  ['audit', ['pull_audit', 'list_changes']],
  ['read,audit', [...READ, 'pull_audit', 'list_changes']],
  ['write', [...READ, ...WRITE]],
  ['remove', [...READ, ...WRITE, 'deactivate_user', 'offboard', 'deactivate_users', 'undo_change']],
])('--tools %s lists these, and lets nothing else be called', async (groups, tools) => {
  await using world = await openWorld({ args: ['--tools', groups] })
  const listed = (await world.client.listTools()).map(({ name }) => name)
  expect(listed.toSorted()).toEqual(tools.toSorted())
  const leaves = { user: 'ada@example.com', tenants: ['acme-netskope'], reason: 'left' }
  const since = world.since()
  const answer = await world.call('deactivate_user', leaves)
  if (tools.includes('deactivate_user')) return expect(answer.status).toBe('done')
  expect(answer.error?.code).toBe('forbidden')
  expect(since.events()).toEqual(['refused'])
  expect(since.arrivals()).toEqual([])
  if (!tools.includes('list_tenants')) return
  const { tenants } = (await world.call('list_tenants')) as { tenants?: { can: string[] }[] }
  expect(tenants?.[0]?.can.toSorted()).toEqual(tools.toSorted())
})

test('a group that there is not is wrong usage, and --help says which there are', async () => {
  const setup = await openSetup()
  for (const groups of ['reads', 'read,', '', 'identity:read']) {
    const { code, stderr } = await setup.run(['--tools', groups])
    expect(code).toBe(2)
    expect(stderr).toContain('read, audit, write and remove')
  }
  expect((await setup.run(['--help'])).stdout).toContain('--tools')
  await setup.close()
})
