// @module-tag long

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { linkIn } from '../support/browser.ts'
import { openHttpWorld } from '../support/http-world.ts'
import { openOAuthWorld } from '../support/trusting.ts'
import type { ToolAnswer } from '../support/world.ts'

const UNASKED = { confirm: { removes: 'none', adds: 'none', gives: 'none' } }
const LIFT = ['--approver', 'boss', '--passphrase-stdin']

/** A world in which agents call for people of the issuer; each agent acts through the client `chat`. */
async function openAgents(settings: Record<string, unknown> = UNASKED) {
  const trusting = await openOAuthWorld({
    settings,
    auth: { tokens: true },
    env: { HOOK_SECRET: 'not-a-real-secret' },
  })
  const { issuer, world } = trusting
  const agentOf = async (person: string, claims: Record<string, unknown> = {}) => {
    const token = await issuer.token({
      sub: `id-of-${person}`,
      preferred_username: `${person}@example.com`,
      scope: 'identity:remove',
      ...claims,
    })
    const guest = await world.guest({ token })
    const deactivate = (user = world.newcomer().userName, more = {}) =>
      guest.call('deactivate_user', { user, tenants: ['acme-netskope'], reason: 'left', ...more })
    return { ...guest, deactivate }
  }
  return { ...trusting, agentOf, idOf: (person: string) => `oauth:${issuer.issuer}#id-of-${person}` }
}

const acting = (agent: string) => ({ act: { sub: agent } })
const codeOf = ({ error, status }: ToolAnswer) => error?.code ?? status

