import * as z from 'zod'
import type { JwtAuth } from '../config/http.ts'
import { type CallerNames, callerId, lastPart } from '../domain/caller-names.ts'
import { type Grant, scopesIn } from '../domain/scopes.ts'
import { MAX_CALLER_ID } from '../journal/events.ts'
import { plainText, sameText } from '../text/text.ts'
import { type Admitted, invalidToken } from './principal.ts'

/** The claims of a token whose signature is verified. */
type Claims = Readonly<Record<string, unknown>>

/** RFC 9068 §2.1. Many issuers write `JWT`, or nothing; other types are other things, such as `logout+jwt`. */
const ACCESS_TOKEN_TYPES = ['at+jwt', 'application/at+jwt', 'jwt']
/** What only ID tokens (OpenID Connect Core §3.1.3.6, §3.3.2.11) and security events (RFC 8417 §2.2) hold. */
const FOREIGN_CLAIMS = ['at_hash', 'c_hash', 'events']
/** `typ` of other tokens of Keycloak, which writes it among the claims. */
const FOREIGN_KINDS = /^(id|refresh|offline|logout)$/i

/** Throws `OAuthError` for a token that is not an access token, or that only the holder of a key may use. */
export function mustBeAccessToken({ typ }: { typ?: unknown }, claims: Claims): void {
  const known =
    typ === undefined || (typeof typ === 'string' && ACCESS_TOKEN_TYPES.includes(typ.toLowerCase()))
  const foreign =
    FOREIGN_CLAIMS.some((name) => Object.hasOwn(claims, name)) ||
    FOREIGN_KINDS.test(String(claims.typ ?? '')) ||
    // Amazon Cognito.
    (claims.token_use !== undefined && claims.token_use !== 'access')
  if (!known || foreign) throw invalidToken('This is not an access token.')
  // RFC 7800: a stolen copy would be worth nothing to the thief, but this server asks for no proof.
  if (Object.hasOwn(claims, 'cnf')) {
    throw invalidToken('The token is bound to a key, and this server takes bearer tokens only.')
  }
}

/** The caller that the verified claims of an access token describe. */
export function admittedBy(claims: Claims, settings: JwtAuth): Admitted {
  const { sub } = claims
  // Identity must not depend on invisible characters.
  if (!isUsable(sub)) throw invalidToken('The token has no usable subject.')
  const caller = callerId.oauth(settings.issuer, sub)
  if (plainText(caller, MAX_CALLER_ID) !== caller) throw invalidToken('The token has no usable subject.')
  return {
    caller,
    self: namesIn(claims, sub, settings),
    ...agentIn(claims),
    grant: grantIn(claims, settings),
    canStepUp: true,
  }
}

function grantIn(claims: Claims, { tenantsClaim }: JwtAuth): Grant {
  const tenants = claims[tenantsClaim ?? 'tenants']
  return {
    // `scp` is what Okta and Entra ID call it.
    scopes: scopesIn(wordsIn(claims.scope ?? claims.scp)),
    ...((tenantsClaim !== undefined || tenants !== undefined) && { tenants: wordsIn(tenants) }),
  }
}

const wordsIn = (claim: unknown): string[] =>
  typeof claim === 'string'
    ? claim.split(' ')
    : Array.isArray(claim)
      ? claim.filter((word) => typeof word === 'string')
      : []

const isUsable = (claim: unknown): claim is string =>
  typeof claim === 'string' && claim !== '' && plainText(claim) === claim

/** The texts of a claim, which can be one or a list. */
const textsIn = (claims: Claims, name: string): string[] => {
  const claim = Object.hasOwn(claims, name) ? claims[name] : undefined
  return [claim]
    .flat()
    .filter((text) => typeof text === 'string' && text !== '')
    .slice(0, MAX_TEXTS) as string[]
}
const MAX_TEXTS = 10

/** `oid` is Entra ID's, `uid` Okta's; apps keep them as external ids. */
const ID_CLAIMS = ['oid', 'uid']
const NAME_CLAIMS = ['email', 'preferred_username', 'upn']

/** A UUID or the like, by which nobody is known, whatever claim it is in. */
const OPAQUE = /^[0-9a-f-]{16,}$/i

/** What the token calls its subject. Names to go by are few: those that the settings trust, an email only if verified. */
function namesIn(claims: Claims, sub: string, { nameClaims }: JwtAuth): CallerNames {
  const emails = textsIn(claims, 'email')
  const isVerified = String(claims.email_verified) === 'true'
  // An issuer may use the email as the user name as well.
  const denied = String(claims.email_verified) === 'false' ? emails : []
  const address = lastPart(sub)
  const trusted = [
    ...nameClaims.flatMap((name) => (name === 'email' && !isVerified ? [] : textsIn(claims, name))),
    // An opaque subject names nobody; an address does.
    ...(/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(address) ? [address] : []),
  ].filter((name) => isUsable(name) && !OPAQUE.test(name) && !denied.some((email) => sameText(email, name)))
  const others = [...NAME_CLAIMS, ...nameClaims, ...ID_CLAIMS].flatMap((name) => textsIn(claims, name))
  // An actor can be a person, too.
  const actors = actorsIn(claims.act).flatMap((actor) =>
    ['sub', ...NAME_CLAIMS].flatMap((name) => textsIn(actor, name)),
  )
  const all = [...others, sub, address, ...actors].map((name) => plainText(name))
  const names = [...new Set([...trusted, ...serviceIn(claims, sub)])]
  return { names, mayBe: [...new Set(all)].filter((name) => name !== '' && !names.includes(name)) }
}

/**
 * The name of a client that calls for itself, and so for no person: its subject is its own id (RFC 9068 §2.2), with
 * `@clients` at Auth0; Entra ID marks it with `idtyp`.
 */
function serviceIn(claims: Claims, sub: string): string[] {
  const client = clientIn(claims)
  if (client === undefined) return []
  return claims.idtyp === 'app' || sub === client || sub === `${client}@clients` ? [client] : []
}

/** `cid` is Okta's, `appid` Entra ID's. */
const clientIn = (claims: Claims): string | undefined =>
  ['client_id', 'azp', 'cid', 'appid'].flatMap((name) => textsIn(claims, name)).find(isUsable)

/** The agent: the current actor, which is the outermost one (RFC 8693 §4.1), or else the client. */
function agentIn(claims: Claims): Pick<Admitted, 'agent' | 'via'> {
  const client = clientIn(claims)
  if (claims.act === undefined) return client === undefined ? {} : { agent: client }
  const [actor] = actorsIn(claims.act)
  const agent = actor?.sub ?? actor?.client_id
  if (!isUsable(agent)) throw invalidToken('The token names no usable actor.')
  return { agent, ...(client !== undefined && client !== agent && { via: client }) }
}

const Actor = z.looseObject({ sub: z.string().optional(), client_id: z.string().optional() })
const MAX_ACTORS = 10

/** The actors, the current one first. */
function actorsIn(act: unknown): z.infer<typeof Actor>[] {
  const actors: z.infer<typeof Actor>[] = []
  let next = Actor.safeParse(act).data
  while (next && actors.length < MAX_ACTORS) {
    actors.push(next)
    next = Actor.safeParse(next.act).data
  }
  return actors
}
