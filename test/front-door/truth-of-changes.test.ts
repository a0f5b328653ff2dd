import fc from 'fast-check'
import { expect, test } from 'vitest'
import { liesAbout } from '../support/claims-of-changes.ts'
import { anyWriteHabits, startOddApp } from '../support/odd-app.ts'

test('what is said of a deactivation is so, whatever the app does', async () => {
  const anyApps = fc.array(anyWriteHabits, { minLength: 8, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(anyApps, async (habits) => {
      const apps = await Promise.all(habits.map(startOddApp))
      try {
        const { lies, status, isWhole } = await liesAbout(apps, habits, { T: 'canned-token-0' })
        expect(lies).toEqual([])
        expect(['done', 'unchanged'].includes(status)).toBe(isWhole)
      } finally {
        await Promise.all(apps.map((app) => app[Symbol.asyncDispose]()))
      }
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 4) },
  )
})
