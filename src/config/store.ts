import * as z from 'zod'
import { Secret } from '../secret.ts'
import { isLoopback } from './address.ts'
import { REFERENCE } from './reference.ts'

interface RedisNode {
  host: string
  port: number
}

interface Login {
  username?: string
  password?: Secret
}

/** The address and the credentials of a Redis. */
export interface RedisAddress extends RedisNode, Login {
  tls: boolean
  database: number
  /** How it is found where it can move; `host` and `port` are then the first of the nodes. */
  via?:
    | { sentinels: readonly RedisNode[]; name: string /** At the Sentinels. */; login?: Login }
    | { cluster: readonly RedisNode[] }
}

/** Every password of an address. */
const passwordsOf = ({ password, via }: RedisAddress): Secret[] =>
  [password, via && 'sentinels' in via ? via.login?.password : undefined].filter((one) => one !== undefined)

/** Where the store is: in the data folder, or in a Redis that instances share. */
export type StorePlace = 'disk' | RedisAddress

/** A warning if the password is sent over a network without TLS. */
export const passwordInClear = (address: RedisAddress): string | undefined => {
  const { tls } = address
  const remote = nodesOf(address).find(({ host }) => !isLoopback(host))
  return passwordsOf(address).length > 0 && !tls && remote
    ? `The password of the Redis at ${remote.host} is sent in clear: use rediss:// for TLS.`
    : undefined
}

function nodesOf({ host, port, via }: RedisAddress): readonly RedisNode[] {
  if (!via) return [{ host, port }]
  return 'cluster' in via ? via.cluster : via.sentinels
}

/** The setting `store`. Error messages never quote it: it can contain a password. */
export const storePlace = (Reference: z.ZodType<Secret, string>) =>
  z
    .string()
    .regex(
      new RegExp(`^(disk|rediss?(\\+(sentinel|cluster))?://\\S+)$|${REFERENCE.source}`),
      'must be disk, redis://HOST, rediss://HOST for TLS, redis+sentinel://HOST,HOST/NAME, redis+cluster://HOST,HOST, or env:NAME, file:/path or keychain:NAME with such an address',
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
      if (literal && passwordsOf(address).length > 0) {
        return problem(
          'contains a password: put the whole address into env:NAME, file:/path or keychain:NAME',
        )
      }
      return address
    })

const INVALID_ADDRESS =
  'must be or refer to an address like redis://HOST:6379/0, redis+sentinel://HOST:26379,HOST:26379/NAME/0 or ' +
  'redis+cluster://HOST:6379,HOST:6379, or with rediss for TLS, with a percent-encoded password'

const REDIS_PORT = 6379
const SENTINEL_PORT = 26_379

/** Nodes are separated by commas, which no URL has; each is read as a URL of its own. */
function toAddress(text: string): RedisAddress | undefined {
  const [, scheme, kind, user = '', hosts = '', path = ''] =
    /^(rediss?)(?:\+(sentinel|cluster))?:\/\/([^@/?#]*@)?([^@/?#]*)(.*)$/s.exec(text) ?? []
  if (!kind) return singleAddress(text)
  const [, name, database = '', query = ''] =
    (kind === 'cluster' ? /^\/?()()$/ : /^\/([\w.-]+)(\/\d{1,4})?(?:\?([^#]*))?$/).exec(path) ?? []
  const login = sentinelLogin(query)
  const port = kind === 'cluster' ? REDIS_PORT : SENTINEL_PORT
  const found = hosts.split(',').map((host) => singleAddress(`${scheme}://${user}${host}${database}`, port))
  const nodes = found.flatMap((one) => (one ? [{ host: one.host, port: one.port }] : []))
  const [first] = found
  if (!first || !login || name === undefined || nodes.length < found.length) return undefined
  return { ...first, via: kind === 'cluster' ? { cluster: nodes } : { sentinels: nodes, name, ...login } }
}

/** What Sentinels are told that want a password of their own; undefined if something else is asked for. */
function sentinelLogin(query: string): { login?: Login } | undefined {
  const given = new URLSearchParams(query)
  const [username, password] = [given.get('sentinelUsername'), given.get('sentinelPassword')]
  if ([...given.keys()].some((key) => !/^sentinel(Username|Password)$/.test(key))) return undefined
  if (!password) return username === null && password === null ? {} : undefined
  return { login: { ...(username && { username }), password: new Secret(password) } }
}

function singleAddress(text: string, defaultPort = REDIS_PORT): RedisAddress | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const database = /^\/?(\d{0,4})$/.exec(url.pathname)?.[1]
  const fits =
    /^rediss?:$/.test(url.protocol) &&
    url.hostname !== '' &&
    !url.hostname.includes(',') &&
    url.search + url.hash === ''
  if (!fits || database === undefined) return undefined
  try {
    const username = decodeURIComponent(url.username)
    const password = decodeURIComponent(url.password)
    return {
      // Only a URL has brackets around an IPv6 address.
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port || defaultPort),
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
