import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { policyCommand } from '../../src/cli/policy.ts'
import { parseSettings } from '../../src/config/settings.ts'
import { vendors } from '../../src/vendors/index.ts'
import { openDesk } from './fake-io.ts'

let desk: Awaited<ReturnType<typeof openDesk>>
beforeEach(async () => {
  desk = await openDesk()
})
afterEach(() => desk.stop())

const SETTINGS = {
  tenants: {
    acme: { vendor: 'netskope', url: 'https://acme.goskope.com', tokens: { scim: 'env:NOT_SET' } },
    beta: {
      vendor: 'scim',
      url: 'https://beta.example.com/scim',
      tokens: { scim: 'env:NOT_SET' },
      environment: 'staging',
      deactivateMeans: 'deletes',
    },
    shut: {
      vendor: 'netskope',
      url: 'https://shut.goskope.com',
      tokens: { scim: 'env:NOT_SET' },
      allowWrites: false,
    },
  },
  confirm: {
    rules: [
      { when: { environments: ['production'], effects: ['changes'] }, level: 'ask' },
      { when: { administrator: true }, level: 'approve', approvers: 2, fourEyes: true },
      { when: { atLeast: 5 }, level: 'approve' },
    ],
  },
}

const explain = async (args: string[], settings: unknown = SETTINGS) => {
  writeFileSync(join(desk.folder, 'identity-mcp.json'), JSON.stringify(settings))
  return desk.run(policyCommand, ['explain', ...args])
}
const inTenant = async (tenant: string, args: string[]) => {
  const { out } = await explain([...args, '--tenant', tenant, '--json'])
  const { tenants } = JSON.parse(out)
  expect(tenants).toHaveLength(1)
  return tenants[0]
}

test.each([
  ['acme', ['update_user'], { level: 'ask', approvers: 1, fourEyes: false }, ['changes', 'rules.0']],
  ['beta', ['update_user'], { level: 'none' }, ['changes']],
  ['acme', ['deactivate_user'], { level: 'ask' }, ['removes']],
  ['beta', ['deactivate_user'], { level: 'approve' }, ['deletes', 'removes']],
  ['beta', ['create_user'], { level: 'none' }, ['adds']],
  ['acme', ['undo_change'], { level: 'ask' }, ['removes']],
  [
    'beta',
    ['update_user', '--admin'],
    { level: 'approve', approvers: 2, fourEyes: true },
    ['changes', 'admins', 'rules.1'],
  ],
  ['beta', ['update_group_members', '--count', '5'], { level: 'approve' }, ['gives', 'changes', 'rules.2']],
  [
    'beta',
    ['update_group_members', '--count', '21'],
    { level: 'approve' },
    ['gives', 'changes', 'bulk', 'rules.2'],
  ],
  ['acme', ['find_user'], { level: 'none' }, []],
])('in %s, %o needs %o', async (tenant, args, needed, because) => {
  const answer = await inTenant(tenant, args)
  expect(answer).toMatchObject(needed)
  expect(answer.because.map(({ setting }: { setting: string }) => setting.replace('confirm.', ''))).toEqual(
    because,
  )
})

test.each([
  ['update_user', ['none', 'ask', 'ask']],
  ['update_group_members', ['ask', 'ask']],
  ['create_user', ['none', 'ask']],
  ['create_group', ['none', 'ask']],
  ['reactivate_user', ['ask']],
  ['deactivate_user', ['ask']],
])('%s is shown case by case', async (tool, levels) => {
  const { cases } = await inTenant('beta', [tool])
  // That app may delete whom it deactivates.
  const expected = tool === 'deactivate_user' ? ['approve'] : levels
  expect(cases.map(({ level }: { level: string }) => level)).toEqual(expected)
  const { out } = await explain([tool])
  for (const { when } of cases) expect(out.replace(/\s+/g, ' ')).toContain(`If it ${when}:`)
})

test('says which tenants would refuse it outright', async () => {
  expect(await inTenant('shut', ['deactivate_user'])).toMatchObject({
    refused: expect.stringContaining('nothing may be changed'),
  })
  expect(await inTenant('acme', ['delete_user'])).toMatchObject({ refused: expect.any(String) })
})

test('tells people of every tenant, which settings matched, and what else is judged', async () => {
  const { code, out } = await explain(['update_user', '--admin'])
  expect(code).toBe(0)
  for (const part of [
    'acme (Netskope, production)',
    'beta (SCIM 2.0, staging)',
    '2 approvers must approve it',
    'confirm.rules.1: approve, 2 approvers, four eyes (administrator)',
    'protected accounts',
  ]) {
    expect(out).toContain(part)
  }
})

test.each([
  [['no_such_tool'], 'deactivate_user'],
  [['deactivate_user', '--tenant', 'nowhere'], 'acme'],
  [['deactivate_user', '--count', '0'], 'number'],
  [[], 'tool'],
])('%o is wrong usage', async (args, words) => {
  const { code, err } = await explain(args)
  expect([code, err]).toEqual([2, expect.stringContaining(words)])
})

test('settings that name what is not there are refused, each under its key', () => {
  const rules = [
    { when: { tenants: ['nowhere'] }, level: 'approve' },
    { when: { vendors: ['notion', 'netskope'] }, level: 'approve' },
  ]
  const bad = { ...SETTINGS, confirm: { rules }, protected: [{ match: '*', tenant: 'gone', why: 'shared' }] }
  expect(() => parseSettings(bad, vendors, { NOT_SET: 'long-enough' }, 'here')).toThrow(
    /rules\.0\.when\.tenants: there is no tenant "nowhere"\n.*rules\.1\.when\.vendors: there is no vendor "notion"\n.*protected\.0\.tenant: there is no tenant "gone"/,
  )
})
