// @module-tag long

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import pkg from '../../package.json' with { type: 'json' }
import { tools } from '../../src/tools/index.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { linkIn, send } from '../support/browser.ts'
import { CLIENTS } from '../support/clients.ts'
import { ALL_SCOPES, type HttpWorld, openHttpWorld } from '../support/http-world.ts'
import { openRawConnection } from '../support/line.ts'
import { MAIN } from '../support/main.ts'
import { shareWorld } from '../support/sharing.ts'
import { decideAt, type PendingAnswer } from '../support/strict.ts'
import { openSetup } from '../support/world.ts'

const LEAVES = { user: 'ada@example.com', tenants: ['acme-netskope'], reason: 'left' }
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

/** Somebody new who leaves in a world that tests share, and what has happened there since. */
function leaving(world: HttpWorld) {
  const { userName: user } = world.newcomer()
  return { world, user, leaves: { ...LEAVES, user }, ...world.since() }
}

describe('over HTTP', () => {
  const shared = shareWorld(async () => {
    const world = await openHttpWorld({
      ownProcess: true,
      auth: 'none',
      settings: { protected: ['breakglass@*'] },
    })
    await addApprovers(world, 'grace')
    return world
  })
  const approving = shareWorld(async () => {
    const world = await openHttpWorld({ auth: 'none', settings: { confirm: { removes: 'approve' } } })
    await addApprovers(world, 'grace')
    return world
  })

  test.each(CLIENTS)('a %s client lists and calls tools, and reads resources', async (kind) => {
    const guest = await shared().guest({ kind })
    // All of them but the deletion, which this tenant does not allow, and the end of sessions, which it cannot bring about.
    expect(await guest.tools()).toHaveLength(tools.length - 2)
    expect(await guest.call('find_user', { user: 'ada@example.com' })).toMatchObject({
      complete: true,
      people: [{ name: 'Ada Lovelace' }],
    })
    expect((await guest.call('find_user', {})).error).toMatchObject({ code: 'invalid_input' })
  })

  test('a modern client is asked within the call', async () => {
    const { world, user, leaves } = leaving(shared())
    const asked: string[] = []
    const guest = await world.guest({
      person: (message) => {
        asked.push(message)
        return { action: 'accept', content: { confirm: true } }
      },
    })
    expect(await guest.call('deactivate_user', leaves)).toMatchObject({ status: 'done' })
    expect(asked).toHaveLength(1)
    expect(world.netskope.user(user).active).toBe(false)
  })

  test.each(['legacy', 'v1'] as const)(
    'a %s client, which cannot be asked, needs an approval',
    async (kind) => {
      const { world, leaves, writes } = leaving(shared())
      const guest = await world.guest({
        kind,
        person: () => ({ action: 'accept', content: { confirm: true } }),
      })
      const waits = await guest.call('deactivate_user', leaves)
      expect(waits).toMatchObject({ status: 'approval_required' })
      expect(writes()).toEqual([])

      const { id } = waits.approval as { id: string }
      const approve = ['approvals', 'approve', id, '--approver', 'grace', '--passphrase-stdin']
      expect(await world.run(approve, { stdin: PASSPHRASE })).toMatchObject({ code: 0 })
      expect(await guest.call('deactivate_user', { ...leaves, approvalId: id })).toMatchObject({
        status: 'done',
      })
      expect((await guest.call('deactivate_user', { ...leaves, approvalId: id })).status).toBe('unchanged')
      expect(writes()).toHaveLength(1)
    },
  )

  test.each(CLIENTS)('a person approves on the page what a %s client asks for', async (kind) => {
    const { world, leaves, journal } = leaving(approving())
    const guest = await world.guest({ kind })
    const { approval } = (await guest.call('deactivate_user', leaves)) as unknown as PendingAnswer
    expect(linkIn(approval.approveAt)).toBe(`${world.url.origin}/approvals/${approval.id}`)
    expect(await decideAt(approval.approveAt)).toBe(303)
    const changed = await guest.call('deactivate_user', { ...leaves, approvalId: approval.id })
    expect(changed).toMatchObject({ status: 'done' })
    expect(journal().at(-1)).toMatchObject({ event: 'done', approval: { by: 'grace', how: 'page' } })
  })

  test('a modern client that can open links is sent to the page within the call', async () => {
    const { world, leaves } = leaving(approving())
    const guest = await world.guest({
      browser: async (link) => {
        expect(await decideAt(link)).toBe(303)
        return { action: 'accept', content: {} }
      },
    })
    expect(await guest.call('deactivate_user', leaves)).toMatchObject({ status: 'done' })
  })

  test('the page is there under the name that the settings give it, and silent under others', async () => {
    await using world = await openHttpWorld({ settings: { http: { url: 'https://identity.example.com' } } })
    await addApprovers(world, 'grace')
    const guest = await world.guest({ kind: 'legacy', token: await world.token('bot', ALL_SCOPES) })
    const { approval } = (await guest.call('deactivate_user', LEAVES)) as unknown as PendingAnswer
    expect(linkIn(approval.approveAt)).toBe(`https://identity.example.com/approvals/${approval.id}`)
    const { pathname: path } = new URL(linkIn(approval.approveAt))
    const shown = await send(world.url.href, { path, headers: { host: 'identity.example.com' } })
    expect(shown).toMatchObject({ status: 200, text: expect.stringContaining('Ada Lovelace') })
    expect(await send(world.url.href, { path, headers: { host: 'rebound.example' } })).toMatchObject({
      status: 421,
    })
  })

  test('a request id stands beside our own reference in log and journal, and a trace in the log', async () => {
    const { world, journal } = leaving(shared())
    const headers = { 'x-request-id': 'ticket-4711', traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }
    const guest = await world.guest({ headers })
    const { error } = await guest.call('deactivate_user', { ...LEAVES, user: 'breakglass@example.com' })
    expect(error).toMatchObject({ code: 'protected', reference: expect.stringMatching(/^[0-9a-f]{12}$/) })
    const { reference } = error as { reference: string }
    expect(journal()).toMatchObject([{ event: 'refused', call: reference, requestId: 'ticket-4711' }])
    const failed = world.log().find(({ message }) => message === 'deactivate_user failed')
    expect(failed).toMatchObject({ reference, requestId: 'ticket-4711', trace: TRACE })
  })

  test.each([
    ['of another form', { 'x-request-id': 'two words' }],
    ['that is too long', { 'x-request-id': 'x'.repeat(61) }],
    ['of markup', { 'x-request-id': '<b>' }],
    ['that is missing', {}],
  ])('a request id %s is left out, and so is a trace that is not sound', async (_, headers) => {
    const world = shared()
    const reply = await world.fetch('/healthz', { headers: { ...headers, traceparent: '00-0-0-00' } })
    const id = reply.headers.get('x-request-id')
    expect(id).toMatch(/^[0-9a-f]{12}$/)
    const logged = () => world.log().find(({ reference }) => reference === id)
    await expect.poll(logged).toBeDefined()
    expect(logged()).not.toHaveProperty('trace')
    expect(logged()).not.toHaveProperty('requestId')
  })

  test('says whether it lives, and whether it can serve', async () => {
    await using world = await openHttpWorld()
    const [healthy, ready, elsewhere] = await Promise.all(
      ['/healthz', '/readyz', '/elsewhere'].map((path) => world.fetch(path)),
    )
    expect([healthy?.status, ready?.status, elsewhere?.status]).toEqual([200, 200, 404])
    expect(await ready?.json()).toEqual({ ready: true })
  })
})

