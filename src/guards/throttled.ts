import type { RequestGuard } from './request.ts'

/** Tells of each answer 429 of the app, those of repeated requests too. */
export const throttled = (tell: () => void): RequestGuard =>
  async function throttled(request, next) {
    const reply = await next(request)
    if (reply.status === 429) tell()
    return reply
  }
