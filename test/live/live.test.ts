// @module-tag long

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MARKER, whyNotOurs, writesTo } from '../../scripts/live/rules.ts'
import { runLive } from '../../scripts/live/run.ts'
import { openSetup } from '../support/world.ts'

const TENANT = 'acme-netskope'
const SCIM = 'acme-scim'
const USER = `${MARKER}1@example.com`

let setup: Awaited<ReturnType<typeof openSetup>>
beforeAll(async () => {
  setup = await openSetup({
    sandbox: { apps: ['netskope', 'scim'] },
    tenants: (own) => ({
      [TENANT]: { ...own[TENANT], environment: 'staging' },
      [SCIM]: { ...own[SCIM], environment: 'staging' },
    }),
  })
})
afterAll(() => setup.close())

async function live(more: object = {}, tenant = TENANT) {
  const { config, env, netskope } = setup
  const app = tenant === SCIM ? setup.sandbox.tenants[SCIM] : netskope
  const before = { users: JSON.stringify(app.users), writes: app.writes.length }
  const lines: string[] = []
  const ended = await runLive({ config, tenant, ...more }, { env, say: (line) => lines.push(line) }).catch(
    (error: Error) => error.message,
  )
  return {
    ended,
    said: lines.join('\n'),
    writes: app.writes.slice(before.writes).map(({ method }) => method),
    isAsBefore: JSON.stringify(app.users) === before.users,
  }
}

test('reads, writes nothing, and names nobody', async () => {
  const { ended, said, writes } = await live()
  expect({ ended, writes }).toEqual({ ended: true, writes: [] })
  expect(said.split('\n').filter((line) => line.startsWith('✓')).length).toBeGreaterThanOrEqual(6)
  for (const { userName, displayName } of setup.netskope.users) {
    expect(said).not.toContain(userName)
    if (displayName) expect(said).not.toContain(displayName)
  }
})

test('makes, changes, deactivates and removes the one marked account', async () => {
  const { ended, said, writes, isAsBefore } = await live({ write: TENANT, user: USER })
  expect({ said, ended }).toMatchObject({ ended: true })
  expect(said).not.toContain('✗')
  expect(writes[0]).toBe('POST')
  expect(writes.at(-1)).toBe('DELETE')
  expect(isAsBefore).toBe(true)
})

test('goes on with what an earlier run left behind, where the app tells that it has no groups, and removes it', async () => {
  const app = setup.sandbox.tenants[SCIM]
  app.addUser({ userName: USER, active: false, emails: [{ value: USER, primary: true }] })
  const { ended, said } = await live({ write: SCIM, user: USER }, SCIM)
  expect({ said, ended }).toEqual({ ended: true, said: expect.stringContaining('there from an earlier run') })
  expect(app.users.some(({ userName }) => userName === USER)).toBe(false)
})

test.each([
  ['has come into a group', SCIM, 'Sales', USER],
  ['may be in groups that the app does not tell', TENANT, undefined, USER],
  ['is the address of somebody under another name', SCIM, undefined, 'somebody@example.com'],
] as const)('writes nothing where the account %s', async (_, tenant, group, userName) => {
  const app = setup.sandbox.tenants[tenant]
  const { id } = app.addUser({ userName, emails: [{ value: USER, primary: true }] })
  if (group) app.group(group).members?.push({ value: id })
  const { ended, said, writes } = await live({ write: tenant, user: USER }, tenant)
  app.removeUser(id)
  expect({ ended, writes, said }).toEqual({
    ended: false,
    writes: [],
    said: expect.stringContaining('address is taken'),
  })
})

test('says what failed, and cleans up all the same', async () => {
  setup.netskope.faults.set([{ fault: 'patch-ignored' as never }])
  const { ended, said, isAsBefore } = await live({ write: TENANT, user: USER })
  setup.netskope.faults.clear()
  expect({ ended, said }).toEqual({ ended: false, said: expect.stringContaining('✗') })
  expect(isAsBefore).toBe(true)
})

test('says what a token cannot do', async () => {
  const { rest } = setup.netskope.tokens
  const { grants } = rest
  rest.grants = {}
  const { ended, said } = await live()
  rest.grants = grants
  expect({ ended, said }).toEqual({ ended: false, said: expect.stringContaining('rest is missing_grant') })
})

describe('refuses before anything is sent', () => {
  const trial = { environment: 'staging', url: 'https://acme.example' }
  const production = { url: 'https://acme.example' }

  test.each([
    ['another tenant than it tries', { write: 'other', user: USER }, trial],
    ['no user', { write: 'acme' }, trial],
    ['a user without the marker', { write: 'acme', user: 'ada@example.com' }, trial],
    ['a marker in another place', { write: 'acme', user: `ada+${MARKER}1@example.com` }, trial],
    ['two users', { write: 'acme', user: `${USER},ada@example.com` }, trial],
    ['a production tenant', { write: 'acme', user: USER }, production],
    [
      'a production tenant by the name of another host',
      { write: 'acme', user: USER, production: 'acme.test' },
      production,
    ],
    [
      'a tenant whose environment is no such word',
      { write: 'acme', user: USER },
      { ...trial, environment: 'test' },
    ],
    ['a user without a write', { user: USER }, trial],
  ])('%s', (_, ask, tenant) => {
    expect(() => writesTo({ tenant: 'acme', ...ask }, tenant)).toThrow()
  })

  test('and takes a production tenant whose host is typed, and one that is not production', () => {
    const ask = { tenant: 'acme', write: 'acme', user: USER }
    expect(writesTo({ ...ask, production: 'acme.example' }, production)).toBe(USER)
    expect(writesTo(ask, trial)).toBe(USER)
    expect(writesTo({ tenant: 'acme' }, production)).toBeUndefined()
  })

  test('a tenant that the settings have not', async () => {
    const { ended, writes } = await live({}, 'acme-other')
    expect({ ended, writes }).toEqual({ ended: expect.stringContaining('no such tenant'), writes: [] })
  })

  test.each([
    { admin: true },
    { groups: ['x'] },
    { groups: undefined as never },
    { userName: 'ada@example.com' },
  ])('an account with %o', (more) => {
    const ours = { userName: USER, groups: [] }
    expect(whyNotOurs({ ...ours, ...more })).toBeDefined()
    expect(whyNotOurs(ours)).toBeUndefined()
  })
})
