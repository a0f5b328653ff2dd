// @module-tag long

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lieAboutCreation } from '../support/odd-directory/claims-of-creations.ts'
import { anyCreationHabits, startNewcomersApp } from '../support/odd-directory/creations.ts'
import { type FormName, ODD_ENV } from '../support/odd-directory/start.ts'
import { openWorld } from '../support/world.ts'

const VENDORS = ['okta', 'entra', 'google', 'services', 'users'] as const

test.each<[string, readonly FormName[]]>([
  ['an app over SCIM', ['scim']],
  ['an identity provider or Gainsight', VENDORS],
])('what is said of a new user is so, whatever %s does', async (_, names) => {
  const anyApps = fc.array(fc.tuple(fc.constantFrom(...names), anyCreationHabits), {
    ...{ minLength: 8, maxLength: 12 },
  })
  await fc.assert(
    fc.asyncProperty(anyApps, async (chosen) => {
      const apps = await Promise.all(chosen.map(([name, habits]) => startNewcomersApp(name, habits)))
      const tenants = Object.fromEntries(apps.map(({ settings }, at) => [`app-${at}`, settings]))
      try {
        await using world = await openWorld({ settings: { tenants }, env: ODD_ENV })
        const lies = await Promise.all(
          apps.map(async (app, at) => {
            const lie = await lieAboutCreation(world, `app-${at}`, app)
            return lie && `${JSON.stringify(chosen[at])} ${lie}`
          }),
        )
        expect(lies.filter((lie) => lie !== undefined)).toEqual([])
      } finally {
        await Promise.all(apps.map((app) => app[Symbol.asyncDispose]()))
      }
    }),
    // Each world takes seconds: what fails is told as it is.
    { numRuns: Number(process.env.FUZZ_RUNS ?? 3), endOnFailure: true },
  )
})
