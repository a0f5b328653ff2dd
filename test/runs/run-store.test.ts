import { expect, test } from 'vitest'
import type { RunInput } from '../../src/domain/run.ts'
import { openRunStore } from '../../src/runs/run-store.ts'
import { memoryStore } from '../../src/store/table-store.ts'

const peopleOf = (count: number) => Array.from({ length: count }, (_, at) => `leaver-${at}@example.com`)

const CALLER = { id: 'local', client: 'test', self: {}, grant: {} } as never

const open = (input: RunInput, store = memoryStore()) => {
  const runs = openRunStore(store, store)
  const asked = { tool: 'offboard', caller: CALLER, request: 'of this call', input, pages: 0 }
  return { runs, store, opened: () => runs.open({ ...asked, state: 'planning' }) }
}

test.each<[string, (count: number) => RunInput]>([
  ['people', (count) => ({ people: peopleOf(count), reason: 'left' })],
  [
    'newcomers',
    (count) => ({
      onboard: { people: peopleOf(count).map((email) => ({ email })), like: 'ada@example.com' },
      reason: 'joined',
    }),
  ],
])('a run is as short with 10,000 %s as with one, and knows all of them', async (_, inputOf) => {
  const sizes: number[] = []
  for (const count of [1, 10_000]) {
    const { runs, opened } = open(inputOf(count))
    const run = await opened()
    sizes.push(JSON.stringify(run).length)
    expect(await runs.get(run.id)).toEqual(run)
    expect(await runs.inputOf(run)).toEqual(inputOf(count))
  }
  expect(sizes[1]).toBe(sizes[0])
})

test('of two equal calls at once, one run is left', async () => {
  const { store, opened } = open({ people: peopleOf(2), reason: 'left' })
  const [one, other] = await Promise.all([opened(), opened()])
  expect(other.id).toBe(one.id)
  expect(await store.keys('run/meta/')).toHaveLength(1)
  expect(await store.keys('run/people/')).toHaveLength(1)
})

test('a run that has its people with it, as runs had before, is planned for them', async () => {
  const { runs, store, opened } = open({ reason: 'left' })
  const run = { ...(await opened()), input: { people: peopleOf(3), reason: 'left' } }
  await store.delete(`run/people/${run.id}`)
  expect(await runs.inputOf(run)).toEqual(run.input)
})
