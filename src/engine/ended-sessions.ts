import type { Store } from '../store/store.ts'

/** How long it is known that sessions were ended, milliseconds: longer than a call lasts. */
const KEPT_MS = 10 * 60_000

/**
 * When the sessions of accounts were ended from here. Most apps do not tell it, and of calls that come together one is enough.
 * All times are by the clock of the store.
 */
export interface EndedSessions {
  now(): Promise<number>
  /** That the account's sessions have just been ended. */
  note(app: string, id: string): Promise<void>
  /** Whether they were ended after `time`. */
  since(app: string, id: string, time: number): Promise<boolean>
}

export function endedSessions(store: Pick<Store, 'get' | 'now' | 'update'>): EndedSessions {
  const keyOf = (app: string, id: string) => `sessions-ended/${JSON.stringify([app, id])}`
  return {
    now: () => store.now(),
    note: (app, id) =>
      store.update<number, void>(keyOf(app, id), (_, now) => ({
        next: now,
        ttl: KEPT_MS,
        result: undefined,
      })),
    since: async (app, id, time) => ((await store.get<number>(keyOf(app, id))) ?? 0) > time,
  }
}
