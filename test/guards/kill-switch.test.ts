import { expect, test } from 'vitest'
import type { Refused } from '../../src/errors.ts'
import { killSwitch } from '../../src/guards/kill-switch.ts'
import { type Freeze, openFreezes } from '../../src/limits/freezes.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { codeOf, makeCall, recordingNext } from '../support/call.ts'

const reading = { ...makeCall().tool, effect: 'reads' as const }
const stopping = async (...freezes: Partial<Freeze>[]) => {
  const all = openFreezes(memoryStore())
  for (const stop of freezes) await all.put({ at: 0, by: 'ada', ...stop })
  return killSwitch(all, (tenant) => [tenant])
}
const call = makeCall()

test.each([
  ['everything', {}, 'refused'],
  ['the tenant', { tenant: 'acme' }, 'refused'],
  ['another tenant', { tenant: 'beta' }, 'no error'],
  ['the caller', { caller: 'local:grace' }, 'limit_reached'],
  ['another caller', { caller: 'local:ada' }, 'no error'],
] as const)('where %s is stopped', async (_, stop, code) => {
  expect(await codeOf((await stopping(stop))(call, recordingNext().next))).toBe(code)
  expect(await codeOf((await stopping(stop))(makeCall({ tool: reading }), recordingNext().next))).toBe(
    'no error',
  )
})

test('says who stopped it, and nothing of how it is let go', async () => {
  const guard = await stopping({ tenant: 'acme', why: 'odd\u202e\nthings' })
  const error = await guard(call, recordingNext().next).catch((thrown: Refused) => thrown)
  const { message, hint } = error as Refused
  expect(message).toContain('"odd things"')
  expect(`${message} ${hint}`).not.toMatch(/brake off|lift|--|approver/)
})

test('an order to stop replaces one to the same, and no other', async () => {
  const freezes = openFreezes(memoryStore())
  for (const tenant of ['acme', 'beta', 'acme']) await freezes.put({ tenant, at: 0, by: 'ada' })
  await freezes.put({ caller: 'acme', at: 0, by: 'a limit' })
  expect((await freezes.list()).map(({ tenant, caller }) => tenant ?? caller)).toEqual([
    'beta',
    'acme',
    'acme',
  ])
  expect(await freezes.lift(({ tenant }) => tenant === 'acme')).toHaveLength(1)
  expect(await freezes.list()).toHaveLength(2)
})