describe('the agent of a call', () => {
  test.each<[string, Record<string, unknown>, { agent?: string; via?: string }]>([
    ['its client', { client_id: 'agent-7' }, { agent: 'agent-7' }],
    ['its authorized party', { client_id: undefined, azp: 'agent-7' }, { agent: 'agent-7' }],
    ['the client of Okta', { client_id: undefined, cid: 'agent-7' }, { agent: 'agent-7' }],
    ['its actor, through a client', acting('agent-7'), { agent: 'agent-7', via: 'chat' }],
    ['an actor that is the client', { client_id: 'agent-7', ...acting('agent-7') }, { agent: 'agent-7' }],
    [
      'the outermost of its actors, who acts now',
      { act: { sub: 'agent-7', act: { sub: 'orchestrator', act: { sub: 'app' } } } },
      { agent: 'agent-7', via: 'chat' },
    ],
    ['an actor named by its client', { act: { client_id: 'agent-7' } }, { agent: 'agent-7', via: 'chat' }],
    ['nobody', { client_id: undefined }, {}],
  ])('is %s', async (_, claims, expected) => {
    await using shared = await openAgents()
    const { world, agentOf, idOf } = shared
    expect(codeOf(await (await agentOf('grace', claims)).deactivate())).toBe('done')
    for (const line of world.journal()) {
      expect(line).toMatchObject({
        caller: idOf('grace'),
        callerNames: ['grace@example.com'],
        client: 'test-client/1.0.0',
      })
      expect({ agent: line.agent, via: line.via }).toEqual({ agent: undefined, via: undefined, ...expected })
    }
  })

  test('stands wherever people see who asks: in the terminal, on the page, in messages and exports', async () => {
    const told: string[] = []
    const hook = createServer(async (request, response) => {
      told.push(Buffer.concat(await request.toArray()).toString())
      response.end()
    })
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
    const { port } = hook.address() as AddressInfo // it listens on a port, not on a pipe
    await using shared = await openAgents({
      webhook: { url: `http://127.0.0.1:${port}`, secret: 'env:HOOK_SECRET' },
    })
    const { world, agentOf, idOf } = shared
    await addApprovers(world, 'boss')
    const agent = await agentOf('grace', acting('agent-7'))
    const { approval } = await agent.deactivate()
    const { id, approveAt } = approval as { id: string; approveAt: string }
    const seen = {
      page: await (await fetch(linkIn(approveAt))).text(),
      terminal: (await world.run(['approvals', 'show', id])).stdout.replace(/\s+/g, ' '),
    }
    for (const text of Object.values(seen)) {
      expect(text).toContain('agent-7 via chat')
      expect(text).toContain('grace@example.com')
    }
    expect(seen.terminal).toContain(idOf('grace'))
    expect((await world.run(['approvals'])).stdout).toContain('grace@example.com')
    const document = JSON.parse((await world.run(['approvals', 'show', id, '--json'])).stdout)
    expect(document).toMatchObject({ agent: 'agent-7', via: 'chat', callerNames: ['grace@example.com'] })
    expect(document).not.toHaveProperty('mayBe')

    expect((await world.run(['approvals', 'approve', id, ...LIFT], { stdin: PASSPHRASE })).code).toBe(0)
    expect(world.journal().map(({ event, agent }) => [event, agent])).toEqual([
      ['asked', 'agent-7'],
      ['approved', 'agent-7'],
    ])
    expect((await world.run(['journal', 'export', '--format', 'csv'])).stdout).toContain(',agent-7,chat,')
    const [{ call } = { call: '' }] = world.journal()
    expect((await world.run(['journal', 'show', call])).stdout.replace(/\s+/g, ' ')).toContain(
      'agent-7 via chat, for grace@example.com',
    )
    await expect.poll(() => told.length).toBeGreaterThan(0)
    expect(JSON.parse(told[0] ?? '')).toMatchObject({
      data: { agent: 'agent-7', via: 'chat', callerNames: ['grace@example.com'] },
    })
    hook.closeAllConnections()
    hook.close()
  })

  test('is in the question that a person is asked, and its yes is no use to another agent of the person', async () => {
    await using shared = await openAgents({})
    const { world, agentOf, issuer } = shared
    await addApprovers(world, 'boss')
    const asked: string[] = []
    const token = await issuer.token({ scope: 'identity:remove', ...acting('agent-7') })
    const guest = await world.guest({
      token,
      person: (message) => {
        asked.push(message)
        return { action: 'decline' }
      },
    })
    await guest.call('deactivate_user', {
      user: world.newcomer().userName,
      tenants: ['acme-netskope'],
      reason: 'left',
    })
    expect(asked).toEqual([expect.stringContaining('Requested by agent-7 via chat (test-client/1.0.0).')])

    const [one, other] = [await agentOf('grace', acting('one')), await agentOf('grace', acting('other'))]
    const user = world.newcomer().userName
    const { approval } = await one.deactivate(user)
    const { id } = approval as { id: string }
    expect((await world.run(['approvals', 'approve', id, ...LIFT], { stdin: PASSPHRASE })).code).toBe(0)
    expect(codeOf(await other.deactivate(user, { approvalId: id }))).toBe('approval_void')
    expect(codeOf(await one.deactivate(user, { approvalId: id }))).toBe('done')
  })
})

describe('limits', () => {
  test('of a person are shared by all agents of that person, and by nobody else', async () => {
    await using shared = await openAgents({ ...UNASKED, limits: { perCaller: { changesPerDay: 2 } } })
    const { world, agentOf, idOf } = shared
    for (const agent of ['one', 'two'])
      expect(codeOf(await (await agentOf('grace', acting(agent))).deactivate())).toBe('done')
    expect(codeOf(await (await agentOf('grace', acting('three'))).deactivate())).toBe('limit_reached')
    expect(codeOf(await (await agentOf('hugo', acting('one'))).deactivate())).toBe('done')
    const { paused } = JSON.parse((await world.run(['limits', '--json'])).stdout)
    const who = `three via chat, for grace@example.com (${idOf('grace')})`
    expect(paused).toMatchObject([{ caller: idOf('grace'), who }])
    expect((await world.run(['check'])).stdout.replace(/\s+/g, ' ')).toContain(`${who} is paused`)
    expect((await world.run(['limits'])).stdout.replace(/\s+/g, ' ')).toContain(`Reached it: ${who}`)
  })

  test('of an agent count for all people that it works for', async () => {
    await using shared = await openAgents({ ...UNASKED, limits: { perAgent: { changesPerDay: 2 } } })
    const { agentOf } = shared
    for (const person of ['grace', 'hugo'])
      expect(codeOf(await (await agentOf(person, acting('one'))).deactivate())).toBe('done')
    expect(codeOf(await (await agentOf('iris', acting('one'))).deactivate())).toBe('limit_reached')
    expect(codeOf(await (await agentOf('grace', acting('two'))).deactivate())).toBe('done')
  })
})

