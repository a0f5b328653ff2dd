import { describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openWorld, type World } from '../support/world.ts'

const PEOPLE = ['ada@example.com', 'alan@example.com', 'grace@example.com']
const REASON = { reason: 'the team was closed' }

interface RunAnswer {
  status: string
  runId: string
  plan: { people: number; accounts: number; skippedCount: number; skipped: { person: string; why: string }[] }
  counts: Record<string, number>
  approval?: { id: string; plan: string[] }
  note?: string
  error?: { code: string; message: string }
}

const open = async () => {
  const world = await openWorld({
    sandbox: { apps: ['netskope', 'scim'] },
    settings: { limits: { removesPerHour: 1 } },
  })
  await addApprovers(world, 'linus')
  return world
}
const ask = async (world: World, tool: string, args: object) =>
  (await world.call(tool, args)) as unknown as RunAnswer

async function approve(world: World, { approval, plan }: RunAnswer): Promise<void> {
  const words = ['approvals', 'approve', approval?.id ?? '', '--approver', 'linus', '--passphrase-stdin']
  const said = await world.run([...words, '--confirm', String(plan.accounts)], { stdin: `${PASSPHRASE}\n` })
  expect(said).toMatchObject({ code: 0 })
}

async function finished(
  world: World,
  runId: string,
): Promise<RunAnswer & { rows: { outcome: string }[]; state: string }> {
  for (;;) {
    const run = (await world.call('get_run', { runId })) as never as RunAnswer & {
      rows: { outcome: string }[]
      state: string
    }
    if (!['running', 'planning', 'scheduled'].includes(run.state)) return run
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('offboard', () => {
  test('plans once, waits for one yes, and takes everybody out of every app', async () => {
    await using world = await open()
    const first = await ask(world, 'offboard', { people: PEOPLE, ...REASON })
    expect(first.error).toBeUndefined()
    expect(first).toMatchObject({ status: 'approval_required', plan: { people: 3 } })
    const { runId, plan } = first
    expect(await world.call('get_run', { runId })).toMatchObject({ state: 'waiting_for_approval' })
    expect(world.sandbox.tenants['acme-netskope'].writes).toEqual([])
    await approve(world, first)
    const again = await ask(world, 'offboard', { people: PEOPLE, ...REASON, approvalId: first.approval?.id })
    expect(again).toMatchObject({ runId })
    const run = await finished(world, runId)
    expect(run.state).toBe('finished')
    expect(run.counts).toMatchObject({ done: plan.accounts, failed: 0, unknown: 0, waiting: 0 })
    expect(await ask(world, 'offboard', { people: PEOPLE, ...REASON })).toMatchObject({
      status: 'done',
      runId,
    })
  })
})