describe('the server card', () => {
  const shared = shareWorld(() => openHttpWorld())
  test.each(['/mcp/server-card', '/.well-known/mcp/server-card.json'])(
    'at %s says who this is and where to connect, to everybody, and names no tenant',
    async (path) => {
      const world = shared()
      const reply = await world.fetch(path)
      expect([reply.status, reply.headers.get('content-type')]).toEqual([
        200,
        'application/mcp-server-card+json',
      ])
      expect(reply.headers.get('access-control-allow-origin')).toBe('*')
      const card = (await reply.json()) as { remotes: { url: string }[] }
      expect(card).toMatchObject({
        $schema: expect.stringContaining('server-card.schema.json'),
        name: expect.stringMatching(/^[\w.-]+\/[\w.-]+$/),
        version: pkg.version,
        remotes: [{ type: 'streamable-http', headers: [{ name: 'Authorization', isSecret: true }] }],
      })
      // What it says is where MCP is.
      const reached = await fetch(card.remotes[0]?.url ?? '', { method: 'POST', body: '{}' })
      expect(reached.status).toBe(401)
      expect(JSON.stringify(card)).not.toContain('acme')
    },
  )

  test('can only be read', async () => {
    expect((await shared().fetch('/mcp/server-card', { method: 'POST' })).status).toBe(405)
  })
})

