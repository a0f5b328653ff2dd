import type { Io } from '../app/io.ts'
import { serve, servingOptions } from '../app/serve-stdio.ts'
import { SettingsError } from '../config/problems.ts'

/** Runs a command to its end. Node ends a process with 13 while it waits only for what does not keep the process alive. */
async function runCommand(io: Io, words: readonly string[]): Promise<void> {
  const alive = setInterval(() => {}, 60_000)
  try {
    await (await import('./program.ts')).program(io).parseAsync(words, { from: 'user' })
  } finally {
    clearInterval(alive)
  }
}

/** Whether a command ended because nobody reads its output any more, as behind `| head`: no fault of the command. */
async function isReaderGone(
  { isOutputClosed }: Pick<Io, 'isOutputClosed'>,
  error: unknown,
): Promise<boolean> {
  // The stream tells its listeners after it has told who wrote.
  await new Promise(setImmediate)
  return isOutputClosed?.() === true && error instanceof Error && 'code' in error && error.code === 'EPIPE'
}

/** Runs the program with these arguments. Errors are printed on stderr and set the exit code. */
export async function run(io: Io, words: readonly string[]): Promise<void> {
  try {
    const serving = servingOptions(words)
    if (serving) await serve(io, serving)
    else await runCommand(io, words)
  } catch (error) {
    // Commander has printed the error and set the exit code.
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')) return
    if (await isReaderGone(io, error)) return
    const known = error instanceof SettingsError
    const details = error instanceof Error ? error.stack : String(error)
    io.stderr.write(`${known ? error.message : `identity-mcp failed: ${details}`}\n`)
    io.exit(known ? 2 : 1)
  }
}
