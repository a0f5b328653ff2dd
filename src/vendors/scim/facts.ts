import type { Account } from '../../domain/account.ts'
import { asId, asList, asText, asTime, definedOnly, field, isRecord, type Rec } from '../http/values.ts'
import { pickAddress } from './primary.ts'

export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

/** The manager (RFC 7643 §4.3): the id of an account, and a name if the app gives one. */
export function managerOf(raw: Rec): Pick<Account, 'manager' | 'managerName'> {
  const [manager] = asList(field(field(raw, ENTERPRISE), 'manager') ?? field(raw, 'manager')) ?? []
  if (!isRecord(manager)) return definedOnly({ manager: asId(manager) })
  return definedOnly({
    manager: asId(field(manager, 'value')) ?? idInReference(field(manager, '$ref')),
    managerName: asText(field(manager, 'displayName')) ?? asText(field(manager, 'display')),
  })
}

/** The id at the end of a reference such as ../Users/26118915. */
function idInReference(reference: unknown): string | undefined {
  const id = typeof reference === 'string' ? /\/Users\/([^/?#]+)$/i.exec(reference)?.[1] : undefined
  // A broken escape is no id.
  return id === undefined || !/^(%[\da-f]{2}|[^%])+$/i.test(id) ? undefined : asId(decoded(id))
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Where the person works: town, region and country of the address, or the whole address on one line. */
export function locationOf(raw: Rec): string | undefined {
  const address = pickAddress(asList(field(raw, 'addresses')) ?? [])
  const parts = ['locality', 'region', 'country'].flatMap((name) => asText(field(address, name)) ?? [])
  const whole = field(address, 'formatted')
  const plain = field(raw, 'location')
  return (
    asText(parts.join(', ')) ??
    asText(typeof whole === 'string' ? whole.replace(/\s*[\r\n]+\s*/g, ', ') : undefined) ??
    // Not in RFC 7643. A web address there is that of the record.
    (typeof plain === 'string' && !/^https?:/i.test(plain) ? asText(plain) : undefined)
  )
}

/** SCIM has no attribute for the last sign-in, so each app has a name of its own. */
const LAST_SIGN_IN = [
  // netskopeoss/netskope-cli: in the extension of Netskope's console users.
  'lastLogin',
  // Cloud Foundry UAA API, "Users": epoch milliseconds, beside the core attributes.
  'lastLogonTime',
  // Oracle identity domains, ExtensionUserStateUser.
  'lastSuccessfulLoginDate',
  // The names in Google's Directory API, Microsoft Graph and Salesforce, which apps on top of them pass on.
  'lastLoginTime',
  'lastSignInDateTime',
  'lastLoginDate',
]

export const isLastSignIn = (name: string): boolean =>
  LAST_SIGN_IN.some((known) => known.toLowerCase() === name.toLowerCase())

/** When somebody last signed in with the account: beside the core attributes, in `meta` or in an extension. */
export function lastSignInOf(raw: Rec): string | undefined {
  const extensions = Object.entries(raw).flatMap(([name, value]) => (name.startsWith('urn:') ? [value] : []))
  const places = [raw, field(raw, 'meta'), ...extensions]
  return places
    .flatMap((place) => LAST_SIGN_IN.flatMap((name) => asTime(field(place, name)) ?? []))
    .sort()
    .at(-1)
}
