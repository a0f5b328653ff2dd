// @module-tag long

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type EntraWorld, openEntra } from '../support/entra-world.ts'

const ADA = 'ada@example.com'
const GRACE = 'grace@example.com'
const MINUTE = 60_000

interface Pulled {
  events: { id: string; time: string; action: string; actor?: string; target?: string }[]
  complete: boolean
  nextCursor?: string
  note?: string
}

let world: EntraWorld
beforeAll(async () => {
  world = await openEntra()
  const { entra } = world
  const [ada, grace] = [entra.user(ADA), entra.user(GRACE)]
  const now = Date.now()
  // Every two minutes one event of one of the logs, the newest one minute ago.
  for (let place = 0; place < 30; place++) {
    const at = now - MINUTE * (1 + 2 * place)
    if (place % 3 === 0) entra.audit({ at, action: `Update user ${place}`, by: ada, user: grace })
    else if (place % 3 === 1) entra.signIn({ at, user: grace, app: `App ${place}` })
    else entra.provisioned({ at, user: grace, target: 'Netskope', action: 'update' })
  }
  entra.audit({ at: now - 90 * MINUTE, action: 'Reset password', by: grace, user: grace })
  entra.signIn({
    at: now - 91 * MINUTE,
    user: ada,
    app: 'Office 365',
    failure: { code: 50126, reason: 'Invalid username or password.' },
  })
})
afterAll(() => world[Symbol.asyncDispose]())

const pull = async (more: object = {}, from = world) =>
  (await from.call('pull_audit', { tenant: 'acme-entra', ...more })) as unknown as Pulled
const actions = ({ events }: Pulled) => events.map(({ action }) => action)

describe('pull_audit', () => {
  test('merges the three logs, newest first', async () => {
    const pulled = await pull()
    expect(pulled.events).toHaveLength(32)
    const times = pulled.events.map(({ time }) => time)
    expect(times).toEqual(times.toSorted().toReversed())
    expect(pulled).toMatchObject({ complete: true })
    expect(pulled.events.slice(0, 3)).toMatchObject([
      { action: 'Update user 0: success', actor: ADA, target: GRACE },
      { action: 'Sign-in to App 1: success', actor: GRACE, target: 'App 1' },
      { action: 'Provisioning: update: success', target: 'Grace Hopper in Netskope' },
    ])
    expect(actions(pulled).at(-1)).toBe('Sign-in to Office 365: failure (Invalid username or password.)')
  })

  test.each([1, 3, 7])('tells every event once, %i at a time', async (limit) => {
    const whole = await pull()
    const ids: string[] = []
    let cursor: string | undefined
    for (let calls = 0; calls < 40; calls++) {
      const page = await pull({ limit, ...(cursor && { cursor }) })
      ids.push(...page.events.map(({ id }) => id))
      cursor = page.nextCursor
      if (!cursor) break
    }
    expect(ids).toEqual(whole.events.map(({ id }) => id))
  })

  test('finds the events of a user as actor, as target, or either, by any of the user’s names', async () => {
    const { id } = world.entra.user(GRACE)
    for (const user of [GRACE, 'GRACE@example.com', id, 'grace.alias@example.com']) {
      const [actor, target, either] = [
        await pull({ user, role: 'actor' }),
        await pull({ user, role: 'target' }),
        await pull({ user }),
      ]
      expect(actions(actor).filter((action) => action.startsWith('Sign-in'))).toHaveLength(10)
      expect(actions(actor)).toContain('Reset password: success')
      expect(actions(target).filter((action) => action.startsWith('Update user'))).toHaveLength(10)
      expect(actions(target).some((action) => action.startsWith('Sign-in'))).toBe(false)
      // Of the event that she made about herself there is one, although two filters find it.
      expect(actions(either).filter((action) => action.startsWith('Reset'))).toHaveLength(1)
      expect(either.events).toHaveLength(31)
    }
  })

  test('finds what is left of somebody who is gone, by name', async () => {
    const gone = world.entra.addUser({ userPrincipalName: 'gone@example.com' })
    world.entra.signIn({ at: Date.now() - MINUTE / 2, user: gone, app: 'Office 365' })
    world.entra.audit({
      at: Date.now() - MINUTE / 3,
      action: 'Delete user',
      by: world.entra.user(ADA),
      user: gone,
    })
    world.entra.users.splice(world.entra.users.indexOf(gone), 1)
    expect(actions(await pull({ user: 'Gone@example.com' }))).toEqual([
      'Delete user: success',
      'Sign-in to Office 365: success',
    ])
  })

  test('finds events by words of the action', async () => {
    expect(actions(await pull({ action: 'reset password' }))).toEqual(['Reset password: success'])
  })

  test('says how long the logs are kept, where that matters', async () => {
    const days = (count: number) => new Date(Date.now() - count * 24 * 60 * MINUTE).toISOString()
    expect((await pull({ since: days(2) })).note).toBeUndefined()
    expect(await pull({ since: days(10) })).toMatchObject({
      complete: true,
      note: expect.stringContaining('30 days'),
    })
    expect(await pull({ since: days(45) })).toMatchObject({ complete: false })
  })
})

test('goes through logs of many pages, and tells every event once', async () => {
  await using other = await openEntra()
  const { entra } = other
  const user = entra.user(GRACE)
  const now = Date.now()
  for (let place = 0; place < 1_100; place++) {
    const at = now - 1_000 * (place + 1)
    entra.signIn({ at: at - 1, user, app: 'Office 365' })
    if (place % 10 > 0) continue
    entra.audit({ at, action: 'Update user', by: entra.user(ADA), user })
    entra.provisioned({ at: at - 2, user, target: 'Netskope' })
  }
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await pull({ user: GRACE, limit: 700, ...(cursor && { cursor }) }, other)
    ids.push(...page.events.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor)
  expect(new Set(ids).size).toBe(1_320)
  expect(ids).toHaveLength(1_320)
})

describe('a log that may not be read', () => {
  const withRights = (...permissions: string[]) =>
    openEntra({ entra: { permissions: ['User.Read.All', ...permissions] } })

  test('is named in the note, with the right that is missing; the others are told', async () => {
    await using other = await withRights('ProvisioningLog.Read.All')
    other.entra.provisioned({ at: Date.now() - MINUTE, user: other.entra.user(ADA), target: 'Netskope' })
    const pulled = await pull({}, other)
    expect(actions(pulled)).toEqual(['Provisioning: update: success'])
    expect(pulled.complete).toBe(false)
    for (const log of ['audit log', 'sign-in log']) expect(pulled.note).toContain(`The ${log} is left out`)
    expect(pulled.note).toContain('AuditLog.Read.All')
    expect(pulled.note).toContain('Grant admin consent')
  })

  test('without a licence is named, too', async () => {
    await using other = await openEntra({ entra: { faults: ['no-premium'] } })
    const pulled = await pull({}, other)
    expect(pulled).toMatchObject({ complete: false, note: expect.stringContaining('P1 or P2') })
    expect(pulled.note).not.toContain('audit log is left out')
  })

  test('refuses the call if there is no other', async () => {
    await using other = await withRights()
    const { error } = await other.call('pull_audit', { tenant: 'acme-entra' })
    expect(error?.code).toBe('forbidden')
    expect(`${error?.message} ${error?.hint}`).toMatch(/(AuditLog|ProvisioningLog)\.Read\.All/)
  })
})
