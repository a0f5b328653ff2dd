import { expect, test, vi } from 'vitest'
import { AUTHORITY, openConnectProxy, openTlsApp } from '../support/corporate-network.ts'
import { openHttpWorld } from '../support/http-world.ts'
import { openIssuer } from '../support/issuer.ts'
import { openWorld } from '../support/world.ts'

const LEAVES = { user: 'ada@example.com', tenants: ['acme-netskope'], reason: 'left' }
const HOOK = { webhook: { url: 'https://app.example/hook', secret: 'env:HOOK_SECRET' } }

test('messages go through the proxy of the settings, to a receiver that the settings trust', async () => {
  await using receiver = await openTlsApp((_, response) => response.end())
  await using proxy = await openConnectProxy({ port: receiver.port })
  await using world = await openWorld({
    answer: 'none',
    env: { HOOK_SECRET: 'a-webhook-secret' },
    settings: { ...HOOK, proxy: proxy.url, ca: AUTHORITY },
  })
  await world.call('deactivate_user', LEAVES)
  const arrived = (count: number) =>
    vi.waitFor(() => expect(receiver.asked).toEqual(Array(count).fill('POST /hook')), { timeout: 10_000 })
  await arrived(1)
  // From a command in the terminal too.
  expect((await world.run(['brake', 'on'])).code).toBe(0)
  await arrived(2)
  expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT app.example:443']))
  expect(proxy.heard()).not.toMatch(/hook|a-webhook-secret/)
})

test('no message goes to a receiver that the settings do not trust', async () => {
  await using receiver = await openTlsApp((_, response) => response.end())
  await using proxy = await openConnectProxy({ port: receiver.port })
  await using world = await openWorld({
    answer: 'none',
    env: { HOOK_SECRET: 'a-webhook-secret' },
    settings: { ...HOOK, proxy: proxy.url },
  })
  await world.call('deactivate_user', LEAVES)
  await vi.waitFor(() => expect(proxy.asked.length).toBeGreaterThan(0), { timeout: 10_000 })
  expect(receiver.asked).toEqual([])
})

test.each([true, false])('the keys of an issuer are fetched the same way, trusted: %s', async (trusted) => {
  await using signer = await openIssuer()
  const issuer = 'https://app.example'
  const documents: Record<string, unknown> = {
    '/.well-known/oauth-authorization-server': { issuer, jwks_uri: `${issuer}/keys` },
    '/keys': { keys: signer.keys.map(({ jwk }) => jwk) },
  }
  await using app = await openTlsApp(({ url = '' }, response) => response.end(JSON.stringify(documents[url])))
  await using proxy = await openConnectProxy({ port: app.port })
  await using world = await openHttpWorld({
    auth: { jwt: { issuer, audience: signer.audience } },
    settings: { proxy: proxy.url, ...(trusted && { ca: AUTHORITY }) },
  })
  const token = await signer.token({ iss: issuer, scope: 'identity:read', tenants: ['acme-netskope'] })
  const reply = await world.fetch('/mcp', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
  })
  expect(reply.status === 503).toBe(!trusted)
  expect(reply.status === 401).toBe(false)
  expect(app.asked).toEqual(trusted ? ['GET /.well-known/oauth-authorization-server', 'GET /keys'] : [])
  expect(new Set(proxy.asked)).toEqual(new Set(['CONNECT app.example:443']))
})
