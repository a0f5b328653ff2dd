import type { RequestContext, SurfaceCheck, TokenCheck, TokenVerdict } from '../../domain/operations.ts'
import type { VendorContext } from '../define.ts'
import { EXPIRES_SOON_MS, jwtExpiry, type Probe, type ProbeOutcome, READS_HERE } from '../http/probe.ts'
import { AUTH_SCHEMES, type AuthScheme, type Clients, type Token } from './clients.ts'
import { OTHER_REASONS, SET_UP_SSO, whereToGrant, whereToMake } from './errors.ts'
import { probeSurface, type Surface, surfacesOf } from './surfaces.ts'

/** The result of probing one surface with one token. */
interface SurfaceResult extends Surface, Probe {}

/** Probes each token on each surface, with reads only. */
export async function checkTokens(
  clients: Clients,
  app: VendorContext,
  context: RequestContext,
): Promise<TokenCheck[]> {
  const checks = await Promise.all(clients.tokens.map((token) => checkToken(clients, token, app, context)))
  const rows = checks.flat()
  const swapped = rows.length === 2 && rows.every(({ verdict }) => verdict === 'wrong_token')
  return swapped ? rows.map(withExchangeHint) : rows
}

/** Each token works where the other one should: no new token is needed. */
const withExchangeHint = (check: TokenCheck): TokenCheck => ({
  ...check,
  surfaces: check.surfaces.map((one) => (one.hint ? { ...one, hint: `${EXCHANGE_HINT} ${one.hint}` } : one)),
})

const EXCHANGE_HINT = 'The two tokens are swapped: exchange `scim` and `rest` in the settings. Otherwise:'

async function checkToken(
  clients: Clients,
  token: Token,
  app: VendorContext,
  context: RequestContext,
): Promise<TokenCheck[]> {
  const found = await Promise.all(
    surfacesOf(clients.paths).map(
      async (tried): Promise<SurfaceResult> => ({
        ...tried,
        ...(await probeSurface(tried, clients.open(tried.kind, token), context)),
      }),
    ),
  )
  const expiry = jwtExpiry(token.secret)
  const verdict = verdictOf(token, found, expiry)
  const scheme = verdict === 'rejected' ? await schemeThatWorks(clients, token, found, context) : undefined
  const judged: JudgedToken = { token, verdict, scheme, paths: clients.paths }
  const row: TokenCheck = {
    token: token.slots.join(', '),
    fingerprint: token.secret.fingerprint,
    verdict,
    surfaces: found.map((one) => toSurfaceCheck(one, judged)),
    ...(expiry !== undefined && { expiresAt: new Date(expiry).toISOString() }),
    // The budget is optional: a failing store must not hide what is wrong with a token.
    budget: await app.left(token.secret).catch(() => []),
  }
  return [row, ...missingSlots(judged, found)]
}

/** A token and its verdict, from which the texts are written. */
interface JudgedToken {
  token: Token
  verdict: TokenVerdict
  /** The auth scheme that works, if the configured one does not. */
  scheme: AuthScheme | undefined
  paths: Clients['paths']
}

/** What is wrong with the token, the most certain finding first. */
function verdictOf(
  { slots, serves }: Token,
  found: readonly SurfaceResult[],
  expiry: number | undefined,
): TokenVerdict {
  const own = found.filter(({ kind }) => slots.includes(kind))
  const other = found.filter(({ kind }) => !slots.includes(kind))
  const served = found.filter(({ kind }) => serves.includes(kind))
  const some = (rows: readonly SurfaceResult[], outcome: ProbeOutcome) =>
    rows.some((row) => row.outcome === outcome)
  const left = expiry === undefined ? Number.POSITIVE_INFINITY : expiry - Date.now()
  if (some(served, 'expired') || left < 0) return 'expired'
  // An API half without its own token gets a separate row if this token has no access to it.
  const borrowed = ({ kind, outcome }: SurfaceResult) => !slots.includes(kind) && isDenied(outcome)
  if (own.some(isOpen) && served.every((row) => isOpen(row) || borrowed(row)))
    return left < EXPIRES_SOON_MS ? 'expires_soon' : 'ok'
  if (found.every(({ outcome }) => outcome === 'rejected')) return 'rejected'
  if (some(served, 'sso_not_active')) return 'sso_not_active'
  if (some(served, 'wrong_address')) return 'wrong_address'
  if (own.every(({ outcome }) => isDenied(outcome)) && some(other, 'ok')) return 'wrong_token'
  if (some(own, 'rejected')) return 'rejected'
  if (served.some(({ outcome }) => isDenied(outcome))) return 'missing_grant'
  return some(served, 'rate_limited') ? 'rate_limited' : 'unreachable'
}

