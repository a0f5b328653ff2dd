import { isAppName, profileOf, settingsOf } from './index.ts'
import { merged } from './merged.ts'

/** A tenant's settings as written, over what is known of the app that they name. */
export function fillIn(written: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (!isAppName(written.app)) return written
  const { url, tokenUrl, ...known } = settingsOf(profileOf(written.app))
  const tokens = tokenUrl && addressIn(tokenUrl, written.at)
  const addresses = {
    ...(url && { url: addressIn(url, written.at) }),
    // Not everybody fetches tokens, and whoever does is told that it is missing.
    ...(tokens && blanksIn(tokens).length === 0 && { tokenUrl: tokens }),
  }
  return merged({ ...known, ...addresses }, written)
}

const LABEL = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i
const HOST = /^([a-z\d]([a-z\d-]*[a-z\d])?\.)+[a-z]{2,}$/i
const SEGMENT = /^[\w~-][\w.~-]*$/

/**
 * The address with its blanks filled in. A blank inside the host takes one label, and only one that ends the host takes
 * more, so that no value leads to another host than the address says. What does not fit stays a blank.
 */
export function addressIn(address: string, at: unknown): string {
  const values = typeof at === 'object' && at !== null ? (at as Record<string, unknown>) : {}
  const fill = (text: string, formOf: (next: string) => RegExp) =>
    text.replace(/\{(\w+)\}(?=(.?))/g, (blank, name: string, next: string) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined
      return typeof value === 'string' && formOf(next).test(value) ? value : blank
    })
  const [, host = '', path = ''] = /^https:\/\/([^/]*)(.*)$/.exec(address) ?? []
  return `https://${fill(host, (next) => (next ? LABEL : HOST))}${fill(path, () => SEGMENT)}`
}

/** The blanks that an address still has. */
export const blanksIn = (address: string): string[] =>
  [...address.matchAll(/\{\w+\}/g)].map(([blank]) => blank)
