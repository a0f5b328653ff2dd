/** Tracks work that must finish before the process exits. */
export interface InFlight {
  /** Returns `work` and tracks it until it ends. */
  track<Result>(work: Promise<Result>): Promise<Result>
  /** Resolves when no work is in flight. */
  drained(): Promise<void>
}

export function inFlight(): InFlight {
  const all = new Set<Promise<unknown>>()
  return {
    track(work) {
      const tracked = work.finally(() => all.delete(tracked))
      all.add(tracked)
      return tracked
    },
    async drained() {
      while (all.size > 0) await Promise.allSettled(all)
    },
  }
}
