import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyWriteHabits, startOddApp, type WriteHabits } from '../support/odd-app.ts'
import { openWorld } from '../support/world.ts'

interface Row {
  tenant: string
  outcome: string
  verified: boolean
  alsoChanged?: unknown[]
  note?: string
}

interface Answer {
  status: string
  results: Row[]
}

type OddApp = Awaited<ReturnType<typeof startOddApp>>

/** What is untrue of what was said of a deactivation, if anything. */
function untrue(
  { outcome, verified, alsoChanged = [], note }: Row,
  { ada, before }: OddApp,
  { shows }: WriteHabits,
): string | undefined {
  const isUntouched = isDeepStrictEqual(ada, before)
  const isElseAsBefore = isDeepStrictEqual({ ...ada, active: 0 }, { ...before, active: 0 })
  if (verified && outcome === 'deactivated' && (ada.active || !isElseAsBefore)) return 'verified'
  if (outcome === 'already_inactive' && (before.active || !isUntouched)) return 'already inactive'
  if (outcome === 'failed' && !isUntouched) return 'failed'
  const isSeen = shows !== 'never' && outcome === 'deactivated' && !ada.active
  if (isSeen && !isElseAsBefore && alsoChanged.length === 0) return 'nothing else changed'
  return outcome === 'deactivated' && !verified && !note ? 'no reason' : undefined
}

/** What a world says of a deactivation in these apps that is not so. */
async function liesAbout(apps: readonly OddApp[], habits: readonly WriteHabits[]) {
  const names = apps.map((_, at) => `app-${at}`)
  const settings = {
    vendor: 'scim',
    tokens: { scim: 'env:T' },
    deactivateMeans: 'reversible',
    verifyWindowMs: 1_000,
  }
  await using world = await openWorld({
    settings: { tenants: Object.fromEntries(apps.map(({ url }, at) => [names[at], { ...settings, url }])) },
    env: { T: 'canned-token-0' },
  })
  const args = { user: 'ada@x.example', tenants: names, reason: 'left' }
  const { status, results } = (await world.call('deactivate_user', args)) as unknown as Answer
  expect(results.map(({ tenant }) => tenant).sort()).toEqual([...names].sort())
  const isWhole = results.every(({ outcome, verified }) => verified && outcome !== 'failed')
  const lies = results.flatMap((row) => {
    const at = names.indexOf(row.tenant)
    return untrue(row, apps[at] as OddApp, habits[at] as WriteHabits) ?? []
  })
  return ['done', 'unchanged'].includes(status) === isWhole ? lies : [...lies, status]
}

test('what is said of a deactivation is so, whatever the app does', async () => {
  const anyApps = fc.array(anyWriteHabits, { minLength: 8, maxLength: 12 })
  await fc.assert(
    fc.asyncProperty(anyApps, async (habits) => {
      const apps = await Promise.all(habits.map(startOddApp))
      try {
        expect(await liesAbout(apps, habits)).toEqual([])
      } finally {
        await Promise.all(apps.map((app) => app[Symbol.asyncDispose]()))
      }
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 4) },
  )
})
