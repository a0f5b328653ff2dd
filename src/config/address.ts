import * as z from 'zod'

export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(host)

/** Whether a secret may be sent there: https, or http on a loopback host. */
export const isSafeAddress = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

/** An address: https, or http on a loopback host. */
export const SafeUrl = z
  .url({ abort: true })
  .refine(isSafeAddress, 'must be https (http only on a loopback host)')

/** A `SafeUrl` without credentials, query or fragment. */
export const BaseUrl = SafeUrl.refine((text) => {
  const url = new URL(text)
  return !url.username && !url.password && !url.search && !url.hash
}, 'must not hold credentials, a query or a fragment')
