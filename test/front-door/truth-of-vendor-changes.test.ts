// @module-tag long

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { liesAbout } from '../support/claims-of-changes.ts'
import { anyWriteHabits } from '../support/odd-app.ts'
import { anyVendor, oddVendors, startOddVendor } from '../support/odd-vendors.ts'

const { forms, env } = await oddVendors()

test('what is said of a deactivation is so, whatever an identity provider or Gainsight does', async () => {
  const anyApps = fc.array(fc.tuple(anyVendor, anyWriteHabits), { minLength: 8, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(anyApps, async (chosen) => {
      const apps = await Promise.all(
        chosen.map(([vendor, habits]) => startOddVendor(forms[vendor] as (typeof forms)[string], habits)),
      )
      try {
        const { lies, status, isWhole } = await liesAbout(
          apps.map((app) => ({ ...app, settings: { ...app.settings, verifyWindowMs: 1_000 } })),
          chosen.map(([, habits]) => habits),
          env,
        )
        expect(lies).toEqual([])
        expect(status === 'done' && !isWhole).toBe(false)
        // One change, one request, whatever came of it.
        expect(Math.max(...apps.map(({ writes }) => writes()))).toBeLessThanOrEqual(1)
      } finally {
        await Promise.all(apps.map((app) => app[Symbol.asyncDispose]()))
      }
    }),
    // Each world takes seconds: what fails is told as it is.
    { numRuns: Number(process.env.FUZZ_RUNS ?? 2), endOnFailure: true },
  )
})
