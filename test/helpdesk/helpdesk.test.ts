// @module-tag long

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { claimsTooMuch, type Memory, newAgent, wordsOf } from './agent.ts'
import { changedBetween, type Desk, openDesk } from './desk.ts'
import { helpdeskPage } from './page.ts'
import { requests } from './requests.ts'

let desk: Desk
const memory: Memory = new Map()
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(async () => {
  await desk[Symbol.asyncDispose]()
})

// In order: a person leaves, somebody asks who did that, and it is taken back.
describe.each(requests)('$asks', ({ most, changes = [], gap, arrange, run }) => {
  test(gap ? `is not offered: ${gap.why}` : 'ends well', async () => {
    const before = desk.snapshot()
    const back = arrange?.(desk.apps)
    const agent = await newAgent(desk, memory)
    const check = await run(agent, desk.apps)
    back?.()

    check()
    expect(changedBetween(before, desk.snapshot())).toEqual([...changes].sort())
    const { calls, bytes, questions } = agent.spent()
    expect(calls).toBeLessThanOrEqual(most.calls)
    expect(bytes / 1_000).toBeLessThanOrEqual(most.kilobytes)
    expect(questions).toBeLessThanOrEqual(most.questions)
    // Bounds that nothing comes near would tell nobody that an answer has grown.
    expect(bytes / 1_000).toBeGreaterThan(most.kilobytes / 3)
    expect(agent.heard.filter(claimsTooMuch)).toEqual([])
    for (const { error } of agent.heard) {
      if (error) expect(`${error.message} ${error.hint ?? ''}`.length).toBeGreaterThan(60)
    }
    if (!gap) return
    expect(wordsOf(agent.heard)).toMatch(gap.says)
    expect(agent.tools.filter(gap.closedBy).map(({ name }) => name)).toEqual([])
  })
})

test('there are thirty requests, and the page tells of them all', () => {
  expect(requests).toHaveLength(30)
  expect(readFileSync(join(import.meta.dirname, '../../docs/helpdesk.md'), 'utf8')).toBe(helpdeskPage())
})
