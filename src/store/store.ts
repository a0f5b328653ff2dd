/**
 * What must outlive a call: approvals, claims, ledgers, the journal's head, learned dialects. Every copy of the server
 * that uses the same data folder sees the same store. Any method throws `Unavailable` when the store cannot be used.
 */
export interface Store {
  get<Value>(key: string): Promise<Value | undefined>
  /** `ttl` in milliseconds; without it the value stays. */
  set<Value>(key: string, value: Value, ttl?: number): Promise<void>
  delete(key: string): Promise<void>
  /** The keys that begin with `prefix`, in order. */
  keys(prefix: string): Promise<string[]>
  /**
   * Reads, changes and writes one value with nobody in between, in this process or another. `change` is synchronous; a
   * `next` of undefined removes the value. When `change` throws, nothing is written and the error passes on.
   */
  update<Value, Result>(
    key: string,
    change: (current: Value | undefined) => { next: Value | undefined; ttl?: number; result: Result },
  ): Promise<Result>
  /** True for exactly one caller, ever, until `ttl` milliseconds have passed. */
  claim(key: string, ttl: number): Promise<boolean>
  close(): Promise<void>
}
