// @module-tag long

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openWorld, type WorldOptions } from '../support/world.ts'

const PEOPLE = ['ada@example.com', 'alan@example.com', 'grace@example.com']
const ASKED = { people: PEOPLE, tenants: ['acme-netskope'], reason: 'the team was closed' }
/** Behind the time that a call keeps for its answer, and before the end of the call. */
const ALMOST_OVER_MS = 47_000

interface Answer {
  status: string
  state: string
  runId: string
  plan: { accounts: number }
  counts: Record<string, number>
  approval?: { id: string }
  note?: string
}

/** An app that answers look-ups only when it is let go, and an approver. */
async function openSlow(options: WorldOptions = {}) {
  const world = await openWorld({ ...options, sandbox: { perMinute: 100_000 } })
  await addApprovers(world, 'linus')
  for (const userName of PEOPLE) {
    const known = world.netskope.users.find((user) => user.userName === userName)
    if (known) known.active = true
    else world.netskope.addUser({ userName })
  }
  // The first look-ups come before the app is slow: they are of the app itself.
  await world.call('find_user', { user: PEOPLE[0] })
  world.netskope.faults.set([{ fault: 'late-work', method: 'GET', ms: 3_000 }])
  const call = async (tool: string, args: object, options: Parameters<typeof world.call>[2] = {}) =>
    (await world.call(tool, args, options)) as unknown as Answer
  return {
    ...world,
    call,
    look: (runId: string) => call('get_run', { runId }),
    letGo: () => world.netskope.faults.clear(),
    async approve({ approval, plan }: Answer): Promise<void> {
      const words = ['approvals', 'approve', approval?.id ?? '', '--approver', 'linus', '--passphrase-stdin']
      const confirm = ['--confirm', String(plan.accounts)]
      expect(await world.run([...words, ...confirm], { stdin: `${PASSPHRASE}\n` })).toMatchObject({ code: 0 })
    },
    async lookUps(): Promise<void> {
      const before = world.netskope.arrivals.length
      await expect.poll(() => world.netskope.arrivals.length).toBeGreaterThan(before)
    },
  }
}

/** Lets the time of the calls that go on now be almost over. */
function hurry(): () => void {
  const now = Date.now.bind(Date)
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + ALMOST_OVER_MS)
  return () => clock.mockRestore()
}

test('a plan that outlasts its call goes on without it, and the calls that follow lead to that run alone', async () => {
  await using world = await openSlow()
  const calling = world.call('offboard', ASKED)
  await world.lookUps()
  const back = hurry()
  const first = await calling.finally(back)
  expect(first).toMatchObject({ status: 'planning', runId: expect.stringMatching(/^run-/) })
  expect(first.approval).toBeUndefined()
  const { runId } = first
  expect(await world.look(runId)).toMatchObject({ state: 'planning', counts: { waiting: 0, done: 0 } })
  world.letGo()
  await expect.poll(async () => (await world.look(runId)).state).toBe('waiting_for_approval')
  expect(await world.look(runId)).toMatchObject({ counts: { waiting: 3 } })

  const asked = await world.call('offboard', ASKED)
  expect(asked).toMatchObject({ status: 'approval_required', runId, plan: { accounts: 3 } })
  expect(world.netskope.writes).toEqual([])
  await world.approve(asked)
  expect(await world.call('offboard', { ...ASKED, approvalId: asked.approval?.id })).toMatchObject({ runId })
  await expect.poll(async () => (await world.look(runId)).state).toBe('finished')
  expect(await world.call('offboard', ASKED)).toMatchObject({ status: 'done', runId, counts: { done: 3 } })
  expect(world.netskope.writes).toHaveLength(3)
  expect((await world.run(['runs', 'list', '--json'])).stdout.match(/"runId"/g)).toHaveLength(1)
})

test('at the terminal, who waits for a plan that outlasts a call is asked once it stands', async () => {
  await using world = await openSlow()
  const file = join(world.folder, 'leavers.csv')
  writeFileSync(file, `email\n${PEOPLE.join('\n')}\n`)
  const agree = ['--reason', 'left', '--approver', 'linus', '--confirm', '3', '--passphrase-stdin']
  const offboarding = world.run(['offboard', file, '--tenants', 'acme-netskope', ...agree], {
    stdin: `${PASSPHRASE}\n`,
  })
  await world.lookUps()
  const back = hurry()
  const shown = async () =>
    JSON.parse((await world.run(['runs', 'list', '--json'])).stdout) as { runs: Answer[] }
  // The next call of the command waits for the same plan.
  await new Promise((resolve) => setTimeout(resolve, 500))
  back()
  expect(await shown()).toMatchObject({ runs: [{ state: 'planning' }] })
  world.letGo()
  const { code, stdout } = await offboarding
  expect(stdout).toContain('Deactivate 3 accounts of 3 people')
  expect(stdout).toContain('finished')
  expect(stdout).not.toContain('repeat the call')
  expect(code).toBe(0)
  expect(await shown()).toMatchObject({ runs: [{ state: 'finished', counts: { done: 3 } }] })
})

test('a plan that is being made says how far it is, in get_run and as progress', async () => {
  const people = Array.from({ length: 24 }, (_, at) => `leaver-${at}@example.com`)
  await using world = await openSlow()
  for (const userName of people) world.netskope.addUser({ userName })
  world.netskope.faults.set([{ fault: 'late-work', method: 'GET', ms: 1_500 }])
  const told: { message?: string | undefined }[] = []
  const asked = { ...ASKED, people }
  const calling = world.call('offboard', asked, { onprogress: (one) => told.push(one) })
  const messages = () => told.map(({ message }) => message)
  await expect
    .poll(messages, { timeout: 30_000 })
    .toContainEqual(expect.stringMatching(/^Planning: \d+ of 24 people are looked up$/))
  const { runs } = JSON.parse((await world.run(['runs', 'list', '--json'])).stdout) as { runs: Answer[] }
  const { note } = await world.look(runs[0]?.runId ?? '')
  world.letGo()
  expect(note).toMatch(/^It is still being planned \(\d+ of 24 people so far\)/)
  const { runId, plan } = await calling
  expect(plan).toMatchObject({ accounts: 24 })
  expect((await world.look(runId)).note).toBeUndefined()
})

test('the plan of a process that was killed is made by the next one, for the same call and once', async () => {
  await using world = await openSlow({ ownProcess: true })
  void world.call('offboard', ASKED).catch(() => undefined)
  await world.lookUps()
  process.kill(world.client.pid as number, 'SIGKILL')
  world.letGo()
  const next = await world.open()
  const asked = (await next.call('offboard', ASKED)) as unknown as Answer
  expect(asked).toMatchObject({ status: 'approval_required', plan: { accounts: 3 } })
  const { runs } = JSON.parse((await world.run(['runs', 'list', '--json'])).stdout) as { runs: Answer[] }
  expect(runs).toMatchObject([{ runId: asked.runId, state: 'waiting_for_approval', counts: { waiting: 3 } }])
  expect(world.netskope.writes).toEqual([])
})
