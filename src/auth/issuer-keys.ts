import * as z from 'zod'
import { SafeUrl } from '../config/address.ts'
import type { JwtAuth } from '../config/http.ts'
import type { Route } from '../config/network.ts'
import { IdentityError, Unavailable } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import { fetchOver } from '../vendors/http/agent.ts'

/** Longest wait for the issuer, milliseconds. */
export const ISSUER_TIMEOUT_MS = 5_000

/** What the settings say of the issuer, and where its keys are. */
type Issuer = Pick<JwtAuth, 'issuer' | 'jwksUri'>

/** How the issuer is asked. */
export const issuerFetch = (route: Route): typeof fetch => fetchOver(route, '`auth.jwt.issuer`')

const Metadata = z.object({ issuer: z.string().max(2_000), jwks_uri: z.unknown() })

/**
 * Where the issuer publishes its keys (RFC 8414 §3, OpenID Connect Discovery 1.0 §4). Throws `Unavailable`, which says
 * what is wrong: the network, the metadata, or the name of the issuer.
 */
export async function keysAddress({ issuer, jwksUri }: Issuer, send: typeof fetch): Promise<string> {
  if (jwksUri !== undefined) return jwksUri
  let first: Unavailable | undefined
  for (const address of metadataAddresses(issuer)) {
    try {
      const found = await keysNamedAt(address, issuer, send)
      if (found) return found
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      first ??= error
    }
  }
  throw first ?? withoutMetadata(issuer)
}

/** What is wrong with the issuer or its keys, to say before the first caller comes; undefined if nothing is. */
export async function issuerProblem(settings: Issuer, send: typeof fetch): Promise<string | undefined> {
  try {
    // Keys at an address of their own do not help if every token is of another issuer.
    if (settings.jwksUri !== undefined) await mustNotBeAnother(settings.issuer, send)
    const address = await keysAddress(settings, send)
    const { status, document } = await documentAt(address, send)
    const { data } = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }).safeParse(document)
    if (!data) return `There is no set of keys at ${address} (HTTP ${status}).`
    if (data.keys.some(isSigning)) return undefined
    return `The keys at ${address} hold none that signs access tokens, so every token is refused.`
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    return `${error.message} ${error.hint}`
  }
}

/** Asymmetric keys (RFC 7518 §6.1, RFC 8037 §2) that are not for encryption alone (RFC 7517 §4.2). */
const isSigning = ({ kty, use }: { kty: string; use?: unknown }): boolean =>
  ['RSA', 'EC', 'OKP'].includes(kty) && use !== 'enc'

function metadataAddresses(issuer: string): ReadonlySet<string> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return new Set([
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ])
}

/** Undefined where there is no metadata. Throws `Unavailable`, also for metadata of another issuer (RFC 8414 §3.3). */
async function keysNamedAt(address: string, issuer: string, send: typeof fetch): Promise<string | undefined> {
  const { data } = Metadata.safeParse((await documentAt(address, send)).document)
  if (!data) return undefined
  if (data.issuer !== issuer) throw anotherIssuer(address, data.issuer, issuer)
  const keys = SafeUrl.safeParse(data.jwks_uri).data
  if (keys !== undefined) return keys
  throw new Unavailable(
    `The metadata at ${address} names no address of keys that can be used.`,
    'It must be https. If the keys are elsewhere, set auth.jwt.jwksUri.',
  )
}

/** Throws `Unavailable` if the issuer publishes metadata and all of it is another's. */
async function mustNotBeAnother(issuer: string, send: typeof fetch): Promise<void> {
  let other: Unavailable | undefined
  for (const address of metadataAddresses(issuer)) {
    const found = await documentAt(address, send).catch(() => undefined)
    const { data } = Metadata.safeParse(found?.document)
    if (data?.issuer === issuer) return
    if (data) other ??= anotherIssuer(address, data.issuer, issuer)
  }
  if (other) throw other
}

/** The JSON at an address, undefined if there is none. Throws `Unavailable` if nothing answers. */
async function documentAt(
  address: string,
  send: typeof fetch,
): Promise<{ status: number; document?: unknown }> {
  try {
    const reply = await send(address, { redirect: 'error', signal: AbortSignal.timeout(ISSUER_TIMEOUT_MS) })
    const document = reply.ok ? await reply.json().catch(() => undefined) : undefined
    return { status: reply.status, document }
  } catch (error) {
    if (error instanceof Unavailable) throw error
    if (error instanceof IdentityError) throw new Unavailable(error.message, error.hint, { cause: error })
    throw new Unavailable(`${address} gives no answer.`, 'Try again later, or check the network.', {
      cause: error,
    })
  }
}

function anotherIssuer(address: string, named: string, issuer: string): Unavailable {
  // As Entra ID has it for its addresses that serve all directories.
  const way = named.includes('{')
    ? 'That name has a placeholder: set auth.jwt.issuer to the address of your own directory, as in the claim `iss`.'
    : `If that is your authorization server, set auth.jwt.issuer to exactly ${inQuotes(named, 500)}.`
  return new Unavailable(
    `The metadata at ${address} is of the issuer ${inQuotes(named, 500)}, and the settings name ${inQuotes(issuer, 500)}.`,
    way,
  )
}

const withoutMetadata = (issuer: string) =>
  new Unavailable(
    `The issuer ${issuer} publishes no metadata: not at ${[...metadataAddresses(issuer)].join(', ')}.`,
    'Check auth.jwt.issuer. If the issuer publishes none, set auth.jwt.jwksUri.',
  )
