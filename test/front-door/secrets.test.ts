// @module-tag long

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CLIENTS } from '../support/clients.ts'
import { openWorld } from '../support/world.ts'

const CANARY = 'canary-7f3a91c5e2d84b06'
const FAULTS = [
  'echo-token',
  'html-errors',
  'ok-zero',
  'bad-gateway',
  'reset',
  'empty-reply',
  'sso-inactive',
  'patch-unsupported',
  'oversized',
] as const

/** Every byte of every file below a folder. */
const bytesIn = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')

test.each(CLIENTS)('a token appears in nothing that is written for a %s client', async (client) => {
  await using world = await openWorld({
    // What Node and the build say counts as well.
    ownProcess: client === 'modern',
    client,
    env: { IDENTITY_MCP_LOG: 'info' },
    tenant: { maxRetries: 0, timeoutMs: 2_000 },
    sandbox: { tokens: { scim: { value: `${CANARY}-scim` }, rest: { value: `${CANARY}-rest` } } },
  })
  const said: unknown[] = []
  const tenant = 'acme-netskope'
  for (const fault of [undefined, ...FAULTS]) {
    world.netskope.faults.set(fault ? [{ fault }] : [])
    said.push(await world.client.listTools())
    said.push(await world.call('list_tenants'))
    said.push(await world.call('find_user', { user: 'ada@example.com' }))
    said.push(await world.call('list_users', { tenant, limit: 2 }))
    said.push(await world.call('list_groups', { tenant, limit: 2 }))
    said.push(await world.call('pull_audit', { tenant, limit: 2 }))
    said.push(await world.call('check_token'))
    const change = { user: 'ada@example.com', tenants: [tenant], reason: 'left' }
    said.push(await world.call('deactivate_user', change))
    said.push(await world.call('reactivate_user', change))
  }
  const check = await world.run(['check'])
  said.push(check, world.asked, world.stderr())
  for (const words of [['journal'], ['journal', 'export'], ['approvals', '--all']])
    said.push(await world.run(words))
  expect(JSON.stringify(said)).not.toContain(CANARY)
  expect(bytesIn(world.dataDir)).not.toContain(CANARY)
  expect(world.stderr()).not.toBe('')
})
