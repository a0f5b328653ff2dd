import { keepingLastKnown } from '../store/last-known.ts'
import type { Store } from '../store/store.ts'

/** How many different people in any hour and in any 24 hours; absent means no such limit. */
export interface PeopleLimits {
  perHour?: number | undefined
  perDay?: number | undefined
}

/** Counts different people, as a ledger counts changes: held while something is under way, then spent or free again. */
export interface People {
  /** The number of a hold on all of them; undefined when they would be too many, and nothing is held. */
  take(
    bucket: string,
    limits: PeopleLimits,
    who: readonly string[],
    holdMs: number,
  ): Promise<number | undefined>
  /** They were changed by now. */
  settle(bucket: string, hold: number): Promise<void>
  /** They were not changed. */
  giveBack(bucket: string, hold: number): Promise<void>
  /** Starts the count anew. */
  forget(bucket: string): Promise<void>
}

interface State {
  /** The last hold's number. */
  newest: number
  /** Everybody who was changed, with the latest time. */
  seen: [who: string, at: number][]
  holds: { id: number; who: readonly string[]; until: number }[]
  /** The longest window that anybody asked for. */
  longestMs: number
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
// Beyond the longest window, so that a count nobody asks for is forgotten.
const KEPT_MS = 2 * DAY

const nobody = (): State => ({ newest: 0, seen: [], holds: [], longestMs: HOUR })

/** Counts that are shared by everyone who uses the same store. */
export function storePeople(store: Store): People {
  const counts = keepingLastKnown(store)
  const keyOf = (bucket: string) => `people/${bucket}`
  const change = <Result>(bucket: string, work: (state: State, now: number) => Result) =>
    counts.update<State, Result>(keyOf(bucket), (kept = nobody(), now) => {
      const state = tidied(kept, now)
      const result = work(state, now)
      return { next: state, ttl: KEPT_MS, result }
    })
  const end = (bucket: string, id: number, changed: boolean) =>
    change(bucket, (state, now) => {
      const hold = state.holds.find((one) => one.id === id)
      state.holds = state.holds.filter((one) => one !== hold)
      if (hold && changed) see(state, hold.who, now)
    })
  return {
    take: (bucket, { perHour, perDay }, who, holdMs) =>
      change(bucket, (state, now) => {
        const within = (ms: number) =>
          new Set([
            ...state.seen.filter(([, at]) => at > now - ms).map(([one]) => one),
            ...state.holds.flatMap((hold) => hold.who),
            ...who,
          ]).size
        const full =
          (perHour !== undefined && within(HOUR) > perHour) || (perDay !== undefined && within(DAY) > perDay)
        if (full) return undefined
        state.newest += 1
        if (perDay !== undefined) state.longestMs = DAY
        state.holds.push({ id: state.newest, who, until: now + holdMs })
        return state.newest
      }),
    settle: (bucket, hold) => end(bucket, hold, true),
    giveBack: (bucket, hold) => end(bucket, hold, false),
    forget: (bucket) => store.set(keyOf(bucket), nobody(), KEPT_MS),
  }
}

/** Forgets what left every window; a hold that nobody ended counts as spent, since nobody knows better. */
function tidied({ holds, ...kept }: State, now: number): State {
  const state: State = { ...kept, holds: holds.filter(({ until }) => until > now) }
  for (const { who, until } of holds.filter(({ until }) => until <= now)) see(state, who, until)
  state.seen = state.seen.filter(([, at]) => at > now - state.longestMs)
  return state
}

function see(state: State, who: readonly string[], at: number): void {
  const latest = new Map(state.seen)
  for (const one of who) latest.set(one, Math.max(at, latest.get(one) ?? 0))
  state.seen = [...latest]
}
