// @module-tag long

import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OddApp } from '../support/claims-of-changes.ts'
import { anyWriteHabits, startOddApp, type WriteHabits } from '../support/odd-app.ts'
import { anyVendor, oddVendors, startOddVendor } from '../support/odd-vendors.ts'
import { openWorld } from '../support/world.ts'

interface Answer {
  outcome: string
  verified: boolean
  alsoChanged?: unknown[]
  note?: string
}

const { forms, env } = await oddVendors()

const TITLE = 'Director'

/** What is untrue of what was said of a changed title, if anything. */
function untrue(
  { outcome, verified, alsoChanged = [], note }: Answer,
  { ada, before }: OddApp,
  { shows }: WriteHabits,
) {
  const isUntouched = isDeepStrictEqual(ada, before)
  const isElseAsBefore = isDeepStrictEqual({ ...ada, title: 0 }, { ...before, title: 0 })
  if (verified && (ada.title !== TITLE || !isElseAsBefore)) return 'verified'
  if ((outcome === 'failed' || outcome === 'unchanged') && !isUntouched) return outcome
  const isSeen = shows !== 'never' && outcome === 'updated' && ada.title === TITLE
  if (isSeen && !isElseAsBefore && alsoChanged.length === 0) return 'nothing else changed'
  return outcome === 'updated' && !verified && !note ? 'no reason' : undefined
}

test('what is said of a changed field is so, whatever the app does', async () => {
  const anyApps = fc.array(fc.tuple(fc.oneof(fc.constant('scim'), anyVendor), anyWriteHabits), {
    ...{ minLength: 8, maxLength: 12 },
  })
  await fc.assert(
    fc.asyncProperty(anyApps, async (chosen) => {
      const apps = await Promise.all(
        chosen.map(([vendor, habits]) => {
          const form = forms[vendor]
          return form ? startOddVendor(form, habits) : startOddApp(habits)
        }),
      )
      const tenants = apps.map(
        ({ settings }, at) => [`app-${at}`, { ...settings, verifyWindowMs: 1_000 }] as const,
      )
      try {
        await using world = await openWorld({ settings: { tenants: Object.fromEntries(tenants) }, env })
        const lies = await Promise.all(
          apps.map(async (app, at) => {
            const [vendor, habits] = chosen[at] as [string, WriteHabits]
            const args = { tenant: `app-${at}`, user: 'ada@x.example', set: { title: TITLE } }
            const answer = (await world.call('update_user', args)) as unknown as Answer
            expect(answer).toMatchObject({ outcome: expect.any(String) })
            const lie = untrue(answer, app, habits)
            return lie && `${lie}: ${JSON.stringify([vendor, habits, app.ada, answer])}`
          }),
        )
        expect(lies.filter((lie) => lie !== undefined)).toEqual([])
      } finally {
        await Promise.all(apps.map((app) => app[Symbol.asyncDispose]()))
      }
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 3), endOnFailure: true },
  )
})
