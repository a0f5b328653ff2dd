// @module-tag long

import { expect, test } from 'vitest'
import { startRedis } from '../support/redis.ts'
import { killRun } from '../support/run-kills.ts'
import { withRedis } from '../support/with-redis.ts'

const PEOPLE = 6
/** Everybody once, nobody forgotten, and the report says what the apps show. */
const WHOLE = {
  state: 'finished',
  counts: { done: 2 * PEOPLE, already: 0, skipped: 0, failed: 0, unknown: 0, waiting: 0 },
  wrongRows: 0,
  forgotten: 0,
  twice: 0,
  others: 0,
  journal: 0,
}

test('a run whose server is killed again and again takes everybody out once, and its report is right', async () => {
  const report = await killRun({ people: PEOPLE, kills: 1, seed: 7 })
  expect(report).toMatchObject(WHOLE)
  expect(report.killed).toBeGreaterThan(0)
}, 180_000)

withRedis('on two instances', () => {
  test('a run goes on whichever of them is killed: everybody once, and its report is right', async () => {
    await using redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
    const report = await killRun({ people: PEOPLE, kills: 1, seed: 11, instances: 2, redis: redis.url })
    expect(report).toMatchObject(WHOLE)
    expect(report.killed).toBeGreaterThan(0)
  }, 180_000)
})
