/** The time is counted in so many parts. */
const PARTS = 10

/**
 * The answer, if it comes within `ms` milliseconds in which this process ran; rejects with `Command timed out` otherwise.
 * While the machine stands still, or the event loop is blocked, one part passes at most, and what arrived meanwhile is read
 * before time is up: the other side is not to blame for a pause of ours.
 */
export function withinAwake<Answer>(answer: Promise<Answer>, ms: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let left = PARTS
    let stop: () => void
    const wait = () => {
      const timer = setTimeout(left > 0 ? count : read, ms / PARTS)
      stop = () => clearTimeout(timer)
    }
    const count = () => {
      left -= 1
      wait()
    }
    // Timers run before what has arrived is read, immediates after it.
    const read = () => {
      const immediate = setImmediate(() => reject(new Error('Command timed out')))
      stop = () => clearImmediate(immediate)
    }
    left -= 1
    wait()
    answer.then(resolve, reject).finally(() => stop())
  })
}
