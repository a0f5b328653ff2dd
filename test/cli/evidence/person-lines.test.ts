import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { writesAbout } from '../../../src/cli/evidence/collect.ts'
import type { JournalEvent } from '../../../src/journal/events.ts'
import { fileJournal } from '../../../src/journal/file.ts'
import type { Journal } from '../../../src/journal/journal.ts'
import { memoryStore } from '../../../src/store/table-store.ts'
import { dataFolder } from '../../journal/chain.ts'

const PEOPLE = ['ada', 'alan', 'grace'] as const
const TENANTS = ['acme', 'other'] as const
type Person = (typeof PEOPLE)[number]

interface Deed {
  what: 'create' | 'update' | 'deactivate' | 'join' | 'leave'
  person: Person
  tenant: (typeof TENANTS)[number]
  end: 'done' | 'failed' | 'unknown' | 'none'
  /** How many deeds begin before this one ends. */
  late: number
  inRun: boolean
}

const Deeds = fc.array(
  fc.record<Deed>({
    what: fc.constantFrom('create', 'update', 'deactivate', 'join', 'leave'),
    person: fc.constantFrom(...PEOPLE),
    tenant: fc.constantFrom(...TENANTS),
    end: fc.constantFrom('done', 'failed', 'unknown', 'none'),
    late: fc.nat(3),
    inRun: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
)

/** The lines of these deeds, in the order in which they were written. */
function linesOf(deeds: readonly Deed[]): JournalEvent[] {
  const lines: { at: number; line: JournalEvent }[] = []
  deeds.forEach(({ what, person, tenant, end, late, inRun }, at) => {
    const call = { call: inRun ? 'run-1a2b3c4d5e6f' : `call-${at}`, tool: what, caller: 'local:bot' }
    // By its second name a person is known from the record alone.
    const own = { tenant, id: `id-${person}`, userName: `${person}@example.com` }
    const group = { tenant, id: 'g1', userName: 'Sales' }
    const isOfGroup = what === 'join' || what === 'leave'
    const begun = isOfGroup ? group : what === 'create' ? { ...own, id: 'new' } : own
    const before = isOfGroup
      ? {
          operation: 'updateMembers',
          members: [
            { id: own.id, userName: own.userName, was: 'out', became: what === 'join' ? 'in' : 'out' },
          ],
        }
      : {
          operation: `${what}Account`,
          ...(what !== 'create' && {
            account: { ...own, vendor: 'scim', status: 'active', email: `${person}.second@example.com` },
          }),
        }
    lines.push({ at, line: { event: 'started', ...call, account: begun, before } as JournalEvent })
    const ended = what === 'create' && end !== 'failed' ? own : begun
    if (end !== 'none')
      lines.push({ at: at + late + 0.5, line: { event: end, ...call, account: ended } as JournalEvent })
  })
  return lines.sort((a, b) => a.at - b.at).map(({ line }) => line)
}

async function journalOf(folder: string, lines: readonly JournalEvent[]): Promise<Journal> {
  const journal = fileJournal(folder, memoryStore())
  for (const line of lines) await journal.append(line)
  return journal
}

/** A journal whose index tells of every line what it is asked about people, groups and calls. */
const withoutIndex = (journal: Journal): Journal => ({
  ...journal,
  index: {
    ...journal.index,
    async *about(terms, options) {
      const isOfPeople = terms.some((term) => /^\["(person|member)"/.test(term))
      if (isOfPeople) yield* journal.read({})
      else yield* journal.index.about(terms, options)
    },
  },
})

test.each(['name', 'second name', 'id'])(
  'the evidence about a person by %s is what a reading of all lines finds',
  async (by) => {
    await fc.assert(
      fc.asyncProperty(Deeds, fc.constantFrom(...PEOPLE), async (deeds, who) => {
        const person = {
          name: `${who}@example.com`,
          'second name': `${who}.second@example.com`,
          id: `id-${who}`,
        }[by]
        await using place = await dataFolder()
        const journal = await journalOf(place.folder, linesOf(deeds))
        const found = (from: Journal) => writesAbout(from, { person }).catch((error: Error) => error.message)
        expect(await found(journal)).toEqual(await found(withoutIndex(journal)))
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 15) },
    )
  },
)

test('the evidence about a person reads no journal as a whole', async () => {
  const deeds: Deed[] = PEOPLE.map((person) => ({
    ...{ what: 'deactivate', person, tenant: 'acme', end: 'done', late: 0, inRun: false },
  }))
  await using place = await dataFolder()
  const journal = await journalOf(place.folder, linesOf(deeds))
  const read = vi.spyOn(journal, 'read')
  expect(await writesAbout(journal, { person: 'ADA.second@example.com' })).toMatchObject([
    { account: { id: 'id-ada' }, operation: 'deactivateAccount' },
  ])
  expect(read).not.toHaveBeenCalled()
})
