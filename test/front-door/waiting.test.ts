// @module-tag long

import { describe, expect, test } from 'vitest'
import { startScimApp } from '../../src/sandbox/scim-app.ts'
import { CLIENTS, type Progress } from '../support/clients.ts'
import { openWorld } from '../support/world.ts'

const ADA = 'ada@example.com'
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const meta = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }

describe.each(CLIENTS)('a %s client that asks for progress', (client) => {
  test('is told how many of many tenants have answered', async () => {
    await using world = await openWorld({ client, tenants: (own) => own })
    const seen: Progress[] = []
    const onprogress = (progress: Progress) => seen.push(progress)
    const { complete } = await world.call('find_user', { user: ADA }, { onprogress })
    expect(complete).toBe(true)
    expect(seen.slice(0, 3)).toMatchObject(
      [1, 2, 3].map((done) => ({ progress: done, total: 3, message: `${done} of 3 tenants have answered` })),
    )
    const values = seen.map(({ progress }) => progress)
    expect(values).toEqual([...new Set(values)].sort((one, other) => one - other))
  })

  test('is told that a call waits for a budget', async () => {
    await using world = await openWorld({ client, tenant: { budget: { perSecond: 1 } } })
    const seen: Progress[] = []
    const onprogress = (progress: Progress) => seen.push(progress)
    const find = () => world.call('find_user', { user: ADA, tenants: ['acme-netskope'] }, { onprogress })
    await Promise.all([find(), find(), find()])
    const { host } = new URL(world.sandbox.url)
    expect(seen).toContainEqual(expect.objectContaining({ message: `Waiting for the budget of ${host}` }))
  })

  test('is told nothing else, and one that does not ask is told nothing', async () => {
    await using world = await openWorld({ client })
    const seen: Progress[] = []
    await world.call('list_tenants', {}, { onprogress: (progress) => seen.push(progress) })
    expect(seen).toEqual([])
  })

  test('is told every few seconds that the app lets it wait', async () => {
    const app = await startScimApp({ faults: ['hang'] })
    const slow = {
      vendor: 'scim',
      url: app.scimUrl,
      tokens: { scim: 'env:T' },
      timeoutMs: 6_000,
      maxRetries: 0,
    }
    await using world = await openWorld({
      client,
      settings: { tenants: { slow } },
      env: { T: app.tokens.scim.value },
    })
    const seen: Progress[] = []
    await world.call('list_users', { tenant: 'slow' }, { onprogress: (progress) => seen.push(progress) })
    expect(seen).toMatchObject([{ progress: 1, message: 'Waiting for the apps' }])
    await app.close()
  })

  test('finds the trace of its call in the journal and in the log, and no app is sent it', async () => {
    await using world = await openWorld({ client, env: { IDENTITY_MCP_LOG: 'info' } })
    const leaves = { user: ADA, tenants: ['acme-netskope'], reason: 'left' }
    expect(await world.call('deactivate_user', leaves, { meta })).toMatchObject({ status: 'done' })
    for (const line of world.journal()) expect(line.trace).toBe(TRACE)
    const { error } = await world.call('update_user', { tenant: 'acme-netskope' }, { meta })
    expect(error?.code).toBe('invalid_input')
    expect(world.stderr()).toContain(`"trace":"${TRACE}"`)
    expect(JSON.stringify(world.netskope.arrivals)).not.toContain(TRACE)
    const other = { meta: { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` } }
    await world.call('reactivate_user', leaves, other)
    expect(world.journal().at(-1)).not.toHaveProperty('trace')
  })
})
