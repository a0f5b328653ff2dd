/** Starts callers' requests in turn, however many each caller has sent. */
export interface Turns {
  /** Resolves when it is this caller's turn. */
  of(caller: string): Promise<void>
}

/**
 * Each round of the event loop starts one request per caller. A request, or a new connection, waits for at most one
 * request of each caller, never for the queue of another.
 */
export function fairTurns(): Turns {
  const queues = new Map<string, (() => void)[]>()
  let running = false

  const round = () => {
    running = queues.size > 0
    for (const [caller, queue] of queues) {
      queue.shift()?.()
      if (queue.length === 0) queues.delete(caller)
    }
    if (running) setImmediate(round)
  }
  return {
    of: (caller) =>
      new Promise((begin) => {
        const queue = queues.get(caller) ?? []
        queues.set(caller, queue)
        queue.push(begin)
        if (!running) {
          running = true
          setImmediate(round)
        }
      }),
  }
}
