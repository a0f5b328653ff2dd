import { plainText } from '../../src/text/text.ts'

/** Nothing was sent, because what is asked is not safe to try. */
export class LiveRefused extends Error {}

/** What the address of an account of these tests begins with; no company calls a person that. */
export const MARKER = 'identity-mcp-live-'

export interface WriteAsk {
  tenant: string
  write?: string | undefined
  user?: string | undefined
  production?: string | undefined
}

export interface LiveTenant {
  environment?: unknown
  url?: unknown
  domain?: unknown
  directory?: unknown
}

/** The account to write to, undefined where nothing is to be written. Throws `LiveRefused`. */
export function writesTo(
  { tenant, write, user, production }: WriteAsk,
  settings: LiveTenant,
): string | undefined {
  if (write === undefined) {
    if (user !== undefined || production !== undefined)
      throw new LiveRefused(
        '--user and --production are for writes: add --write with the name of the tenant.',
      )
    return undefined
  }
  if (write !== tenant)
    throw new LiveRefused(`--write names ${plainText(write)}, and --tenant ${plainText(tenant)}.`)
  if (user === undefined || !/^[\w.-]+@[\w.-]+$/.test(user) || !user.startsWith(MARKER)) {
    throw new LiveRefused(`--user must be an address that begins with ${MARKER}.`)
  }
  const place = placeOf(settings)
  const isTrial = settings.environment === 'staging' || settings.environment === 'development'
  if (!isTrial && (place === undefined || production !== place)) {
    throw new LiveRefused(
      `${plainText(tenant)} is a production tenant by its settings. Use another one, or add --production ${place ?? 'HOST'}.`,
    )
  }
  return user
}

/** What a person knows the tenant by, beside its name in the settings. */
function placeOf({ url, domain, directory }: LiveTenant): string | undefined {
  if (typeof url === 'string' && URL.canParse(url)) return new URL(url).host
  return [domain, directory].find((one) => typeof one === 'string') as string | undefined // just tested
}

/** What speaks against an account that has the address already: it may be somebody's, or have come to power. */
export function whyNotOurs(account: {
  admin?: boolean
  groups?: string[]
  userName?: string
  role?: string
}): string | undefined {
  if (!account.userName?.startsWith(MARKER)) return 'its user name does not begin with the marker'
  if (account.admin) return 'it is an administrator'
  if (account.groups === undefined) return 'the app does not tell whether it is in groups'
  if (account.groups.length > 0) return 'it is in groups'
  return undefined
}

/** Whether a question is about this account alone: no other address stands in it. */
export const isAbout = (user: string, question: string): boolean => {
  const addresses = question.match(/[\w.+-]+@[\w.-]*\w/g) ?? []
  return addresses.length > 0 && addresses.every((one) => one.toLowerCase() === user.toLowerCase())
}
