// @module-tag long

import { describe, expect, test, vi } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { linkIn, send } from '../support/browser.ts'
import { type Answer, CLIENTS } from '../support/clients.ts'
import { ALL_SCOPES, openHttpWorld } from '../support/http-world.ts'
import { APPROVE_REMOVALS, openApprovalWorld, type PendingAnswer } from '../support/strict.ts'
import { openWorld, type World } from '../support/world.ts'

const ADA = 'ada@example.com'
const LEAVES = { user: ADA, tenants: ['acme-netskope'], reason: 'left the company' }
const YES: Answer = { action: 'accept', content: { confirm: true } }
const UNTICKED: Answer = { action: 'accept', content: { confirm: false } }

/** A world whose person answers the first form when told to, and any other at once. */
async function openSlowWorld(client: 'legacy' | 'v1', settings = {}) {
  let answer: (answer: Answer) => void = () => {}
  const slow = new Promise<Answer>((resolve) => {
    answer = resolve
  })
  let forms = 0
  const person = () => {
    forms += 1
    return forms === 1 ? slow : { action: 'cancel' as const }
  }
  const world = await openWorld({
    client,
    answer: person,
    settings: { confirm: { waitSeconds: 1, ...settings } },
  })
  await addApprovers(world, 'grace')
  const ask = async (more = {}) =>
    (await world.call('deactivate_user', { ...LEAVES, ...more })) as unknown as PendingAnswer
  return {
    world,
    ask,
    forms: () => forms,
    /** Answers the form, and waits until the server has it. */
    async answer(given: Answer) {
      const lines = world.journal().length
      answer(given)
      const decides = given === YES || given.action === 'decline'
      if (decides)
        await vi.waitFor(() => expect(world.journal().length).toBeGreaterThan(lines), { timeout: 10_000 })
      else await new Promise((resolve) => setTimeout(resolve, 300))
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

const events = (world: World) => world.journal().map(({ event }) => event)

describe.each(['legacy', 'v1'] as const)('a person who thinks longer than a %s client waits', (client) => {
  test.each(['with', 'without'])(
    'is heard all the same: the repeated call %s the id is made, once',
    async (how) => {
      await using slow = await openSlowWorld(client)
      const { world, ask } = slow
      const begun = performance.now()
      const { status, approval } = await ask()
      expect(status).toBe('approval_required')
      expect(performance.now() - begun).toBeLessThan(20_000)
      expect((await ask({ approvalId: approval.id })).status).toBe('approval_required')
      expect(world.netskope.writes).toHaveLength(0)
      await slow.answer(YES)
      expect(world.netskope.writes).toHaveLength(0)
      const again = how === 'with' ? { approvalId: approval.id } : {}
      const answers = await Promise.all([ask(again), ask(again), ask(again)])
      expect(answers.filter((one) => one.status === 'done')).toHaveLength(1)
      expect(world.netskope.writes).toHaveLength(1)
      const { error } = await world.call('deactivate_user', { ...LEAVES, approvalId: approval.id })
      expect([undefined, 'approval_used', 'approval_void']).toContain(error?.code)
      expect(world.netskope.writes).toHaveLength(1)
      expect(world.journal().filter(({ event }) => event === 'approved')).toMatchObject([
        { approval: { id: approval.id, how: 'form' }, caller: expect.stringContaining('local:') },
      ])
    },
  )

  test.each<
    [string, Answer, (slow: Awaited<ReturnType<typeof openSlowWorld>>) => Promise<unknown>, object, string]
  >([
    ['a no', { action: 'decline' }, async () => {}, {}, 'approval_denied'],
    ['a closed form', { action: 'cancel' }, async () => {}, {}, 'approval_required'],
    ['a form without its box ticked', UNTICKED, async () => {}, {}, 'approval_required'],
    ['a yes for another reason', YES, async () => {}, { reason: 'something else' }, 'approval_void'],
    [
      'a yes to an account that was renamed meanwhile',
      YES,
      async ({ world }) => world.netskope.renameUser(world.netskope.user(ADA).id, 'ada2@example.com'),
      { user: 'ada2@example.com' },
      'approval_void',
    ],
    [
      'a yes after an approver said no',
      { action: 'cancel' },
      async ({ world }) => {
        const [{ id }] = JSON.parse((await world.run(['approvals', '--json'])).stdout).approvals
        const deny = ['approvals', 'deny', id, '--approver', 'grace', '--passphrase-stdin']
        await world.run(deny, { stdin: PASSPHRASE })
      },
      {},
      'approval_denied',
    ],
  ])('says %s, and nothing is changed', async (_, given, meanwhile, more, ends) => {
    await using slow = await openSlowWorld(client)
    const { approval } = await slow.ask()
    await meanwhile(slow)
    await slow.answer(given)
    const answer = await slow.world.call('deactivate_user', { ...LEAVES, ...more, approvalId: approval.id })
    expect(answer.error?.code ?? answer.status).toBe(ends)
    expect(slow.world.netskope.writes).toHaveLength(0)
  })

  test('is no approver: a yes in a form does not make a change that needs one by now', async () => {
    await using slow = await openSlowWorld(client)
    const { world } = slow
    const { approval } = await slow.ask()
    await slow.answer(YES)
    world.rewrite({ confirm: { removes: 'approve' } })
    const strict = await world.open()
    for (const approvalId of [approval.id, undefined]) {
      const answer = await strict.call('deactivate_user', { ...LEAVES, ...(approvalId && { approvalId }) })
      expect(answer.error?.code ?? answer.status).not.toBe('done')
    }
    expect(world.netskope.writes).toHaveLength(0)
  })

  test('keeps the call alive meanwhile: progress is sent to a client that asked for it', async () => {
    await using slow = await openSlowWorld(client)
    const seen: { progress: number; message?: string | undefined }[] = []
    await slow.world.call('deactivate_user', LEAVES, { onprogress: (progress) => seen.push(progress) })
    expect(seen[0]).toMatchObject({ progress: 1, message: expect.stringContaining('person') })
  })
})

describe.each(CLIENTS)('a %s client that declines by itself', (client) => {
  test.each<[string, Answer, string]>([
    ['declines', { action: 'decline' }, 'approval_required'],
    ['closes the form', { action: 'cancel' }, 'approval_required'],
    ['sends it without its box ticked', UNTICKED, 'declined'],
  ])('is led to an approver by setting when it %s', async (_, given, ends) => {
    await using world = await openWorld({
      client,
      answer: () => given,
      settings: { confirm: { declined: 'approve' } },
    })
    await addApprovers(world, 'grace')
    const answer = await world.call('deactivate_user', LEAVES)
    expect(answer.error?.code ?? answer.status).toBe(ends)
    if (ends === 'declined') return expect(answer.error?.message).toContain('without ticking its box')
    expect(events(world)).toEqual(['asked', 'declined', 'asked'])
    const { id } = (answer as unknown as PendingAnswer).approval
    const approve = ['approvals', 'approve', id, '--approver', 'grace', '--passphrase-stdin']
    await world.run(approve, { stdin: PASSPHRASE })
    expect((await world.call('deactivate_user', { ...LEAVES, approvalId: id })).status).toBe('done')
  })

  test('ends with that no otherwise', async () => {
    await using world = await openWorld({ client, answer: 'decline' })
    expect((await world.call('deactivate_user', LEAVES)).error?.code).toBe('declined')
  })
})

describe('where to approve', () => {
  test('is the page and the command of the terminal, for a client on this machine', async () => {
    await using world = await openApprovalWorld()
    const { approval } = (await world.call('deactivate_user', LEAVES)) as unknown as PendingAnswer
    expect(approval.approveAt).toMatch(
      new RegExp(
        `^http://127\\.0\\.0\\.1:\\d+/approvals/${approval.id} or, in a terminal: .*approve ${approval.id} `,
      ),
    )
    expect(approval.approveAt).toContain(`--config ${world.config}`)
    const words = approval.approveAt.split('main.js ')[1]?.replace('NAME', 'grace').split(' ') ?? []
    const ended = await world.run([...words.slice(0, words.indexOf('--config')), '--passphrase-stdin'], {
      stdin: PASSPHRASE,
    })
    expect(ended.code).toBe(0)
  })

  test.each([
    ['no approvers', []],
    ['an approver', ['grace']],
  ])('names no path of the server to a caller over HTTP, with %s', async (_, approvers) => {
    await using world = await openHttpWorld({ settings: APPROVE_REMOVALS })
    await addApprovers(world, ...approvers)
    const guest = await world.guest({ token: await world.token('bot', ALL_SCOPES) })
    const { approval } = (await guest.call('deactivate_user', LEAVES)) as unknown as PendingAnswer
    const page = (await send(world.url.origin, { path: `/approvals/${approval.id}` })).text
    for (const text of [JSON.stringify(approval), page]) {
      expect(text).not.toContain(world.folder)
      expect(text).not.toMatch(/--config|main\.js/)
    }
    expect(approval.approveAt).toContain(`identity-mcp approvals approve ${approval.id} --approver NAME`)
    if (approvers.length > 0)
      expect(linkIn(approval.approveAt)).toBe(`${world.url.origin}/approvals/${approval.id}`)
  })
})
