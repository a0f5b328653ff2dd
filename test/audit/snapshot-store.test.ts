import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Account } from '../../src/domain/account.ts'
import { openSnapshotStore } from '../../src/snapshots/snapshot-store.ts'
import { account } from '../support/call.ts'

const ask = { tenant: 'acme', since: new Date(0), until: new Date(1e13), order: 'oldest_first' } as const

/** One list after another; what each of them adds to the events. */
async function eventsOf(lists: readonly (readonly Account[])[]): Promise<string[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-snapshots-'))
  const store = openSnapshotStore(folder)
  try {
    const told: string[][] = []
    for (const [at, list] of lists.entries()) {
      const snapshot = await store.begin('acme')
      await snapshot.add(list)
      // One that breaks off leaves nothing behind.
      await (await store.begin('acme')).add([account({ id: 'never' })])
      const again = await store.begin('acme')
      await again.add(list)
      await again.end(new Date(1e12 + at * 1_000))
      const { items } = await store.events({ ...ask, limit: 1_000 })
      const all = items.map(({ action, target, group }) =>
        [action, target, group].filter((one) => one).join(' '),
      )
      told.push(all.slice(told.flat().length))
    }
    return told
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const lists = fc.array(
  fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('1', '2', '3', '4'),
      status: fc.constantFrom('active', 'inactive'),
      department: fc.constantFrom('IT', 'Sales'),
      groups: fc.uniqueArray(fc.constantFrom('a', 'b')),
    }),
    { selector: ({ id }) => id },
  ),
  { minLength: 1, maxLength: 4 },
)

test('the events are what differs from each list to the next, each once', async () => {
  await fc.assert(
    fc.asyncProperty(lists, async (made) => {
      const expected = made.map((list, at) => {
        const before = made[at - 1]
        if (!before) return []
        const now = new Map(list.map((one) => [one.id, one]))
        const gone = before.filter(({ id }) => !now.has(id)).map(({ id }) => `deleted user${id}`)
        return list
          .flatMap((one) => {
            const was = before.find(({ id }) => id === one.id)
            const name = `user${one.id}`
            if (!was) return [`created ${name}`]
            return [
              ...(was.status === one.status
                ? []
                : [`${one.status === 'active' ? 'reactivated' : 'deactivated'} ${name}`]),
              ...(was.department === one.department ? [] : [`changed ${name}`]),
              ...one.groups
                .filter((group) => !was.groups.includes(group))
                .map((group) => `joined ${name} ${group}`),
              ...was.groups
                .filter((group) => !one.groups.includes(group))
                .map((group) => `left ${name} ${group}`),
            ]
          })
          .concat(gone)
          .sort()
      })
      const rows = made.map((list) => list.map((one) => account({ ...one, userName: `user${one.id}` })))
      expect((await eventsOf(rows)).map((one) => one.sort())).toEqual(expected)
    }),
    { numRuns: 25 },
  )
})

test('a filter and pages show the same events', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-snapshots-'))
  const store = openSnapshotStore(folder)
  for (const [at, list] of [[], ['1', '2', '3']].entries()) {
    const snapshot = await store.begin('acme')
    await snapshot.add(list.map((id) => account({ id, userName: `user${id}` })))
    await snapshot.end(new Date(1e12 + at * 1_000))
  }
  const first = await store.events({ ...ask, limit: 2 })
  expect(first).toMatchObject({ more: true, items: [{ target: 'user1' }, { target: 'user2' }] })
  const behind = first.items.at(-1)
  expect(await store.events({ ...ask, limit: 2, ...(behind && { behind }) })).toMatchObject({
    more: false,
    items: [{ target: 'user3' }],
  })
  expect((await store.events({ ...ask, limit: 9, user: 'user2' })).items).toHaveLength(1)
  expect((await store.events({ ...ask, limit: 9, tenant: 'other' })).items).toEqual([])
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})
