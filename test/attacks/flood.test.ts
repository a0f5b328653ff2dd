// @module-tag long

import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Scope } from '../../src/domain/scopes.ts'
import { journalFile } from '../../src/journal/file.ts'
import { openHttpWorld } from '../support/http-world.ts'

const LONG = 'x'.repeat(300)
const LEAVES = { user: 'ada@example.com', tenants: ['acme-netskope'], reason: LONG }
const SET = { tenant: 'acme-netskope', user: 'ada@example.com', set: { department: LONG } }

/** Calls that change nothing, of which a caller can make any number. */
const KINDS: [string, Scope, string, object][] = [
  ['for which it lacks the scope', 'identity:read', 'update_user', SET],
  ['at a tenant that it cannot see', 'identity:remove', 'deactivate_user', { ...LEAVES, tenants: ['none'] }],
  ['about nobody', 'identity:remove', 'deactivate_user', { ...LEAVES, user: 'nobody@example.com' }],
  ['that are malformed', 'identity:remove', 'deactivate_user', { ...LEAVES, force: true }],
  [
    'with an approval that it made up',
    'identity:remove',
    'deactivate_user',
    { ...LEAVES, approvalId: 'K7Q2-M9XD-41' },
  ],
]

test.each(KINDS)(
  'a flood of calls %s grows the journal no more than a rate',
  async (_, scope, tool, args) => {
    // Not the budget of the app, which would make calls wait.
    await using world = await openHttpWorld({
      tenant: { budget: { perMinute: 100_000 } },
      sandbox: { perMinute: 100_000 },
    })
    const token = await world.token('mallory', [scope])
    const ask = (id: number) =>
      world.fetch('/mcp', {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2025-06-18',
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id,
          method: 'tools/call',
          params: { name: tool, arguments: args },
        }),
      })
    for (let round = 0; round < 17; round++) {
      const replies = await Promise.all(Array.from({ length: 20 }, (_, id) => ask(round * 20 + id)))
      for (const reply of replies) expect(reply.status).toBeLessThan(500)
    }
    const lines = world.journal()
    expect(lines.length).toBeLessThanOrEqual(300)
    expect(lines.length).toBeGreaterThan(10)
    expect(statSync(journalFile(world.dataDir)).size / lines.length).toBeLessThan(2_500)
    await world.stop()
    const last = world.journal().at(-1)
    expect(last).toMatchObject({
      event: 'refused',
      caller: expect.stringMatching(/^token:mallory#/),
      tool: 'journal',
    })
    expect(last?.note).toMatch(/^40 more calls that changed nothing were left out, from 2\S+Z to 2\S+Z: /)
    expect(await world.run(['journal', 'verify'])).toMatchObject({ code: 0 })
  },
)
