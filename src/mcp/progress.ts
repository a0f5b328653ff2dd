import type { ServerContext } from '@modelcontextprotocol/server'
import type { Tell } from '../domain/operations.ts'

const EVERY_MS = 5_000

/** Tells a client that gave a token how far its call is; a client that hears of it goes on waiting. */
export interface Progress {
  /** Tells at once, and again while nothing else is told. */
  tell: Tell
  /** Tells what `work` waits for. */
  during<Result>(message: string, work: Promise<Result>): Promise<Result>
  end(): void
}

const SILENT: Progress = { tell: () => {}, during: (_, work) => work, end: () => {} }

/** The progress of one call, from now on. */
export function progressOf({ mcpReq }: Pick<ServerContext, 'mcpReq'>): Progress {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return SILENT
  let message = 'Waiting for the apps'
  let last = 0
  let step = 1
  /** Each number is larger than the one before (MCP, basic/utilities/progress). */
  const send = (at?: Parameters<Tell>[1]) => {
    last = at && at.done > last ? at.done : Math.round((last + step) * 100) / 100
    const params = { progressToken, progress: last, message, ...(at && last <= at.of && { total: at.of }) }
    // A client that is gone is noticed elsewhere.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined)
  }
  const timer = setInterval(() => send(), EVERY_MS).unref()
  const tell: Tell = (said, at) => {
    message = said
    // Once parts were counted, waiting is less than one part.
    if (at) step = 0.01
    send(at)
    timer.refresh()
  }
  return {
    tell,
    during(said, work) {
      tell(said)
      return work
    },
    end: () => clearInterval(timer),
  }
}
