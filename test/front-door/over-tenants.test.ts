import { describe, expect, test } from 'vitest'
import type { OktaTenant } from '../../src/sandbox/index.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const OKTA = 'acme-okta'
const SCIM = 'acme-scim'

const shared = shareWorld(() =>
  openWorld({
    sandbox: { apps: ['netskope', 'okta', 'scim'], events: 1 },
    tenants: (own) => ({
      [OKTA]: { ...own[OKTA], maxRetries: 0 },
      [SCIM]: { ...own[SCIM], maxRetries: 0 },
    }),
  }),
)
const okta = (): OktaTenant => shared().sandbox.tenants[OKTA]
const call = (tool: string, input: object) => shared().call(tool, input)

let people = 0
/** Adds somebody to Okta who reports to `manager`. */
const reporting = (manager?: string) => {
  people += 1
  const userName = `chain-${people}@example.com`
  return okta().addUser({
    id: `00u0chain${people}`,
    userName,
    emails: [{ value: userName }],
    ...(manager !== undefined && { [ENTERPRISE]: { manager: { value: manager } } }),
  })
}

interface Chain {
  of: string
  managers: { id: string }[]
  end: string
  code?: string
}
const chainsOf = async (user: string) =>
  (await call('find_user', { user, tenants: [OKTA], managers: true })).managers as Chain[]

describe('find_user with managers', () => {
  test('walks up, by id or by login, to whoever names no manager', async () => {
    const top = reporting()
    const middle = reporting(top.id)
    const low = reporting(middle.userName)
    expect(await chainsOf(low.userName)).toMatchObject([
      { of: low.id, managers: [{ id: middle.id }, { id: top.id }], end: 'not_told' },
    ])
    expect(await call('find_user', { user: low.userName, tenants: [OKTA] })).not.toHaveProperty('managers')
  })

  test('stops at a circle, at a name that nobody has, and after some levels', async () => {
    const one = reporting('00u0chain-later')
    expect(await chainsOf(one.userName)).toMatchObject([{ managers: [], end: 'not_found' }])
    const [first, second] = [reporting(`00u0chain${people + 2}`), reporting(`00u0chain${people}`)]
    expect(await chainsOf(first.userName)).toMatchObject([{ managers: [{ id: second.id }], end: 'circle' }])
    let last = reporting()
    for (let level = 0; level < 9; level++) last = reporting(last.id)
    const [chain] = await chainsOf(last.userName)
    expect(chain?.end).toBe('longer')
    expect(chain?.managers.length).toBeLessThan(9)
  })

  test('guesses no manager of two, and says when the app stops answering', async () => {
    const emails = [{ value: 'shared@example.com', primary: true }]
    const two = [1, 2].map((one) => okta().addUser({ userName: `shared-${one}`, emails }))
    expect(two).toHaveLength(2)
    const low = reporting('shared@example.com')
    expect(await chainsOf(low.userName)).toMatchObject([{ managers: [], end: 'ambiguous' }])
    const other = reporting('00u0chain1')
    okta().faults.set([{ fault: 'server-error', path: '00u0chain1' }])
    const chains = await chainsOf(other.userName)
    okta().faults.clear()
    expect(chains).toMatchObject([{ end: 'failed', code: 'unavailable' }])
  })
})

describe('list_groups without a tenant', () => {
  test('lists the groups of each tenant', async () => {
    const { groups, complete } = await call('list_groups', { limit: 100 })
    const named = (groups as { tenant: string; name: string }[]).filter(({ name }) => name === 'Sales')
    expect(named.map(({ tenant }) => tenant).sort()).toEqual([OKTA, SCIM])
    expect(complete).toBe(true)
  })

  test('shows one group with its members in each tenant that has it', async () => {
    const { groups } = await call('list_groups', { group: 'Sales', limit: 200 })
    expect(groups).toMatchObject([
      { tenant: OKTA, name: 'Sales', members: expect.any(Array) },
      { tenant: SCIM, name: 'Sales', members: expect.any(Array) },
    ])
    const imported = 'Imported: Contractors of the directory'
    expect(await call('list_groups', { group: imported })).toMatchObject({ groups: [{ tenant: OKTA }] })
  })

  test('says which tenant has more, and which did not answer', async () => {
    expect(await call('list_groups', { limit: 1 })).toMatchObject({
      complete: false,
      note: expect.stringMatching(/acme-okta has more.*acme-scim has more/),
    })
    okta().faults.set(['unavailable'])
    const answer = await call('list_groups', { group: 'No such group' })
    okta().faults.clear()
    expect(answer).toMatchObject({
      groups: [],
      complete: false,
      note: expect.stringContaining('acme-okta: '),
    })
    expect((await call('list_groups', { group: 'No such group' })).error?.code).toBe('not_found')
  })

  test('goes on with a cursor of one tenant alone', async () => {
    const first = await call('list_groups', { tenant: OKTA, limit: 2 })
    const next = await call('list_groups', { cursor: first.nextCursor, limit: 2 })
    const ids = [first, next].flatMap(({ groups }) => (groups as { id: string }[]).map(({ id }) => id))
    expect(new Set(ids).size).toBe(4)
  })
})
