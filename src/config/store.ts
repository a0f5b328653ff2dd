import * as z from 'zod'
import { Secret } from '../secret.ts'

/** Where a Redis listens, and what lets us in. */
export interface RedisAddress {
  host: string
  port: number
  tls: boolean
  database: number
  username?: string
  password?: Secret
}

/** Where the store is: in the data folder, or in a Redis that any number of instances share. */
export type StorePlace = 'disk' | RedisAddress

/** How the store is named in the settings. What is wrong is said without quoting it: it may hold a password. */
export const storePlace = (Reference: z.ZodType<Secret, string>) =>
  z
    .string()
    .regex(
      /^(disk|rediss?:\/\/\S+|env:[A-Za-z_][A-Za-z0-9_]*|file:\/.+)$/,
      'must be disk, redis://HOST, rediss://HOST for TLS, or env:NAME or file:/path that leads to such an address',
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
      if (!address) return problem(UNFIT)
      if (literal && address.password) {
        return problem('holds a password: keep the whole address where env:NAME or file:/path leads')
      }
      return address
    })

const UNFIT =
  'must be, or lead to, an address like redis://HOST:6379/0, or rediss:// for TLS, whose password is percent-encoded'

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
      // An IPv6 address stands in brackets in a URL and nowhere else.
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
