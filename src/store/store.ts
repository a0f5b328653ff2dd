/**
 * What must outlive a call: approvals, claims, ledgers, the journal's head, learned dialects. All server instances with
 * the same data folder or the same Redis share it. Every method except `health` throws `Unavailable` when the store is
 * unavailable.
 */
export interface Store {
  get<Value>(key: string): Promise<Value | undefined>
  /** `ttl` in milliseconds; without it the value stays. */
  set<Value>(key: string, value: Value, ttl?: number): Promise<void>
  delete(key: string): Promise<void>
  /** The keys that begin with `prefix`, in order. */
  keys(prefix: string): Promise<string[]>
  /**
   * Reads, changes and writes one value atomically, across processes. `change` is synchronous, gets the store's time, and
   * runs again when another write came first. A `next` of undefined removes the value. When `change` throws, nothing is
   * written and the error is rethrown.
   */
  update<Value, Result>(key: string, change: Change<Value, Result>): Promise<Result>
  /** True for exactly one caller until `ttl` milliseconds have passed. */
  claim(key: string, ttl: number): Promise<boolean>
  /** Epoch milliseconds by the clock of the store, which all instances that share it use. */
  now(): Promise<number>
  /** Whether the store can be read and written now. Never throws. */
  health(): Promise<StoreHealth>
  close(): Promise<void>
}

export type Change<Value, Result> = (
  current: Value | undefined,
  now: number,
) => { next: Value | undefined; ttl?: number; result: Result }

/** The state of a store, in words for the person who runs the server. */
export interface StoreHealth {
  ok: boolean
  /** Which store it is, without secrets. */
  store: string
  problem?: string
  /** Suggestions to make a working store safer. */
  advice?: string[]
}
