import { setMaxListeners } from 'node:events'
import type { ExitCode, Io } from '../app/io.ts'

/** Does `work` until it has ended or the process is asked to stop, which then is no error and ends with `code`. */
export async function stoppable(
  io: Pick<Io, 'untilStopped' | 'stderr' | 'exit'>,
  code: ExitCode,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  // Every request listens.
  setMaxListeners(0, stop.signal)
  void io.untilStopped().then(() => stop.abort())
  try {
    await work(stop.signal)
  } catch (error) {
    if (!stop.signal.aborted) throw error
    io.stderr.write('Stopped.\n')
    io.exit(code)
  }
}
