import { expect, test } from 'vitest'
import { openHttpWorld } from '../support/http-world.ts'
import { shareWorld } from '../support/sharing.ts'

const shared = shareWorld(() => openHttpWorld())

const call = (id: number, name = 'find_user', args: object = { user: 'ada@example.com' }) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
})
const FORBIDDEN = {
  user: 'ada@example.com',
  tenants: ['acme-netskope'],
  reason: 'x',
}
const NOTE = { jsonrpc: '2.0', method: 'notifications/initialized' }

test.each<[string, unknown[]]>([
  ['of calls', [call(1), call(2)]],
  ['of one call', [call(1)]],
  ['of calls with one id', [call(1), call(1)]],
  [
    'of a hundred forbidden calls',
    Array.from({ length: 100 }, (_, id) => call(id, 'deactivate_user', FORBIDDEN)),
  ],
  ['of more than the SDK takes', Array.from({ length: 101 }, (_, id) => call(id))],
  ['of notifications', [NOTE, NOTE]],
  ['of a call within a batch', [[call(1)]]],
  ['of nothing', []],
])('a batch %s reaches no tool, and is answered with what to do', async (_, batch) => {
  const world = shared()
  const { arrivals, journal } = world.since()
  const token = await world.token(`bot-${batch.length}-${Math.random()}`, ['identity:read'])
  for (const version of ['2025-03-26', '2025-06-18', '2025-11-25', undefined]) {
    const reply = await world.fetch('/mcp', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(version && { 'mcp-protocol-version': version }),
      },
      body: JSON.stringify(batch),
    })
    expect(reply.status).toBe(400)
    expect(await reply.json()).toMatchObject({
      jsonrpc: '2.0',
      id: null,
      error: {
        code: -32_600,
        data: { error: { code: 'unsupported', hint: expect.stringContaining('each message') } },
      },
    })
  }
  expect([arrivals(), journal()]).toEqual([[], []])
})
