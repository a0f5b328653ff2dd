/**
 * What must outlive a call: approvals, claims, ledgers, the journal's head, learned dialects. Every copy of the server
 * that uses the same data folder, or the same Redis, sees the same store. Any method but `health` throws `Unavailable`
 * when the store cannot be used.
 */
export interface Store {
  get<Value>(key: string): Promise<Value | undefined>
  /** `ttl` in milliseconds; without it the value stays. */
  set<Value>(key: string, value: Value, ttl?: number): Promise<void>
  delete(key: string): Promise<void>
  /** The keys that begin with `prefix`, in order. */
  keys(prefix: string): Promise<string[]>
  /**
   * Reads, changes and writes one value with nobody in between, in this process or another. `change` is synchronous, is
   * told the store's time, and may be run again when somebody else was faster; a `next` of undefined removes the value.
   * When `change` throws, nothing is written and the error passes on.
   */
  update<Value, Result>(key: string, change: Change<Value, Result>): Promise<Result>
  /** True for exactly one caller, ever, until `ttl` milliseconds have passed. */
  claim(key: string, ttl: number): Promise<boolean>
  /** Epoch milliseconds by the one clock that all go by who share the store, whatever their own clocks say. */
  now(): Promise<number>
  /** Whether the store can be read and written at this moment. Never throws. */
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
  /** Which store it is, without anything secret. */
  store: string
  problem?: string
  /** What works and could be kept more safely. */
  advice?: string[]
}
