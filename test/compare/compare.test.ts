import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Candidate, joinOf, keysOf, verdictOf } from '../../src/compare/judge.ts'
import { openListings } from '../../src/compare/listings.ts'
import type { Account } from '../../src/domain/account.ts'
import { account } from '../support/call.ts'
import { everybody, grouped, naive, type Said } from '../support/naive-join.ts'

async function indexed(truths: readonly Account[], here: readonly Account[]): Promise<Said[]> {
  const listings = await openListings(undefined)
  try {
    await listings.add(0, truths)
    await listings.add(1, here)
    await listings.join(1)
    const said: Said[] = []
    for await (const joined of listings.joined(1)) {
      const row = verdictOf({ ...joined, isTruthWhole: true })
      if (!row) continue
      said.push({
        kind: row.kind,
        id: row.account?.id ?? '',
        ...(row.truth && { truth: row.truth.id }),
        ...(row.fields && { fields: row.fields.map(({ field }) => field) }),
      })
    }
    for await (const { id } of listings.missing(1)) said.push({ kind: 'missing', id })
    return said
  } finally {
    await listings.close()
  }
}

const inOrder = (said: readonly Said[]) => said.map((one) => JSON.stringify(one)).sort()

// Few values, so that keys meet, repeat and disagree.
const word = (...words: string[]) => fc.option(fc.constantFrom(...words), { nil: undefined })
const people = (prefix: string) =>
  fc
    .array(
      fc.record({
        userName: fc.constantFrom(
          'ada',
          'ADA',
          'bob',
          'eve',
          'ada@x.example',
          'Bob@x.example',
          'eve@x.example',
        ),
        email: word('ada@x.example', 'BOB@x.example', 'eve@x.example', 'team@x.example'),
        otherEmails: fc.option(fc.constant(['team@x.example']), { nil: undefined }),
        externalId: word('1', '2', '3', 'A', 'a'),
        status: fc.constantFrom('active', 'inactive', 'unknown'),
        name: word('Ada', 'ADA', 'Bob'),
        department: word('Sales', 'sales', 'IT'),
      }),
      { maxLength: 20 },
    )
    .map((rows) =>
      rows.map((row, index) =>
        account({
          id: `${prefix}${index}`,
          ...(Object.fromEntries(
            Object.entries(row).filter(([, value]) => value !== undefined),
          ) as Partial<Account>),
        }),
      ),
    )

test('a comparison says what everybody against everybody says', async () => {
  await fc.assert(
    fc.asyncProperty(people('t'), people('a'), async (truths, here) => {
      const said = inOrder(await indexed(truths, here))
      expect(said).toEqual(inOrder(naive(truths, here, everybody(truths))))
      // The naive join of many, which the benchmark compares with.
      expect(said).toEqual(inOrder(naive(truths, here, grouped(truths))))
    }),
    { numRuns: 60 },
  )
})

const person = (more: Partial<Account> = {}) => account({ tenant: 'hr', id: 'p1', externalId: '1', ...more })
const here = (more: Partial<Account> = {}) => account({ tenant: 'app', id: 'a1', externalId: '1', ...more })

/** What is said of one account, against these people. */
function judged(one: Account, truths: readonly Account[], isTruthWhole = true) {
  const candidates = keysOf(one).flatMap(([key, value]) =>
    truths.flatMap((truth) =>
      keysOf(truth).some(([other, same]) => other === key && same === value)
        ? [{ key, id: truth.id, status: truth.status } satisfies Candidate]
        : [],
    ),
  )
  const join = joinOf(candidates)
  const truth = truths.find(({ id }) => id === join?.id)
  const row = verdictOf({
    account: one,
    ...(truth && { truth }),
    ...(join && { join }),
    managers: {},
    isTruthWhole,
  })
  return row && [row.kind, row.joinedBy, ...(row.fields?.map(({ field }) => field) ?? [])].join(' ').trim()
}

