import { describe, expect, test } from 'vitest'
import { addApprovers } from '../support/approvers.ts'
import { openWorld, type WorldOptions } from '../support/world.ts'

const NEW = { email: 'hedy@example.com', givenName: 'Hedy', familyName: 'New' }
const ASKED = { people: [NEW], tenants: ['acme-scim'], reason: 'she begins on Monday' }

type Settings = Record<string, Record<string, unknown>>
/** A set-up as it is when the run is asked for, and as it is when somebody looks at the run. */
interface Place {
  before?: (own: Settings) => Settings
  after?: (own: Settings) => Settings
  args?: WorldOptions['args']
}

const only = (more: object) => (own: Settings) => ({ 'acme-scim': { ...own['acme-scim'], ...more } })
const PLACES: [where: string, place: Place][] = [
  ['accounts are made and never deactivated', { before: only({ deactivateBy: 'none' }) }],
  [
    'the tenant of the run is gone',
    { after: (own) => ({ 'acme-netskope': { ...own['acme-netskope'], allowWrites: false } }) },
  ],
  ['every tenant is read-only by now', { after: only({ allowWrites: false }) }],
  ['the server is read-only by now', { args: ['--read-only'] }],
]

describe.each(PLACES)('where %s', (_, { before = only({}), after = before, args = [] }) => {
  test('a run can be looked at and cancelled, by its caller and at the terminal', async () => {
    let own: Settings = {}
    await using world = await openWorld({
      sandbox: { apps: ['netskope', 'scim'] },
      answer: 'none',
      tenants: (all) => {
        own = all as unknown as Settings
        return before(own)
      },
    })
    await addApprovers(world, 'linus')
    const asked = await world.call('onboard', ASKED)
    const { runId } = asked
    expect(asked).toMatchObject({ status: 'approval_required' })
    world.rewrite({ tenants: after(own) })
    const later = await world.open({ args })
    const names = (await later.client.listTools()).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['get_run', 'cancel_run']))
    expect(await later.call('get_run', { runId })).toMatchObject({
      state: 'waiting_for_approval',
      rows: [{ person: NEW.email, outcome: 'waiting' }],
    })
    const listed = await world.run(['runs', 'list', '--json'])
    expect(JSON.parse(listed.stdout)).toMatchObject({ runs: [{ runId, state: 'waiting_for_approval' }] })
    expect((await world.run(['runs', 'show', String(runId)])).stdout).toContain(NEW.email)
    expect(await later.call('cancel_run', { runId, reason: 'she does not come' })).toMatchObject({
      state: 'cancelled',
      rows: [{ outcome: 'skipped', code: 'cancelled' }],
    })
    expect(world.sandbox.tenants['acme-scim'].writes).toEqual([])
  })
})

test('where nothing may be changed, only what reaches no app can be called of the tools that change something', async () => {
  await using world = await openWorld({ args: ['--read-only'] })
  const names = (await world.client.listTools()).map(({ name }) => name)
  expect(names).toContain('cancel_run')
  expect(names).not.toContain('onboard')
  expect(await world.call('onboard', { ...ASKED, tenants: ['acme-netskope'] })).toMatchObject({
    error: { code: 'read_only' },
  })
})
