import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { type Fields, fillIn, send } from '../support/browser.ts'
import { type Answer, CLIENTS } from '../support/clients.ts'
import { openStrict, PASSPHRASE, STRICT } from '../support/strict.ts'
import { MAIN, openWorld, type World } from '../support/world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }
interface Waiting {
  status: string
  approval: { id: string; approveAt: string }
}

const OPENED: Answer = { action: 'accept', content: {} }
const events = (world: World) => world.journal().map(({ event }) => event)
const isActive = (world: World) => world.netskope.user(ADA)?.active

/** What Grace does on the page; resolves with the status of the answer. */
const decideAt = async (link: string, fields: Fields = {}) =>
  (await send(link, await fillIn(link, { approver: 'grace', passphrase: PASSPHRASE, ...fields }))).status

/** A person who opens the link, and decides there a moment later. */
const decidesLater = (fields: Fields = {}) => {
  const links: string[] = []
  const decided: Promise<number>[] = []
  return {
    links,
    decided,
    browser: (link: string): Answer => {
      links.push(link)
      decided.push(new Promise((resolve) => setTimeout(resolve, 300)).then(() => decideAt(link, fields)))
      return OPENED
    },
  }
}

describe.each(CLIENTS)('a %s client that can open links', (client) => {
  test('is handed the page, and the same call goes through once it is approved there', async () => {
    const person = decidesLater()
    const messages: string[] = []
    const browser = (link: string, message: string) => {
      messages.push(message)
      return person.browser(link)
    }
    await using world = await openStrict({ client, browser })
    expect(await world.call('deactivate_user', LEAVES)).toMatchObject({
      status: 'done',
      results: [{ outcome: 'deactivated', verified: true }],
    })
    expect(await Promise.all(person.decided)).toEqual([303])
    expect(person.links).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/approvals\/[\w-]{12}$/)])
    for (const part of ['Ada Lovelace', ADA, 'left the company']) expect(messages[0]).toContain(part)
    expect(world.asked).toEqual([])
    expect(world.netskope.writes).toHaveLength(1)
    expect(events(world)).toEqual(['asked', 'approved', 'started', 'done'])
    const approved = world.journal().find(({ event }) => event === 'approved')
    expect(approved).toMatchObject({ approval: { by: 'grace', how: 'page' } })
    expect(world.journal().at(-1)?.approval).toMatchObject({ by: 'grace', how: 'page' })
  })

  test('is told when it was denied there', async () => {
    const person = decidesLater({ decision: 'denied' })
    await using world = await openStrict({ client, browser: person.browser })
    expect((await world.call('deactivate_user', LEAVES)).error?.code).toBe('approval_denied')
    expect(world.netskope.writes).toEqual([])
    expect(events(world)).toEqual(['asked', 'denied', 'denied'])
  })

  test.each(['decline', 'cancel'] as const)('that says %s leaves the request waiting', async (action) => {
    await using world = await openStrict({ client, browser: () => ({ action }) })
    const first = (await world.call('deactivate_user', LEAVES)) as unknown as Waiting
    expect(first.status).toBe('approval_required')
    expect(events(world)).toEqual(['asked'])
    expect(await decideAt(first.approval.approveAt)).toBe(303)
    expect(await world.call('deactivate_user', { ...LEAVES, approvalId: first.approval.id })).toMatchObject({
      status: 'done',
    })
    expect(world.netskope.writes).toHaveLength(1)
  })

  test('voids the yes when the account changed while the person was deciding', async () => {
    await using world = await openStrict({
      client,
      browser: async (link) => {
        const record = world.netskope.user(ADA)
        if (record) record.externalId = 'somebody-else'
        expect(await decideAt(link)).toBe(303)
        return OPENED
      },
    })
    expect((await world.call('deactivate_user', LEAVES)).error?.code).toBe('approval_void')
    expect(world.netskope.writes).toEqual([])
  })

  test('is not handed the page when nobody may approve yet', async () => {
    let opened = 0
    const browser = () => {
      opened += 1
      return OPENED
    }
    await using world = await openWorld({ client, settings: STRICT, browser })
    const { status, approval } = (await world.call('deactivate_user', LEAVES)) as unknown as Waiting
    expect(status).toBe('approval_required')
    expect(approval.approveAt).toContain('approvers add NAME')
    expect(opened).toBe(0)
  })
})

test('having opened the link says nothing: the call waits a bounded while, and the request stays', async () => {
  await using world = await openStrict({ browser: () => OPENED })
  const legacy = await world.open({ client: 'legacy', clientName: 'older-client' })
  const begun = Date.now()
  const answers = (await Promise.all(
    [world, legacy].map((one) => one.call('deactivate_user', LEAVES)),
  )) as unknown as Waiting[]
  const took = Date.now() - begun
  expect(answers.map(({ status }) => status)).toEqual(['approval_required', 'approval_required'])
  // Long enough for a person, and well before a client gives up after a minute.
  expect(took).toBeGreaterThan(25_000)
  expect(took).toBeLessThan(50_000)
  expect(world.netskope.writes).toEqual([])
  expect(isActive(world)).toBe(true)
  const { id, approveAt } = answers[0]?.approval ?? { id: '', approveAt: '' }
  expect(await decideAt(approveAt)).toBe(303)
  expect(await world.call('deactivate_user', { ...LEAVES, approvalId: id })).toMatchObject({ status: 'done' })
}, 90_000)

