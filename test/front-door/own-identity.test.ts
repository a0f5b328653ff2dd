// @module-tag long

import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { HABITS, type Habit, MORE_HABITS, type Person } from '../attacks/issuer-habits.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openIssuer } from '../support/issuer.ts'
import { shareWorld } from '../support/sharing.ts'
import { type OAuthWorld, openOAuthWorld } from '../support/trusting.ts'
import type { ToolAnswer } from '../support/world.ts'

const FOUR_EYES = { confirm: { rules: [{ when: {}, level: 'approve', fourEyes: true }] } }
const REFUSED = ['protected', 'refused']
const fourEyes = shareWorld(() => openOAuthWorld({ settings: FOUR_EYES }))
const unasked = shareWorld(() => openOAuthWorld({ settings: { confirm: { removes: 'none' } } }))

let people = 0
function newPerson(): Person {
  people += 1
  const name = `p${people}x`
  return { name, address: `${name}@example.com`, opaque: randomUUID() }
}

const leaves = (user: string, approvalId?: string) => ({
  user,
  tenants: ['acme-netskope'],
  reason: 'left',
  ...(approvalId !== undefined && { approvalId }),
})

/** An agent that calls with a token of these claims. */
async function agentWith({ issuer, world }: OAuthWorld, claims: Record<string, unknown>) {
  const token = await issuer.token({
    scope: 'identity:remove',
    preferred_username: undefined,
    client_id: undefined,
    ...claims,
  })
  const guest = await world.guest({ token })
  return {
    deactivate: (user: string, approvalId?: string) =>
      guest.call('deactivate_user', leaves(user, approvalId)),
    call: guest.call,
  }
}

/** The agent of a person at an issuer with a habit. */
async function agentOf(shared: OAuthWorld, { before, claims }: Habit, person: Person) {
  if (before) {
    const earlier = await agentWith(shared, before(person))
    await earlier.deactivate(shared.world.newcomer().userName)
  }
  return agentWith(shared, claims(person))
}

const idIn = ({ approval }: ToolAnswer): string => (approval as { id: string }).id
const approve = ({ world }: OAuthWorld, id: string, approver: string) =>
  world.run(['approvals', 'approve', id, '--approver', approver, '--passphrase-stdin'], { stdin: PASSPHRASE })

describe.each([...HABITS, ...MORE_HABITS])('at an issuer that writes $name', (habit) => {
  const { isUnnamed, account = ({ address }) => address, approver = ({ address }) => address } = habit

  test.each([
    ['unasked', unasked],
    ['with four eyes', fourEyes],
  ])('nobody changes their own account %s', async (_, shared) => {
    const { world } = shared()
    const person = newPerson()
    world.netskope.addUser({ userName: account(person) })
    const agent = await agentOf(shared(), habit, person)
    const { writes } = world.since()
    const { error } = await agent.deactivate(account(person))
    expect(REFUSED).toContain(error?.code)
    expect(world.journal().at(-1)).toMatchObject({ event: 'refused', code: error?.code })
    expect(writes()).toEqual([])
  })

  test('nobody approves what they asked for', async () => {
    const { world } = fourEyes()
    const person = newPerson()
    const other = world.newcomer().userName
    await addApprovers(world, approver(person), `boss-${person.name}`)
    const agent = await agentOf(fourEyes(), habit, person)
    const { writes } = world.since()
    const asked = await agent.deactivate(other)
    if (isUnnamed) {
      expect(asked.error).toMatchObject({ code: 'refused', message: expect.stringContaining('which person') })
      return expect(writes()).toEqual([])
    }
    expect(await approve(fourEyes(), idIn(asked), approver(person))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('may be the requester'),
    })
    expect(await agent.deactivate(other, idIn(asked))).toMatchObject({ status: 'approval_required' })
    expect(writes()).toEqual([])
    // Somebody else can.
    expect(await approve(fourEyes(), idIn(asked), `boss-${person.name}`)).toMatchObject({ code: 0 })
    expect(await agent.deactivate(other, idIn(asked))).toMatchObject({ status: 'done' })
  })
})

