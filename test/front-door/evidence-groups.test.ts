import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openWorld } from '../support/world.ts'

const TENANT = 'acme-netskope'
const REASON = { reason: 'the project ended' }
type Row = Record<string, string>

async function open() {
  const world = await openWorld({ sandbox: { events: 10 } })
  await addApprovers(world, 'linus')
  const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-evidence-'))
  const [first, second] = world.netskope.groups
  if (!first || !second) throw new TypeError('the app has no groups')
  return {
    ...world,
    folder,
    first,
    second,
    members: (group: { displayName: string }, who: { add?: string[]; remove?: string[] }) =>
      world.call('update_group_members', { tenant: TENANT, group: group.displayName, ...who, ...REASON }),
    leave: (user: string) => world.call('deactivate_user', { user, tenants: [TENANT], ...REASON }),
    async evidence(...words: string[]) {
      const { code, stdout } = await world.run(['evidence', ...words, '--out', folder, '--json'])
      const rows: Row[] =
        stdout === '' ? [] : parse(readFileSync(join(folder, 'evidence.csv'), 'utf8'), { columns: true })
      const html = stdout === '' ? '' : readFileSync(join(folder, 'index.html'), 'utf8')
      const { unknown } = JSON.parse(stdout || '{"unknown":[]}') as { unknown: string[] }
      return { code, rows, html, unknown }
    },
  }
}

const told = (rows: readonly Row[]) =>
  rows.map(({ person, change, group = '' }) => [person, change, group.replace(/ \(.*/, '')])

test('tells of the groups that somebody came into and left: by whom, the yes, the event of the app, the read-back', async () => {
  await using world = await open()
  const [ada, other] = [world.newcomer().userName, world.newcomer().userName]
  const { first, second } = world
  await world.members(first, { add: [ada, other] })
  await world.members(second, { add: [other] })
  // The app's log has whole seconds, so that all of these have the same time or nearly.
  await world.members(first, { remove: [ada] })
  await world.leave(ada)
  const { code, rows, html, unknown } = await world.evidence('--person', ada)
  expect({ code, unknown }).toEqual({ code: 0, unknown: [] })
  expect(told(rows)).toEqual([
    [ada, 'join group', first.displayName],
    [ada, 'leave group', first.displayName],
    [ada, 'deactivate account', ''],
  ])
  const events = world.netskope.events.filter(({ supporting_data: about }) =>
    about.data_values.includes(first.displayName),
  )
  expect(rows.slice(0, 2)).toMatchObject(
    events.map(({ _id }) => ({
      account: ada,
      reason: REASON.reason,
      approvedHow: 'form',
      outcome: 'done',
      readBack: 'the app showed it',
      appEvent: _id,
      statusNow: 'inactive',
    })),
  )
  expect(rows.slice(0, 2).map(({ before }) => before)).toEqual(['it was out', 'it was in'])
  expect(html).toContain(`join group ${first.displayName}`)
  for (const { call } of rows) expect(existsSync(join(world.folder, 'proofs', `${call}.json`))).toBe(true)
})

test('tells of a time span what became of the groups of those who lost access in it, and of nobody else', async () => {
  await using world = await open()
  const [ada, other] = [world.newcomer().userName, world.newcomer().userName]
  await world.members(world.first, { add: [ada, other] })
  const from = new Date().toISOString()
  await world.members(world.first, { remove: [ada, other] })
  await world.leave(ada)
  const { rows } = await world.evidence('--from', from)
  expect(told(rows)).toEqual([
    [ada, 'leave group', world.first.displayName],
    [ada, 'deactivate account', ''],
  ])
})

test('tells of the steps of a run: an account that was made, and the groups it came into', async () => {
  await using world = await open()
  const like = world.newcomer().userName
  await world.members(world.first, { add: [like] })
  const people = ['hedy', 'radia'].map((name) => ({
    email: `${name}@example.com`,
    givenName: name,
    familyName: 'New',
  }))
  const args = { people, tenants: [TENANT], like, ...REASON }
  const asked = await world.call('onboard', args)
  const { id } = asked.approval as { id: string }
  const agree = ['--approver', 'linus', '--confirm', '2', '--passphrase-stdin']
  await world.run(['approvals', 'approve', id, ...agree], { stdin: `${PASSPHRASE}\n` })
  await world.call('onboard', { ...args, approvalId: id })
  const { runId } = asked
  await expect.poll(async () => (await world.call('get_run', { runId })).state).toBe('finished')
  const { rows, unknown } = await world.evidence('--person', 'hedy@example.com')
  expect(told(rows)).toEqual([
    ['hedy@example.com', 'create account', ''],
    ['hedy@example.com', 'join group', world.first.displayName],
  ])
  expect(unknown).toEqual([])
  const accountId = world.netskope.user('hedy@example.com').id
  const ofRun = { accountId, call: runId, approvedBy: 'linus', outcome: 'done', statusNow: 'active' }
  expect(rows).toMatchObject([ofRun, ofRun])
})

test('knows a membership that is all there is of somebody, and takes no group for a person', async () => {
  await using world = await open()
  const ada = world.newcomer().userName
  await world.members(world.first, { add: [ada] })
  expect(told((await world.evidence('--person', ada)).rows)).toEqual([
    [ada, 'join group', world.first.displayName],
  ])
  await world.leave(ada)
  Object.assign(world.netskope.user(ada), { active: true })
  expect((await world.evidence('--person', ada)).unknown.join(' ')).toContain('is active now')
  // A group is no person.
  expect(await world.evidence('--person', world.first.displayName)).toMatchObject({ code: 2 })
})
