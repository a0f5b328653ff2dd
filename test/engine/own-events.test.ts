// @module-tag long

import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { kindOf } from '../../src/changes/index.ts'
import type { AuditFilter } from '../../src/domain/audit-filter.ts'
import type { Change } from '../../src/domain/change.ts'
import { type OwnEventsAsk, ownEvents } from '../../src/engine/own-events.ts'
import type { JournalForm } from '../../src/journal/backend.ts'
import type { JournalEvent } from '../../src/journal/events.ts'
import { fileJournal, journalFile } from '../../src/journal/file.ts'
import { type Journal, journalOver } from '../../src/journal/journal.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { dataFolder } from '../journal/chain.ts'
import { account, change } from '../support/call.ts'

const ADA = 'ada@example.com'
const IN_ACME = { tenant: 'acme', id: 'id-1', userName: ADA }
const START = Date.UTC(2026, 2, 1)
const at = (second: number) => new Date(START + second * 1_000)

let place: Awaited<ReturnType<typeof dataFolder>>
let journal: Journal
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  place = await dataFolder()
  journal = fileJournal(place.folder, memoryStore())
})
afterEach(async () => {
  vi.useRealTimers()
  await place[Symbol.asyncDispose]()
})

const happen = (call: string, event: JournalEvent['event'], more: Partial<JournalEvent> = {}) =>
  journal.append({ call, event, tool: 'deactivate_user', caller: 'local:grace', account: IN_ACME, ...more })
/** A write that was sent and ended so, each a second after the one before. */
async function wrote(call: string, more: Partial<JournalEvent> = {}, end: Partial<JournalEvent> = {}) {
  vi.setSystemTime(Date.now() + 1_000)
  await happen(call, 'started', { before: kindOf(change()).imageOf(change()), ...more })
  await happen(call, end.event ?? 'done', { ...more, ...end })
}
const told = (ask: Partial<OwnEventsAsk> = {}) =>
  ownEvents(journal, {
    tenant: 'acme',
    since: at(0),
    until: at(1_000),
    order: 'newest_first',
    limit: 100,
    ...ask,
  })
const actionsOf = async (ask?: Partial<OwnEventsAsk>) => (await told(ask)).items.map(({ action }) => action)

test('tells of a write what was done, to whom, who asked for it and who approved it', async () => {
  await happen('call-0', 'asked', { approval: { id: 'K7Q2-M9XD-41' } })
  await wrote('call-1', { approval: { id: 'K7Q2-M9XD-41', by: 'boss', how: 'page' } })
  expect(await told()).toEqual({
    items: [
      {
        id: 'journal-2',
        time: '2026-03-01T00:00:01.000Z',
        actor: 'local:grace',
        action: 'deactivate account: done (it was active)',
        target: ADA,
        source: 'journal',
        approvedBy: 'boss',
        change: 'call-1',
        seq: 2,
      },
    ],
    more: false,
    altered: 0,
  })
})

const members: Change = {
  tenant: 'acme',
  accounts: [],
  subject: { id: 'g', userName: 'Sales' },
  operation: 'updateMembers',
  ask: { group: { id: 'g', name: 'Sales' }, add: [], remove: [{ id: 'id-1', userName: ADA }] },
  inside: ['id-1'],
}
const admin: Change = {
  ...change(),
  operation: 'updateAccount',
  ask: { id: 'id-1', userName: ADA, set: { admin: true } },
  before: { admin: false },
}
const imageOf = (one: Change) => ({ before: kindOf(one).imageOf(one) })

test.each<[string, string, Partial<JournalEvent>, Partial<JournalEvent>]>([
  [
    'that was refused by the app',
    'deactivate account: failed (conflict)',
    {},
    { event: 'failed', code: 'conflict' },
  ],
  [
    'whose end is not known',
    'deactivate account: sent, not known whether it happened (unknown_outcome)',
    {},
    { event: 'unknown', code: 'unknown_outcome' },
  ],
  ['of a field', 'update account: done (admin: false → true)', imageOf(admin), {}],
  ['to a group', `update members: done (${ADA}: in → out)`, imageOf(members), {}],
  ['of a version that kept no image', 'deactivate user: done', { before: undefined as never }, {}],
])('tells of a write %s', async (_, action, more, end) => {
  await wrote('call-1', more, end)
  expect(await actionsOf()).toEqual([action])
})

test('tells of a write that the journal has no end of, and of one that was never sent', async () => {
  await happen('call-1', 'started')
  await happen('call-2', 'failed', { code: 'refused', note: 'Dry run: agreed to, but not sent.' })
  expect(await actionsOf()).toEqual([
    'deactivate user: failed (refused)',
    'deactivate user: started, its end is not recorded',
  ])
})

test('tells each write of a call, and a new account by the name and id that it got', async () => {
  await happen('call-1', 'started')
  await happen('call-1', 'started', { account: { ...IN_ACME, id: 'new', userName: 'bo' } })
  await happen('call-1', 'done', { account: { ...IN_ACME, id: 'id-2', userName: 'bo@example.com' } })
  await happen('call-1', 'failed', { code: 'timeout' })
  const { items } = await told()
  expect(items.map(({ target, action }) => [target, action])).toEqual([
    ['bo@example.com', 'deactivate user: done'],
    [ADA, 'deactivate user: failed (timeout)'],
  ])
  expect((await told({ user: 'id-2' })).items).toHaveLength(1)
})

