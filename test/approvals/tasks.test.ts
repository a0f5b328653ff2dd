import { describe, expect, test } from 'vitest'
import { openTasks, type TaskWish } from '../../src/approvals/tasks.ts'
import { memoryStore } from '../../src/store/table-store.ts'

const wish = (more: Partial<TaskWish> = {}): TaskWish => ({
  owner: 'grace',
  tenant: 'badges',
  title: 'Door badges',
  account: { id: 'ada@example.com', userName: 'ada@example.com' },
  call: 'call-1',
  tool: 'deactivate_user',
  caller: 'local:bot',
  ...more,
})
const ADA = { id: 'ADA@example.com', userName: 'ADA@example.com' }

describe('a task that was given', () => {
  test.each([
    ['open, by the same call', false, wish()],
    ['open, by another call', false, wish({ call: 'call-2' })],
    ['open, in other letter case', false, wish({ account: ADA, call: 'call-2' })],
    ['done, by the same call, as a run that is taken over does', true, wish()],
  ])('is not given again while it is %s', async (_, isDone, again) => {
    const tasks = openTasks(memoryStore())
    const first = await tasks.give(wish())
    const before = isDone ? await tasks.finish(first.id, 'the door stays shut') : first
    expect(await tasks.give(again)).toEqual(before)
    expect(await tasks.list()).toEqual([before])
  })

  test.each([
    ['another person', wish({ account: { id: 'x', userName: 'x' } }), 2],
    ['another tenant', wish({ tenant: 'keys' }), 2],
  ])('is another one for %s', async (_, other, count) => {
    const tasks = openTasks(memoryStore())
    await tasks.give(wish())
    await tasks.give(other)
    expect(await tasks.list()).toHaveLength(count)
  })

  test('is open again where another call asks once it is done', async () => {
    const tasks = openTasks(memoryStore())
    const { id } = await tasks.give(wish())
    await tasks.finish(id, 'the door stays shut')
    const again = await tasks.give(wish({ call: 'call-2' }))
    expect(again).toMatchObject({ id, call: 'call-2' })
    expect(again.done).toBeUndefined()
  })

  test('is one, however many give it at once, and is finished once', async () => {
    const tasks = openTasks(memoryStore())
    const given = await Promise.all(['a', 'b', 'c'].map((call) => tasks.give(wish({ call }))))
    expect(new Set(given.map(({ call }) => call)).size).toBe(1)
    const { id } = given[0] ?? { id: '' }
    const ends = await Promise.allSettled([tasks.finish(id, 'one'), tasks.finish(id, 'two')])
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    await expect(tasks.finish('task-000000000000', 'x')).rejects.toMatchObject({ code: 'not_found' })
  })
})
