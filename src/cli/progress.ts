import type { Io } from '../app/io.ts'
import type { Tell } from '../domain/operations.ts'
import { plainText } from '../text/text.ts'
import { cut } from './display-width.ts'

/** How long a command may take before it says what it waits for, and how often it then does, milliseconds. */
const EVERY_MS = 1_000
const ERASE_LINE = '\r\u001b[K'

/**
 * Does `work`. On a terminal, a line on stderr says from the first second on what is waited for and since when, until the work
 * has ended. `work` can tell how far it is.
 */
export async function withProgress<Result>(
  { stderr }: Pick<Io, 'stderr'>,
  message: string,
  work: (tell: Tell) => Promise<Result>,
): Promise<Result> {
  if (!stderr.isTTY) return work(() => {})
  const begun = Date.now()
  let said = message
  let shown = false
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - begun) / 1_000)
    stderr.write(`${ERASE_LINE}${cut(`${plainText(said, 200)}, ${seconds} s`, (stderr.columns ?? 80) - 1)}`)
    shown = true
  }, EVERY_MS)
  try {
    return await work((now) => {
      said = now
    })
  } finally {
    clearInterval(timer)
    if (shown) stderr.write(ERASE_LINE)
  }
}
