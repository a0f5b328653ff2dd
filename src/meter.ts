/** State of an app's circuit breaker: all requests pass, none do, or one request probes the app. */
export type BreakerState = 'closed' | 'open' | 'half_open'

/** How a call ended: the status of its answer, or the code of its error. */
interface Ending {
  outcome: string
  isError: boolean
}

/** Receives the server's metrics. No value names a person. */
export interface Meter {
  /** A call ended. */
  called(tool: string, ending: Ending, ms: number): void
  /** A request to an app had to wait for its token's budget. */
  waited(tenant: string, ms: number): void
  /** An app answered 429. */
  throttled(tenant: string): void
  breaker(tenant: string, state: BreakerState): void
}

/** Discards all metrics. */
export const unmetered: Meter = { called() {}, waited() {}, throttled() {}, breaker() {} }
