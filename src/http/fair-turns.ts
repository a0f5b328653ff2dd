/** Lets callers begin one after the other, however many requests each of them has sent. */
export interface Turns {
  /** Resolves when it is this caller's turn. */
  of(caller: string): Promise<void>
}

/**
 * In each round of the event loop every caller begins one request, so that what comes of one of them, and of new
 * connections, waits for as many requests as there are callers, and never for the queue of another.
 */
export function fairTurns(): Turns {
  const lines = new Map<string, (() => void)[]>()
  let going = false

  const round = () => {
    going = lines.size > 0
    for (const [caller, line] of lines) {
      line.shift()?.()
      if (line.length === 0) lines.delete(caller)
    }
    if (going) setImmediate(round)
  }
  return {
    of: (caller) =>
      new Promise((begin) => {
        const line = lines.get(caller) ?? []
        lines.set(caller, line)
        line.push(begin)
        if (!going) {
          going = true
          setImmediate(round)
        }
      }),
  }
}