test('an older client that fails at links is told where to approve', async () => {
  await using world = await openStrict({
    client: 'legacy',
    browser: () => {
      throw new Error('no browser')
    },
  })
  const { status, approval } = (await world.call('deactivate_user', LEAVES)) as unknown as Waiting
  expect(status).toBe('approval_required')
  expect(await decideAt(approval.approveAt)).toBe(303)
})

test('a client that can only open links is handed one where others are asked', async () => {
  const person = decidesLater()
  await using world = await openStrict({ settings: {}, answer: 'none', browser: person.browser })
  expect(await world.call('deactivate_user', LEAVES)).toMatchObject({ status: 'done' })
  expect(person.links).toHaveLength(1)
})

describe.each(CLIENTS)('a %s client that cannot open links', (client) => {
  test('is told the address, with which a person decides, and which approves nothing by itself', async () => {
    await using world = await openStrict({ client })
    const { status, approval } = (await world.call('deactivate_user', LEAVES)) as unknown as Waiting
    expect(status).toBe('approval_required')
    expect(approval.approveAt).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/approvals\//)
    const call = { ...LEAVES, approvalId: approval.id }
    const path = new URL(approval.approveAt).pathname
    for (let opened = 0; opened < 3; opened += 1) {
      expect((await send(approval.approveAt, { path })).status).toBe(200)
    }
    expect((await world.call('deactivate_user', call)).status).toBe('approval_required')
    expect(await decideAt(approval.approveAt, { passphrase: 'a wrong passphrase' })).toBe(403)
    expect((await world.call('deactivate_user', call)).status).toBe('approval_required')
    expect(await decideAt(approval.approveAt)).toBe(303)
    expect(await world.call('deactivate_user', call)).toMatchObject({ status: 'done' })
    expect(events(world)).toEqual(['asked', 'refused', 'approved', 'started', 'done'])
  })
})

describe('a forged or bent link', () => {
  /** A modern client that was handed a link, and what it is to send along when it repeats the call. */
  const linked = async (world: World) => {
    const raw = world.raw()
    const first = await raw.send('tools/call', { name: 'deactivate_user', arguments: LEAVES })
    const link = first.result?.inputRequests?.approve?.params.url ?? ''
    expect(link).toContain('/approvals/')
    return { raw, link, requestState: first.result?.requestState ?? '' }
  }
  const ACCEPT = { approve: { action: 'accept', content: { confirm: true } } }

  test('is good for exactly the call that it was handed out for', async () => {
    await using world = await openStrict()
    const { raw, link, requestState } = await linked(world)
    expect(await decideAt(link)).toBe(303)
    const round = { requestState, inputResponses: ACCEPT }
    const other = await raw.call('deactivate_user', { ...LEAVES, reason: 'another reason' }, round)
    expect(other.body.error?.code).toBe('approval_void')
    // Whoever else brings it is sent to a person as if they had brought nothing.
    const stranger = await world.raw('another-client').call('deactivate_user', LEAVES, round)
    expect({ asked: stranger.state !== undefined, body: stranger.body }).toEqual({ asked: true, body: {} })
    expect(world.netskope.writes).toEqual([])
    expect((await raw.call('deactivate_user', LEAVES, round)).body.status).toBe('done')
    const record = world.netskope.user(ADA)
    if (record) record.active = true
    expect((await raw.call('deactivate_user', LEAVES, round)).body.error?.code).toBe('approval_used')
    expect(world.netskope.writes).toHaveLength(1)
  })

  test('writes once, when the same answer is sent 20 times at once', async () => {
    await using world = await openStrict()
    const { raw, link, requestState } = await linked(world)
    expect(await decideAt(link)).toBe(303)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        raw.call('deactivate_user', LEAVES, { requestState, inputResponses: ACCEPT }),
      ),
    )
    expect(answers.filter(({ body }) => body.status === 'done')).toHaveLength(1)
    expect(world.netskope.writes).toHaveLength(1)
  })

  test.each([
    ['an altered state', (state: string) => `${state.slice(0, -2)}AA`],
    [
      'the bare id',
      (state: string) =>
        String(JSON.parse(Buffer.from(state.split('.')[0] ?? '', 'base64url').toString())[0]),
    ],
  ])('lets nothing through with %s', async (_, alter) => {
    await using world = await openStrict()
    const { raw, link, requestState } = await linked(world)
    expect(await decideAt(link)).toBe(303)
    const round = { requestState: alter(requestState), inputResponses: ACCEPT }
    const { state, body } = await raw.call('deactivate_user', LEAVES, round)
    expect({ state, body }).toMatchObject({ state: undefined, body: { status: 'approval_required' } })
    expect(world.netskope.writes).toEqual([])
  })

  test('is no form: ticking a box does not approve', async () => {
    await using world = await openStrict()
    const { raw, requestState } = await linked(world)
    const inputResponses = { confirm: { action: 'accept', content: { confirm: true } } }
    const { body } = await raw.call('deactivate_user', LEAVES, { requestState, inputResponses })
    expect(body.status).toBe('approval_required')
    expect(world.netskope.writes).toEqual([])
  })
})