describe('where one subject is at two issuers', () => {
  test('neither has anything of the other, nor its own account or approval', async () => {
    await using shared = await openOAuthWorld({ settings: FOUR_EYES, ownProcess: true })
    const { world } = shared
    await using second = await openIssuer()
    const [one, two] = [newPerson(), newPerson()]
    for (const { address } of [one, two]) world.netskope.addUser({ userName: address })
    await addApprovers(world, one.address, two.address, 'boss')
    const first = await agentWith(shared, { sub: 'user-1', upn: one.address })
    const [taken, left] = [world.newcomer().userName, world.newcomer().userName]
    const [done, open] = [idIn(await first.deactivate(taken)), idIn(await first.deactivate(left))]
    for (const id of [done, open]) expect((await approve(shared, id, 'boss')).code).toBe(0)
    const { status, change } = await first.deactivate(taken, done)
    expect(status).toBe('done')

    world.rewrite({ ...FOUR_EYES, auth: second.settings() })
    expect(await world.reload()).toContain('settings reloaded')
    const { writes } = world.since()
    const other = await agentWith({ ...shared, issuer: second }, { sub: 'user-1', upn: two.address })
    expect((await other.deactivate(left, open)).error).toMatchObject({ code: 'approval_void' })
    expect((await other.call('undo_change', { change, reason: 'a mistake' })).error).toMatchObject({
      code: 'not_found',
    })
    expect((await other.deactivate(two.address)).error).toMatchObject({ code: 'protected' })
    const own = idIn(await other.deactivate(left))
    expect((await approve(shared, own, two.address)).code).toBe(1)
    // What the first is called is nothing to the second.
    expect((await approve(shared, own, one.address)).code).toBe(0)
    expect(writes()).toEqual([])
  })
})

test('approvers and the journal are shown no name that nobody vouches for', async () => {
  const { world } = fourEyes()
  const agent = await agentWith(fourEyes(), {
    sub: 'user-7',
    upn: 'real@example.com',
    email: 'made-up@example.com',
    email_verified: false,
    uid: 'hidden-7',
  })
  const { journal } = world.since()
  const id = idIn(await agent.deactivate(world.newcomer().userName))
  const seen = [
    await world.run(['approvals', 'show', id]),
    await world.run(['approvals', 'show', id, '--json']),
    await (await world.fetch(`/approvals/${id}`)).text(),
    journal(),
  ].map((text) => JSON.stringify(text))
  for (const text of seen) {
    expect(text).toContain('real@example.com')
    expect(text).not.toMatch(/made-up|hidden-7/)
  }
})

describe('a caller without a name', () => {
  test('still looks up, and makes neither account nor group', async () => {
    const { world } = fourEyes()
    const agent = await agentWith(fourEyes(), { sub: randomUUID(), scope: 'identity:write identity:read' })
    const tenant = 'acme-netskope'
    expect(await agent.call('find_user', { user: 'ada@example.com' })).toMatchObject({ complete: true })
    const { writes } = world.since()
    for (const [tool, args] of [
      ['create_user', { tenant, email: 'made@example.com', givenName: 'Made', familyName: 'Up' }],
      ['create_group', { tenant, name: 'Made up' }],
    ] as const) {
      expect((await agent.call(tool, args)).error).toMatchObject({ code: 'refused' })
    }
    expect(writes()).toEqual([])
  })

  test.each([
    ['client credentials (RFC 9068)', { sub: 'bot-1', client_id: 'bot-1' }],
    ['client credentials (Auth0)', { sub: 'bot-1@clients', azp: 'bot-1' }],
    ['an app of Entra ID', { sub: randomUUID(), azp: 'bot-1', idtyp: 'app' }],
    ['a claim that the settings name', { sub: randomUUID(), 'https://acme/login': 'nn@example.com' }],
  ])('is not one that has %s', async (_, claims) => {
    await using shared = await openOAuthWorld({
      settings: { confirm: { removes: 'none' } },
      jwt: { nameClaims: ['https://acme/login'] },
    })
    const agent = await agentWith(shared, claims)
    expect(await agent.deactivate(shared.world.newcomer().userName)).toMatchObject({ status: 'done' })
  })
})
