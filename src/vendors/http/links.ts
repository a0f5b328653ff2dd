import { BadReply } from '../../errors.ts'

/** A parameter of the address behind `rel="next"` (RFC 8288), if there is one. */
const NEXT = /<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next(?=["\s;,]|$)/i

/**
 * The path and query of the next page, below `base`, out of an address that the app gave; undefined without one. Throws
 * for an address of another origin: no token is sent there.
 */
export function nextIn(address: unknown, base: URL): string | undefined {
  if (address === undefined || address === null || address === '') return undefined
  const url =
    typeof address === 'string' && URL.canParse(address, base.href) ? new URL(address, base) : undefined
  const root = base.pathname.replace(/\/$/, '')
  if (url?.origin === base.origin && url.pathname.startsWith(`${root}/`)) {
    return url.pathname.slice(root.length) + url.search
  }
  throw new BadReply(
    'The app’s next page is at another address. This server never sends a token there.',
    'Set `url` of this tenant to the address that the app uses for itself.',
  )
}

/** The address of the next page in a Link header; undefined without one. */
export const nextLink = (header: string | undefined): string | undefined =>
  header === undefined ? undefined : NEXT.exec(header)?.[1]
