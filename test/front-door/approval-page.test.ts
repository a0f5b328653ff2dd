// @module-tag long

import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { PASSPHRASE } from '../support/approvers.ts'
import { linkIn, send } from '../support/browser.ts'
import { CLIENTS } from '../support/clients.ts'
import { MAIN } from '../support/main.ts'
import { APPROVE_REMOVALS, decideAt, openApprovalWorld, type PendingAnswer } from '../support/strict.ts'
import type { World } from '../support/world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }

const events = (world: World) => world.journal().map(({ event }) => event)

describe.each(CLIENTS)('a %s client that cannot open links', (client) => {
  test('is told the address, with which a person decides, and which approves nothing by itself', async () => {
    await using world = await openApprovalWorld({ client })
    const { status, approval } = (await world.call('deactivate_user', LEAVES)) as unknown as PendingAnswer
    expect(status).toBe('approval_required')
    expect(approval.approveAt).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/approvals\//)
    const call = { ...LEAVES, approvalId: approval.id }
    const path = new URL(linkIn(approval.approveAt)).pathname
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

describe('the process', () => {
  const initialize = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'probe', version: '1' },
  }

  test('opens a port only for what waits, closes it, writes nothing but protocol, and leaves at once', async () => {
    await using world = await openApprovalWorld()
    const config = ['--config', `${world.folder}/identity-mcp.json`]
    const env = { PATH: process.env.PATH ?? '', HOME: world.folder, ...world.sandbox.env }
    const child = spawn(process.execPath, [MAIN, ...config], { env })
    let stdout = ''
    const answered = new Promise<PendingAnswer>((resolve) => {
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
    const path = new URL(linkIn(approveAt)).pathname
    expect((await send(approveAt, { path })).status).toBe(200)

    const begun = performance.now()
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    child.stdin.end()
    expect(await ended).toBe(0)
    expect(performance.now() - begun).toBeLessThan(5_000)
    await expect(send(approveAt, { path })).rejects.toThrow('ECONNREFUSED')
    for (const line of stdout.trimEnd().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
  })

  test('closes the port once nothing waits, and opens it again for the next', async () => {
    await using world = await openApprovalWorld()
    const { approval } = (await world.call('deactivate_user', LEAVES)) as unknown as PendingAnswer
    const path = new URL(linkIn(approval.approveAt)).pathname
    await world.run(['approvals', 'deny', approval.id, '--approver', 'grace', '--passphrase-stdin'], {
      stdin: PASSPHRASE,
    })
    const shut = async () => (await send(approval.approveAt, { path }).catch(() => undefined)) === undefined
    while (!(await shut())) await new Promise((resolve) => setTimeout(resolve, 200))
    const other = { ...LEAVES, user: world.newcomer().userName }
    const next = (await world.call('deactivate_user', other)) as unknown as PendingAnswer
    expect(await decideAt(next.approval.approveAt)).toBe(303)
  })
})

const briefingOf = async (world: World, id: string) =>
  JSON.parse((await world.run(['approvals', 'show', id, '--json'])).stdout).briefing

describe('what a person is told of a change', () => {
  const EVERYTHING = { confirm: { removes: 'approve', changes: 'approve', adds: 'approve' } }
  const ask = async (world: World, tool: string, args: object) =>
    (
      (await world.call(tool, {
        tenant: 'acme-netskope',
        reason: 'a good one',
        ...args,
      })) as unknown as PendingAnswer
    ).approval

  test('is what the app says now and what the agent wants, whatever the tool', async () => {
    await using world = await openApprovalWorld({ settings: EVERYTHING, tenant: { allowDelete: true } })
    const told = async (tool: string, args: object) => briefingOf(world, (await ask(world, tool, args)).id)
    expect(
      await told('update_user', { user: ADA, set: { familyName: 'King', manager: 'grace@example.com' } }),
    ).toMatchObject({
      changes: [
        {
          operation: 'updateAccount',
          reversible: true,
          accounts: [
            {
              userName: ADA,
              alters: [
                { what: 'familyName', before: 'Lovelace', after: 'King', from: 'agent' },
                { what: 'manager', after: 'grace@example.com', from: 'agent' },
              ],
            },
          ],
        },
      ],
    })
    expect(await told('update_group_members', { group: 'Contractors', add: [ADA] })).toMatchObject({
      changes: [
        {
          operation: 'updateMembers',
          group: { name: 'Contractors', from: 'app' },
          accounts: [
            {
              userName: ADA,
              alters: [{ before: 'not in the group', after: 'in the group', from: 'server' }],
            },
          ],
        },
      ],
    })
    expect(await told('create_group', { name: 'Poets', members: [ADA] })).toMatchObject({
      changes: [
        {
          operation: 'createGroup',
          group: { name: 'Poets', from: 'agent' },
          reversible: false,
          accounts: [{ userName: ADA, alters: [{ before: 'not in the group', after: 'in the group' }] }],
        },
      ],
    })
    expect(await told('create_group', { name: 'Workspace owners' })).toMatchObject({
      changes: [{ power: true }],
    })
    const made = { email: 'new@example.com', givenName: 'New', familyName: 'Person' }
    expect(await told('create_user', made)).toMatchObject({
      changes: [
        {
          operation: 'createAccount',
          reversible: true,
          accounts: [
            {
              userName: 'new@example.com',
              alters: expect.arrayContaining([{ what: 'givenName', after: 'New', from: 'agent' }]),
            },
          ],
        },
      ],
    })
    expect(await told('delete_user', { user: ADA })).toMatchObject({
      changes: [
        {
          operation: 'deleteAccount',
          accounts: [{ userName: ADA, alters: [{ before: 'active', after: 'deleted' }], loses: {} }],
        },
      ],
    })
  })

  test('binds: a value that has become another one since makes the approval void', async () => {
    await using world = await openApprovalWorld({ settings: EVERYTHING })
    const set = { user: ADA, set: { familyName: 'King' } }
    const { id, approveAt } = await ask(world, 'update_user', set)
    expect(await decideAt(approveAt)).toBe(303)
    world.netskope.user(ADA).name = { givenName: 'Ada', familyName: 'Byron' }
    const { error } = (await world.call('update_user', {
      ...{ tenant: 'acme-netskope', reason: 'a good one', approvalId: id },
      ...set,
    })) as { error?: { code: string } }
    expect(error?.code).toBe('approval_void')
    expect(world.netskope.writes).toEqual([])
  })
})

describe('what a person is told of other apps', () => {
  /** The three apps of the sandbox, and one where nobody answers. */
  async function openFour(confirm: Record<string, string>) {
    const gone = { vendor: 'scim', url: 'http://127.0.0.1:9', tokens: { scim: 'env:GONE' }, maxRetries: 0 }
    const world = await openApprovalWorld({
      settings: { confirm },
      tenants: (own) => ({ ...own, gone }),
      env: { GONE: 'a-token-of-some-kind' },
    })
    return { world, call: world.call, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
  }

  test('is found with one look-up in each, and what is not known is said to be', async () => {
    await using four = await openFour(APPROVE_REMOVALS.confirm)
    const { world } = four
    const gainsight = world.sandbox.tenants['acme-gainsight']
    const before = gainsight.arrivals.length
    const { approval } = (await four.call('deactivate_user', LEAVES)) as unknown as PendingAnswer
    expect(await briefingOf(world, approval.id)).toMatchObject({
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
    // The app's address, its list and its filters are found out by the first look.
    expect(gainsight.arrivals.length - before).toBeLessThanOrEqual(5)
    const path = new URL(linkIn(approval.approveAt)).pathname
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
