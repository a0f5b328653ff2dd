import { expect, test } from 'vitest'
import { batched } from '../../src/journal/group-commit.ts'

test('what arrives during a batch makes up the next one, in order', async () => {
  const batches: number[][] = []
  const add = batched(async (items: readonly number[]) => {
    batches.push([...items])
    await new Promise((resolve) => setImmediate(resolve))
    return items.map((item) => item * 2)
  })
  const first = add(1)
  const rest = Promise.all([2, 3, 4].map(add))
  expect([await first, ...(await rest)]).toEqual([2, 4, 6, 8])
  expect(await add(5)).toBe(10)
  expect(batches).toEqual([[1], [2, 3, 4], [5]])
})

test('a batch that fails, fails for each of its items alone', async () => {
  const add = batched(async (items: readonly number[]) => {
    if (items.includes(2)) throw new Error('full')
    return items
  })
  const outcomes = await Promise.allSettled([1, 2, 3].map(add))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  expect(await add(4)).toBe(4)
})
