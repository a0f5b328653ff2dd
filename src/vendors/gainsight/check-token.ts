import type { RequestContext, SurfaceCheck, TokenCheck, TokenVerdict } from '../../domain/operations.ts'
import type { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import { EXPIRES_SOON_MS, jwtExpiry, READS_HERE } from '../http/probe.ts'
import { probeFetch } from '../http/token-source.ts'
import { searchCheck, searchCost } from '../scim/search-cost.ts'
import type { Clients, ScimClient, TokenClient } from './clients.ts'
import { SET_UP_SSO, WHERE_TO_MAKE } from './errors.ts'
import type { DialectName } from './rest/find-dialect.ts'
import { searches } from './rest/search.ts'
import { type GainsightSettings, SCIM_BASES } from './settings.ts'
import { type SurfaceProbe, tryRest, tryScim } from './surfaces.ts'

/** One token with all its probes, before the texts are added. */
interface CheckedToken {
  client: TokenClient
  found: readonly SurfaceProbe[]
  verdict: TokenVerdict
  expiresAt?: number | undefined
  /** What is to be said of look-ups. */
  search?: SurfaceCheck[]
}

interface TokenChecks {
  clients: Clients
  app: VendorContext
  dialect: DialectName | 'auto'
  /** The dialect that was found before, which is probed first. */
  found?: DialectName | undefined
  listing: Pick<GainsightSettings, 'pageSize' | 'maxPages'>
}

/**
 * Probes each token on its own surface, with reads only. The limit is 100 requests an hour, so the other surface is
 * probed only when the token's own refuses it. This detects a token in the wrong slot.
 */
export async function checkTokens(checking: TokenChecks, context: RequestContext): Promise<TokenCheck[]> {
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
  { clients, dialect, found: spoken }: TokenChecks,
  context: RequestContext,
): Promise<CheckedToken> {
  const { source, secret } = client
  const refusal = source && (await probeFetch(source, context))
  if (refusal) return { client, found: [refusal], verdict: verdictFrom([refusal]) }
  const found = await tryScim(client.client, context)
  const expiresAt = source ? source.held()?.expiresAt : jwtExpiry(secret)
  // A fetched token renews itself.
  const verdict = verdictFrom(found, source ? undefined : expiresAt)
  if (source || !isDenied(verdict)) return { client, found, verdict, expiresAt }
  const elsewhere = await tryRest(clients.asAccessKey(secret), { dialect, spoken }, context)
  return { client, found: [...found, elsewhere], ...verdictWithOther(verdict, [elsewhere]), expiresAt }
}

async function checkRest(
  client: TokenClient,
  { clients, app, dialect, found: spoken, listing }: TokenChecks,
  context: RequestContext,
): Promise<CheckedToken> {
  const users = await tryRest(client.client, { dialect, spoken }, context)
  const found = [users]
  const verdict = verdictFrom(found)
  if (!isDenied(verdict)) {
    const isListRead = users.dialect && (await searches(app.memory, users.dialect)) === false
    const cost = isListRead
      ? searchCost({ ...listing, paying: client.client.paying }, users.total)
      : undefined
    return { client, found, verdict, search: searchCheck('REST search', cost) }
  }
  const elsewhere = await tryScimWith(client.secret, clients, context)
  return { client, found: [...found, ...elsewhere], ...verdictWithOther(verdict, elsewhere) }
}

/** Probes both bases when the right one is unknown. */
async function tryScimWith(
  token: Secret,
  { scim, asBearer }: Clients,
  context: RequestContext,
): Promise<SurfaceProbe[]> {
  const bases = scim ? [scim.base.known()] : SCIM_BASES
  for (const base of bases) {
    const found = await tryScim(asBearer(token, base), context)
    if (found.some(({ outcome }) => outcome === 'ok')) return found
  }
  return []
}

const isDenied = (verdict: TokenVerdict) => verdict === 'rejected' || verdict === 'missing_grant'

const verdictWithOther = (
  verdict: TokenVerdict,
  elsewhere: readonly SurfaceProbe[],
): Pick<CheckedToken, 'verdict'> => ({
  verdict: elsewhere.some(({ outcome }) => outcome === 'ok') ? 'wrong_token' : verdict,
})

/** What is wrong with the token, the most certain finding first. */
function verdictFrom(found: readonly SurfaceProbe[], expiresAt = Number.POSITIVE_INFINITY): TokenVerdict {
  const left = expiresAt - Date.now()
  const some = (outcome: SurfaceProbe['outcome']) => found.some((one) => one.outcome === outcome)
  if (some('expired') || left < 0) return 'expired'
  // Groups are optional: not every tenant serves them.
  const needed = found.filter(({ extra, outcome }) => !(extra && outcome === 'wrong_address'))
  if (needed.every(({ outcome }) => outcome === 'ok')) return left < EXPIRES_SOON_MS ? 'expires_soon' : 'ok'
  if (some('sso_not_active')) return 'sso_not_active'
  if (needed.some(({ outcome }) => outcome === 'wrong_address')) return 'wrong_address'
  if (some('rejected')) return 'rejected'
  if (some('refused')) return 'missing_grant'
  return some('rate_limited') ? 'rate_limited' : 'unreachable'
}

async function toCheck(row: CheckedToken, swapped: boolean, app: VendorContext): Promise<TokenCheck> {
  const { client, found, verdict, expiresAt, search = [] } = row
  return {
    token: client.slots.join(', '),
    fingerprint: client.secret.fingerprint,
    verdict,
    surfaces: [...found.map((one) => toSurfaceCheck(one, row, swapped)), ...search],
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
    // The budget is optional: a failing store must not hide what is wrong with a token.
    budget: await app.left(client.secret).catch(() => []),
  }
}

const MEANINGS: { readonly [What in SurfaceProbe['outcome']]: string } = {
  ok: 'The token works here.',
  rejected: 'The token is not accepted.',
  refused: 'The token has no access here.',
  expired: 'The token has expired.',
  wrong_address: 'There is no such API at the address of this tenant.',
  sso_not_active: 'Single sign-on is not set up, and SCIM needs it.',
  rate_limited: 'Unknown: the request budget is used up, or Gainsight limits our requests.',
  unreachable: 'Unknown: Gainsight cannot be reached, or it has an internal error.',
}

const HINTS: { readonly [What in SurfaceProbe['outcome']]?: string } = {
  wrong_address:
    'Check `url` of this tenant, and `scimBasePath`, `restDialect` and `auth.tokenUrl` if they are set.',
  sso_not_active: SET_UP_SSO,
  rate_limited: 'Gainsight allows 100 requests an hour and 1,000 a day. Check again later.',
  unreachable: 'Check again later, or check the network.',
}

const EXCHANGE_HINT = 'The two tokens are swapped: exchange `accessKey` and `scim` in the settings.'

function toSurfaceCheck(
  { surface, outcome, status, said, extra }: SurfaceProbe,
  row: CheckedToken,
  swapped: boolean,
): SurfaceCheck {
  const { client, verdict } = row
  const wrong = verdict === 'wrong_token'
  const own = surface.startsWith('REST') === (client.tokenKind === 'accessKey')
  const hint = () => {
    if (outcome === 'ok' || !own)
      return verdict === 'expires_soon' ? WHERE_TO_MAKE[client.tokenKind] : undefined
    if (swapped) return EXCHANGE_HINT
    return said?.hint ?? HINTS[outcome] ?? WHERE_TO_MAKE[client.tokenKind]
  }
  const meaning = () => {
    if (!own)
      return wrong
        ? 'This is the API that the token is for.'
        : 'Not for this token, which has no access here.'
    if (wrong) return 'The token has no access here. It is for the other API.'
    // The access key is not limited to reading.
    if (outcome === 'ok' && client.tokenKind !== 'accessKey') return READS_HERE
    return extra && outcome === 'wrong_address'
      ? 'The tenant serves no groups.'
      : (said?.meaning ?? MEANINGS[outcome])
  }
  const hintText = hint()
  return {
    surface,
    ok: own && outcome === 'ok',
    ...(status !== undefined && { status }),
    meaning: meaning(),
    ...(hintText && { hint: hintText }),
  }
}
