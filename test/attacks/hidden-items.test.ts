// @module-tag long

import { describe, expect, test } from 'vitest'
import { startScimApp } from '../../src/sandbox/scim-app.ts'
import { addApprovers } from '../support/approvers.ts'
import { linkIn, send } from '../support/browser.ts'
import { openWorld } from '../support/world.ts'

const TENANT = 'acme-scim'
const ADA = 'ada@example.com'
const count = (most: number, name: (at: number) => string) =>
  Array.from({ length: most }, (_, at) => name(at))
const SITES = count(100, (at) => `Site ${at}.`)

/** A world whose every change is at this level; whoever is asked by a form says no. */
async function openScim(level: 'none' | 'ask' | 'approve') {
  const app = await startScimApp()
  const tenant = {
    vendor: 'scim',
    url: app.scimUrl,
    tokens: { scim: 'env:APP_TOKEN' },
    allowDelete: true,
    budget: { perSecond: 1_000, perMinute: 60_000 },
    customAttributes: { sites: 'urn:example:2.0:User:sites' },
  }
  const confirm = { removes: level, changes: level, adds: level, bulk: level, deletes: level, admins: level }
  const world = await openWorld({
    answer: 'decline',
    settings: { tenants: { [TENANT]: tenant }, confirm, limits: { changesPerHour: 1_000 } },
    env: { APP_TOKEN: app.tokens.scim.value },
  })
  await addApprovers(world, 'grace')
  for (const at of Array(70).keys()) app.addUser({ userName: `member-${at}-of-many@example.com` })
  return {
    world,
    app,
    call: (tool: string, args: object) => world.call(tool, { tenant: TENANT, ...args }),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await app.close()
    },
  }
}

const MEMBERS = count(70, (at) => `member-${at}-of-many@example.com`)
const STRANGERS = count(28, (at) => `stranger-${at}@example.com`)

const ROWS: [string, string, (group: string) => object, readonly string[]][] = [
  ['values of a list', 'update_user', () => ({ user: ADA, set: { custom: { sites: SITES } } }), SITES],
  [
    'values of a new account',
    'create_user',
    () => ({
      email: 'new@example.com',
      givenName: 'N',
      familyName: 'H',
      attributes: { custom: { sites: SITES } },
    }),
    SITES,
  ],
  ['members of a new group', 'create_group', () => ({ name: 'Many', members: MEMBERS }), MEMBERS],
  [
    'members to add, and names that were not found',
    'update_group_members',
    (group) => ({ group, add: [...MEMBERS, ...STRANGERS] }),
    [...MEMBERS, ...STRANGERS],
  ],
]

describe('a question hides nothing, however long its lists are:', () => {
  test.each(ROWS)('%s, in a form', async (_, tool, args, items) => {
    await using scim = await openScim('ask')
    const group = scim.app.groups[0]?.displayName ?? ''
    expect((await scim.call(tool, args(group))).error?.code).toBe('declined')
    for (const item of items) expect(scim.world.asked[0]).toContain(item)
  })

  test.each(ROWS)('%s, on the page and in the terminal', async (_, tool, args, items) => {
    await using scim = await openScim('approve')
    const group = scim.app.groups[0]?.displayName ?? ''
    const { approval } = (await scim.call(tool, args(group))) as unknown as {
      approval: { id: string; approveAt: string; plan: string[] }
    }
    const { pathname: path } = new URL(linkIn(approval.approveAt))
    const page = (await send(approval.approveAt, { path })).text
    const terminal = (await scim.world.run(['approvals', 'show', approval.id])).stdout.replace(/\s+/g, ' ')
    for (const text of [page, terminal, approval.plan.join('\n')]) {
      for (const item of items) expect(text).toContain(item)
    }
  })
})

describe('what is too long for one question', () => {
  const sites = count(100, (at) => `${'x'.repeat(300)}${at}`)
  const LONG = { user: ADA, set: { custom: { sites } } }

  test.each(['ask', 'approve'] as const)('is refused, and nobody is asked at the level %s', async (level) => {
    await using scim = await openScim(level)
    const { error } = await scim.call('update_user', LONG)
    expect(error).toMatchObject({ code: 'invalid_input', hint: expect.stringContaining('at a time') })
    expect(scim.world.asked).toEqual([])
    expect(scim.world.journal().map(({ event }) => event)).toEqual(['refused'])
  })

  test('is made where nobody has to be asked', async () => {
    await using scim = await openScim('none')
    expect((await scim.call('update_user', LONG)).error).toBeUndefined()
  })

  const joined = async (
    scim: Awaited<ReturnType<typeof openScim>>,
    most: number,
    name: (at: number) => string,
  ) => {
    const { id } = scim.app.user(ADA)
    const authorization = `Bearer ${scim.app.tokens.scim.value}`
    const headers = { authorization, 'content-type': 'application/scim+json' }
    for (const at of Array(most).keys()) {
      const body = JSON.stringify({ displayName: name(at), members: [{ value: id }] })
      expect((await fetch(`${scim.app.scimUrl}/Groups`, { method: 'POST', headers, body })).status).toBe(201)
    }
  }

  test('goes for the groups that a deletion takes away, too', async () => {
    await using scim = await openScim('ask')
    await joined(scim, 60, (at) => `Group ${at} ${'x'.repeat(190)}`)
    const { error } = await scim.call('delete_user', { user: ADA, reason: 'asked to be forgotten' })
    expect(error).toMatchObject({ code: 'invalid_input', hint: expect.stringContaining('deactivate_user') })
    expect(scim.world.asked).toEqual([])
  })

  test('is not what 120 groups are: a deletion names each, and so does the page of a deactivation', async () => {
    await using scim = await openScim('approve')
    await joined(scim, 120, (at) => `Group ${at}.`)
    const leaves = { user: ADA, tenants: [TENANT], reason: 'left' }
    const { approval } = (await scim.world.call('deactivate_user', leaves)) as unknown as {
      approval: { approveAt: string }
    }
    const { pathname: path } = new URL(linkIn(approval.approveAt))
    const page = (await send(approval.approveAt, { path })).text
    const deletion = (await scim.call('delete_user', { user: ADA, reason: 'left' })) as unknown as {
      approval: { plan: string[] }
    }
    for (const at of Array(120).keys()) {
      expect(page).toContain(`Group ${at}.`)
      expect(deletion.approval.plan.join('\n')).toContain(`Group ${at}.`)
    }
    // The agent is shown some of them, and how many there are.
    const { accounts: [account] = [] } = (await scim.call('list_users', {
      fields: ['groups'],
    })) as unknown as {
      accounts: { groups?: string[]; moreGroups?: number }[]
    }
    expect(JSON.stringify(account).length).toBeLessThan(2_000)
  })
})
