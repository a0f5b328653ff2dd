import { expect, test, vi } from 'vitest'
import { openFreezes } from '../../src/limits/freezes.ts'
import { storePeople } from '../../src/limits/people.ts'
import { keepingLastKnown } from '../../src/store/last-known.ts'
import { memoryStore } from '../../src/store/table-store.ts'

const add = (list: string[] = [], what = 'x') => ({ next: [...list, what], ttl: 60_000, result: list.length })

test('what a store has lost goes on from what was last seen of it, for everybody', async () => {
  const store = memoryStore()
  const mine = keepingLastKnown(store)
  await mine.update('key', (list: string[] | undefined) => add(list))
  await store.delete('key')
  expect(await mine.update('key', (list: string[] | undefined) => add(list))).toBe(1)
  await store.delete('key')
  expect(await mine.get('key')).toEqual(['x', 'x'])
  expect(await store.get('key')).toEqual(['x', 'x'])
})

test('what is put back stays no longer than it was to stay', async () => {
  const store = memoryStore()
  const mine = keepingLastKnown(store)
  await mine.update('key', (list: string[] | undefined) => add(list))
  await store.delete('key')
  vi.useFakeTimers({ toFake: ['Date'] })
  await mine.get('key')
  vi.setSystemTime(Date.now() + 60_001)
  expect(await store.get('key')).toBeUndefined()
  vi.useRealTimers()
})

test('what others made of it counts, and what nobody has seen is not there', async () => {
  const store = memoryStore()
  const mine = keepingLastKnown(store)
  await mine.update('key', (list: string[] | undefined) => add(list))
  await store.set('key', [])
  expect(await mine.get('key')).toEqual([])
  await store.delete('key')
  expect(await mine.get('key')).toEqual([])
  expect(await keepingLastKnown(memoryStore()).get('key')).toBeUndefined()
})

test('whoever changes what is remembered changes a copy', async () => {
  const mine = keepingLastKnown(memoryStore())
  await mine.update('key', (list: string[] | undefined) => add(list))
  mine.last<string[]>('key')?.push('spoiled')
  expect(mine.last('key')).toEqual(['x'])
})

test('the brake stays on in a store that was emptied, and off once it was let go', async () => {
  const store = memoryStore()
  const stops = openFreezes(store)
  await openFreezes(store).put({ at: 0, by: 'grace' })
  const check = (one = stops) => one.check({ caller: { id: 'bot' }, tenants: ['acme'] })
  await expect(check()).rejects.toMatchObject({ code: 'refused' })
  await store.delete('stops')
  await expect(check()).rejects.toMatchObject({ code: 'refused' })
  await expect(check(openFreezes(store))).rejects.toMatchObject({ code: 'refused' })
  await openFreezes(store).lift(() => true)
  await check()
  await store.delete('stops')
  await check()
})

test('a count of people goes on in a store that was emptied, and anew where a person said so', async () => {
  const store = memoryStore()
  const people = storePeople(store)
  const take = (who: string) => people.take('bucket', { perHour: 2 }, [who], 1_000)
  for (const who of ['ada', 'grace']) await people.settle('bucket', (await take(who)) ?? 0)
  await store.delete('people/bucket')
  expect(await take('alan')).toBeUndefined()
  await storePeople(store).forget('bucket')
  expect(await take('alan')).toBeDefined()
})
