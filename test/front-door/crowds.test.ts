// @module-tag long

import { expect, test } from 'vitest'
import { compareCrowd } from '../support/crowd/compare.ts'
import { snapshotCrowd } from '../support/crowd/snapshot.ts'

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
