// @module-tag long

import { expect, test } from 'vitest'
import { makePeople } from '../../src/sandbox/people.ts'
import { compareCrowd } from '../support/crowd/compare.ts'
import { snapshotCrowd } from '../support/crowd/snapshot.ts'
import { allRows } from '../support/rows.ts'
import { openWorld } from '../support/world.ts'

const PEOPLE = 700
// Not a divisor of anything else: pages are never read in part.
const PAGE = 30
const PAGES = Math.ceil(PEOPLE / PAGE)

test('a comparison of three directories asks for each page once, and says what a naive join says', async () => {
  const { requests, extra, lost, rows } = await compareCrowd(PEOPLE, PAGE)
  expect({ requests, extra, lost }).toEqual({ requests: 3 * PAGES, extra: 0, lost: 0 })
  expect(rows).toBeGreaterThan(PEOPLE / 10)
})

test('the events of two snapshots of a directory are the changes that were made between them', async () => {
  const { requests, extra, lost, made, told } = await snapshotCrowd(PEOPLE, PAGE)
  expect({ requests, extra, lost, told }).toEqual({ requests: PAGES, extra: 0, lost: 0, told: made })
  expect(made).toBeGreaterThan(PEOPLE / 100)
})

test('until rows are asked for, an answer about many people is counts alone, under 2,000 tokens; no page is too long', async () => {
  const people = makePeople(2_000)
  await using world = await openWorld({
    tenants: (own) => own,
    sandbox: {
      apps: ['netskope', 'scim'],
      perMinute: 100_000,
      people: people.map((person) => ({ ...person, active: true })),
      scim: { people: people.map((person, at) => ({ ...person, active: at % 4 > 0 })) },
    },
  })
  const compare = (args: object) => world.call('compare_users', args)
  const asked = { truth: 'acme-scim', tenants: ['acme-netskope'] }
  let answer = await compare(asked)
  while (answer.status === 'running') {
    await new Promise((resolve) => setTimeout(resolve, 200))
    answer = await compare({ comparisonId: answer.comparisonId })
  }
  const first = await compare(asked)
  expect(first).toMatchObject({ status: 'finished', rows: [], counts: [{ stale: 500 }], complete: true })
  // No tokenizer makes more than one token of two letters of JSON.
  expect(JSON.stringify(first).length).toBeLessThan(2 * 2_000)
  const { rows, pages } = await allRows<{ account: { userName: string } }>(compare, 'rows', {
    comparisonId: first.comparisonId,
    kind: 'stale',
    limit: 200,
  })
  expect(new Set(rows.map(({ account }) => account.userName)).size).toBe(500)
  for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(8_000)
})
