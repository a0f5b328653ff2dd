import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { dirname, resolve } from 'node:path'
import * as z from 'zod'
import { Secret } from '../secret.ts'
import { isLoopback } from './address.ts'
import { REFERENCE } from './reference.ts'

/** How requests reach an app. */
export interface Route {
  /** The address of the proxy on the way to `url`, which can hold a password; undefined to go direct. */
  proxyFor(url: URL): Secret | undefined
  /** Certificate authorities to trust in addition to the usual ones, as PEM. */
  authorities: readonly string[]
}

export const DIRECT: Route = { proxyFor: () => undefined, authorities: [] }

const isProxy = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, pathname, search, hash } = new URL(text)
  return /^https?:$/.test(protocol) && hostname !== '' && pathname === '/' && search + hash === ''
}

const holdsPassword = (text: string) => new URL(text).username + new URL(text).password !== ''

/** The settings of the network, for all tenants or for one. */
export const networkSettings = {
  proxy: z
    .string()
    .refine(
      (text) => text === 'none' || REFERENCE.test(text) || isProxy(text),
      'must be none, http://HOST:PORT, or env:NAME, file:/path or keychain:NAME with such an address',
    )
    .refine(
      (text) => !isProxy(text) || !holdsPassword(text),
      'contains a password: put the whole address into env:NAME, file:/path or keychain:NAME',
    )
    .optional()
    .describe(
      'Proxy for requests: http://HOST:PORT, env:NAME, file:/path or keychain:NAME with such an address, or none to go direct. ' +
        'Default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY',
    ),
  ca: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file of certificate authorities to trust in addition to the usual ones'),
}

interface NetworkSettings {
  proxy?: string | undefined
  ca?: string | undefined
}

/** What the settings of the network refer to. */
interface Surroundings {
  env: Readonly<Record<string, string | undefined>>
  /** The settings file; paths are relative to its folder. */
  where: string
  Reference: z.ZodType<Secret, string>
}

/** What is wrong with settings, and the one tenant that it concerns, if it is only one. */
export interface Problem {
  tenant?: string
  text: string
}

/** The route of each tenant, the one to all else, and what is wrong with the settings of the network. */
export function routesOf(
  { tenants = {}, ...all }: NetworkSettings & { tenants?: Readonly<Record<string, NetworkSettings>> },
  around: Surroundings,
): { routes: ReadonlyMap<string, Route>; route: Route; problems: readonly Problem[] } {
  const problems: Problem[] = []
  const tried = <Result>(key: string, make: () => Result, tenant?: string): Result | undefined => {
    try {
      return make()
    } catch (error) {
      const at = tenant === undefined ? key : `tenants.${tenant}.${key}`
      const text = `${at}: ${error instanceof Error ? error.message : error}`
      problems.push({ text, ...(tenant !== undefined && { tenant }) })
      return undefined
    }
  }
  const environment = environmentProxy(around.env)
  const common = tried('proxy', () => settingProxy(all.proxy, around))
  let extra: string[] | undefined
  /** Read only where they are needed: there can be a hundred, and each is parsed. */
  const extras = () => {
    extra ??= extraAuthorities(around.env)
    return extra
  }
  const shared = tried('ca', () => authorities(all.ca, around)) ?? []
  const routeWith = (own: Via | undefined, trusted: readonly string[]): Route => ({
    proxyFor(url) {
      // Loopback is this machine; only the tenant's own setting can mean another.
      const proxy = own ?? (isLoopback(url.hostname) ? 'none' : (common ?? environment(url)))
      return proxy === 'none' ? undefined : proxy
    },
    authorities: shared.length + trusted.length > 0 ? [...extras(), ...shared, ...trusted] : [],
  })
  const routes = Object.entries(tenants).map(([name, { proxy, ca }]): [string, Route] => {
    const own = tried('proxy', () => settingProxy(proxy, around), name)
    const trusted = tried('ca', () => authorities(ca, around), name) ?? []
    return [name, routeWith(own, trusted)]
  })
  return { routes: new Map(routes), route: routeWith(undefined, []), problems }
}

type Via = 'none' | Secret

function settingProxy(text: string | undefined, { Reference }: Surroundings): Via | undefined {
  if (text === undefined || text === 'none') return text
  if (!REFERENCE.test(text)) return new Secret(text)
  const read = Reference.safeParse(text)
  if (read.error) throw new Error(read.error.issues[0]?.message ?? 'cannot be read')
  if (!isProxy(read.data.reveal())) throw new Error(`${text} is not an address like http://HOST:PORT`)
  return read.data.fixed()
}

/** The proxy that the environment names, the way other programs read it. */
function environmentProxy(env: Surroundings['env']): (url: URL) => Via {
  const first = (...names: string[]) => names.map((name) => env[name]?.trim()).find((value) => value)
  const named = first('https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY')
  const exempt = first('no_proxy', 'NO_PROXY') ?? ''
  if (named === undefined) return () => 'none'
  const address = new Secret(/^[a-z][a-z\d+.-]*:\/\//i.test(named) ? named : `http://${named}`)
  return (url) => (isExempt(exempt, url) ? 'none' : address)
}

/** Whether an entry of NO_PROXY names the host: `*`, a name with its subdomains, an address, or a range of addresses. */
export function isExempt(list: string, { hostname, port, protocol }: URL): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, '').toLowerCase()
  const ownPort = port || (protocol === 'https:' ? '443' : '80')
  return list.split(/[,\s]+/).some((entry) => {
    if (entry === '*') return true
    const [, name = entry, at = ownPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? []
    const plain = name.replace(/^\[|\]$|^\*?\.|\.$/g, '').toLowerCase()
    if (plain === '' || at !== ownPort) return false
    return host === plain || host.endsWith(`.${plain}`) || isInRange(host, plain)
  })
}

function isInRange(host: string, range: string): boolean {
  const [, net = '', bits] = /^(.+)\/(\d{1,3})$/.exec(range) ?? []
  const family = isIP(net)
  if (!family || isIP(host) !== family || Number(bits) > (family === 4 ? 32 : 128)) return false
  const list = new BlockList()
  const type = family === 4 ? 'ipv4' : 'ipv6'
  list.addSubnet(net, Number(bits), type)
  return list.check(host, type)
}

function authorities(file: string | undefined, { where }: Surroundings): string[] {
  if (file === undefined) return []
  const text = readPem(resolve(dirname(where), file))
  if (text === undefined) throw new Error(`file ${file} cannot be read`)
  if (!isPem(text)) throw new Error(`file ${file} is not a certificate in PEM form`)
  return [text]
}

// Node reads this variable itself, but only for its own list of authorities, which ours replaces. Like Node, ignores a
// file that is of no use.
function extraAuthorities({ NODE_EXTRA_CA_CERTS: file }: Surroundings['env']): string[] {
  const text = file ? readPem(file) : undefined
  return text !== undefined && isPem(text) ? [text] : []
}

function readPem(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

function isPem(text: string): boolean {
  const all = text.match(CERTIFICATE) ?? []
  try {
    return all.map((one) => new X509Certificate(one)).length > 0
  } catch {
    return false
  }
}
