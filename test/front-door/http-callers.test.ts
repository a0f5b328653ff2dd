// @module-tag long

import { describe, expect, test } from 'vitest'
import { SCOPES, type Scope } from '../../src/domain/scopes.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { ALL_SCOPES, type HttpWorld, openHttpWorld } from '../support/http-world.ts'
import { shareWorld } from '../support/sharing.ts'
import { AUDITING, READING, REMOVING, WRITING } from '../support/tool-names.ts'
import { type OAuthWorld, openOAuthWorld } from '../support/trusting.ts'

const TAKING = [...REMOVING, 'delete_user']
const OFFERED: Record<Scope, string[]> = {
  'identity:read': READING,
  'identity:audit': AUDITING,
  'identity:write': [...READING, ...WRITING],
  'identity:remove': [...READING, ...WRITING, ...TAKING],
}
const EVERY = [...READING, ...AUDITING, ...WRITING, ...TAKING]
const LEAVES = { user: 'ada@example.com', tenants: ['acme-netskope'], reason: 'left' }
const YES = () => ({ action: 'accept' as const, content: { confirm: true } })

const deleting = shareWorld(() => openHttpWorld({ tenant: { allowDelete: true } }))

describe.each(SCOPES)('a caller with the scope %s', (scope) => {
  const named = (name: string) => deleting().token(`${name}-${scope.replace(':', '-')}`, [scope])

  test('is shown what it may use, and refused all else', async () => {
    const world = deleting()
    const { writes } = world.since()
    const guest = await world.guest({ token: await named('bot') })
    expect((await guest.tools()).sort()).toEqual([...OFFERED[scope]].sort())
    for (const tool of EVERY) {
      const { error } = await guest.call(tool, argumentsOf(tool))
      if (OFFERED[scope].includes(tool)) expect(error?.code, tool).not.toBe('forbidden')
      else expect(error, tool).toMatchObject({ code: 'forbidden', retryable: false })
    }
    expect(writes().every(() => OFFERED[scope].length > READING.length)).toBe(true)
  })

  test('is told by list_tenants of the tools that it may use', async () => {
    if (!OFFERED[scope].includes('list_tenants')) return
    const guest = await deleting().guest({ token: await named('asker') })
    const { tenants } = (await guest.call('list_tenants')) as { tenants: { can: string[] }[] }
    expect(tenants[0]?.can.sort()).toEqual([...OFFERED[scope]].sort())
  })
})

describe('an OAuth client', () => {
  const shared = shareWorld(openOAuthWorld)

  test('is told all the scopes it needs when it lacks one, and the journal has its call', async () => {
    const { issuer, world } = shared()
    const { journal } = world.since()
    const token = await issuer.token({ scope: 'openid identity:audit identity:read', sub: 'grace' })
    for (const era of ERAS) {
      const { status, challenge } = await post(
        world,
        token,
        'tools/call',
        { name: 'deactivate_user', arguments: LEAVES },
        era,
      )
      expect(status).toBe(403)
      expect(challenge).toContain('error="insufficient_scope"')
      expect(challenge).toContain('scope="identity:read identity:audit identity:remove"')
      expect(challenge).toContain('resource_metadata="https://identity.example.com/.well-known/')
    }
    const refused = {
      event: 'refused',
      tool: 'deactivate_user',
      caller: `oauth:${issuer.issuer}#grace`,
      code: 'forbidden',
    }
    expect(journal()).toMatchObject([refused, refused])
    const more = await world.guest({
      token: await issuer.token({ scope: 'identity:read identity:audit identity:remove' }),
      person: YES,
    })
    expect(await more.call('deactivate_user', LEAVES)).toMatchObject({ status: 'done' })
  })

  test.each(SCOPES)(
    'with the scope %s is shown every tool, and the scope that each one lacks',
    async (scope) => {
      const { issuer, world } = shared()
      const guest = await world.guest({ token: await issuer.token({ scope }) })
      const tools = await guest.listTools()
      expect(tools.map(({ name }) => name).sort()).toEqual(
        EVERY.filter((name) => name !== 'delete_user').sort(),
      )
      const lacking = tools.filter(({ description }) =>
        /Needs the scope identity:\w+/.test(description ?? ''),
      )
      const has = OFFERED[scope]
      expect(lacking.map(({ name }) => name).filter((name) => has.includes(name))).toEqual([])
      expect(lacking).toHaveLength(tools.filter(({ name }) => !has.includes(name)).length)
    },
  )

  test('is told so for what it reads, too', async () => {
    const { issuer, world } = shared()
    const { arrivals } = world.since()
    const token = await issuer.token({ scope: 'identity:audit' })
    const look = { name: 'find_user', arguments: { user: 'ada@example.com' } }
    const read = { uri: 'identity://vendors/netskope' }
    for (const [method, params] of [
      ['tools/call', look],
      ['resources/read', read],
    ] as const) {
      const { status, challenge } = await post(world, token, method, params)
      expect(status).toBe(403)
      expect(challenge).toContain('scope="identity:read identity:audit"')
    }
    expect(arrivals()).toEqual([])
  })
})

