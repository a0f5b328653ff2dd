import { BadReply } from '../errors.ts'
import type { RequestGuard } from './request.ts'

/** Sends a token only to the address it was configured for, and follows no redirect. */
export const sameOrigin = (base: URL): RequestGuard =>
  async function sameOrigin(request, next) {
    if (!isBelow(base, request.url)) throw elsewhere(base)
    const reply = await next(request)
    if (reply.status >= 300 && reply.status < 400) throw elsewhere(base)
    return reply
  }

const elsewhere = (base: URL) =>
  new BadReply(
    `The app at ${base.host} points to another address, where its token must not be sent.`,
    'Correct `url` in the settings of this tenant: it must be the address that answers without a redirect.',
  )

function isBelow(base: URL, url: URL): boolean {
  const root = base.pathname.replace(/\/$/, '')
  return (
    url.origin === base.origin &&
    !url.username &&
    !url.password &&
    (url.pathname === root || url.pathname.startsWith(`${root}/`)) &&
    !climbs(url.pathname)
  )
}

// Parsing a URL resolves its dot segments, but an app may decode a slash after that (RFC 3986 §6.2.2.2).
const climbs = (path: string) =>
  path
    .replace(/%2e/gi, '.')
    .split(/\/|\\|%2f|%5c/i)
    .includes('..')