test('tells nothing of other tenants, of what nobody did, and of another time', async () => {
  await happen('call-1', 'refused', { account: undefined as never, args: { tenant: 'acme' } })
  await wrote('call-2', { account: { ...IN_ACME, tenant: 'acme-2' } })
  await wrote('call-3', { account: { ...IN_ACME, tenant: 'other', userName: '"tenant":"acme"' } })
  await wrote('call-4')
  expect((await told()).items).toMatchObject([{ change: 'call-4' }])
  expect((await told({ until: at(2) })).items).toEqual([])
  expect((await told({ since: at(4) })).items).toEqual([])
})

describe('asked for some', () => {
  test.each<[string, AuditFilter, string[]]>([
    ['who asked, by the whole name', { user: 'local:Bo', role: 'actor' }, ['call-2']],
    ['who asked, by the bare name', { user: 'bo', role: 'actor' }, ['call-2']],
    ['whom it concerned', { user: 'ADA@example.com', role: 'target' }, ['call-3', 'call-1']],
    ['whom it concerned, by id', { user: 'id-1' }, ['call-3', 'call-1']],
    ['whom it concerned, by email', { user: 'ada.l@example.com' }, ['call-1']],
    ['either', { user: 'bo' }, ['call-4', 'call-2']],
    ['a word', { action: 'deactivated' }, ['call-2', 'call-1']],
    ['who was made an administrator', { action: 'admin true' }, ['call-4']],
    ['nobody', { user: 'eve@example.com' }, []],
  ])('finds %s', async (_, filter, calls) => {
    const mailed = change({ email: 'ada.l@example.com' })
    await wrote('call-1', imageOf(mailed))
    await wrote('call-2', {
      ...imageOf(change({ id: 'id-9', userName: 'carl' })),
      caller: 'local:bo',
      account: { tenant: 'acme', id: 'id-9', userName: 'carl' },
    })
    await wrote('call-3', { ...imageOf(members), account: { tenant: 'acme', id: 'g', userName: 'Sales' } })
    const bo = account({ id: 'id-8', userName: 'bo' })
    await wrote('call-4', {
      ...imageOf({ ...admin, accounts: [bo] }),
      account: { tenant: 'acme', id: 'id-8', userName: 'bo' },
    })
    expect((await told(filter)).items.map(({ change: call }) => call)).toEqual(calls)
  })
})

test.each([
  ['the name', 'p7@example.com', 'call-1'],
  ['another name', 'P7', 'call-1'],
  ['the subject', '00u1', 'call-1'],
  ['the name of a token', 'helpdesk', 'call-2'],
])('finds who asked by %s in the token', async (_, user, call) => {
  await wrote('call-1', {
    caller: 'oauth:https://login.example.com/realms/acme#00u1',
    callerNames: ['p7@example.com', 'p7'],
  })
  await wrote('call-2', { caller: 'token:helpdesk#0123456789ab' })
  const { items } = await told({ user, role: 'actor' })
  expect(items).toMatchObject([{ change: call }])
  expect(items[0]?.actor).toBe(call === 'call-1' ? 'p7@example.com' : 'token:helpdesk#0123456789ab')
})

test.each(['newest_first', 'oldest_first'] as const)(
  'pages %s, each once, at the same time too',
  async (order) => {
    for (let index = 0; index < 23; index += 1) {
      await wrote(`call-${index}`)
      // Some happen at the same time, and one while the clock was wrong.
      if (index % 3 === 0) vi.setSystemTime(Date.now() - (index === 12 ? 5_000 : 1_000))
    }
    const all: string[] = []
    let behind: { time: string; seq: number } | undefined
    for (;;) {
      const page = await told({ order, limit: 4, ...(behind && { behind }) })
      all.push(...page.items.map(({ id }) => id))
      behind = page.items.at(-1)
      if (!page.more) break
    }
    expect(new Set(all).size).toBe(23)
    expect(all).toEqual((await told({ order })).items.map(({ id }) => id))
  },
)

test('leaves out and counts lines that were altered, and no line that is being written', async () => {
  await wrote('call-1')
  await wrote('call-2')
  const file = journalFile(place.folder)
  const text = await readFile(file, 'utf8')
  await writeFile(
    file,
    text.replace('"call":"call-1","caller":"local:grace"', '"call":"call-1","caller":"local:eve"'),
  )
  await appendFile(file, '{"account":{"tenant":"acme"')
  const { items, altered } = await told()
  expect(altered).toBe(1)
  expect(items.map(({ change: call }) => call)).toEqual(['call-2', 'call-1'])
  expect(JSON.stringify(items)).not.toContain('eve')
})

test('reads no more of a long journal than the time span, and a day before it', async () => {
  for (let hour = 0; hour < 200; hour += 1) {
    vi.setSystemTime(START + hour * 3_600_000)
    await wrote(`call-${hour}`)
  }
  let read = 0
  const form: JournalForm = {
    ...journal,
    async *lines(range) {
      for await (const line of journal.lines(range)) {
        read += 1
        yield line
      }
    },
  }
  const counting = journalOver(form, memoryStore())
  await counting.index.catchUp()
  read = 0
  const hour = (count: number) => new Date(START + count * 3_600_000)
  const ask = { tenant: 'acme', until: hour(300), order: 'oldest_first', limit: 500 } as const
  const last = await ownEvents(counting, { ...ask, since: hour(190) })
  expect(last.items.map(({ change: call }) => call)).toEqual(
    Array.from({ length: 10 }, (_, index) => `call-${190 + index}`),
  )
  expect(last.altered).toBe(0)
  expect(read).toBeLessThan(150)
  for (const since of [0, 30, 77, 199]) {
    expect((await ownEvents(journal, { ...ask, since: hour(since) })).items).toHaveLength(200 - since)
  }
})
