import { isLoopback } from '../../config/address.ts'

/** What a SCIM client appends to the address, and people copy along. */
const ENDPOINT = /\/(Users|Groups|Me|Bulk|Schemas|ResourceTypes|ServiceProviderConfig)(\/.*)?$/

/**
 * An address as people paste it, in the form of the settings: from a browser, without a scheme, with a path of the console,
 * in quotes. What is no address is returned as it is.
 */
export function pastedAddress(text: string, form: 'host' | 'address'): string {
  const typed = bare(text)
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`
  if (typed === '' || !URL.canParse(whole)) return typed
  const url = new URL(whole)
  if (url.username || url.password || !/^https?:$/.test(url.protocol)) return whole
  const scheme = isLoopback(url.hostname) ? url.protocol : 'https:'
  const path = form === 'host' ? '' : url.pathname.replace(ENDPOINT, '').replace(/\/+$/, '')
  return `${scheme}//${url.host}${path}`
}

/** The value for a blank of `address`, where people paste all of the address, or the host, instead. */
export function pastedBlank(text: string, blank: string, address: string | undefined): string {
  const typed = bare(text)
  if (address === undefined || !/[./]/.test(typed)) return typed
  const [host = '', ...path] = address.replace(/^https:\/\//, '').split('/')
  // Only a blank that ends the host is a host of its own.
  const value = host.endsWith(`{${blank}}`) ? '[^/]+' : '[^./]+'
  const given = typed.replace(/^[a-z]+:\/\//i, '')
  const patterns = [[host, ...path].join('/'), host].map(
    (one) =>
      new RegExp(
        `^${one
          .split(/\{(\w+)\}/)
          .map((part, at) => (at % 2 === 0 ? escaped(part) : part === blank ? `(${value})` : '[^./]+'))
          .join('')}(/|$)`,
        'i',
      ),
  )
  const found = patterns.map((pattern) => pattern.exec(given)?.[1]).find((value) => value !== undefined)
  return found ?? typed
}

/** Without the quotes and brackets that are copied along. */
const bare = (text: string): string =>
  text
    .trim()
    .replace(/^["'`<(]+|["'`>),;]+$/g, '')
    .trim()

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
