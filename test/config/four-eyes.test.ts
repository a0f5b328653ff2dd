import { expect, test } from 'vitest'
import { openSetup } from '../support/world.ts'

const RULES = [
  { when: {}, level: 'approve' },
  { when: { administrator: true }, level: 'approve', fourEyes: true },
]

test.each([
  ['serve', ['serve', '--http', '--port', '0']],
  ['check', ['check']],
  ['serve over stdio', []],
])('four eyes among callers without names are refused by %s, with the reason', async (_, words) => {
  await using setup = await disposable({ auth: 'none', confirm: { rules: RULES } })
  const { code, stderr } = await setup.run(words)
  expect(code).toBe(2)
  expect(stderr).toContain('confirm.rules.1.fourEyes: needs callers with names')
})

test.each([{ tokens: true }, undefined])('and taken where callers have names: auth %j', async (auth) => {
  await using setup = await disposable({ ...(auth && { auth }), confirm: { rules: RULES } })
  expect((await setup.run(['check'])).code).toBe(0)
})

async function disposable(settings: Record<string, unknown>) {
  const setup = await openSetup({ settings })
  return { ...setup, [Symbol.asyncDispose]: setup.close }
}