describe('a caller that may see one tenant', () => {
  const shared = shareWorld(() => openHttpWorld({ tenants: (own) => own }))
  const netskopeOnly = async (name: string) => {
    const world = shared()
    const token = await world.token(name, ALL_SCOPES, ['acme-netskope'])
    return world.guest({ token, person: YES })
  }

  test('is shown no other', async () => {
    const world = shared()
    const guest = await netskopeOnly('looks')
    const { tenants } = (await guest.call('list_tenants')) as { tenants: { tenant: string }[] }
    expect(tenants.map(({ tenant }) => tenant)).toEqual(['acme-netskope'])
    expect(await guest.call('find_user', { user: 'ada@example.com' })).toMatchObject({
      searched: [{ tenant: 'acme-netskope' }],
      complete: true,
    })
    const { checks } = (await guest.call('check_token')) as { checks: { tenant: string }[] }
    expect([...new Set(checks.map(({ tenant }) => tenant))]).toEqual(['acme-netskope'])
    expect((await guest.resources()).filter((uri) => !uri.includes('netskope'))).toEqual([])
    expect(world.sandbox.tenants['acme-gainsight'].arrivals).toEqual([])
    expect(world.sandbox.tenants['acme-mindtickle'].arrivals).toEqual([])
  })

  test.each(['acme-gainsight', 'not-there'])('is told alike that %s does not exist', async (tenant) => {
    const world = shared()
    const guest = await netskopeOnly(`asks-${tenant}`)
    for (const [tool, input] of [
      ['find_user', { user: 'ada@example.com', tenants: ['acme-netskope', tenant] }],
      ['list_users', { tenant }],
      ['check_token', { tenant }],
      ['deactivate_user', { ...LEAVES, tenants: [tenant] }],
      ['update_user', { tenant, user: 'ada@example.com', set: { title: 'x' } }],
    ] as const) {
      const { error } = await guest.call(tool, input)
      expect(error).toMatchObject({ code: 'unknown_tenant', message: `There is no tenant "${tenant}".` })
      expect(error?.hint).toBe('The tenants are: acme-netskope.')
    }
    await expect(guest.readResource(`identity://tenants/${tenant}/setup/okta`)).rejects.toThrow(/no tenant/)
    await expect(guest.readResource('identity://vendors/gainsight')).rejects.toThrow(
      /Connected are: netskope\./,
    )
    expect(world.sandbox.tenants['acme-gainsight'].arrivals).toEqual([])
  })
})

