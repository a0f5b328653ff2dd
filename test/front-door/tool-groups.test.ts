import { expect, test } from 'vitest'
import { AUDITING, READING, REMOVING, WRITING } from '../support/tool-names.ts'
import { openSetup, openWorld } from '../support/world.ts'

test.each([
  ['read', READING],
  ['audit', AUDITING],
  ['read,audit', [...READING, ...AUDITING]],
  ['write', [...READING, ...WRITING]],
  ['remove', [...READING, ...WRITING, ...REMOVING]],
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
