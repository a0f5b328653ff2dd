import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { StateSigner } from '../../store/signed-state.ts'
import { sameText } from '../../text/text.ts'
import type { Approver, Approvers } from '../approvers.ts'
import { ROOT } from './layout.ts'

const COOKIE = 'identity-mcp-approver'
const COOKIE_TTL_MS = 90 * 24 * 60 * 60_000
const BOUND_TO = ['approver browser']

/**
 * A browser in which an approver entered the right passphrase. It decides nothing: it has a limit of wrong passphrases of its
 * own, which no stranger can use up, and is shown the names of approvers (OWASP, "Slow Down Online Guessing Attacks with
 * Device Cookies").
 */
export interface KnownBrowser {
  approver: string
  id: string
}

interface CookieValue extends KnownBrowser {
  /** When the approver was added: a later one of the same name is somebody else. */
  since: number
}

/** The browser that sent the request, if it is known. */
export async function knownBrowser(
  { headers }: Pick<IncomingMessage, 'headers'>,
  { signer, approvers }: { signer: StateSigner; approvers: Pick<Approvers, 'list'> },
): Promise<KnownBrowser | undefined> {
  const cookies = (headers.cookie ?? '').split(';').map((pair) => pair.trim())
  const text = cookies.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1)
  if (text === undefined) return undefined
  // Signed here, so it has the form that `cookieFor` gave it.
  const value = (await signer.verify(BOUND_TO, text)) as CookieValue | undefined
  if (!value) return undefined
  const isSame = ({ name, addedAt }: Approver) => name === value.approver && addedAt === value.since
  return (await approvers.list()).some(isSame) ? { approver: value.approver, id: value.id } : undefined
}

/** The header that makes the browser of an approver known. */
export async function cookieFor(
  approver: string,
  origin: string,
  { signer, approvers }: { signer: StateSigner; approvers: Pick<Approvers, 'list'> },
): Promise<Record<string, string>> {
  const one = (await approvers.list()).find(({ name }) => sameText(name, approver))
  if (!one) return {}
  const value: CookieValue = { approver: one.name, id: randomUUID(), since: one.addedAt }
  const attributes = [
    `${COOKIE}=${await signer.sign(BOUND_TO, value, COOKIE_TTL_MS)}`,
    `Path=${ROOT}`,
    `Max-Age=${COOKIE_TTL_MS / 1000}`,
    'HttpOnly',
    // A link in a chat leads here, so the cookie has to come along; no foreign form is accepted anyhow.
    'SameSite=Lax',
    ...(origin.startsWith('https:') ? ['Secure'] : []),
  ]
  return { 'set-cookie': attributes.join('; ') }
}
