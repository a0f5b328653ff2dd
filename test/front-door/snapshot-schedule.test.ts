// @module-tag long

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { diskStore } from '../../src/store/table-store.ts'
import { openWorld, type World } from '../support/world.ts'

const TENANT = 'acme-scim'
const HOUR_MS = 3_600_000

const open = (settings: object = {}) =>
  openWorld({
    settings: { snapshots: { everyHours: 1 }, ...settings },
    tenants: (own) => own,
    sandbox: { apps: ['netskope', 'scim'] },
  })

const listings = ({ sandbox }: World, tenant: 'acme-scim' | 'acme-netskope') =>
  sandbox.tenants[tenant].arrivals.filter(({ method, path }) => method === 'GET' && path.endsWith('/Users'))
    .length

/** Makes the last list so much older, like time that passes. */
async function pass(world: World, ms: number): Promise<void> {
  const store = diskStore(join(world.dataDir, 'state'), { durable: true })
  const key = `snapshot/last/${TENANT}`
  await expect.poll(() => store.get(key), { timeout: 20_000 }).toBeDefined()
  await store.set(key, ((await store.get<number>(key)) ?? 0) - ms)
  await store.close()
}

const actions = async (world: World) => {
  const { events = [] } = (await world.call('pull_audit', { tenant: TENANT, limit: 100 })) as unknown as {
    events: { action: string }[]
  }
  return events.map(({ action }) => action)
}

test('lists are taken by themselves while serving, by one of several instances, and tell what changed', async () => {
  await using world = await open()
  await pass(world, HOUR_MS / 2)
  const first = listings(world, TENANT)
  expect(first).toBeGreaterThan(0)
  // Not due yet, for whoever is there.
  const other = await world.open()
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(listings(world, TENANT)).toBe(first)
  world.sandbox.tenants[TENANT].addUser({ userName: 'new@example.com' })
  await pass(world, HOUR_MS)
  await expect.poll(() => actions(world), { timeout: 40_000 }).toEqual(['created'])
  expect(listings(world, TENANT)).toBe(2 * first)
  // The log of an app tells more.
  expect(listings(world, 'acme-netskope')).toBe(0)
  await other.close()
})

test('a list that breaks off makes nobody look gone, and is tried again', async () => {
  await using world = await open()
  await pass(world, 2 * HOUR_MS)
  world.sandbox.tenants[TENANT].faults.set([{ fault: 'server-error', status: 501 }])
  await expect.poll(() => world.stderr(), { timeout: 40_000 }).toContain(`no snapshot of ${TENANT}`)
  expect(await actions(world)).toEqual([])
  world.sandbox.tenants[TENANT].faults.clear()
  world.sandbox.tenants[TENANT].addUser({ userName: 'new@example.com' })
  await pass(world, HOUR_MS)
  await expect.poll(() => actions(world), { timeout: 40_000 }).toEqual(['created'])
})

test('none is taken unless the settings say how often', async () => {
  await using world = await open({ snapshots: {} })
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(listings(world, TENANT)).toBe(0)
})
