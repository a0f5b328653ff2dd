import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Call } from '../../src/guards/call.ts'
import { journalled } from '../../src/guards/journal.ts'
import type { JournalEvent } from '../../src/journal/events.ts'
import { fileJournal, journalFile } from '../../src/journal/file.ts'
import { boundedRefusals } from '../../src/journal/refusals.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { makeCall } from '../support/call.ts'
import { dataFolder } from './chain.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] }))
afterEach(() => vi.useRealTimers())

function open({ refuses = false } = {}) {
  const lines: JournalEvent[] = []
  const warnings: string[] = []
  const refusals = boundedRefusals(
    {
      append: async (event) => {
        if (refuses) throw new Error('disk full')
        return { ...event, seq: lines.push(event), at: '', prev: '', hash: '' }
      },
    },
    (message) => void warnings.push(message),
  )
  const refuse = async (caller: string, times: number, more: Partial<JournalEvent> = {}) => {
    for (let time = 0; time < times; time++) {
      const event = {
        event: 'refused',
        code: 'forbidden',
        call: `${time}`,
        tool: 't',
        caller,
        ...more,
      } as const
      await refusals.append(event).catch(() => undefined)
    }
  }
  const notes = () => lines.flatMap(({ note }) => note ?? [])
  return { refusals, refuse, lines, notes, warnings }
}

test('refusals are journalled in full up to a rate, then counted by caller, time and code', async () => {
  const { refusals, refuse, lines, notes } = open()
  await refuse('mallory', 340)
  await refuse('mallory', 20, { code: 'invalid_input' })
  await refuse('ada', 3)
  expect(lines).toHaveLength(303)
  const from = new Date().toISOString()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(notes()).toEqual([
    `60 more calls that changed nothing were left out, from ${from} to ${from}: forbidden 40, invalid_input 20.`,
  ])
  expect(lines.at(-1)).toMatchObject({ event: 'refused', caller: 'mallory' })
  await refuse('mallory', 1)
  expect(lines).toHaveLength(305)
  await refusals.close()
  expect(lines).toHaveLength(305)
})

test('whoever goes on and on gets a line a minute, and no more in full than an hour allows', async () => {
  const { refuse, lines, notes } = open()
  for (let minute = 0; minute < 60; minute++) {
    await refuse('mallory', 500)
    await vi.advanceTimersByTimeAsync(59_999)
  }
  const full = lines.length - notes().length
  expect(full).toBeLessThanOrEqual(1_800)
  expect(notes().length).toBeLessThanOrEqual(60)
  await vi.advanceTimersByTimeAsync(60_000)
  const counted = notes().reduce((sum, note) => sum + Number(note.split(' ')[0]), 0)
  expect(full + counted).toBe(30_000)
})

test('what was counted is journalled at the end, and a journal that fails is said', async () => {
  const good = open()
  await good.refuse('mallory', 301)
  await good.refusals.close()
  expect(good.notes()).toHaveLength(1)
  const bad = open({ refuses: true })
  await bad.refuse('mallory', 301)
  await bad.refusals.close()
  expect(bad.warnings).toEqual(['1 refusals of mallory could not be journalled'])
})

test.each(['refused', 'failed', 'denied', 'done'] as const)(
  'a line of a call that ended %s is short',
  async (event) => {
    await using data = await dataFolder()
    const journal = fileJournal(data.folder, memoryStore())
    const args = { reason: 'é'.repeat(5_000), users: Array.from({ length: 500 }, () => 'x'.repeat(500)) }
    await journal.append({ event, call: 'c', tool: 't', caller: 'mallory', args, note: 'n'.repeat(5_000) })
    expect((await readFile(journalFile(data.folder))).length).toBeLessThan(3_000)
  },
)

test('forms that a caller has shown again and again are journalled at that rate, and approvals always', async () => {
  const { refusals, lines } = open()
  const journal = {
    append: async (event: JournalEvent) => ({ ...event, seq: lines.push(event), at: '', prev: '', hash: '' }),
  }
  const guard = journalled({ journal, refusals, warn: () => {} })
  const records = async (event: Parameters<Call['record']>[0]) => {
    await guard(makeCall(), async ({ record }) => {
      await record(event)
      return { answer: {} }
    })
  }
  for (let time = 0; time < 350; time++)
    await records({ event: 'asked', approval: { id: `${time}`, how: 'form' } })
  expect(lines).toHaveLength(300)
  await records({ event: 'asked', approval: { id: 'K7Q2-M9XD-41' } })
  await records({ event: 'approved', approval: { id: '1', how: 'form' } })
  expect(lines.slice(300)).toMatchObject([{ event: 'asked' }, { event: 'approved' }])
  await refusals.close()
  expect(lines.at(-1)?.note).toContain('50 more calls that changed nothing were left out')
})
