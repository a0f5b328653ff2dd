import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { statusOf } from '../../src/approvals/approval.ts'
import { APPROVAL_TTL_MS, openApprovals } from '../../src/approvals/approvals.ts'
import type { Store } from '../../src/store/store.ts'
import { diskStore, memoryStore } from '../../src/store/table-store.ts'

const request = {
  digest: 'digest-1',
  tool: 'deactivate_user',
  plan: ['Deactivate ada@example.com in acme-netskope.'],
  reason: 'left',
  caller: 'bot',
  client: 'Claude 1.0',
}

/** How many of these were let through, and the codes of the others. */
async function outcomes(uses: Promise<unknown>[]) {
  const settled = await Promise.allSettled(uses)
  const refused = settled.filter((one) => one.status === 'rejected').map(({ reason }) => reason.code)
  return { through: settled.length - refused.length, codes: [...new Set(refused)] }
}

test('the same question is asked once, however many ask it at once', async () => {
  const approvals = openApprovals(memoryStore())
  const made = await Promise.all(Array.from({ length: 20 }, () => approvals.request(request)))
  expect(new Set(made.map(({ id }) => id)).size).toBe(1)
  expect(await approvals.list()).toHaveLength(1)
})

test('another question gets an id of its own, short and easy to read out', async () => {
  const approvals = openApprovals(memoryStore())
  const one = await approvals.request(request)
  const other = await approvals.request({ ...request, digest: 'digest-2' })
  expect(one.id).not.toBe(other.id)
  expect(one.id).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}$/)
  expect(one).toMatchObject({ ...request, state: 'pending', expiresAt: one.createdAt + APPROVAL_TTL_MS })
})

test('an id is found as people type it', async () => {
  const approvals = openApprovals(memoryStore())
  const { id } = await approvals.request(request)
  const typed = id.toLowerCase().replaceAll('-', '').replaceAll('0', 'o').replaceAll('1', 'l')
  expect((await approvals.get(` ${typed} `))?.id).toBe(id)
  expect(await approvals.get('nothing')).toBeUndefined()
})

test('one whose id the store has lost is found by it once it is asked for again', async () => {
  const store = memoryStore()
  const approvals = openApprovals(store)
  const { id } = await approvals.request(request)
  for (const key of await store.keys('approval/id/')) await store.delete(key)
  expect(await approvals.get(id)).toBeUndefined()
  expect((await approvals.request(request)).id).toBe(id)
  expect((await approvals.get(id))?.id).toBe(id)
})

test('a pending one is returned to wait on, and is not used up by that', async () => {
  const approvals = openApprovals(memoryStore())
  const { id } = await approvals.request(request)
  expect((await approvals.use(id, 'digest-1')).state).toBe('pending')
  await approvals.decide(id, 'approved', 'boss', 'terminal')
  expect(await approvals.use(id, 'digest-1')).toMatchObject({
    state: 'approved',
    by: 'boss',
    how: 'terminal',
  })
})

test('of 20 that use an approval at once, one goes through', async () => {
  const approvals = openApprovals(memoryStore())
  const { id } = await approvals.request(request)
  await approvals.decide(id, 'approved', 'boss', 'page')
  const uses = Array.from({ length: 20 }, () => approvals.use(id, 'digest-1'))
  expect(await outcomes(uses)).toEqual({ through: 1, codes: ['approval_used'] })
})

test('two stores on one folder share approvals and let one use through', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'approvals-'))
  const stores = [diskStore(folder, { durable: false }), diskStore(folder, { durable: false })]
  const [one, two] = stores.map(openApprovals) as [
    ReturnType<typeof openApprovals>,
    ReturnType<typeof openApprovals>,
  ]
  const [first, second] = await Promise.all([one.request(request), two.request(request)])
  expect(first.id).toBe(second.id)
  await two.decide(first.id, 'approved', 'boss', 'terminal')
  const uses = Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).use(first.id, 'digest-1'))
  expect(await outcomes(uses)).toEqual({ through: 1, codes: ['approval_used'] })
  for (const store of stores) await store.close()
  await rm(folder, { recursive: true })
})

test('is void for another call, and for an id that nobody gave out', async () => {
  const approvals = openApprovals(memoryStore())
  const { id } = await approvals.request(request)
  await approvals.decide(id, 'approved', 'boss', 'terminal')
  await expect(approvals.use(id, 'digest-2')).rejects.toMatchObject({ code: 'approval_void' })
  await expect(approvals.use('K7Q2-M9XD-41', 'digest-1')).rejects.toMatchObject({ code: 'approval_void' })
  // The wrong tries did not use it up.
  expect((await approvals.use(id, 'digest-1')).state).toBe('approved')
})

