import * as z from 'zod'
import { Secret } from '../secret.ts'
import { isLoopback } from './address.ts'
import { REFERENCE } from './reference.ts'

/** The address and the credentials of a Redis. */
export interface RedisAddress {
  host: string
  port: number
  tls: boolean
  database: number
  username?: string
  password?: Secret
}

/** Where the store is: in the data folder, or in a Redis that instances share. */
export type StorePlace = 'disk' | RedisAddress

/** A warning if the password is sent over a network without TLS. */
export const passwordInClear = ({ host, tls, password }: RedisAddress): string | undefined =>
  password && !tls && !isLoopback(host)
    ? `The password of the Redis at ${host} is sent in clear: use rediss:// for TLS.`
    : undefined

/** The setting `store`. Error messages never quote it: it can contain a password. */
export const storePlace = (Reference: z.ZodType<Secret, string>) =>
  z
    .string()
    .regex(
      new RegExp(`^(disk|rediss?://\\S+)$|${REFERENCE.source}`),
      'must be disk, redis://HOST, rediss://HOST for TLS, or env:NAME or file:/path with such an address',
    )
    .default('disk')
    .transform((text, context): StorePlace => {
      const problem = (message: string) => {
        context.addIssue({ code: 'custom', message, input: undefined })
        return z.NEVER
      }
      if (text === 'disk') return 'disk'
      const literal = text.startsWith('redis')
      const read = literal ? undefined : Reference.safeParse(text)
      if (read?.error) return problem(read.error.issues[0]?.message ?? 'cannot be read')
      const address = toAddress(read?.data.reveal() ?? text)
      if (!address) return problem(INVALID_ADDRESS)
      if (literal && address.password) {
        return problem('contains a password: put the whole address into env:NAME or file:/path')
      }
      return address
    })

const INVALID_ADDRESS =
  'must be or refer to an address like redis://HOST:6379/0, or rediss:// for TLS, with a percent-encoded password'

function toAddress(text: string): RedisAddress | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const database = /^\/?(\d{0,4})$/.exec(url.pathname)?.[1]
  const fits = /^rediss?:$/.test(url.protocol) && url.hostname !== '' && url.search + url.hash === ''
  if (!fits || database === undefined) return undefined
  try {
    const username = decodeURIComponent(url.username)
    const password = decodeURIComponent(url.password)
    return {
      // Only a URL has brackets around an IPv6 address.
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port || 6379),
      tls: url.protocol === 'rediss:',
      database: Number(database),
      ...(username && { username }),
      ...(password && { password: new Secret(password) }),
    }
  } catch {
    // A stray % in a name or a password.
    return undefined
  }
}
