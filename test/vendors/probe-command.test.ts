import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Running } from '../../src/app/compose.ts'
import { probeCommand } from '../../src/cli/probe.ts'
import { parseSettings } from '../../src/config/settings.ts'
import { openTenants } from '../../src/engine/tenants.ts'
import { storeLedger } from '../../src/limits/ledger.ts'
import { appMemory } from '../../src/store/app-memory.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { vendors } from '../../src/vendors/index.ts'
import { openDesk } from '../cli/fake-io.ts'
import { type CannedReply, context, type ReceivedRequest, serveCanned } from '../support/canned.ts'
import { listOf, user } from './scim/scim-at.ts'

let desk: Awaited<ReturnType<typeof openDesk>>
beforeEach(async () => {
  desk = await openDesk()
})
afterEach(() => desk.stop())

type Answer = (arrived: ReceivedRequest) => CannedReply

/** Runs the command over one tenant, whose app gives the same answer to everything, or one by the request. */
async function probe(reply: CannedReply | Answer, ...args: string[]) {
  await using app = await serveCanned(typeof reply === 'function' ? reply : () => reply)
  const raw = {
    tenants: { acme: { vendor: 'scim', url: app.url, tokens: { scim: 'env:TOKEN' }, maxRetries: 0 } },
  }
  const settings = parseSettings(raw, vendors, { TOKEN: 'scim-token-0' }, 'this test')
  const stores = { ledger: storeLedger(memoryStore()), store: desk.store }
  const tenants = openTenants(settings, vendors, stores)
  let closed = false
  const running = {
    tenants,
    async close() {
      closed = true
    },
  } as unknown as Running // all that the command uses of it
  const said = await desk.run((io) => probeCommand(io, async () => running), args)
  const [checked] = (await tenants.get('acme').operations.checkTokens?.({}, context())) ?? []
  return { ...said, closed, address: app.url, surfaces: checked?.surfaces ?? [] }
}

const everybody: CannedReply = { body: listOf([user('u1'), user('u2')]) }

test('says in plain words what the app can do, and keeps it', async () => {
  const { code, out, closed, address } = await probe(everybody, 'acme')
  expect({ code, closed }).toEqual({ code: 0, closed: true })
  expect(out).toContain('filter: ignored')
  const memory = appMemory(desk.store, { tenant: 'acme', address }, () => {})
  expect(await memory.get('scim.filters')).toMatchObject({ filters: { userName: 'ignored' } })
})

test('says it as JSON', async () => {
  const { out } = await probe(everybody, 'acme', '--json')
  expect(JSON.parse(out)).toMatchObject({
    tenant: 'acme',
    ok: true,
    findings: expect.any(Array),
    proposes: {},
  })
})

test.each<[string, CannedReply, string[], number]>([
  ['the app does not accept the token', { status: 401 }, ['acme'], 1],
  ['there is no such tenant', everybody, ['other'], 2],
  ['no tenant is named', everybody, [], 2],
])('says so when %s', async (_, reply, args, expected) => {
  const { code, err } = await probe(reply, ...args)
  expect(code).toBe(expected)
  expect(err).not.toBe('')
})

test.each<[number, string, string, boolean]>([
  [5_000, 'needs 50 requests, once in 10 minutes', '', true],
  [7_000, 'needs 70 requests; the budget gives 60 a minute', '70 requests', true],
  [70_000, 'needs 700 requests; `maxPages` allows 100', '700 requests', false],
])(
  'of an app of %i users that does not filter it says %j, and `check` does too',
  async (total, told, checked, ok) => {
    const page = {
      body: listOf(
        Array.from({ length: 100 }, (_, at) => user(`u${at}`)),
        total,
      ),
    }
    const { out, surfaces } = await probe(page, 'acme', '--json')
    const { findings, unserved } = JSON.parse(out)
    expect(findings).toContainEqual({ about: 'looking up', found: expect.stringContaining(told) })
    expect(unserved.filter((text: string) => text.startsWith('looking up'))).toHaveLength(ok ? 0 : 1)
    const search = surfaces.filter(({ surface }) => surface === 'SCIM search')
    expect(search).toEqual(
      checked ? [expect.objectContaining({ ok, meaning: expect.stringContaining(checked) })] : [],
    )
  },
)

/** A whole app that filters, save for what is answered otherwise. */
const served =
  (otherwise: (arrived: ReceivedRequest) => CannedReply | undefined): Answer =>
  (arrived) => {
    const { path, query } = arrived
    const rows = path === '/Groups' ? [{ id: 'g1', displayName: 'Sales' }] : [user('u1'), user('u2')]
    const [, value] = /eq "(.*)"/.exec(query.filter ?? '') ?? []
    const wanted = rows.filter((row) => value === undefined || Object.values(row).includes(value))
    if (path !== '/Users' && path !== '/Groups') return otherwise(arrived) ?? { status: 404 }
    return otherwise(arrived) ?? { body: listOf(wanted) }
  }
const schemasOf = (...required: string[]): CannedReply => ({
  body: listOf([
    {
      id: 'urn:ietf:params:scim:schemas:core:2.0:User',
      attributes: required.map((name) => ({ name, required: true, mutability: 'readWrite' })),
    },
  ]),
})
const needing =
  (...required: string[]) =>
  ({ path }: ReceivedRequest) =>
    path === '/Schemas' ? schemasOf(...required) : undefined

test.each<[string, Answer, string | undefined]>([
  ['needs what cannot be set', served(needing('userName', 'userType')), 'new accounts'],
  ['needs what can be set', served(needing('userName', 'emails', 'active', 'displayName')), undefined],
  [
    'fails at a filter of groups',
    served(({ path, query }) => (path === '/Groups' && query.filter ? { status: 403 } : undefined)),
    'group filter',
  ],
])('of an app that %s it says whether anything speaks against it', async (_, answer, about) => {
  const { out } = await probe(answer, 'acme', '--json')
  const { unserved } = JSON.parse(out)
  expect(unserved.map((text: string) => text.split(':')[0])).toEqual(about ? [about] : [])
})
