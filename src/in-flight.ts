/** Work that must not be left half done. */
export interface UnderWay {
  /** Returns `work`, and remembers it until it has ended. */
  follow<Result>(work: Promise<Result>): Promise<Result>
  /** Resolves when nothing is under way any more. */
  ended(): Promise<void>
}

export function underWay(): UnderWay {
  const all = new Set<Promise<unknown>>()
  return {
    follow(work) {
      const tracked = work.finally(() => all.delete(tracked))
      all.add(tracked)
      return tracked
    },
    async ended() {
      while (all.size > 0) await Promise.allSettled(all)
    },
  }
}
