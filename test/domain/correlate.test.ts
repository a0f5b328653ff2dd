import fc from 'fast-check'
import { expect, test } from 'vitest'
import { correlate } from '../../src/domain/correlate.ts'
import { account } from '../support/call.ts'

const ids = (people: ReturnType<typeof correlate>) =>
  people.map(({ accounts }) => accounts.map(({ id }) => id))

test('accounts are joined by external id, email and user name, and it says by what', () => {
  const people = correlate([
    account({ id: '1', tenant: 'a', userName: 'ada@example.com', name: 'Ada Lovelace', externalId: 'x' }),
    account({ id: '2', tenant: 'b', userName: 'alovelace', email: 'ADA@example.com', externalId: 'x' }),
    account({ id: '3', tenant: 'c', userName: 'Ada@Example.com', name: 'Lovelace, Ada', externalId: 'x' }),
  ])
  expect(ids(people)).toEqual([['1', '2', '3']])
  expect(people[0]?.joinedBy?.toSorted()).toEqual(['email', 'externalId', 'userName'])
  expect(people[0]).not.toHaveProperty('doubt')
})

test('a display name joins nobody', () => {
  const two = [
    account({ id: '1', userName: 'a', name: 'Ada' }),
    account({ id: '2', userName: 'b', name: 'Ada' }),
  ]
  expect(ids(correlate(two))).toEqual([['1'], ['2']])
  expect(correlate(two)[0]).not.toHaveProperty('joinedBy')
})

test.each([
  ['in one tenant', [{ tenant: 'a' }, { tenant: 'a' }]],
  [
    'under names that differ',
    [
      { tenant: 'a', name: 'Ada Lovelace' },
      { tenant: 'b', name: 'Grace Hopper' },
    ],
  ],
  [
    'through a third alone',
    [
      { tenant: 'a', userName: 'one@example.com' },
      { tenant: 'b', userName: 'two@example.com', email: 'one@example.com' },
      { tenant: 'c', userName: 'two@example.com' },
    ],
  ],
])('a join %s is marked as doubtful', (_, parts) => {
  const people = correlate(parts.map((part, index) => account({ id: String(index), ...part })))
  expect(people).toHaveLength(1)
  expect(people[0]?.doubt).toBeDefined()
})

test('nobody is lost or doubled, whatever the accounts and their order', () => {
  const some = fc.option(fc.constantFrom('a@x', 'b@x', 'c@x'), { nil: undefined })
  const anyone = fc.record({ userName: fc.constantFrom('a@x', 'b@x', 'd'), email: some, externalId: some })
  fc.assert(
    fc.property(fc.array(anyone, { maxLength: 8 }), (parts) => {
      const accounts = parts.map((part, index) =>
        account({
          id: String(index),
          ...Object.fromEntries(Object.entries(part).filter(([, value]) => value)),
        }),
      )
      const sets = (people: string[][]) => people.map((one) => one.toSorted().join()).toSorted()
      const people = sets(ids(correlate(accounts)))
      expect(people.join().split(',').filter(Boolean)).toHaveLength(accounts.length)
      expect(sets(ids(correlate(accounts.toReversed())))).toEqual(people)
    }),
  )
})
