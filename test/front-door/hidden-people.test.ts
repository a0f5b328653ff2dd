import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openWorld } from '../support/world.ts'

const TENANT = 'acme-scim'
const HIDDEN = 'Not shown, although they may have access: guests.'

/** An app that does not show guests, and somebody who is in another one. */
async function open() {
  const world = await openWorld({
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
}

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
