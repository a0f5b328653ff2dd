/** Whether an app is asked as usual, left alone, or being tried with one request. */
export type BreakerState = 'closed' | 'open' | 'half_open'

/** Counts what the server does, for whoever watches it. Nothing that it is told names a person. */
export interface Meter {
  /** A call has ended: `outcome` is the status of its answer or the code of its error. */
  called(tool: string, outcome: string, ms: number): void
  /** A request to an app had to wait for its token's budget. */
  waited(tenant: string, ms: number): void
  breaker(tenant: string, state: BreakerState): void
}

/** For when nobody watches. */
export const unmetered: Meter = { called() {}, waited() {}, breaker() {} }
