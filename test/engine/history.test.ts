import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BeforeImage } from '../../src/changes/define.ts'
import { kindOf } from '../../src/changes/index.ts'
import type { Change } from '../../src/domain/change.ts'
import { pastOf } from '../../src/engine/history.ts'
import { toLine } from '../../src/journal/entry.ts'
import type { JournalEvent } from '../../src/journal/events.ts'
import { fileJournal, journalFile } from '../../src/journal/file.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { makeProof } from '../../src/journal/proof.ts'
import { linesAbout } from '../../src/journal/query.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { dataFolder } from '../journal/chain.ts'
import { account, change, codeOf } from '../support/call.ts'

const IN_ACME = { tenant: 'acme', id: 'id-1', userName: 'ada@example.com' }
const IMAGE: BeforeImage = kindOf(change()).imageOf(change())

let place: Awaited<ReturnType<typeof dataFolder>>
let journal: Journal
let store = memoryStore()
beforeEach(async () => {
  place = await dataFolder()
  store = memoryStore()
  journal = fileJournal(place.folder, store)
})
afterEach(() => place[Symbol.asyncDispose]())

const happen = (call: string, more: Partial<JournalEvent>) =>
  journal.append({
    event: 'started',
    call,
    tool: 'deactivate_user',
    caller: 'ada',
    account: IN_ACME,
    ...more,
  })
const edit = (lines: string[], at: number, [from, to]: [string, string]) =>
  lines.map((line, number) => (number === at ? line.replace(from, to) : line))
const past = (reference: string, caller = 'ada') => pastOf(journal, reference, (by) => by === caller)

test('tells what a call changed, to its caller alone', async () => {
  await happen('call-1', { event: 'asked', approval: { id: 'K7Q2-M9XD-41' } })
  await happen('call-2', { before: IMAGE, approval: { id: 'K7Q2-M9XD-41' } })
  await happen('call-2', { event: 'done' })
  const found = {
    call: 'call-2',
    tool: 'deactivate_user',
    changes: [
      {
        tenant: 'acme',
        subject: { id: 'id-1', userName: 'ada@example.com' },
        before: { touches: ['access'], story: 'it was active' },
        outcome: 'done',
        since: [],
      },
    ],
  }
  // By the call that made it, the call that asked for it, and the approval, however that is typed.
  for (const reference of ['call-2', 'call-1', 'K7Q2-M9XD-41', 'k7q2m9xd41']) {
    expect(await past(reference), reference).toMatchObject(found)
  }
  expect(await past('call-2', 'mallory')).toBeUndefined()
  expect(await past('call-3')).toBeUndefined()
  expect(await past('')).toBeUndefined()
})

test('knows no change of a call that only asked, or was refused', async () => {
  await happen('call-1', { event: 'asked' })
  await happen('call-1', { event: 'refused' })
  expect(await past('call-1')).toBeUndefined()
})

test('tells what was written to the same account after it, and did not fail', async () => {
  await happen('call-1', { before: IMAGE })
  await happen('call-1', { event: 'done' })
  const later = async (
    call: string,
    event: 'done' | 'failed' | 'unknown',
    more: Partial<JournalEvent> = {},
  ) => {
    await happen(call, { before: IMAGE, caller: 'bob', ...more })
    await happen(call, { event, caller: 'bob', ...more })
  }
  await later('call-2', 'failed')
  await later('call-3', 'done', { account: { ...IN_ACME, id: 'id-2' } })
  await later('call-4', 'done', { account: { ...IN_ACME, tenant: 'other' } })
  expect((await past('call-1'))?.changes[0]?.since).toEqual([])
  await later('call-5', 'unknown')
  expect((await past('call-1'))?.changes[0]?.since).toEqual([['access']])
  // An entry of a version that kept no images.
  await happen('call-6', {})
  expect((await past('call-1'))?.changes[0]?.since).toEqual([['access'], undefined])
})

test('knows an account that was made by the id that it got, and what was done to it since', async () => {
  const made = { ...IN_ACME, id: 'made-1' }
  await happen('call-1', { account: { ...IN_ACME, id: 'new' }, before: { operation: 'createAccount' } })
  await happen('call-1', { event: 'done', account: made })
  await happen('call-2', { account: made, before: IMAGE })
  expect((await past('call-1'))?.changes).toMatchObject([
    { subject: { id: 'made-1' }, before: { story: '' }, since: [['access']] },
  ])
})

test('has no image where none was kept, or not a whole one', async () => {
  await happen('call-1', {})
  const groups = ['x'.repeat(1_100)]
  await happen('call-2', { before: { operation: 'deactivateAccount', account: account({ groups }) } })
  const lines = await readFile(journalFile(place.folder), 'utf8')
  expect(lines).toContain('"cut":true')
  for (const reference of ['call-1', 'call-2']) {
    expect((await past(reference))?.changes).toMatchObject([{ before: undefined, outcome: 'unknown' }])
  }
})