describe('the tenants of an access token', () => {
  const three = { tenants: (own: Record<string, unknown>) => own }
  const shared = shareWorld(() => openOAuthWorld(three))

  test.each<[string, Record<string, unknown>, string[]]>([
    ['a list', { tenants: ['acme-gainsight', 'gone'] }, ['acme-gainsight']],
    ['words', { tenants: 'acme-gainsight acme-netskope' }, ['acme-netskope', 'acme-gainsight']],
    ['an empty list', { tenants: [] }, []],
    ['something else', { tenants: { acme: true } }, []],
    ['nothing', {}, ['acme-netskope', 'acme-gainsight', 'acme-mindtickle']],
  ])('are taken from %s', async (_, claims, expected) => {
    await sees(shared(), claims, expected)
  })

  test.each<[string, string, Record<string, unknown>, string[]]>([
    [
      'a claim of another name',
      'https://example.com/apps',
      { 'https://example.com/apps': ['acme-netskope'] },
      ['acme-netskope'],
    ],
    ['nothing, where a claim is demanded', 'apps', { tenants: ['acme-netskope'] }, []],
  ])('are taken from %s', async (_, tenantsClaim, claims, expected) => {
    await using trusting = await openOAuthWorld({ ...three, jwt: { tenantsClaim } })
    await sees(trusting, claims, expected)
  })

  async function sees({ issuer, world }: OAuthWorld, claims: Record<string, unknown>, expected: string[]) {
    const guest = await world.guest({ token: await issuer.token(claims) })
    const answer = await guest.call('list_tenants')
    if (expected.length === 0) {
      expect(answer.error).toMatchObject({ code: 'unsupported' })
      return expect(await guest.tools()).toEqual([])
    }
    const { tenants } = answer as unknown as { tenants: { tenant: string }[] }
    expect(tenants.map(({ tenant }) => tenant)).toEqual(expected)
  }
})