test('a no stays a no, and cannot be decided again', async () => {
  const approvals = openApprovals(memoryStore())
  const { id } = await approvals.request(request)
  await approvals.decide(id, 'denied', 'boss', 'terminal')
  await expect(approvals.use(id, 'digest-1')).rejects.toMatchObject({ code: 'approval_denied' })
  await expect(approvals.decide(id, 'approved', 'boss', 'terminal')).rejects.toMatchObject({
    code: 'conflict',
  })
  await expect(approvals.decide('nothing', 'approved', 'boss', 'page')).rejects.toMatchObject({
    code: 'not_found',
  })
})

test('of a yes and a no at once, one counts', async () => {
  const approvals = openApprovals(memoryStore())
  const { id } = await approvals.request(request)
  const decisions = (['approved', 'denied', 'approved', 'denied'] as const).map((decision) =>
    approvals.decide(id, decision, 'boss', 'page'),
  )
  expect(await outcomes(decisions)).toEqual({ through: 1, codes: ['conflict'] })
})

test('after a denial and its pause, the same question is a new one', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const approvals = openApprovals(memoryStore())
  const { id } = await approvals.request(request)
  await approvals.decide(id, 'denied', 'boss', 'terminal')
  vi.advanceTimersByTime(15 * 60_000)
  const again = await approvals.request(request)
  expect(again.id).not.toBe(id)
  expect((await approvals.list({ pending: true })).map((one) => one.id)).toEqual([again.id])
  expect((await approvals.list()).map(statusOf)).toEqual(expect.arrayContaining(['denied', 'pending']))
})

test('a question put through the client is answered once', async () => {
  const approvals = openApprovals(memoryStore())
  const answers = await Promise.all(Array.from({ length: 5 }, () => approvals.claimQuestion('q', 60_000)))
  expect(answers.filter(Boolean)).toHaveLength(1)
})

describe('in time', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => vi.useRealTimers())
  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)

  test('a request ends after an hour', async () => {
    const approvals = openApprovals(memoryStore())
    const { id } = await approvals.request(request)
    pass(APPROVAL_TTL_MS - 1)
    expect((await approvals.request(request)).id).toBe(id)
    pass(1)
    await expect(approvals.decide(id, 'approved', 'boss', 'page')).rejects.toMatchObject({
      code: 'approval_void',
    })
    await expect(approvals.use(id, 'digest-1')).rejects.toMatchObject({ code: 'approval_void' })
    expect((await approvals.request(request)).id).not.toBe(id)
  })

  test('an approval that was not used in its hour is void', async () => {
    const approvals = openApprovals(memoryStore())
    const { id } = await approvals.request(request)
    await approvals.decide(id, 'approved', 'boss', 'page')
    pass(APPROVAL_TTL_MS)
    await expect(approvals.use(id, 'digest-1')).rejects.toMatchObject({ code: 'approval_void' })
  })

  test('what became of it can be told for a day, and then it is gone', async () => {
    const approvals = openApprovals(memoryStore())
    const { id } = await approvals.request(request)
    await approvals.decide(id, 'approved', 'boss', 'page')
    await approvals.use(id, 'digest-1')
    pass(APPROVAL_TTL_MS + 23 * 3_600_000)
    await expect(approvals.use(id, 'digest-1')).rejects.toMatchObject({ code: 'approval_used' })
    pass(3_600_000)
    await expect(approvals.use(id, 'digest-1')).rejects.toMatchObject({ code: 'approval_void' })
    expect(await approvals.list()).toEqual([])
  })
})

test('a yes that nobody used yet still answers the same question', async () => {
  const approvals = openApprovals(memoryStore())
  const { id } = await approvals.request(request)
  await approvals.decide(id, 'approved', 'boss', 'terminal')
  expect((await approvals.request(request)).id).toBe(id)
  await approvals.use(id, 'digest-1')
  expect((await approvals.request(request)).id).not.toBe(id)
})

