import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openWorld } from '../support/world.ts'
import { hostileText, hostileValue, textOf } from './hostile.ts'

const request = fc.record(
  {
    jsonrpc: fc.oneof(fc.constant('2.0'), hostileValue),
    id: fc.oneof(fc.integer({ min: 10_000 }), hostileValue),
    method: fc.oneof(
      fc.constantFrom('tools/call', 'tools/list', 'initialize', 'resources/read', 'ping'),
      hostileText,
    ),
    params: fc.oneof(
      hostileValue,
      fc.record({ name: hostileText, arguments: hostileValue, uri: hostileText, _meta: hostileValue }),
      fc.record({ name: fc.constantFrom('deactivate_user', 'find_user'), arguments: hostileValue }),
    ),
  },
  { requiredKeys: [] },
)

const LINES: readonly string[] = [
  '',
  '{',
  'null',
  '[]',
  '"text"',
  '\u0000\u001b]0;title\u0007',
  '{"jsonrpc":"2.0","id":1e999,"method":"tools/list"}',
  '{"__proto__":{"polluted":1},"jsonrpc":"2.0","id":10001,"method":"tools/call"}',
  `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
  `{"jsonrpc":"2.0","id":10002,"method":"tools/call","params":{"name":"find_user","arguments":{"user":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}`,
  `{"jsonrpc":"2.0","id":10003,"method":"tools/call","params":{"name":"find_user","arguments":{"user":"${'x'.repeat(2_000_000)}"}}}`,
]

test('no line that a client sends ends the server, or reaches an app', async () => {
  await using world = await openWorld({ settings: { confirm: { removes: 'none' } } })
  const raw = world.raw()
  const made = fc.sample(request, { numRuns: 150, seed: 42 }).map((one) => textOf(one).replaceAll('\n', ' '))
  for (const line of [...LINES, ...made]) raw.write(`${line}\n`)
  raw.write(Buffer.from([0xff, 0xfe, 0xc0, 0x0a]))
  const { body } = await raw.call('find_user', { user: 'ada@example.com' })
  expect(body).toMatchObject({ complete: true })
  // One look-up, and three requests that test the lists and filters of the app.
  expect(world.netskope.arrivals).toHaveLength(4)
})
