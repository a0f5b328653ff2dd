// @module-tag long

import { expect, test } from 'vitest'
import { CONNECTION_NAMES, goalOf, requestsOf, requestsToList, TASK_NAMES } from '../support/everyday.ts'

// An hour has a hundred requests at Gainsight, for everybody who uses the key.
test.each(CONNECTION_NAMES)('everyday tasks at %s spend no more requests than they need', async (name) => {
  const spent = await requestsOf(name)
  const goals = Object.fromEntries(TASK_NAMES.map((task) => [task, goalOf(task, name)]))
  const counts = Object.fromEntries(TASK_NAMES.map((task) => [task, spent[task]?.length]))
  expect(counts).toEqual(goals)
})

test.each(['Gainsight SCIM', 'Gainsight REST services', 'Gainsight REST users'] as const)(
  'a list of 2,500 users by %s spends a request for each page of 1,000',
  async (name) => {
    expect(await requestsToList(name, 2_500)).toEqual({ listed: 2_500, requests: LISTING[name] })
  },
)

// The first of these also finds out where SCIM is, the others which dialect the tenant has.
const LISTING = { 'Gainsight SCIM': 4, 'Gainsight REST services': 4, 'Gainsight REST users': 5 }
