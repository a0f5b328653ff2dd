// @module-tag long

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openWorld } from '../support/world.ts'

const TENANT = 'acme-scim'
const HIDDEN = 'Not shown, although they may have access: guests.'

/** An app that does not show guests, and somebody who is in another one. */
async function open(confirm: Record<string, string> = {}) {
  const world = await openWorld({
    settings: { confirm },
    tenants: (own) => ({ ...own, [TENANT]: { ...own[TENANT], hides: ['guests'] } }),
    sandbox: { apps: ['netskope', 'scim'] },
  })
  const { userName } = world.newcomer()
  return { world, userName }
}

interface Way {
  args(userName: string): object
  /** What of the answer tells of the app. */
  told(answer: Record<string, unknown>): unknown
  expected: unknown
}

const WAYS: Record<string, Way & { tool: string }> = {
  'a look-up': {
    tool: 'find_user',
    args: (user) => ({ user }),
    told: ({ searched }) => (searched as { tenant: string }[]).find(({ tenant }) => tenant === TENANT),
    expected: { tenant: TENANT, outcome: 'absent', note: HIDDEN },
  },
  'what is known of somebody’s access': {
    tool: 'explain_access',
    args: (user) => ({ user }),
    told: ({ unknown, complete }) => [
      complete,
      (unknown as { tenant: string }[]).find(({ tenant }) => tenant === TENANT),
    ],
    expected: [false, { tenant: TENANT, what: 'accounts', where: expect.stringContaining(HIDDEN) }],
  },
  'a list': {
    tool: 'list_users',
    args: () => ({ tenant: TENANT, match: { department: 'IT' } }),
    told: ({ complete, note }) => [complete, note],
    expected: [true, expect.stringContaining(HIDDEN)],
  },
  'a count': {
    tool: 'list_users',
    args: () => ({ tenant: TENANT, count: true }),
    told: ({ complete, note }) => [complete, note],
    expected: [true, HIDDEN],
  },
  'a change of a group': {
    tool: 'update_group_members',
    args: (user) => ({ tenant: TENANT, group: 'Everyone', add: [user] }),
    told: ({ status, members, note }) => [status, (members as { code: string }[])[0]?.code, note],
    expected: ['failed', 'not_found', HIDDEN],
  },
  'a new account': {
    tool: 'create_user',
    args: (email) => ({ tenant: TENANT, email, ...NAME }),
    told: ({ outcome, note }) => [outcome, note],
    expected: ['created', expect.stringContaining(HIDDEN)],
  },
}
const NAME = { givenName: 'New', familyName: 'Person' }

/** Calls with somebody who is not found and, where it needs one, a member. */
const PLANS: Record<string, { tool: string; args: (userName: string, member: string) => object }> = {
  'a change of a group that leaves somebody out': {
    tool: 'update_group_members',
    args: (user, member) => ({ tenant: TENANT, group: 'Everyone', remove: [user, member] }),
  },
  'a new account': {
    tool: 'create_user',
    args: (email) => ({ tenant: TENANT, email, ...NAME }),
  },
  'new accounts of many': {
    tool: 'onboard',
    args: (email) => ({ tenants: [TENANT], people: [{ email, ...NAME }], reason: 'new' }),
  },
}

test.each(Object.entries(PLANS))(
  'whoever decides about %s is told whom the app does not show',
  async (_, { tool, args }) => {
    const { world, userName } = await open({ adds: 'approve', gives: 'approve', removes: 'approve' })
    await using _world = world
    const [member] = world.sandbox.tenants['acme-scim'].users
    const { status, approval, error } = await world.call(tool, args(userName, member?.userName ?? ''))
    expect({ status, error }).toEqual({ status: 'approval_required', error: undefined })
    expect((approval as { plan: string[] }).plan.join(' ')).toContain(HIDDEN)
  },
)

test('a run of new accounts says it in the row of each, and of the colleague whose groups are not known', async () => {
  const { world, userName } = await open()
  await using _world = world
  const people = [{ email: userName, ...NAME }]
  const args = { tenants: [TENANT], people, like: 'guest@example.com', reason: 'new' }
  const { runId, approval } = await world.call('onboard', args)
  const { plan } = approval as { plan: string[] }
  expect(plan.join(' ')).toContain(
    `Without the groups of guest@example.com in ${TENANT}: Not found there. ${HIDDEN}`,
  )
  const { rows } = await world.call('get_run', { runId })
  expect(rows).toMatchObject([{ person: userName, note: expect.stringContaining(HIDDEN) }])
})

test.each(Object.entries(WAYS))(
  '%s says whom the app does not show',
  async (_, { tool, args, told, expected }) => {
    const { world, userName } = await open()
    await using _world = world
    const answer = await world.call(tool, args(userName))
    expect(answer.error).toBeUndefined()
    expect(told(answer as never)).toEqual(expected)
  },
)

test('the evidence of a leaver says where an account may be that the app does not show', async () => {
  const { world, userName } = await open()
  await using _world = world
  await world.call('deactivate_user', { user: userName, tenants: ['acme-netskope'], reason: 'left' })
  const out = mkdtempSync(join(tmpdir(), 'identity-mcp-evidence-'))
  const ran = await world.run(['evidence', '--person', userName, '--out', out, '--json'])
  const { unknown } = JSON.parse(ran.stdout) as { unknown: string[] }
  expect(unknown).toContain(`Not found in ${TENANT}. ${HIDDEN}`)
  expect(ran.code).toBe(1)
})