const FOUND = 'mcp_method_name="tools/call",gen_ai_operation_name="execute_tool",gen_ai_tool_name="find_user"'

describe('metrics', () => {
  test('count calls, outcomes, waits, budgets, approvals and breakers, and name no person', async () => {
    await using world = await openHttpWorld()
    const token = await world.token('helpdesk-bot', ALL_SCOPES)
    const guest = await world.guest({ kind: 'legacy', token, name: 'grace-of-helpdesk' })
    await guest.call('find_user', { user: 'ada@example.com' })
    await guest.call('find_user', { user: 42 })
    await guest.call('deactivate_user', LEAVES)
    const reply = await world.fetch('/metrics')
    expect(reply.headers.get('content-type')).toContain('text/plain')
    const text = await reply.text()
    for (const line of [
      /^identity_mcp_calls_total\{tool="find_user",outcome="done"\} 1$/m,
      /^identity_mcp_calls_total\{tool="find_user",outcome="invalid_input"\} 1$/m,
      /^identity_mcp_calls_total\{tool="deactivate_user",outcome="approval_required"\} 1$/m,
      new RegExp(`^mcp_server_operation_duration_seconds_count\\{${FOUND}\\} 1$`, 'm'),
      new RegExp(
        `^mcp_server_operation_duration_seconds_count\\{${FOUND},error_type="tool_error"\\} 1$`,
        'm',
      ),
      /^identity_mcp_budget_wait_seconds_count\{tenant="acme-netskope"\} [1-9]/m,
      /^identity_mcp_budget_left\{tenant="acme-netskope",token="[0-9a-f]{8}",window="minute"\} 29\d$/m,
      /^identity_mcp_approvals_pending 1$/m,
      /^identity_mcp_breaker_state\{tenant="acme-netskope"\} 0$/m,
      /^identity_mcp_app_throttled_total\{tenant="acme-netskope"\} 0$/m,
      /^identity_mcp_http_responses_total\{path="\/mcp",status="200"\} \d+$/m,
    ]) {
      expect(text).toMatch(line)
    }
    expect(text).not.toMatch(/ada|lovelace|grace|helpdesk|example\.com/i)
    for (const secret of [token, world.tokens.scim]) expect(text).not.toContain(secret)
  })

  test('count each answer by which an app limits us', async () => {
    await using world = await openHttpWorld({
      auth: 'none',
      tenant: { maxRetries: 0 },
      sandbox: { faults: [{ fault: '429-storm' }] },
    })
    const guest = await world.guest()
    await guest.call('find_user', { user: 'ada@example.com' })
    expect(await (await world.fetch('/metrics')).text()).toMatch(
      /^identity_mcp_app_throttled_total\{tenant="acme-netskope"\} [1-9]/m,
    )
  })

  test('show a breaker that leaves an app alone', async () => {
    await using world = await openHttpWorld({
      auth: 'none',
      tenant: { maxRetries: 0 },
      sandbox: { faults: [{ fault: 'reset' }] },
    })
    const guest = await world.guest()
    for (let time = 0; time < 5; time++) await guest.call('find_user', { user: 'ada@example.com' })
    expect(await (await world.fetch('/metrics')).text()).toMatch(
      /^identity_mcp_breaker_state\{tenant="acme-netskope"\} 2$/m,
    )
  })
})

