// @module-tag long

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lieAboutMembers } from '../support/odd-directory/claims-of-memberships.ts'
import { anyMembershipHabits, anyWish, startGroupApp } from '../support/odd-directory/memberships.ts'
import { ODD_ENV } from '../support/odd-directory/start.ts'
import { openWorld } from '../support/world.ts'

test('what is said of who is in a group is so, whatever the app does', async () => {
  const anyVendor = fc.constantFrom('scim', 'scim', 'okta', 'entra', 'google')
  const anyApps = fc.array(fc.tuple(anyVendor, anyMembershipHabits, anyWish), { minLength: 8, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(anyApps, async (chosen) => {
      const apps = await Promise.all(chosen.map(([name, habits]) => startGroupApp(name, habits)))
      const tenants = Object.fromEntries(apps.map(({ settings }, at) => [`app-${at}`, settings]))
      try {
        await using world = await openWorld({ settings: { tenants }, env: ODD_ENV })
        const lies = await Promise.all(
          chosen.map(async ([name, habits, wish], at) => {
            const app = apps[at] as (typeof apps)[number] // one for each
            const lie = await lieAboutMembers(world, `app-${at}`, app, wish)
            return lie && `${JSON.stringify([name, habits])} ${lie}`
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
