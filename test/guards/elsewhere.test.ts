import { describe, expect, test } from 'vitest'
import type { IdentityError } from '../../src/errors.ts'
import { declaredOnly } from '../../src/guards/declared-only.ts'
import { insteadOfTool } from '../../src/text/elsewhere.ts'
import { tools } from '../../src/tools/index.ts'
import { tellingWords } from '../attacks/telling.ts'
import { makeCall, recordingNext } from '../support/call.ts'

const ADA = { tenant: 'acme', user: 'ada@example.com' }
const NEW = { tenant: 'acme', email: 'a@example.com', givenName: 'A', familyName: 'B' }
const LEFT = { user: 'ada@example.com', tenants: ['acme'], reason: 'left' }

/** The error of a call whose arguments do not fit. */
async function refusal(name: string, input: Record<string, unknown>): Promise<IdentityError> {
  const tool = tools.find((one) => one.name === name)
  if (!tool) throw new TypeError(`there is no tool ${name}`)
  const { next, reached } = recordingNext()
  const error = await declaredOnly()(makeCall({ tool, input }), next).catch((thrown: unknown) => thrown)
  expect(reached).toEqual([])
  return error as IdentityError // the call did not get through
}

describe('what an argument takes, and what does the rest', () => {
  test.each([
    [
      'update_user',
      { ...ADA, set: { license: 'Full' } },
      /called `licence` here.*`set` takes userName, email/,
    ],
    ['update_user', { ...ADA, set: { jobTitle: 'CTO' } }, /called `title`/],
    ['update_user', { ...ADA, set: { firstName: 'Ada' } }, /called `givenName`/],
    ['update_user', { ...ADA, set: { name: 'Ada' } }, /called `displayName`/],
    ['update_user', { ...ADA, set: { family_name: 'Byron' } }, /called `familyName`/],
    ['update_user', { ...ADA, set: { active: false } }, /deactivate_user .*reactivate_user/],
    ['update_user', { ...ADA, set: { status: 'inactive' } }, /deactivate_user .*reactivate_user/],
    ['update_user', { ...ADA, set: { groups: ['Sales'] } }, /update_group_members/],
    ['update_user', { ...ADA, set: { password: 'hunter2' } }, /takes no passwords.*identity provider/],
    ['update_user', { ...ADA, set: { mfaEnabled: false } }, /Second factors.*identity provider/],
    ['update_user', { ...ADA, title: 'CTO' }, /`title` goes into `set`/],
    ['update_user', { ...ADA, attributes: { title: 'CTO' } }, /called `set`/],
    ['update_user', { ...ADA, set: 'CTO' }, /`set` takes userName/],
    ['create_user', { ...NEW, attributes: { license: 'Full' } }, /called `licence`.*`attributes` takes/],
    ['create_user', { ...NEW, attributes: { password: 'x' } }, /takes no passwords/],
    ['create_user', { ...NEW, jobTitle: 'CTO' }, /`title` goes into `attributes`/],
    ['create_user', { ...NEW, startDate: '2027-01-04' }, /on the day/],
    ['create_user', { ...NEW, groups: ['Sales'] }, /update_group_members/],
    ['list_users', { tenant: 'acme', match: { active: true } }, /called `status` here.*`match` takes/],
    ['list_users', { tenant: 'acme', match: { lastLogin: '2026-01-01' } }, /lastSignInAt.*unknown/],
    ['list_users', { tenant: 'acme', match: { password: 'x' } }, /takes no passwords/],
    ['list_users', { tenant: 'acme', match: 'ada' }, /`match` takes/],
    ['list_users', { tenant: 'acme', filter: 'ada' }, /called `match`/],
    ['list_users', { tenant: 'acme', isAdmin: true }, /`admin` goes into `match`/],
    ['find_user', { email: 'ada@example.com' }, /called `user` here.*find_user takes user, tenants/],
    ['deactivate_user', { ...LEFT, until: '2027-03-01' }, /on the day/],
    ['deactivate_user', { ...LEFT, wipeDevice: true }, /device management/],
    ['deactivate_user', { ...LEFT, forwardMailbox: 'x' }, /mail system/],
    ['deactivate_user', { ...LEFT, endSessions: true }, /end_sessions/],
    ['list_tenants', { verbose: true }, /takes no arguments/],
  ])('%s with %j', async (tool, args, hint) => {
    const error = await refusal(tool, args)
    expect(error).toMatchObject({ code: 'invalid_input', hint: expect.stringMatching(hint) })
    expect(error.hint.length).toBeLessThan(600)
    expect(`${error.message} ${error.hint}`).not.toContain('hunter2')
  })

  test('does not say of a misnamed field that there is none', async () => {
    const { message } = await refusal('update_user', { ...ADA, set: { license: 'Full' } })
    expect(message).toBe('The arguments of update_user are not valid: unknown argument "license" in `set`.')
  })

  test('says why the name of an attribute does not do', async () => {
    const { message } = await refusal('update_user', { ...ADA, set: { custom: { password: 'x' } } })
    expect(message).toContain('must not be a password')
  })

  test('lists no names where any will do', async () => {
    const { hint } = await refusal('update_user', { ...ADA, set: { custom: { a: 1 } } })
    expect(hint).toBe('Correct that and make the call again.')
  })
})

describe('what does what an unknown tool would do', () => {
  test.each([
    ['reset_password', /identity provider/],
    ['reset_mfa', /identity provider/],
    ['resetMfaFactors', /identity provider/],
    ['wipe_device', /device management/],
    ['list_licenses', /list_users/],
    ['get_license_report', /list_users.*reports of the app/],
    ['convert_mailbox', /mail system/],
    ['kick_sessions', /end_sessions/],
    ['suspend_user', /deactivate_user/],
    ['enable_user', /reactivate_user/],
    ['bulk_suspend_users', /offboard/],
    ['offboard_user', /deactivate_user/],
    ['schedule_deactivation', /on the day/],
    ['copy_groups', /update_group_members/],
    ['add_user_to_group', /update_group_members/],
    ['compare_with_idp', /compare_users/],
    ['list_idle_users', /lastSignInAt/],
    ['explain_login', /explain_access.*identity provider/],
    ['list_admins', /list_users/],
    ['get_audit_log', /pull_audit/],
    ['search_users', /list_users|find_user/],
    ['get_user', /find_user/],
    ['delete_account', /deactivate_user/],
    ['approve', /People approve/],
    ['frobnicate', /tools\/list/],
    ['__proto__', /tools\/list/],
    ['', /tools\/list/],
  ])('%s', (name, says) => {
    expect(insteadOfTool(name)).toMatch(says)
    expect(tellingWords(insteadOfTool(name))).toEqual([])
  })

  test.each([...['reset_password', 'reset_mfa', 'wipe_device', 'copy_groups']])(
    'there is no %s, or its sentence must be turned',
    (name) => {
      expect(tools.map((tool) => tool.name)).not.toContain(name)
    },
  )

  test('a tool that it names is there', () => {
    const named = [
      'password',
      'session',
      'license',
      'groups',
      'copy',
      'compare',
      'bulk',
      'active',
      'audit',
      'undo',
    ].flatMap((name) => insteadOfTool(name).match(/\b[a-z]+(?:_[a-z]+)+\b/g) ?? [])
    expect(named.length).toBeGreaterThan(8)
    for (const name of named) expect(tools.map((tool) => tool.name)).toContain(name)
  })
})
