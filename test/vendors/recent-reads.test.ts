import { expect, test } from 'vitest'
import { recentReads } from '../../src/vendors/http/recent-reads.ts'

/** What each read gives is how many were fetched before it. */
function counting(now = () => 0) {
  let fetched = 0
  const reads = recentReads<number>(now)
  const read = (name: string, recent: boolean) => reads.read(name, recent, async () => fetched++)
  return { ...reads, count: read }
}

test('what was read is shown for two minutes, to whoever goes on, and not to whoever begins', async () => {
  let now = 0
  const { count } = counting(() => now)
  expect(await count('All', false)).toBe(0)
  expect(await count('All', true)).toBe(0)
  expect(await count('Sales', true)).toBe(1)
  expect(await count('All', false)).toBe(2)
  expect(await count('All', true)).toBe(2)
  now = 2 * 60_000
  expect(await count('All', true)).toBe(3)
})

test('the last four are kept', async () => {
  const { count } = counting()
  for (const name of ['1', '2', '3', '4', '5']) await count(name, false)
  expect(await count('2', true)).toBe(1)
  expect(await count('1', true)).toBe(5)
})

test('nothing is kept over a change, nor what was fetched during one, nor that there is nothing', async () => {
  const { count, forget, read } = counting()
  await count('All', false)
  forget()
  expect(await count('All', true)).toBe(1)
  const during = async () => {
    forget()
    return -1
  }
  expect(await read('All', false, during)).toBe(-1)
  expect(await count('All', true)).toBe(2)
  expect(await read('All', false, async () => undefined)).toBeUndefined()
  expect(await count('All', true)).toBe(3)
})