describe('between callers', () => {
  const shared = shareWorld(() => openOAuthWorld({ auth: { tokens: true } }))

  test('a cursor is no use to another', async () => {
    const { world } = shared()
    const [one, other] = await Promise.all(
      ['one', 'other'].map(async (name) => world.guest({ token: await world.token(name) })),
    )
    const first = await one?.call('list_users', { tenant: 'acme-netskope', limit: 10 })
    const more = { tenant: 'acme-netskope', limit: 10, cursor: first?.nextCursor }
    expect((await other?.call('list_users', more))?.error).toMatchObject({ code: 'invalid_input' })
    expect(await one?.call('list_users', more)).toHaveProperty('accounts')
  })

  test('an approval is no use to another, whoever shares its name', async () => {
    const { issuer, world } = shared()
    const { writes } = world.since()
    const scope = 'identity:remove'
    const hugo = await world.guest({ token: await world.token('hugo', ALL_SCOPES) })
    const others = await Promise.all([
      world.guest({ token: await world.token('grace', ALL_SCOPES) }),
      world.guest({ token: await issuer.token({ sub: 'hugo', scope }) }),
      world.guest({ token: await issuer.token({ sub: 'token:hugo', scope }) }),
    ])
    const { approval } = (await hugo.call('deactivate_user', LEAVES)) as { approval: { id: string } }
    await addApprovers(world, 'boss')
    const approve = ['approvals', 'approve', approval.id, '--approver', 'boss', '--passphrase-stdin']
    expect(await world.run(approve, { stdin: PASSPHRASE })).toMatchObject({ code: 0 })
    for (const other of others) {
      const stolen = await other.call('deactivate_user', { ...LEAVES, approvalId: approval.id })
      expect(stolen.error).toMatchObject({ code: 'approval_void' })
      const own = (await other.call('deactivate_user', LEAVES)) as { approval: { id: string } }
      expect(own.approval.id).not.toBe(approval.id)
    }
    expect(writes()).toEqual([])
    expect(await hugo.call('deactivate_user', { ...LEAVES, approvalId: approval.id })).toMatchObject({
      status: 'done',
    })
  })

  test('an open question is no use to another', async () => {
    const { world } = shared()
    const { writes } = world.since()
    const [asked, thief] = await Promise.all(['asked', 'thief'].map((name) => world.token(name, ALL_SCOPES)))
    const leaves = { ...LEAVES, user: world.newcomer().userName }
    const call = { name: 'deactivate_user', arguments: leaves }
    const { body } = await post(world, asked ?? '', 'tools/call', call)
    const answer = { ...call, requestState: body.result.requestState, inputResponses: { confirm: YES() } }
    expect(textOf(await post(world, thief ?? '', 'tools/call', answer)).error).toMatchObject({
      code: 'approval_void',
    })
    expect(writes()).toEqual([])
    expect(textOf(await post(world, asked ?? '', 'tools/call', answer))).toMatchObject({ status: 'done' })
    expect(textOf(await post(world, asked ?? '', 'tools/call', answer)).status).toBe('unchanged')
    expect(writes()).toHaveLength(1)
  })

  test('what one changed is not another’s to undo', async () => {
    await using world = await openHttpWorld({
      settings: { confirm: { removes: 'none', adds: 'none', gives: 'none' } },
    })
    const [one, other] = await Promise.all(
      ['one', 'other'].map(async (name) => world.guest({ token: await world.token(name, ALL_SCOPES) })),
    )
    const { change } = (await one?.call('deactivate_user', LEAVES)) ?? {}
    const undo = { change, reason: 'a mistake' }
    expect((await other?.call('undo_change', undo))?.error).toMatchObject({ code: 'not_found' })
    expect(world.netskope.user(LEAVES.user)?.active).toBe(false)
    expect(await one?.call('undo_change', undo)).toMatchObject({ status: 'done' })
    expect(world.netskope.user(LEAVES.user)?.active).toBe(true)
  })

  test('what one has used up of its changes is not another’s', async () => {
    await using world = await openHttpWorld({
      settings: { confirm: { adds: 'none', removes: 'none', gives: 'none' }, limits: { removesPerHour: 1 } },
    })
    const [one, other] = await Promise.all(
      ['one', 'other'].map(async (name) => world.guest({ token: await world.token(name, ALL_SCOPES) })),
    )
    expect(await one?.call('deactivate_user', LEAVES)).toMatchObject({ status: 'done' })
    const next = { ...LEAVES, user: 'grace@example.com' }
    expect((await one?.call('deactivate_user', next))?.error).toMatchObject({ code: 'limit_reached' })
    expect(await other?.call('deactivate_user', next)).toMatchObject({ status: 'done' })
    const callers = world.journal().map(({ caller }) => caller)
    expect(new Set(callers.map((caller) => caller.replace(/#\w+$/, '')))).toEqual(
      new Set(['token:one', 'token:other']),
    )
  })
})

/** Arguments that a tool takes. */
function argumentsOf(tool: string): Record<string, unknown> {
  const tenant = 'acme-netskope'
  const user = 'nobody@example.com'
  const taking = { tenants: [tenant], user, reason: 'left' }
  const special: Record<string, Record<string, unknown>> = {
    list_tenants: {},
    list_changes: { since: '2026-01-31T09:00:00Z' },
    compare_users: { truth: tenant },
    check_token: {},
    find_user: { user },
    explain_access: { user },
    get_run: { runId: 'run-000000000000' },
    cancel_run: { runId: 'run-000000000000', reason: 'a mistake' },
    offboard: { people: [user], reason: 'left' },
    onboard: {
      people: [{ email: 'new@example.com', givenName: 'New', familyName: 'Person' }],
      tenants: [tenant],
      reason: 'starts',
    },
    deactivate_users: { tenant, users: [user], reason: 'left' },
    create_user: { tenant, email: 'new@example.com', givenName: 'New', familyName: 'Person' },
    update_user: { tenant, user, set: { title: 'x' } },
    update_group_members: { tenant, group: 'Engineering', add: [user] },
    deactivate_user: taking,
    reactivate_user: taking,
    delete_user: { tenant, user, reason: 'left' },
    create_group: { tenant, name: 'New', members: [user] },
    undo_change: { change: 'no-such-change', reason: 'a mistake' },
  }
  return special[tool] ?? { tenant }
}

const ERAS = ['modern', 'legacy'] as const

/** One request as it is, in the form of either era. */
async function post(
  world: HttpWorld,
  token: string,
  method: string,
  params: Record<string, unknown>,
  era: (typeof ERAS)[number] = 'modern',
) {
  const modern = era === 'modern'
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
    'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
  }
  const reply = await world.fetch('/mcp', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      ...(modern && {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': method,
        'mcp-name': String(params.name ?? params.uri),
      }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: modern ? { ...params, _meta } : params }),
  })
  const text = await reply.text()
  return {
    status: reply.status,
    challenge: reply.headers.get('www-authenticate') ?? '',
    body: text.startsWith('{') ? JSON.parse(text) : text,
  }
}

const textOf = ({ body }: Awaited<ReturnType<typeof post>>) => JSON.parse(body.result.content[0].text)
