// @module-tag long

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openWorld, type WorldOptions } from '../support/world.ts'

const REASON = { reason: 'left the company <b>' }
type Row = Record<string, string>

/** A world in which people leave, and what an auditor gets of it. */
async function open(options: WorldOptions = {}) {
  const world = await openWorld({ sandbox: { events: 30 }, ...options })
  await addApprovers(world, 'linus')
  const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-evidence-'))
  return {
    ...world,
    folder,
    leave: (user: string, tenants = ['acme-netskope']) =>
      world.call('deactivate_user', { user, tenants, ...REASON }),
    async evidence(...words: string[]) {
      const ran = await world.run(['evidence', ...words, '--out', folder, '--json'])
      if (ran.stdout === '') return { ...ran, rows: [] as Row[], html: '', unknown: [] as string[] }
      const rows: Row[] = parse(readFileSync(join(folder, 'evidence.csv'), 'utf8'), { columns: true })
      const { unknown } = JSON.parse(ran.stdout) as { unknown: string[] }
      return { ...ran, rows, html: readFileSync(join(folder, 'index.html'), 'utf8'), unknown }
    },
  }
}

test('tells of a leaver who asked, who agreed to what, each write, its event in the app, and how long it took', async () => {
  await using world = await open()
  const { userName } = world.newcomer()
  await world.leave(userName)
  const { code, rows, html, unknown } = await world.evidence('--person', userName)
  expect({ code, unknown }).toEqual({ code: 0, unknown: [] })
  const event = world.netskope.events.findLast((one) => JSON.stringify(one).includes(userName))
  expect(rows).toMatchObject([
    {
      person: userName,
      tenant: 'acme-netskope',
      account: userName,
      change: 'deactivate account',
      before: 'it was active',
      reason: 'left the company <b>',
      outcome: 'done',
      readBack: 'the app showed it',
      approvedHow: 'form',
      appEvent: event?._id,
      statusNow: 'inactive',
      unknown: '',
    },
  ])
  expect(rows[0]?.secondsFromRequest).toMatch(/^\d+(\.\d+)?$/)
  expect(html).toContain('active → inactive')
  expect(html).not.toContain('<b>')
  // The proof is checked by somebody who has nothing but it and an anchor that was kept.
  const { stdout } = await world.run(['journal', 'prove', rows[0]?.call ?? ''])
  const { anchor } = JSON.parse(stdout) as { anchor: object }
  const kept = join(world.folder, 'anchor.json')
  writeFileSync(kept, `${JSON.stringify(anchor)}\n`)
  const proof = join(world.folder, 'proofs', `${rows[0]?.call}.json`)
  expect(await world.run(['journal', 'prove', '--check', proof, '--anchor', kept])).toMatchObject({ code: 0 })
})

test('tells of everybody in a time span, a run with its plan and approver, and of nobody else', async () => {
  await using world = await open()
  const before = world.newcomer().userName
  await world.leave(before)
  const from = new Date().toISOString()
  const people = [world.newcomer().userName, world.newcomer().userName]
  const args = { people, ...REASON }
  const first = await world.call('offboard', args)
  const { id } = first.approval as { id: string }
  const agree = ['--approver', 'linus', '--confirm', '2', '--passphrase-stdin']
  await world.run(['approvals', 'approve', id, ...agree], { stdin: `${PASSPHRASE}\n` })
  await world.call('offboard', { ...args, approvalId: id })
  await expect.poll(async () => (await world.call('get_run', { runId: first.runId })).state).toBe('finished')
  const { code, rows, html } = await world.evidence('--from', from)
  expect(code).toBe(0)
  expect(rows.map(({ person }) => person).sort()).toEqual([...people].sort())
  expect(
    new Set(rows.map(({ approvedBy, approvedHow, call }) => [approvedBy, approvedHow, call].join())),
  ).toEqual(new Set([`linus,terminal,${first.runId}`]))
  expect(html).toContain('Deactivate 2 accounts of 2 people')
  expect(html).not.toContain(before)
})

test.each<[string, (world: Awaited<ReturnType<typeof open>>, user: string) => unknown, RegExp]>([
  [
    'the access is back',
    ({ netskope }, user) => Object.assign(netskope.user(user), { active: true }),
    /is active now/,
  ],
  [
    'the log of the app does not show it',
    ({ netskope }, user) => {
      const events = netskope.events as (typeof netskope.events)[number][]
      for (const one of events.filter((event) => JSON.stringify(event).includes(user)))
        events.splice(events.indexOf(one), 1)
    },
    /log does not show it/,
  ],
  [
    'the app cannot be asked',
    ({ netskope }) => netskope.faults.set([{ fault: 'server-error', status: 501 }]),
    /not known/,
  ],
])('says what it does not know: %s', async (_, happens, said) => {
  await using world = await open()
  const { userName } = world.newcomer()
  await world.leave(userName)
  happens(world, userName)
  const { code, unknown, html } = await world.evidence('--person', userName)
  expect(code).toBe(1)
  expect(unknown.join('\n')).toMatch(said)
  expect(html).toMatch(said)
})

test('names an account that nobody touched, an app without a log, and a task that is not done', async () => {
  const badges = { vendor: 'manual', title: 'Door badges', owner: 'linus' }
  await using world = await open({
    tenants: (own) => ({ ...own, badges }),
    settings: { confirm: { deletes: 'ask' } },
    sandbox: { apps: ['netskope', 'scim'], events: 10 },
  })
  const { userName } = world.newcomer()
  world.sandbox.tenants['acme-scim'].addUser({ userName })
  await world.leave(userName, ['acme-netskope', 'badges'])
  const { code, unknown, rows } = await world.evidence('--person', userName)
  expect(code).toBe(1)
  expect(rows.find(({ tenant }) => tenant === 'badges')).toMatchObject({
    outcome: 'not recorded',
    readBack: '',
  })
  expect(unknown.join('\n')).toContain('linus has not said yet that it is done')
  expect(unknown.join('\n')).toMatch(/in acme-scim is active, and was never changed/)
  expect(await world.leave(userName, ['acme-scim'])).toMatchObject({ status: 'done' })
  expect((await world.evidence('--person', userName)).unknown.join('\n')).toContain('has no log')
})

test('is not made of a journal that was altered, nor of nothing', async () => {
  await using world = await open()
  const { userName } = world.newcomer()
  await world.leave(userName)
  expect(await world.evidence()).toMatchObject({ code: 2 })
  expect(await world.evidence('--person', 'nobody@example.com')).toMatchObject({ code: 2 })
  const file = join(world.dataDir, 'journal.jsonl')
  writeFileSync(file, readFileSync(file, 'utf8').replace('left the company', 'was never here!!'))
  expect(await world.evidence('--person', userName)).toMatchObject({ code: 1, stdout: '' })
})
