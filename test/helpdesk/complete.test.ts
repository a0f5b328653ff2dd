// @module-tag long

import { expect, test } from 'vitest'
import { type Answer, claimsTooMuch, leavesOpen, newAgent } from './agent.ts'
import { openDesk } from './desk.ts'

test('no answer that leaves something open is called complete, in any app', async () => {
  await using desk = await openDesk()
  const agent = await newAgent(desk, new Map())
  // The names that `match` takes stand in the hint to somebody who does not know them.
  const { error } = await agent.call('list_users', { tenant: 'any', match: { nothing: 'x' } })
  const [, names = ''] = /`match` takes (.*)\./.exec(error?.hint ?? '') ?? []
  const fields = names.split(', ')
  expect(fields.length).toBeGreaterThan(10)

  const VALUES: Record<string, unknown> = { status: 'inactive', admin: true }
  const asked: { what: string; answer: Answer }[] = []
  const ask = async (tool: string, args: object) =>
    asked.push({ what: `${tool} ${JSON.stringify(args)}`, answer: await agent.call(tool, args) })
  for (const { tenant } of await agent.tenants('list_users')) {
    for (const field of fields) {
      await ask('list_users', { tenant, match: { [field]: VALUES[field] ?? 'no such value' } })
    }
    await ask('list_groups', { tenant })
    await ask('list_groups', { tenant, group: 'Sales' })
    await ask('pull_audit', { tenant })
    await ask('pull_audit', { tenant, user: 'ada@example.com', role: 'target' })
  }
  await ask('find_user', { user: 'Nobody Of That Name' })
  expect(asked.filter(({ answer }) => claimsTooMuch(answer)).map(({ what }) => what)).toEqual([])
  // An answer is complete, goes on, or says why not.
  const mute = asked.filter(
    ({ answer: { complete, nextCursor, note, error, searched } }) =>
      !complete && !nextCursor && !note && !error && !searched,
  )
  expect(mute.map(({ what }) => what)).toEqual([])
  expect(asked.filter(({ answer }) => leavesOpen(answer)).length).toBeGreaterThan(10)
})
