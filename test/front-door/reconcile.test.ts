import { expect, test } from 'vitest'
import { openWorld } from '../support/world.ts'

const TENANT = 'acme-netskope'

test('what this server did is held against the log of the app, with the name by which the app knows it', async () => {
  await using world = await openWorld({ sandbox: { events: 50 } })
  const leave = (user: string) => world.call('deactivate_user', { user, tenants: [TENANT], reason: 'left' })
  const [one, two] = [world.newcomer().userName, world.newcomer().userName]
  expect(await leave(one)).toMatchObject({ status: 'done' })
  expect(await leave(two)).toMatchObject({ status: 'done' })
  const asked = ['audit', 'reconcile', TENANT, '--json']
  const whole = await world.run(asked)
  expect(whole.code).toBe(0)
  expect(JSON.parse(whole.stdout)).toMatchObject({
    shown: 2,
    notShown: [],
    notOurs: [],
    knownAs: ['api-token-scim'],
  })
  // Somebody else gives the access back in the console, and the app forgets what was done to the other.
  const events = world.netskope.events as (typeof world.netskope.events)[number][]
  const ours = events.findLast((event) => JSON.stringify(event).includes(one))
  if (!ours) throw new TypeError('the app has no event')
  events.push({
    ...ours,
    _id: 'console',
    user: 'lee.admin@example.com',
    ur_normalized: 'lee.admin@example.com',
  })
  const lost = events.filter((event) => JSON.stringify(event).includes(two))
  for (const event of lost) events.splice(events.indexOf(event), 1)
  const named = [...asked.slice(0, -1), '--actor', 'api-token-scim']
  const differs = await world.run([...named, '--json'])
  expect(differs.code).toBe(1)
  expect(JSON.parse(differs.stdout)).toMatchObject({
    shown: 1,
    notShown: [{ target: two }],
    notOurs: [{ actor: 'lee.admin@example.com', target: one }],
  })
  const text = await world.run(named)
  expect(text.stdout).toContain('did not make')
  expect(text.stdout).toContain('lee.admin@example.com')
})

test.each([
  ['an app without a log', ['acme-scim'], 1],
  ['a tenant that there is not', ['nobody'], 2],
  ['no time', [TENANT, '--since', 'yesterday'], 2],
])('%s is refused', async (_, words, code) => {
  await using world = await openWorld({ tenants: (own) => own, sandbox: { apps: ['netskope', 'scim'] } })
  expect(await world.run(['audit', 'reconcile', ...words])).toMatchObject({ code, stdout: '' })
})
