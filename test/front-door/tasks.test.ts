// @module-tag long

import { describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { CLIENTS } from '../support/clients.ts'
import { openHttpWorld } from '../support/http-world.ts'
import type { RawClient } from '../support/raw.ts'
import { openWorld, type World } from '../support/world.ts'

const TASKS = { 'io.modelcontextprotocol/tasks': {} }
/** An app of which a run takes longer than its call waits for it. */
const SLOW = [{ fault: 'slow', ms: 1_000 }] as const
const SPEAKS = { capabilities: { extensions: TASKS } }
const LATER = '2027-06-01T18:00:00+02:00'

interface Task {
  resultType: string
  taskId: string
  status: string
  statusMessage: string
  createdAt: string
  lastUpdatedAt: string
  ttlMs: number
  pollIntervalMs: number
  result?: { resultType: string; content: { text: string }[]; structuredContent: Record<string, unknown> }
}

/** A world with an approver. */
async function open() {
  const world = await openWorld({ answer: 'none', sandbox: { perMinute: 60_000 } })
  await addApprovers(world, 'linus')
  return world
}

const PEOPLE = 6
const leavers = (world: World) => ({
  people: Array.from({ length: PEOPLE }, () => world.newcomer().userName),
  reason: 'the team was closed',
})

/** A run that was asked for and approved, but not begun: the call that begins it. */
async function approved(world: World, tool: string, args: object): Promise<Record<string, unknown>> {
  const first = (await world.call(tool, args)) as unknown as {
    approval: { id: string }
    plan: { accounts: number }
  }
  const { id } = first.approval
  const words = ['approvals', 'approve', id, '--approver', 'linus', '--passphrase-stdin']
  const done = await world.run([...words, '--confirm', String(first.plan.accounts)], {
    stdin: `${PASSPHRASE}\n`,
  })
  expect(done).toMatchObject({ code: 0 })
  return { ...args, approvalId: id }
}

const speak = async (client: RawClient, method: string, params: object, as: object = SPEAKS) => {
  const { result, error } = await client.send(method, { ...params }, as)
  return { ...(result as unknown as Task), error }
}
const begin = (client: RawClient, name: string, args: object) =>
  speak(client, 'tools/call', { name, arguments: args })
const get = (client: RawClient, taskId: string) => speak(client, 'tasks/get', { taskId })

/** The task once it has ended. */
async function ended(client: RawClient, taskId: string): Promise<Task> {
  await expect.poll(async () => (await get(client, taskId)).status, { timeout: 60_000 }).not.toBe('working')
  return get(client, taskId)
}

describe('for a client that speaks of tasks', () => {
  test('a run that outlasts its call is a task, with the answer of the call at its end', async () => {
    await using world = await open()
    const client = world.raw('test-client')
    const args = await approved(world, 'offboard', leavers(world))
    world.netskope.faults.set(SLOW)
    const task = await begin(client, 'offboard', args)
    expect(task).toMatchObject({
      resultType: 'task',
      taskId: expect.stringMatching(/^run-[0-9a-f]{12}$/),
      status: 'working',
      statusMessage: expect.stringMatching(/^\d of 6 accounts so far\.$/),
      ttlMs: 90 * 24 * 3_600_000,
      pollIntervalMs: 2_000,
    })
    expect(new Date(task.createdAt).getTime()).toBeLessThanOrEqual(new Date(task.lastUpdatedAt).getTime())
    expect(await get(client, task.taskId)).toMatchObject({ resultType: 'complete', status: 'working' })
    world.netskope.faults.clear()
    const over = await ended(client, task.taskId)
    expect(over).toMatchObject({ status: 'completed', statusMessage: '6 of 6 accounts.' })
    // What the same call answers now, word for word.
    const again = await world.client.callTool('offboard', args)
    expect(over.result?.content[0]?.text).toBe(again.content?.[0]?.text)
    expect(over.result?.structuredContent).toEqual(again.structuredContent)
    expect(over.result?.resultType).toBe('complete')
    expect(over.result?.structuredContent).toMatchObject({ status: 'done', counts: { done: PEOPLE } })
  })

  test.each(['undo_change', 'deactivate_users'])('%s is one, too', async (tool) => {
    await using world = await open()
    const client = world.raw('test-client')
    const { people, reason } = leavers(world)
    const taking = { tenant: 'acme-netskope', users: people, reason }
    let args: Record<string, unknown> = await approved(world, 'deactivate_users', taking)
    if (tool === 'undo_change') {
      const first = await begin(client, 'deactivate_users', args)
      const { runId } = JSON.parse(
        (first as unknown as { content: { text: string }[] }).content[0]?.text ?? '',
      )
      args = await approved(world, 'undo_change', { change: runId, reason: 'it was the wrong team' })
    }
    world.netskope.faults.set(SLOW)
    const task = await begin(client, tool, args)
    expect(task).toMatchObject({ resultType: 'task', status: 'working' })
    world.netskope.faults.clear()
    const over = await ended(client, task.taskId)
    const again = await world.client.callTool(tool, args)
    expect(over.result?.content[0]?.text).toBe(again.content?.[0]?.text)
  })

  test('to cancel the task cancels the run, which the journal shows', async () => {
    await using world = await open()
    const client = world.raw('test-client')
    const args = await approved(world, 'offboard', { ...leavers(world), at: LATER })
    const { taskId, pollIntervalMs, ttlMs, ...task } = await begin(client, 'offboard', args)
    expect(task).toMatchObject({ resultType: 'task', status: 'working' })
    // It is asked about less often, and kept for longer, the later it is.
    expect(pollIntervalMs).toBe(60_000)
    expect(ttlMs).toBeGreaterThan(90 * 24 * 3_600_000)
    expect(await speak(client, 'tasks/cancel', { taskId })).toMatchObject({ resultType: 'complete' })
    expect(await get(client, taskId)).toMatchObject({ status: 'cancelled' })
    expect(await world.call('get_run', { runId: taskId })).toMatchObject({
      state: 'cancelled',
      counts: { skipped: PEOPLE },
    })
    expect(world.netskope.writes).toEqual([])
    // Once more is no fault.
    expect(await speak(client, 'tasks/cancel', { taskId })).toMatchObject({ resultType: 'complete' })
  })

  test('a run that still needs a yes is no task, and a short one answers at once', async () => {
    await using world = await open()
    const client = world.raw('test-client')
    const people = { people: [world.newcomer().userName], reason: 'left the company' }
    expect((await begin(client, 'offboard', people)).resultType).toBe('complete')
    const args = await approved(world, 'offboard', people)
    const answer = await begin(client, 'offboard', args)
    expect(answer).toMatchObject({ resultType: 'complete', structuredContent: { status: 'done' } })
  })

  test('nothing is told or done of a task that there is not', async () => {
    await using world = await open()
    const client = world.raw('test-client')
    for (const taskId of ['run-000000000000', 'nothing', '', '../run-000000000000']) {
      for (const [method, more] of [
        ['tasks/get', {}],
        ['tasks/cancel', {}],
        ['tasks/update', { inputResponses: {} }],
      ] as const) {
        const { error } = await speak(client, method, { taskId, ...more })
        expect(error?.code, `${method} ${taskId}`).toBe(-32602)
      }
    }
  })

  test('answers to questions that nobody asked are ignored', async () => {
    await using world = await open()
    const client = world.raw('test-client')
    const args = await approved(world, 'offboard', { ...leavers(world), at: LATER })
    const { taskId } = await begin(client, 'offboard', args)
    const inputResponses = { confirm: { action: 'accept', content: { confirm: true } } }
    expect(await speak(client, 'tasks/update', { taskId, inputResponses })).toMatchObject({
      resultType: 'complete',
    })
    expect(await get(client, taskId)).toMatchObject({ status: 'working' })
    expect(world.netskope.writes).toEqual([])
  })
})

describe('over HTTP', () => {
  test('a task is its caller’s alone, and every request names it to whoever stands between', async () => {
    await using world = await openHttpWorld()
    await addApprovers(world, 'linus')
    const [ada, bob] = [
      await world.token('ada', ['identity:remove']),
      await world.token('bob', ['identity:remove']),
    ]
    const ask = async (token: string, method: string, params: object, named: string) => {
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': { extensions: TASKS },
        'io.modelcontextprotocol/clientInfo': { name: 'test-client', version: '1.0.0' },
      }
      const reply = await world.fetch('/mcp', {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': method,
          'mcp-name': named,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } }),
      })
      return (await reply.json()) as { result?: Task; error?: { code: number } }
    }
    const call = (args: object) => ask(ada, 'tools/call', { name: 'offboard', arguments: args }, 'offboard')
    const args = { people: [world.newcomer().userName], reason: 'left the company', at: LATER }
    const first = (await call(args)).result as unknown as {
      structuredContent: { approval: { id: string }; plan: { accounts: number } }
    }
    const { id: approvalId } = first.structuredContent.approval
    const words = ['approvals', 'approve', approvalId, '--approver', 'linus', '--passphrase-stdin']
    await world.run([...words, '--confirm', '1'], { stdin: `${PASSPHRASE}\n` })
    const { taskId = '', ...task } = (await call({ ...args, approvalId })).result ?? {}
    expect(task).toMatchObject({ resultType: 'task', status: 'working' })
    for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
      expect((await ask(bob, method, { taskId }, taskId)).error?.code, method).toBe(-32602)
      expect((await ask(ada, method, { taskId }, 'run-000000000000')).error?.code, method).toBe(-32020)
    }
    expect((await ask(ada, 'tasks/get', { taskId }, taskId)).result).toMatchObject({ status: 'working' })
  })
})

describe('for a client that does not', () => {
  test.each(CLIENTS)(
    'a run answers as it does (%s), and the extension is declared where it is spoken',
    async (client) => {
      await using world = await open()
      const plain = await world.open({ client })
      const args = await approved(world, 'offboard', { ...leavers(world), at: LATER })
      const answer = await plain.call('offboard', args)
      expect(answer).toMatchObject({ status: 'scheduled', runId: expect.any(String) })
      expect(Object.hasOwn(plain.client.extensions(), 'io.modelcontextprotocol/tasks')).toBe(
        client === 'modern',
      )
    },
  )

  test('a request about a task is refused, naming what the client has to declare', async () => {
    await using world = await open()
    const client = world.raw('test-client')
    for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
      const params = { taskId: 'run-000000000000', inputResponses: {} }
      const { error } = await speak(client, method, params, { capabilities: {} })
      expect(error, method).toMatchObject({
        code: -32021,
        data: { requiredCapabilities: { extensions: TASKS } },
      })
    }
  })
})
