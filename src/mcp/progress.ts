import type { ServerContext } from '@modelcontextprotocol/server'

const EVERY_MS = 5_000

/** Sends progress to a client that asked for it, while a person thinks: it then knows that the call is alive. */
export async function withProgress<Result>(
  { mcpReq }: Pick<ServerContext, 'mcpReq'>,
  message: string,
  waiting: Promise<Result>,
): Promise<Result> {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return waiting
  let progress = 0
  const tell = () => {
    progress += 1
    const params = { progressToken, progress, message }
    // A client that is gone is noticed elsewhere.
    mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined)
  }
  tell()
  const timer = setInterval(tell, EVERY_MS).unref()
  try {
    return await waiting
  } finally {
    clearInterval(timer)
  }
}