describe('the brake on an agent', () => {
  test.each([
    ['the agent', ['--agent', 'agent-7'], ['refused', 'refused', 'done']],
    ['the agent in another case', ['--agent', 'AGENT-7'], ['refused', 'refused', 'done']],
    ['the client that agents call through', ['--agent', 'chat'], ['refused', 'refused', 'refused']],
    [
      'the agent in its tenant',
      ['--agent', 'agent-7', '--tenant', 'acme-netskope'],
      ['refused', 'refused', 'done'],
    ],
    ['the agent in another tenant', ['--agent', 'agent-7', '--tenant', 'beta'], ['done', 'done', 'done']],
    ['another agent', ['--agent', 'agent-70'], ['done', 'done', 'done']],
  ])('with the name of %s', async (_, where, expected) => {
    await using trusting = await openOAuthWorld({
      settings: UNASKED,
      auth: { tokens: true },
      tenants: ({ 'acme-netskope': acme }) => ({
        'acme-netskope': acme,
        beta: { ...acme, url: acme.url.replace('127.0.0.1', 'localhost') },
      }),
    })
    const { issuer, world } = trusting
    const take = async (person: string, agent: string) => {
      const token = await issuer.token({
        sub: person,
        upn: person,
        scope: 'identity:remove',
        ...acting(agent),
      })
      const guest = await world.guest({ token })
      const user = world.newcomer().userName
      return codeOf(await guest.call('deactivate_user', { user, tenants: ['acme-netskope'], reason: 'left' }))
    }
    expect((await world.run(['brake', 'on', ...where, '--reason', 'odd'])).code).toBe(0)
    expect([
      await take('grace', 'agent-7'),
      await take('hugo', 'agent-7'),
      await take('grace', 'agent-8'),
    ]).toEqual(expected)
    const bot = await world.guest({ token: await world.token('bot', ['identity:remove']) })
    const user = world.newcomer().userName
    const byBot = await bot.call('deactivate_user', { user, tenants: ['acme-netskope'], reason: 'left' })
    expect(codeOf(byBot)).toBe('done')
    expect((await world.run(['brake'])).stdout).toContain(`for the agent ${where[1]}`)
    expect((await world.run(['brake', 'off', '--agent', 'nobody'])).code).toBe(0)
    expect(JSON.parse((await world.run(['brake', '--json'])).stdout).brakes).toHaveLength(1)
    expect((await world.run(['brake', 'off', '--agent', where[1] ?? ''])).code).toBe(0)
    expect(await take('grace', 'agent-7')).toBe('done')
  })
  test.each([
    ['the name of the agent', 'helpdesk-agent', ['refused', 'refused', 'done']],
    ['its own name', 'BOT-1', ['refused', 'done', 'done']],
    ['another name', 'helpdesk', ['done', 'done', 'done']],
  ])('stops an API token by %s', async (_, agent, expected) => {
    await using world = await openHttpWorld({ settings: UNASKED })
    const take = async (name: string, of?: string) => {
      const token = await world.token(name, ['identity:remove'], undefined, of)
      const user = world.newcomer().userName
      const leaves = { user, tenants: ['acme-netskope'], reason: 'left' }
      return codeOf(await (await world.guest({ token })).call('deactivate_user', leaves))
    }
    expect((await world.run(['brake', 'on', '--agent', agent])).code).toBe(0)
    expect([
      await take('bot-1', 'helpdesk-agent'),
      await take('bot-2', 'Helpdesk-Agent'),
      await take('bot-3'),
    ]).toEqual(expected)
    expect(world.journal()).toContainEqual(expect.objectContaining({ agent: 'helpdesk-agent' }))
  })
})