test.each<[string, (text: string) => string]>([
  ['the image', (text) => text.replace('"status":"active"', '"status":"inactive"')],
  ['a later line', (text) => text.replace('"caller":"bob"', '"caller":"eve"')],
  ['the end', (text) => text.split('\n').slice(0, -2).join('\n').concat('\n')],
  ['the order', (text) => text.split('\n').slice(0, -1).toReversed().join('\n').concat('\n')],
])('throws where %s was altered', async (_, alter) => {
  await happen('call-1', { before: IMAGE })
  await happen('call-1', { event: 'done' })
  await happen('call-2', { caller: 'bob' })
  const file = journalFile(place.folder)
  const text = await readFile(file, 'utf8')
  await writeFile(file, alter(text))
  expect(await readFile(file, 'utf8')).not.toBe(text)
  expect(await codeOf(past('call-1'))).toBe('unavailable')
})

test.each<[string, (lines: string[]) => string[]]>([
  ['the first write was given to another call', (lines) => edit(lines, 2, ['"call-1"', '"call-9"'])],
  ['the first write was given to another caller', (lines) => edit(lines, 2, ['"ada"', '"eve"'])],
  ['the request was given to another call', (lines) => edit(lines, 1, ['"call-1"', '"call-9"'])],
  ['the line before all of it was changed', (lines) => edit(lines, 0, ['"bob"', '"eve"'])],
  ['the first write was taken out', (lines) => lines.toSpliced(2, 1)],
  ['the end of the first write says otherwise', (lines) => edit(lines, 4, ['"done"', '"failed"'])],
])('throws where %s, and proves nothing', async (_, alter) => {
  await happen('call-0', { caller: 'bob' })
  await happen('call-1', { event: 'asked' })
  await happen('call-1', { before: IMAGE })
  await happen('call-2', { caller: 'bob' })
  await happen('call-1', { event: 'done' })
  await happen('call-1', { before: IMAGE, account: { ...IN_ACME, id: 'id-2' } })
  await happen('call-1', { event: 'done', account: { ...IN_ACME, id: 'id-2' } })
  expect((await past('call-1'))?.changes).toHaveLength(2)
  const file = journalFile(place.folder)
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  const altered = alter(lines)
  expect(altered).not.toEqual(lines)
  await writeFile(file, `${altered.join('\n')}\n`)
  expect(await codeOf(past('call-1'))).toBe('unavailable')
  expect(await codeOf(makeProof(journal, ['call-1'], {}))).toBe('unavailable')
})

test('throws where a line was made up in place of another, with a hash of its own', async () => {
  await happen('call-1', { event: 'asked' })
  await happen('call-1', { before: IMAGE })
  await happen('call-1', { event: 'done' })
  const file = journalFile(place.folder)
  const [asked = '', started = '', done = ''] = (await readFile(file, 'utf8')).trimEnd().split('\n')
  const { seq: _, at, prev, hash: __, ...event } = JSON.parse(started)
  const madeUp = { ...event, account: { ...IN_ACME, id: 'id-2' } }
  const { text } = toLine(madeUp, { seq: 1, hash: prev }, new Date(at))
  await writeFile(file, [asked, text.trimEnd(), done, ''].join('\n'))
  expect(await codeOf(past('call-1'))).toBe('unavailable')
  expect(await codeOf(makeProof(journal, ['call-1'], {}))).toBe('unavailable')
  expect(await codeOf(linesAbout(journal, ['call-1']))).toBe('unavailable')
})

test('takes no line for its own that somebody added behind the end', async () => {
  await happen('call-1', { event: 'asked' })
  const forged = {
    ...JSON.parse(await readFile(journalFile(place.folder), 'utf8')),
    event: 'started',
    before: IMAGE,
  }
  await appendFile(journalFile(place.folder), `${JSON.stringify({ ...forged, seq: 2 })}\n`)
  expect(await codeOf(past('call-1'))).toBe('unavailable')
})

test('the image of a large change of a group fits its line whole', async () => {
  const targets = Array.from({ length: 100 }, (_, index) => ({
    id: `0f8fad5b-d9cb-469f-a165-70867728${String(index).padStart(4, '0')}`,
    userName: `somebody.with.a.long.name.${index}@department.example.com`,
  }))
  const large: Change = {
    tenant: 'acme',
    accounts: [],
    subject: { id: 'g', userName: 'Sales' },
    operation: 'updateMembers',
    ask: { group: { id: 'g', name: 'Sales' }, add: targets, remove: targets },
    inside: [],
  }
  const before = kindOf(large).imageOf(large)
  const users = targets.map(({ userName }) => userName)
  const args = { tenant: 'acme', group: 'Sales', add: users, remove: users }
  await happen('call-1', { before, args, account: { tenant: 'acme', id: 'g', userName: 'Sales' } })
  // What was cut would tell nothing.
  expect((await past('call-1'))?.changes[0]?.before?.touches).toHaveLength(200)
})
