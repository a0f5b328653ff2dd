import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import type { WriteHabits } from './odd-app.ts'
import { openWorld } from './world.ts'

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

/** An app in which Ada has an account, as it is and as it was. */
export interface OddApp extends AsyncDisposable {
  settings: Record<string, unknown>
  ada: Record<string, unknown> & { active: boolean }
  before: Record<string, unknown> & { active: boolean }
}

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

/** What a world says of a deactivation in these apps that is not so, and its status. */
export async function liesAbout(
  apps: readonly OddApp[],
  habits: readonly WriteHabits[],
  env: Record<string, string>,
) {
  const names = apps.map((_, at) => `app-${at}`)
  await using world = await openWorld({
    settings: { tenants: Object.fromEntries(apps.map(({ settings }, at) => [names[at], settings])) },
    env,
  })
  const args = { user: 'ada@x.example', tenants: names, reason: 'left' }
  const answer = (await world.call('deactivate_user', args)) as unknown as Answer
  expect(answer).toMatchObject({ results: expect.anything() })
  const { status, results } = answer
  expect(results.map(({ tenant }) => tenant).sort()).toEqual([...names].sort())
  const isWhole = results.every(({ outcome, verified }) => verified && outcome !== 'failed')
  const lies = results.flatMap((row) => {
    const at = names.indexOf(row.tenant)
    const lie = untrue(row, apps[at] as OddApp, habits[at] as WriteHabits)
    return lie === undefined ? [] : `${lie}: ${JSON.stringify([apps[at]?.settings.vendor, habits[at], row])}`
  })
  return { lies, status, isWhole }
}
