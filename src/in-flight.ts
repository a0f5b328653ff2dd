/** Work that must not be left half done. */
export interface InFlight {
  /** Returns `work`, and remembers it until it has ended. */
  track<Result>(work: Promise<Result>): Promise<Result>
  /** Resolves when nothing is under way any more. */
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