describe('told to stop', () => {
  test('it finishes the write that is in flight, answers it, and takes no new work', async () => {
    await using world = await openHttpWorld({
      auth: 'none',
      settings: { confirm: { removes: 'none' } },
      sandbox: { faults: [{ fault: 'slow', method: 'PATCH', ms: 1_000 }] },
    })
    const guest = await world.guest()
    const change = guest.call('deactivate_user', LEAVES)
    await expect.poll(() => world.netskope.writes.length).toBe(1)
    const code = world.stop()
    await expect.poll(() => world.fetch('/healthz').catch(() => 'refused')).toBe('refused')
    expect(await change).toMatchObject({ status: 'done' })
    expect(await code).toBe(0)
    expect(world.journal().map(({ event }) => event)).toEqual(['started', 'done'])
  })

  test('it turns away what still comes over an open connection, and says that it is not ready', async () => {
    await using world = await openHttpWorld({
      auth: 'none',
      sandbox: { faults: [{ fault: 'slow', ms: 2_000 }] },
    })
    await using mcp = await openRawConnection(world.url)
    await using ready = await openRawConnection(world.url)
    const guest = await world.guest()
    const read = guest.call('find_user', { user: 'ada@example.com' })
    await expect.poll(() => world.netskope.arrivals.length).toBeGreaterThan(0)
    await mcp.send('GET /metrics HTTP/1.1\r\nHost: localhost\r\n')
    await ready.send('GET /readyz HTTP/1.1\r\nHost: localhost\r\n')
    void world.stop()
    await expect.poll(() => world.fetch('/healthz').catch(() => 'refused')).toBe('refused')
    await Promise.all([mcp.send('\r\n'), ready.send('\r\n')])
    for (const line of [mcp, ready]) {
      await expect.poll(line.received).toMatch(/^HTTP\/1\.1 503 [\s\S]*connection: close/i)
    }
    expect(await read).toMatchObject({ complete: true })
    expect(await world.ended).toBe(0)
  })
})

describe('a start over stdio', () => {
  test('loads nothing that only serving over HTTP needs', () => {
    const loaded = new Set<string>()
    const load = (file: string) => {
      if (loaded.has(file)) return
      loaded.add(file)
      const imports = file === MAIN ? /(?:from|import\(?)"(\.[^"]+)"/g : /(?:from|import)"(\.[^"]+)"/g
      for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(imports))
        load(join(dirname(file), from))
    }
    load(MAIN)
    // What `main.js` imports, the program itself included.
    const code = [...loaded].map((file) => readFileSync(file, 'utf8')).join('')
    expect(code).toContain('find_user')
    for (const mark of [
      'identity_mcp_calls_total',
      'JWKSNoMatchingKey',
      'createRemoteJWKSet',
      'from"node:http"',
    ]) {
      expect(code).not.toContain(mark)
    }
  })
})

describe('whom it serves', () => {
  const serve = async (settings: Record<string, unknown>, ...args: string[]) => {
    const place = await openSetup({ settings })
    const { code: status, stderr } = await place.run(['serve', '--http', '--port', '0', ...args])
    await place.close()
    return { status, stderr }
  }

  test('must be settled, or it does not start', async () => {
    expect(await serve({})).toMatchObject({ status: 2, stderr: expect.stringContaining('auth: is missing') })
  })

  test.each(['0.0.0.0', '::', '192.0.2.1'])('is not anybody at %s', async (host) => {
    const refused = await serve({ auth: 'none' }, '--host', host)
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('loopback') })
  })

  test.each([
    ['auth.token: unknown key', { token: true }],
    ['auth: must name tokens, jwt or both', {}],
    ['auth: must be "none", or an object', 'open'],
    ['auth.jwt.issuer: must be https', { jwt: { issuer: 'http://example.com', audience: 'x' } }],
    ['auth.jwt.audience: is missing', { jwt: { issuer: 'https://example.com' } }],
  ])('is said wrong: %s', async (problem, auth) => {
    expect(await serve({ auth })).toMatchObject({ status: 2, stderr: expect.stringContaining(problem) })
  })

  test('needs a port that is free', async () => {
    await using world = await openHttpWorld({ auth: 'none' })
    expect(await serve({ auth: 'none' }, '--port', world.url.port)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('EADDRINUSE'),
    })
  })
})