const isOpen = ({ outcome }: SurfaceResult) => outcome === 'ok'
const isDenied = (outcome: ProbeOutcome) => outcome === 'refused' || outcome === 'rejected'

/** A token that every surface rejects may only need another auth scheme. Finds out with reads. */
async function schemeThatWorks(
  clients: Clients,
  token: Token,
  found: readonly SurfaceResult[],
  context: RequestContext,
): Promise<AuthScheme | undefined> {
  const tried = found.find(({ kind }) => token.slots.includes(kind))
  for (const scheme of AUTH_SCHEMES) {
    if (!tried || scheme === clients.scheme) continue
    const { outcome } = await probeSurface(tried, clients.open(tried.kind, token, scheme), context)
    if (outcome === 'ok' || outcome === 'refused') return scheme
  }
  return undefined
}

const MEANINGS: { readonly [What in ProbeOutcome]: (tried: Surface) => string } = {
  ok: ({ grant }) => (grant === 'Read' ? 'The token works here.' : READS_HERE),
  rejected: () => 'The token is not accepted.',
  refused: ({ endpoint, grant }) =>
    `The token has no access to ${endpoint}: ${grant} is missing. ${OTHER_REASONS}`,
  expired: () => 'The token has expired.',
  wrong_address: ({ endpoint }) => `There is no ${endpoint} at the address of this tenant.`,
  sso_not_active: () => 'Single sign-on is not set up.',
  rate_limited: () => 'Unknown: the request budget is used up, or the app limits our requests.',
  unreachable: () => 'Unknown: the app cannot be reached, or it has an internal error.',
}

const HINTS: { readonly [What in ProbeOutcome]?: string } = {
  wrong_address: 'Check `url` of this tenant, and `scimBasePath` and `auditPath` if they are set.',
  sso_not_active: SET_UP_SSO,
  rate_limited: 'Check again in a minute.',
  unreachable: 'Check again later, or check the network.',
}

function toSurfaceCheck(found: SurfaceResult, judged: JudgedToken): SurfaceCheck {
  const { surface, outcome, status, said, kind } = found
  const { token, verdict } = judged
  const needed = token.serves.includes(kind)
  const hint = needed ? hintFor(found, judged) : undefined
  const meaning = () => {
    if (outcome !== 'ok' && !needed)
      return `The token has no access here, and it is not needed: the \`${kind}\` token is used.`
    if (isDenied(outcome) && verdict === 'wrong_token')
      return 'The token has no access here. It is for the other half of the API.'
    return said?.meaning ?? MEANINGS[outcome](found)
  }
  return {
    surface,
    ok: outcome === 'ok',
    ...(status !== undefined && { status }),
    meaning: meaning(),
    ...(hint && { hint }),
  }
}

function hintFor(found: SurfaceResult, { verdict, scheme, paths }: JudgedToken): string | undefined {
  const { outcome, said, kind, endpoint, grant } = found
  if (scheme)
    return `Set \`authScheme\` of this tenant to "${scheme}": Netskope accepts the token in that form.`
  if (verdict === 'expired' || verdict === 'expires_soon') return whereToMake(kind, paths)
  if (outcome === 'rejected' || (outcome === 'refused' && verdict === 'wrong_token'))
    return whereToMake(kind, paths)
  return outcome === 'refused' ? whereToGrant(kind, endpoint, grant) : (said?.hint ?? HINTS[outcome])
}

/** Empty slots that the other token cannot replace. */
function missingSlots({ token, paths }: JudgedToken, found: readonly SurfaceResult[]): TokenCheck[] {
  return token.serves
    .filter((kind) => !token.slots.includes(kind))
    .flatMap((kind) => {
      const closed = found.filter((one) => one.kind === kind && isDenied(one.outcome))
      if (closed.length === 0) return []
      return [
        {
          token: kind,
          verdict: 'not_configured',
          surfaces: closed.map(({ surface, status }) => ({
            surface,
            ok: false,
            ...(status !== undefined && { status }),
            meaning: `There is no \`${kind}\` token, and the \`${token.slots.join()}\` token has no access here.`,
            hint: whereToMake(kind, paths),
          })),
          budget: [],
        },
      ]
    })
}
