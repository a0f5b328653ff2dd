import { describe, expect, test } from 'vitest'
import { pastOf } from '../../src/engine/history.ts'
import type { JournalEvent } from '../../src/journal/events.ts'
import { fileJournal } from '../../src/journal/file.ts'
import { checkProof, makeProof } from '../../src/journal/proof.ts'
import { linesAbout } from '../../src/journal/query.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { dataFolder } from '../journal/chain.ts'
import { addApprovers } from '../support/approvers.ts'
import { ALL_SCOPES, openHttpWorld } from '../support/http-world.ts'

const TENANTS = ['acme-netskope']

/** Ids that a caller may hope to be mistaken by: another's, an approval's, a line's. */
const IDS: [string, (known: { approval: string }) => string][] = [
  ['the id of the victim', () => 'ticket-4711'],
  ['the id of an approval', ({ approval }) => approval],
  ['that id without its hyphens', ({ approval }) => approval.replaceAll('-', '')],
  ['the number of a line', () => '1'],
]

describe('a caller who names its request like that of another', () => {
  test.each(IDS)('%s keys nothing', async (_, idOf) => {
    await using world = await openHttpWorld({ settings: { confirm: { removes: 'approve' } } })
    await addApprovers(world, 'grace')
    const [bot, mallory] = await Promise.all(['bot', 'mallory'].map((name) => world.token(name, ALL_SCOPES)))
    const victim = await world.guest({ token: bot ?? '', headers: { 'x-request-id': 'ticket-4711' } })
    const leaves = { user: 'ada@example.com', tenants: TENANTS, reason: 'left' }
    const asked = (await victim.call('deactivate_user', leaves)) as unknown as { approval: { id: string } }
    const approval = asked.approval.id
    const id = idOf({ approval })
    const other = await world.guest({ token: mallory ?? '', headers: { 'x-request-id': id } })
    const change = { tenant: TENANTS[0], user: 'grace@example.com', set: { department: 'Owner' } }
    const own = await other.call('update_user', change)
    expect(own).toMatchObject({ change: expect.stringMatching(/^[0-9a-f]{12}$/) })

    const lines = world.journal()
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines) expect(line.call).toMatch(/^[0-9a-f]{12}$/)
    const undone = await other.call('undo_change', { change: 'ticket-4711', reason: 'back' })
    expect(undone.error).toMatchObject({ code: 'not_found' })
    const told = await world.run(['journal', 'show', approval])
    expect(told.stdout).toContain('requested by token:bot')
    expect(told.stdout).not.toContain('mallory')
  })
})

// As journals of before have them, and as a writer of the journal could make them.
describe('two callers with one reference in a journal', () => {
  const account = { tenant: 'acme', id: '7', userName: 'ada@example.com' }
  const before = { operation: 'deactivateAccount', account: { id: '7', status: 'active' } } as never
  async function open() {
    const data = await dataFolder()
    const journal = fileJournal(data.folder, memoryStore())
    const happen = (caller: string, event: JournalEvent['event'], more: Partial<JournalEvent> = {}) =>
      journal.append({ event, call: 'ticket-4711', tool: 'deactivate_user', caller, ...more })
    return { journal, happen, [Symbol.asyncDispose]: data[Symbol.asyncDispose] }
  }

  test('undo takes the writes of the one who asks, and none of the other', async () => {
    await using place = await open()
    const { journal, happen } = place
    const hers = { ...account, id: '8', userName: 'eve@example.com' }
    await happen('mallory', 'started', { account: hers, before })
    await happen('victim', 'started', { account, before })
    await happen('victim', 'done', { account })
    await happen('mallory', 'unknown', { account: hers })
    const of = (caller: string) => pastOf(journal, 'ticket-4711', (by) => by === caller)
    expect((await of('mallory'))?.changes).toMatchObject([{ subject: { id: '8' }, outcome: 'unknown' }])
    expect((await of('victim'))?.changes).toMatchObject([{ subject: { id: '7' }, outcome: 'done' }])
    expect(await of('somebody')).toBeUndefined()
    // Which of the two a person means is not for us to guess.
    expect(await pastOf(journal, 'ticket-4711', () => true)).toBeUndefined()
  })

  test('the end of a write of the one does not end that of the other', async () => {
    await using place = await open()
    const { journal, happen } = place
    await happen('victim', 'started', { account, before })
    await happen('mallory', 'failed', { account })
    const past = await pastOf(journal, 'ticket-4711', (by) => by === 'victim')
    expect(past?.changes).toMatchObject([{ outcome: 'unknown' }])
  })

  test('whoever names the approval of another is not in its story, nor in its proof', async () => {
    await using place = await open()
    const { journal, happen } = place
    const approval = { id: 'K7Q2-M9XD-41' }
    await happen('victim', 'asked', { call: 'a', approval })
    await happen('mallory', 'refused', { call: 'b', approval, code: 'approval_void' })
    await happen('mallory', 'done', { call: 'b', account })
    await happen('victim', 'done', { call: 'c', approval, account })
    const seqs = async (name: string) => (await linesAbout(journal, [name])).map(({ seq }) => seq)
    expect(await seqs('a')).toEqual([1, 4])
    expect(await seqs('c')).toEqual([1, 4])
    expect(await seqs('b')).toEqual([2, 3])
    const { related } = await checkProof(await makeProof(journal, ['a'], {}), {})
    expect(related.map(({ caller }) => caller)).toEqual(['victim', 'victim'])
  })
})