describe('an account', () => {
  const gone = person({ status: 'inactive' })
  const back = person({ id: 'p2', externalId: '2' })
  const nameless = here({ externalId: undefined as never })
  test.each<[string, Account, Account[], boolean, string | undefined]>([
    ['of somebody who left', here(), [gone], true, 'stale externalId'],
    [
      'of somebody who left, in other letters',
      here({ externalId: undefined as never, userName: 'ADA@Example.com' }),
      [gone],
      true,
      'stale userName',
    ],
    [
      'of somebody who left, by a second address',
      here({ externalId: undefined as never, userName: 'al', otherEmails: ['ada@example.com'] }),
      [gone],
      true,
      'stale email',
    ],
    [
      'of somebody who left and came back under another id',
      nameless,
      [gone, back],
      true,
      'differs userName key',
    ],
    [
      'whose user name is that of somebody else who works here',
      here(),
      [person({ status: 'inactive', userName: 'old' }), back],
      true,
      'differs externalId key status',
    ],
    [
      'whose user name is that of somebody else who left',
      here(),
      [
        person({ status: 'inactive', userName: 'old' }),
        person({ id: 'p2', externalId: '2', status: 'inactive' }),
      ],
      true,
      'stale externalId',
    ],
    ['of nobody', here({ userName: 'svc', externalId: 'x' }), [person()], true, 'orphan'],
    [
      'of nobody, inactive',
      here({ userName: 'svc', externalId: 'x', status: 'inactive' }),
      [person()],
      true,
      undefined,
    ],
    [
      'of nobody who tells its status',
      here({ userName: 'svc', externalId: 'x', status: 'unknown' }),
      [person()],
      true,
      undefined,
    ],
    [
      'of nobody in the part of the truth that was read',
      here({ userName: 'svc', externalId: 'x' }),
      [person()],
      false,
      undefined,
    ],
    ['of somebody who left, by name, in a part of the truth', nameless, [gone], false, undefined],
    ['of somebody who left, by id, in a part of the truth', here(), [gone], false, 'stale externalId'],
    [
      'that is inactive, of somebody active',
      here({ status: 'inactive' }),
      [person()],
      true,
      'differs externalId status',
    ],
    ['with another id', here({ externalId: '9' }), [person()], true, 'differs userName key'],
    [
      'of another department',
      here({ department: 'IT' }),
      [person({ department: 'Sales' })],
      true,
      'differs externalId department',
    ],
    ['whose department the app does not tell', here(), [person({ department: 'Sales' })], true, undefined],
    ['that is the same', here(), [person()], true, undefined],
  ])('%s', (_, one, truths, isWhole, expected) => {
    expect(judged(one, truths, isWhole)).toBe(expected)
  })
})

test('managers are compared as people, whatever ids the apps give them', async () => {
  const listings = await openListings(undefined)
  const boss = { userName: 'boss@example.com' }
  await listings.add(0, [
    account({ id: 't-ada', manager: 't-boss' }),
    account({ id: 't-boss', ...boss }),
    account({ id: 't-eve', userName: 'eve@example.com', manager: 't-boss' }),
  ])
  await listings.add(1, [
    account({ id: 'a-1', manager: 'a-2' }),
    account({ id: 'a-2', ...boss }),
    account({ id: 'a-3', userName: 'eve@example.com', manager: 'a-1' }),
  ])
  await listings.join(1)
  const said: string[] = []
  for await (const joined of listings.joined(1)) {
    const row = verdictOf({ ...joined, isTruthWhole: true })
    if (row) said.push(`${row.account?.id} ${row.fields?.map(({ field }) => field).join()}`)
  }
  await listings.close()
  expect(said).toEqual(['a-3 manager'])
})

test('of an account that a list shows twice, the later row counts, and its keys alone', async () => {
  const listings = await openListings(undefined)
  await listings.add(0, [account({ id: 't-1', userName: 'before@example.com', email: 'before@example.com' })])
  await listings.add(0, [account({ id: 't-1', userName: 'since@example.com', email: 'since@example.com' })])
  await listings.add(1, [
    account({ id: 'a-1', userName: 'before@example.com', email: 'before@example.com' }),
    account({ id: 'a-2', userName: 'since@example.com', email: 'since@example.com' }),
  ])
  await listings.join(1)
  const joined = new Map<string, string | undefined>()
  for await (const one of listings.joined(1)) joined.set(one.account.id, one.join?.id)
  await listings.close()
  expect(Object.fromEntries(joined)).toEqual({ 'a-1': undefined, 'a-2': 't-1' })
})
