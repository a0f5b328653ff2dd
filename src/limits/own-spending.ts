import { type State, spend, spentMs } from './sliding-window.ts'

/** What this process has spent from a bucket, as the store acknowledged it. */
export interface OwnSpending {
  /** All tokens so far. */
  total: number
  spent: State['spent']
}

/** Entries that a log has at most, whatever its window; the tokens of one entry come back together, when the last of them does. */
const ENTRIES = 500

/** Adds to `state` what this process spent and a store has lost, as when it went back to an earlier state. */
export function addLost(state: State, by: string, own: OwnSpending | undefined): void {
  let lacking = lackedBy(state, by, own)
  if (!own || lacking === 0) return
  state.written = { ...state.written, [by]: { total: own.total, at: own.spent.times.at(-1) ?? 0 } }
  for (let at = own.spent.times.length - 1; at >= 0 && lacking > 0; at -= 1) {
    const count = Math.min(lacking, own.spent.counts[at] ?? 0)
    spend(state, own.spent.times[at] ?? 0, count)
    lacking -= count
  }
}

/** How many tokens that this process spent are missing in `state`. */
export const lackedBy = (state: State | undefined, by: string, own: OwnSpending | undefined): number =>
  Math.max(0, (own?.total ?? 0) - (state?.written?.[by]?.total ?? 0))

/** What this process has spent once the store has `state`. */
export function spentBy(state: State, by: string, own: OwnSpending | undefined, now: number): OwnSpending {
  const known = own ?? { total: 0, spent: { times: [], counts: [] } }
  const total = state.written?.[by]?.total ?? known.total
  if (total <= known.total) return known
  const { times, counts } = known.spent
  const since = now - spentMs(state.longestMs)
  const first = times.findIndex((time) => time >= since)
  const spent =
    first < 0 ? { times: [], counts: [] } : { times: times.slice(first), counts: counts.slice(first) }
  const grain = state.longestMs / ENTRIES
  const last = spent.times.length - 1
  if (last >= 0 && Math.floor((spent.times[last] ?? 0) / grain) === Math.floor(now / grain)) {
    spent.times[last] = now
    spent.counts[last] = (spent.counts[last] ?? 0) + total - known.total
  } else {
    spent.times.push(now)
    spent.counts.push(total - known.total)
  }
  return { total, spent }
}
