import type { RequestContext, SurfaceCheck, TokenCheck, TokenVerdict } from '../../domain/operations.ts'
import { IdentityError } from '../../errors.ts'
import type { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import { jwtExpiry } from '../http/probe.ts'
import type { Clients, ScimClient, TokenClient } from './clients.ts'
import { SET_UP_SSO, WHERE_TO_MAKE } from './errors.ts'
import type { DialectName } from './rest/find-dialect.ts'
import { type Found, tryRest, tryScim } from './surfaces.ts'

const SOON = 7 * 24 * 60 * 60_000

/** Everything that a row is made from. */
interface Row {
  client: TokenClient
  found: readonly Found[]
  verdict: TokenVerdict
  expiresAt?: number | undefined
}

interface Checking {
  clients: Clients
  app: VendorContext
  dialect: DialectName | 'auto'
}

/**
 * Tries each token on its own surface, by reads. With a hundred requests an hour it is tried on the other surface only
 * when its own refuses it: so it is told whether it stands in the wrong place.
 */
export async function checkTokens(checking: Checking, context: RequestContext): Promise<TokenCheck[]> {
  const { clients, app } = checking
  const rows = await Promise.all([
    ...(clients.scim ? [checkScim(clients.scim, checking, context)] : []),
    ...(clients.rest ? [checkRest(clients.rest, checking, context)] : []),
  ])
  const swapped = rows.length === 2 && rows.every(({ verdict }) => verdict === 'wrong_token')
  return Promise.all(rows.map((row) => toCheck(row, swapped, app)))
}

async function checkScim(
  client: ScimClient,
  { clients, dialect }: Checking,
  context: RequestContext,
): Promise<Row> {
  const { source, secret } = client
  const refusal = source && (await fetching(source.get(context)))
  if (refusal) return { client, found: [refusal], verdict: verdictOf([refusal]) }
  const found = await tryScim(client.client, context)
  const expiresAt = source ? source.held()?.expiresAt : jwtExpiry(secret)
  // A token that is fetched renews itself.
  const verdict = verdictOf(found, source ? undefined : expiresAt)
  if (source || !isTurnedAway(verdict)) return { client, found, verdict, expiresAt }
  const elsewhere = await tryRest(clients.asAccessKey(secret), dialect, context)
  return { client, found: [...found, elsewhere], ...verdictAfter(verdict, [elsewhere]), expiresAt }
}

async function checkRest(
  client: TokenClient,
  { clients, dialect }: Checking,
  context: RequestContext,
): Promise<Row> {
  const found = [await tryRest(client.client, dialect, context)]
  const verdict = verdictOf(found)
  if (!isTurnedAway(verdict)) return { client, found, verdict }
  const elsewhere = await tryScimWith(client.secret, clients, context)
  return { client, found: [...found, ...elsewhere], ...verdictAfter(verdict, elsewhere) }
}

/** Both bases where it is not known which one is served. */
async function tryScimWith(
  token: Secret,
  { scim, asBearer }: Clients,
  context: RequestContext,
): Promise<Found[]> {
  const bases = scim ? [scim.base.known()] : ['/v1/users/services/scim', '/scim/v2']
  for (const base of bases) {
    const found = await tryScim(asBearer(token, base), context)
    if (found.some(({ seen }) => seen === 'ok')) return found
  }
  return []
}

const isTurnedAway = (verdict: TokenVerdict) => verdict === 'rejected' || verdict === 'missing_grant'

const verdictAfter = (verdict: TokenVerdict, elsewhere: readonly Found[]): Pick<Row, 'verdict'> => ({
  verdict: elsewhere.some(({ seen }) => seen === 'ok') ? 'wrong_token' : verdict,
})

/** Why no token was handed out; undefined when one was. */
async function fetching(token: Promise<unknown>): Promise<Found | undefined> {
  const surface = 'OAuth token'
  try {
    await token
    return undefined
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    if (error.code === 'unauthorized') return { surface, seen: 'rejected' }
    if (error.code === 'rate_limited') return { surface, seen: 'rate_limited' }
    const wrong = error.code === 'bad_reply' || (error.code === 'unavailable' && !error.retryable)
    return { surface, seen: wrong ? 'wrong_address' : 'unreachable' }
  }
}

/** What is wrong with the token, the surest first. */
function verdictOf(found: readonly Found[], expiresAt = Number.POSITIVE_INFINITY): TokenVerdict {
  const left = expiresAt - Date.now()
  const some = (seen: Found['seen']) => found.some((one) => one.seen === seen)
  if (some('expired') || left < 0) return 'expired'
  // Groups are an extra: a tenant may not serve them.
  const needed = found.filter(({ extra, seen }) => !(extra && seen === 'wrong_address'))
  if (needed.every(({ seen }) => seen === 'ok')) return left < SOON ? 'expires_soon' : 'ok'
  if (some('sso_not_active')) return 'sso_not_active'
  if (needed.some(({ seen }) => seen === 'wrong_address')) return 'wrong_address'
  if (some('rejected')) return 'rejected'
  if (some('refused')) return 'missing_grant'
  return some('rate_limited') ? 'rate_limited' : 'unreachable'
}

async function toCheck(row: Row, swapped: boolean, app: VendorContext): Promise<TokenCheck> {
  const { client, found, verdict, expiresAt } = row
  return {
    token: client.slots.join(', '),
    fingerprint: client.secret.fingerprint,
    verdict,
    surfaces: found.map((one) => describe(one, row, swapped)),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
    // What is left is an extra; a store that can't tell must not hide what is wrong with a token.
    budget: await app.left(client.secret).catch(() => []),
  }
}

const MEANINGS: { readonly [What in Found['seen']]: string } = {
  ok: 'The token works here.',
  rejected: 'The token is not accepted.',
  refused: 'The token may not be used here.',
  expired: 'The token has expired.',
  wrong_address: 'Nobody serves this at the address of this tenant.',
  sso_not_active: 'Single sign-on is not set up, and SCIM needs it.',
  rate_limited: 'Not known: the budget is spent for now, or Gainsight limits our requests.',
  unreachable: 'Not known: Gainsight can not be reached, or answers with an error of its own.',
}

const HINTS: { readonly [What in Found['seen']]?: string } = {
  wrong_address:
    'Check `url` of this tenant, and `scimBasePath`, `restDialect` and `auth.tokenUrl` if they are set.',
  sso_not_active: SET_UP_SSO,
  rate_limited: 'Gainsight gives 100 requests an hour and 1,000 a day; check again later.',
  unreachable: 'Check again later, or check the network.',
}

const EXCHANGE =
  'The two tokens stand in each other’s place: exchange `accessKey` and `scim` in the settings.'

function describe({ surface, seen, status, extra }: Found, row: Row, swapped: boolean): SurfaceCheck {
  const { client, verdict } = row
  const wrong = verdict === 'wrong_token'
  const own = surface.startsWith('REST') === (client.made === 'accessKey')
  const hint = () => {
    if (seen === 'ok' || !own) return verdict === 'expires_soon' ? WHERE_TO_MAKE[client.made] : undefined
    if (swapped) return EXCHANGE
    return HINTS[seen] ?? WHERE_TO_MAKE[client.made]
  }
  const meaning = () => {
    if (!own) return wrong ? 'The token is one for here.' : 'Not for this token, and not open to it.'
    if (wrong) return 'Not open to this token, which is one for the other API.'
    return extra && seen === 'wrong_address' ? 'The tenant serves no groups.' : MEANINGS[seen]
  }
  const told = hint()
  return {
    surface,
    ok: own && seen === 'ok',
    ...(status !== undefined && { status }),
    meaning: meaning(),
    ...(told && { hint: told }),
  }
}