describe('where two must agree', () => {
  const two = { ...request, approvers: 2, fourEyes: true, caller: 'local:ada' }
  const asked = async () => {
    const approvals = openApprovals(memoryStore())
    const { id } = await approvals.request(two)
    const yes = (by: string) => approvals.decide(id, 'approved', by, 'terminal')
    return { approvals, id, yes }
  }

  test('it waits for the second, and then names both', async () => {
    const { approvals, id, yes } = await asked()
    expect(await yes('boss')).toMatchObject({ state: 'pending', agreed: [{ by: 'boss', how: 'terminal' }] })
    expect((await approvals.use(id, 'digest-1', two)).usedAt).toBeUndefined()
    expect(await yes('chief')).toMatchObject({ state: 'approved', by: 'boss, chief' })
    expect((await approvals.use(id, 'digest-1', two)).usedAt).toBeDefined()
  })

  test('the same one does not count twice, however the name is written', async () => {
    const { approvals, id, yes } = await asked()
    await yes('boss')
    for (const name of ['boss', 'Boss', 'BOSS']) {
      await expect(yes(name)).rejects.toMatchObject({ code: 'refused' })
    }
    expect(await approvals.get(id)).toMatchObject({ state: 'pending', agreed: [{ by: 'boss' }] })
  })

  test('of 20 tries of one at once, one counts, and of two people at once, both', async () => {
    const { approvals, id, yes } = await asked()
    const tries = await outcomes(Array.from({ length: 20 }, () => yes('boss')))
    expect(tries).toEqual({ through: 1, codes: ['refused'] })
    const other = await asked()
    expect(await outcomes([other.yes('boss'), other.yes('chief')])).toEqual({ through: 2, codes: [] })
    expect((await other.approvals.get(other.id))?.state).toBe('approved')
    expect((await approvals.get(id))?.state).toBe('pending')
  })

  test('one no denies, before or after a yes, and may be the own one of who asked', async () => {
    const { approvals, id, yes } = await asked()
    await yes('boss')
    expect(await approvals.decide(id, 'denied', 'Ada', 'terminal')).toMatchObject({
      state: 'denied',
      by: 'Ada',
    })
    await expect(yes('chief')).rejects.toMatchObject({ code: 'conflict' })
    await expect(approvals.use(id, 'digest-1')).rejects.toMatchObject({ code: 'approval_denied' })
  })

  test.each([
    ['local:ada', 'ada', true],
    ['local:ada', 'ADA', true],
    ['local:ada', 'ada@example.com', true],
    ['ada@example.com', 'Ada@Example.com', true],
    ['token:ada@example.com', 'ada', true],
    ['local:ada', 'adam', false],
    ['ada@example.com', 'ada@example.org', true],
    ['ada+work@example.com', 'ada@example.com', true],
    ['ada@example.com', 'adam@example.org', false],
    ['helpdesk-bot', 'ada', false],
  ])('asked for by %s, %s may be the same person: %s', async (caller, name, same) => {
    const approvals = openApprovals(memoryStore())
    const { id } = await approvals.request({ ...two, caller })
    const { through } = await outcomes([approvals.decide(id, 'approved', name, 'terminal')])
    expect(through).toBe(same ? 0 : 1)
  })

  test('one asked for with less is not the one that now takes more, and is void there', async () => {
    const approvals = openApprovals(memoryStore())
    const weak = await approvals.request(request)
    await approvals.decide(weak.id, 'approved', 'boss', 'terminal')
    for (const more of [{ approvers: 2 }, { fourEyes: true }]) {
      await expect(approvals.use(weak.id, 'digest-1', more)).rejects.toMatchObject({ code: 'approval_void' })
      expect((await approvals.request({ ...request, ...more })).id).not.toBe(weak.id)
    }
  })

  test('one asked for with more stands where less would do', async () => {
    const approvals = openApprovals(memoryStore())
    const { id } = await approvals.request(two)
    expect((await approvals.request(request)).id).toBe(id)
    expect((await approvals.use(id, 'digest-1')).state).toBe('pending')
  })
})

test('how many wait is kept, not counted: it takes one value, however many approvals there are', async () => {
  const store = memoryStore()
  const read: string[] = []
  const watched: Store = {
    ...store,
    get: (key) => {
      read.push(key)
      return store.get(key)
    },
    keys: async () => {
      throw new Error('all keys are listed')
    },
  }
  const approvals = openApprovals(watched)
  const ids: string[] = []
  for (let number = 0; number < 40; number++) {
    const { id } = await approvals.request({
      digest: `digest-${number}`,
      tool: 't',
      plan: ['Deactivate ada'],
      caller: `local:caller-${number % 4}`,
    })
    ids.push(id)
  }
  const [denied = '', approved = ''] = ids
  await approvals.decide(denied, 'denied', 'boss', 'page')
  await approvals.decide(approved, 'approved', 'boss', 'page')
  read.length = 0
  expect(await approvals.pending()).toBe(38)
  expect(read).toHaveLength(1)
})
