import { BadReply } from '../errors.ts'
import { plainText } from '../text/text.ts'
import type { AppReply, AppRequest, RequestGuard } from './request.ts'

/** How many redirects one read may follow. */
const MAX_REDIRECTS = 3
const REDIRECTS = [301, 302, 307, 308]

/**
 * Sends a token only to the address it was configured for. A read follows a redirect that asks the same below that
 * address, such as one that adds a slash; a write follows none, since it may have happened.
 */
export const sameOrigin = (base: URL): RequestGuard =>
  async function sameOrigin(request, next) {
    if (!isBelow(base, request.url)) throw elsewhere(base)
    for (let { url } = request, redirects = 0; ; redirects++) {
      const reply = await next(redirects === 0 ? request : { ...request, url })
      if (reply.status < 300 || reply.status >= 400) return reply
      const target = redirects < MAX_REDIRECTS ? targetOf(reply, { ...request, url }) : undefined
      if (!target || !isBelow(base, target)) throw elsewhere(base, reply.headers.location)
      url = target
    }
  }

/** Where the same question is to be asked; undefined if it would be another one. */
function targetOf({ status, headers }: AppReply, { method, effect, url }: AppRequest): URL | undefined {
  const { location } = headers
  if (location === undefined || !REDIRECTS.includes(status)) return undefined
  if (method !== 'GET' || effect !== 'reads' || !URL.canParse(location, url.href)) return undefined
  const target = new URL(location, url)
  // Without its filter, a search would find everybody.
  return sorted(target.searchParams) === sorted(url.searchParams) ? target : undefined
}

const sorted = (query: URLSearchParams): string => {
  const copy = new URLSearchParams(query)
  copy.sort()
  return copy.toString()
}

const elsewhere = (base: URL, location?: string) =>
  new BadReply(
    `The app at ${base.host} points to another address${placeOf(base, location)}, where its token must not be sent.`,
    'Correct `url` in the settings of this tenant: it must be the address that answers without a redirect.',
  )

/** The host that a redirect points to, for the text of an error. A path or a query can hold anything. */
function placeOf(base: URL, location = ''): string {
  if (location === '' || !URL.canParse(location, base.href)) return ''
  const { origin, host, protocol } = new URL(location, base)
  if (origin === base.origin) return ' on the same host'
  return ['http:', 'https:'].includes(protocol) ? `, ${protocol}//${plainText(host, 100)}` : ''
}

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
