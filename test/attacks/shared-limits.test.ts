import { expect, test } from 'vitest'
import { ALL_SCOPES, openHttpWorld } from '../support/http-world.ts'

test.each([
  ['people', { overall: { peoplePerDay: 5 } }],
  ['accounts', { perTenant: { changesPerHour: 5 } }],
])('a caller that only asks gets no other caller refused or paused by a limit on %s', async (_, limits) => {
  await using world = await openHttpWorld({ settings: { confirm: { removes: 'approve' }, limits } })
  const [attacker, victim] = await Promise.all(
    ['attacker', 'victim'].map(async (name) => world.guest({ token: await world.token(name, ALL_SCOPES) })),
  )
  const call = (guest: typeof attacker, user: string, tool = 'deactivate_user') =>
    guest?.call(tool, { user, tenants: ['acme-netskope'], reason: 'left' })
  const people = Array.from({ length: 8 }, () => world.newcomer().userName)
  for (const user of people) expect((await call(attacker, user))?.status).toBe('approval_required')
  const rename = (user: string) =>
    victim?.call('update_user', { tenant: 'acme-netskope', user, set: { familyName: 'Changed' } })
  for (const user of people.slice(0, 5)) expect((await rename(user))?.status).toBe('done')
  // Refused by what was changed, and until when; nobody has to lift anything.
  expect((await rename(people[5] ?? ''))?.error).toMatchObject({ code: 'limit_reached', retryable: true })
  expect((await world.run(['limits'])).stdout).toContain('No caller is paused')
})
