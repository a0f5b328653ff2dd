import { RECENT_MS } from './recent-pages.ts'

/** What was just read of an app that sends at once what is shown in several calls, such as all members of a group. */
export interface RecentReads<Value> {
  /** With `recent`, what was read under this name a moment ago will do; else `fetch` reads it. */
  read<Found extends Value | undefined>(
    name: string,
    recent: boolean,
    fetch: () => Promise<Found>,
  ): Promise<Found | Value>
  /** After a change, it is what was before. */
  forget(): void
}

const MAX_KEPT = 4

/** Keeps the last few in this process. What is gone is fetched again, so nothing depends on it. */
export function recentReads<Value>(now: () => number = Date.now): RecentReads<Value> {
  let kept: { name: string; value: Value; until: number }[] = []
  let changes = 0
  return {
    async read(name, recent, fetch) {
      kept = kept.filter(({ until }) => until > now())
      const held = recent ? kept.find((one) => one.name === name) : undefined
      if (held) return held.value
      const before = changes
      const value = await fetch()
      const others = kept.filter((one) => one.name !== name)
      // What was fetched during a change may be of before it; that there is nothing is not kept.
      const isKept = before === changes && value !== undefined
      kept = isKept ? [...others, { name, value, until: now() + RECENT_MS }].slice(-MAX_KEPT) : others
      return value
    },
    forget() {
      kept = []
      changes += 1
    },
  }
}
