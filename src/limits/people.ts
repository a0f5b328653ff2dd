import { keepingLastKnown } from '../store/last-known.ts'
import type { Store } from '../store/store.ts'

/** Most distinct people changed in any hour and any 24 hours; absent means no limit. */
interface PeopleLimits {
  perHour?: number | undefined
  perDay?: number | undefined
}

/** Counts distinct people as a ledger counts changes: held while a change is in flight, then spent or released. */
export interface People {
  /** Whether they fit as well; holds nothing. */
  fits(bucket: string, limits: PeopleLimits, who: readonly string[]): Promise<boolean>
  /** The id of a hold on all of them; undefined, and nothing is held, when that would exceed a limit. */
  take(
    bucket: string,
    limits: PeopleLimits,
    who: readonly string[],
    holdMs: number,
  ): Promise<number | undefined>
  /** They were changed. */
  settle(bucket: string, hold: number): Promise<void>
  /** They were not changed. */
  giveBack(bucket: string, hold: number): Promise<void>
  /** Resets the count. */
  forget(bucket: string): Promise<void>
}

interface PeopleState {
  /** Id of the last hold. */
  newest: number
  /** Everyone who was changed, with the latest time. */
  seen: [who: string, at: number][]
  holds: { id: number; who: readonly string[]; until: number }[]
  /** The longest window requested so far. */
  longestMs: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
// Longer than the longest window, so only unused counts expire.
const COUNT_TTL_MS = 2 * DAY_MS

const emptyState = (): PeopleState => ({ newest: 0, seen: [], holds: [], longestMs: HOUR_MS })

/** Counts shared by all processes that use the same store. */
export function storePeople(store: Store): People {
  const counts = keepingLastKnown(store)
  const keyOf = (bucket: string) => `people/${bucket}`
  const change = <Result>(bucket: string, work: (state: PeopleState, now: number) => Result) =>
    counts.update<PeopleState, Result>(keyOf(bucket), (kept = emptyState(), now) => {
      const state = withoutExpired(kept, now)
      const result = work(state, now)
      return { next: state, ttl: COUNT_TTL_MS, result }
    })
  const endHold = (bucket: string, id: number, changed: boolean) =>
    change(bucket, (state, now) => {
      const hold = state.holds.find((one) => one.id === id)
      state.holds = state.holds.filter((one) => one !== hold)
      if (hold && changed) markChanged(state, hold.who, now)
    })
  return {
    async fits(bucket, limits, who) {
      const kept = (await counts.get<PeopleState>(keyOf(bucket))) ?? emptyState()
      const now = await store.now()
      return doFit(withoutExpired(kept, now), limits, who, now)
    },
    take: (bucket, limits, who, holdMs) =>
      change(bucket, (state, now) => {
        if (!doFit(state, limits, who, now)) return undefined
        state.newest += 1
        if (limits.perDay !== undefined) state.longestMs = DAY_MS
        state.holds.push({ id: state.newest, who, until: now + holdMs })
        return state.newest
      }),
    settle: (bucket, hold) => endHold(bucket, hold, true),
    giveBack: (bucket, hold) => endHold(bucket, hold, false),
    forget: (bucket) => store.set(keyOf(bucket), emptyState(), COUNT_TTL_MS),
  }
}

function doFit(
  { seen, holds }: PeopleState,
  { perHour, perDay }: PeopleLimits,
  who: readonly string[],
  now: number,
): boolean {
  const within = (ms: number) =>
    new Set([
      ...seen.filter(([, at]) => at > now - ms).map(([one]) => one),
      ...holds.flatMap((hold) => hold.who),
      ...who,
    ]).size
  return (
    (perHour === undefined || within(HOUR_MS) <= perHour) &&
    (perDay === undefined || within(DAY_MS) <= perDay)
  )
}

/** Drops entries older than every window. A hold that was never ended counts as spent, since its outcome is unknown. */
function withoutExpired({ holds, ...kept }: PeopleState, now: number): PeopleState {
  const state: PeopleState = { ...kept, holds: holds.filter(({ until }) => until > now) }
  for (const { who, until } of holds.filter(({ until }) => until <= now)) markChanged(state, who, until)
  state.seen = state.seen.filter(([, at]) => at > now - state.longestMs)
  return state
}

function markChanged(state: PeopleState, who: readonly string[], at: number): void {
  const latest = new Map(state.seen)
  for (const one of who) latest.set(one, Math.max(at, latest.get(one) ?? 0))
  state.seen = [...latest]
}