describe('the process', () => {
  const initialize = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'probe', version: '1' },
  }

  test('opens a port only for what waits, closes it, writes nothing but protocol, and leaves at once', async () => {
    await using world = await openStrict()
    const config = ['--config', `${world.folder}/identity-mcp.json`]
    const env = { PATH: process.env.PATH ?? '', HOME: world.folder, ...world.sandbox.env }
    const child = spawn(process.execPath, [MAIN, ...config], { env })
    let stdout = ''
    const answered = new Promise<Waiting>((resolve) => {
      child.stdout.on('data', (piece) => {
        stdout += String(piece)
        const line = stdout.split('\n').find((one) => one.includes('"id":2'))
        if (line && stdout.endsWith('\n')) resolve(JSON.parse(line).result.structuredContent)
      })
    })
    const messages = [
      { id: 1, method: 'initialize', params: initialize },
      { method: 'notifications/initialized' },
      { id: 2, method: 'tools/call', params: { name: 'deactivate_user', arguments: LEAVES } },
    ]
    child.stdin.write(messages.map((one) => `${JSON.stringify({ jsonrpc: '2.0', ...one })}\n`).join(''))
    const { approveAt } = (await answered).approval
    const path = new URL(approveAt).pathname
    expect((await send(approveAt, { path })).status).toBe(200)

    const begun = performance.now()
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    child.stdin.end()
    expect(await ended).toBe(0)
    expect(performance.now() - begun).toBeLessThan(2_000)
    await expect(send(approveAt, { path })).rejects.toThrow('ECONNREFUSED')
    for (const line of stdout.trimEnd().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
  })

  test('closes the port once nothing waits, and opens it again for the next', async () => {
    await using world = await openStrict()
    const { approval } = (await world.call('deactivate_user', LEAVES)) as unknown as Waiting
    const path = new URL(approval.approveAt).pathname
    await world.run(['approvals', 'deny', approval.id, '--approver', 'grace', '--passphrase-stdin'], {
      stdin: PASSPHRASE,
    })
    const shut = async () => (await send(approval.approveAt, { path }).catch(() => undefined)) === undefined
    while (!(await shut())) await new Promise((resolve) => setTimeout(resolve, 200))
    const next = (await world.call('deactivate_user', LEAVES)) as unknown as Waiting
    expect(await decideAt(next.approval.approveAt)).toBe(303)
  })
})

describe('what a person is told of other apps', () => {
  const elsewhereOf = async (world: World, id: string) =>
    JSON.parse((await world.run(['approvals', 'show', id, '--json'])).stdout).briefing

  /** The three apps of the sandbox, and one where nobody answers. */
  async function openFour(confirm: Record<string, string>) {
    const world = await openStrict()
    const { tenants } = world.sandbox.settings
    const gone = { vendor: 'scim', url: 'http://127.0.0.1:9', tokens: { scim: 'env:GONE' }, maxRetries: 0 }
    world.rewrite({ confirm, tenants: { ...tenants, gone } })
    const server = await world.open({ env: { GONE: 'a-token-of-some-kind' } })
    return { world, call: server.call, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
  }

  test('is found with one look-up in each, and what is not known is said to be', async () => {
    await using four = await openFour(STRICT.confirm)
    const { world } = four
    const gainsight = world.sandbox.tenants['acme-gainsight']
    const before = gainsight.arrivals.length
    const { approval } = (await four.call('deactivate_user', LEAVES)) as unknown as Waiting
    expect(await elsewhereOf(world, approval.id)).toMatchObject({
      changes: [
        {
          tenant: 'acme-netskope',
          app: 'Netskope',
          operation: 'deactivateAccount',
          reversible: true,
          accounts: [
            {
              userName: ADA,
              name: 'Ada Lovelace',
              alters: [{ what: 'status', before: 'active', after: 'inactive' }],
            },
          ],
        },
      ],
      elsewhere: {
        active: [
          { tenant: 'acme-gainsight', app: 'Gainsight' },
          { tenant: 'acme-mindtickle', app: 'Mindtickle' },
        ],
        unknown: [{ tenant: 'gone' }],
      },
    })
    expect(gainsight.arrivals.length - before).toBeLessThanOrEqual(2)
    const path = new URL(approval.approveAt).pathname
    expect((await send(approval.approveAt, { path })).text).toContain('2 other apps')
  })

  test('costs nothing where nobody has to approve', async () => {
    await using four = await openFour({ removes: 'none' })
    const { tenants } = four.world.sandbox
    expect(await four.call('deactivate_user', LEAVES)).toMatchObject({ status: 'done' })
    expect(tenants['acme-gainsight'].arrivals).toEqual([])
    expect(tenants['acme-mindtickle'].arrivals).toEqual([])
  })
})
