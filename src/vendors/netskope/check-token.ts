import type { RequestContext, SurfaceCheck, TokenCheck, TokenVerdict } from '../../domain/operations.ts'
import type { VendorContext } from '../define.ts'
import { jwtExpiry, type Probe, type Seen } from '../http/probe.ts'
import { AUTH_SCHEMES, type AuthScheme, type Clients, type Token } from './clients.ts'
import { OTHER_REASONS, SET_UP_SSO, whereToGrant, whereToMake } from './errors.ts'
import { surfacesOf, type Tried, tryOut } from './surfaces.ts'

const SOON = 7 * 24 * 60 * 60_000

/** One surface as one token found it. */
interface Found extends Tried, Probe {}

/** Tries each token on each surface, by reads only. */
export async function checkTokens(
  clients: Clients,
  app: VendorContext,
  context: RequestContext,
): Promise<TokenCheck[]> {
  const checks = await Promise.all(clients.tokens.map((token) => checkToken(clients, token, app, context)))
  const rows = checks.flat()
  const swapped = rows.length === 2 && rows.every(({ verdict }) => verdict === 'wrong_token')
  return swapped ? rows.map(toExchange) : rows
}

/** Each token opens what the other one should: no new one is needed. */
const toExchange = (check: TokenCheck): TokenCheck => ({
  ...check,
  surfaces: check.surfaces.map((one) => (one.hint ? { ...one, hint: `${EXCHANGE} ${one.hint}` } : one)),
})

const EXCHANGE =
  'The two tokens stand in each other’s place: exchange `scim` and `rest` in the settings. Otherwise:'

async function checkToken(
  clients: Clients,
  token: Token,
  app: VendorContext,
  context: RequestContext,
): Promise<TokenCheck[]> {
  const found = await Promise.all(
    surfacesOf(clients.paths).map(
      async (tried): Promise<Found> => ({
        ...tried,
        ...(await tryOut(tried, clients.open(tried.kind, token), context)),
      }),
    ),
  )
  const expiry = jwtExpiry(token.secret)
  const verdict = verdictOf(token, found, expiry)
  const scheme = verdict === 'rejected' ? await schemeThatWorks(clients, token, found, context) : undefined
  const judged: Judged = { token, verdict, scheme, paths: clients.paths }
  const row: TokenCheck = {
    token: token.slots.join(', '),
    fingerprint: token.secret.fingerprint,
    verdict,
    surfaces: found.map((one) => describe(one, judged)),
    ...(expiry !== undefined && { expiresAt: new Date(expiry).toISOString() }),
    // What is left is an extra; a store that can't tell must not hide what is wrong with a token.
    budget: await app.left(token.secret).catch(() => []),
  }
  return [row, ...missingSlots(judged, found)]
}

/** What the texts of a row are made from. */
interface Judged {
  token: Token
  verdict: TokenVerdict
  /** The header form in which the token is accepted, where the configured one is not. */
  scheme: AuthScheme | undefined
  paths: Clients['paths']
}

/** What is wrong with the token, the surest first. */
function verdictOf(
  { slots, serves }: Token,
  found: readonly Found[],
  expiry: number | undefined,
): TokenVerdict {
  const own = found.filter(({ kind }) => slots.includes(kind))
  const other = found.filter(({ kind }) => !slots.includes(kind))
  const served = found.filter(({ kind }) => serves.includes(kind))
  const some = (rows: readonly Found[], seen: Seen) => rows.some((row) => row.seen === seen)
  const left = expiry === undefined ? Number.POSITIVE_INFINITY : expiry - Date.now()
  if (some(served, 'expired') || left < 0) return 'expired'
  // A half of the API that has no token of its own gets a row of its own when this one is not let in there.
  const borrowed = ({ kind, seen }: Found) => !slots.includes(kind) && isTurnedAway(seen)
  if (own.some(isOpen) && served.every((row) => isOpen(row) || borrowed(row)))
    return left < SOON ? 'expires_soon' : 'ok'
  if (found.every(({ seen }) => seen === 'rejected')) return 'rejected'
  if (some(served, 'sso_not_active')) return 'sso_not_active'
  if (some(served, 'wrong_address')) return 'wrong_address'
  if (own.every(({ seen }) => isTurnedAway(seen)) && some(other, 'ok')) return 'wrong_token'
  if (some(own, 'rejected')) return 'rejected'
  if (served.some(({ seen }) => isTurnedAway(seen))) return 'missing_grant'
  return some(served, 'rate_limited') ? 'rate_limited' : 'unreachable'
}

const isOpen = ({ seen }: Found) => seen === 'ok'
const isTurnedAway = (seen: Seen) => seen === 'refused' || seen === 'rejected'

/** A token that no surface accepts may only be sent in the wrong header; found out by reads. */
async function schemeThatWorks(
  clients: Clients,
  token: Token,
  found: readonly Found[],
  context: RequestContext,
): Promise<AuthScheme | undefined> {
  const tried = found.find(({ kind }) => token.slots.includes(kind))
  for (const scheme of AUTH_SCHEMES) {
    if (!tried || scheme === clients.scheme) continue
    const { seen } = await tryOut(tried, clients.open(tried.kind, token, scheme), context)
    if (seen === 'ok' || seen === 'refused') return scheme
  }
  return undefined
}

const MEANINGS: { readonly [What in Seen]: (tried: Tried) => string } = {
  ok: () => 'The token works here.',
  rejected: () => 'The token is not accepted.',
  refused: ({ endpoint, grant }) =>
    `The token may not use ${endpoint}: ${grant} is missing. ${OTHER_REASONS}`,
  expired: () => 'The token has expired.',
  wrong_address: ({ endpoint }) => `Nobody serves ${endpoint} at the address of this tenant.`,
  sso_not_active: () => 'Single sign-on is not set up.',
  rate_limited: () => 'Not known: the budget is spent for now, or the app limits our requests.',
  unreachable: () => 'Not known: the app can not be reached, or answers with an error of its own.',
}

const HINTS: { readonly [What in Seen]?: string } = {
  wrong_address: 'Check `url` of this tenant, and `scimBasePath` and `auditPath` if they are set.',
  sso_not_active: SET_UP_SSO,
  rate_limited: 'Check again in a minute.',
  unreachable: 'Check again later, or check the network.',
}

function describe(found: Found, judged: Judged): SurfaceCheck {
  const { surface, seen, status, kind } = found
  const { token, verdict } = judged
  const needed = token.serves.includes(kind)
  const hint = needed ? hintFor(found, judged) : undefined
  const meaning = () => {
    if (seen !== 'ok' && !needed)
      return `Not open to this token, and not needed: the \`${kind}\` token is used here.`
    if (isTurnedAway(seen) && verdict === 'wrong_token')
      return 'Not open to this token, which is one for the other half of the API.'
    return MEANINGS[seen](found)
  }
  return {
    surface,
    ok: seen === 'ok',
    ...(status !== undefined && { status }),
    meaning: meaning(),
    ...(hint && { hint }),
  }
}

function hintFor(found: Found, { verdict, scheme, paths }: Judged): string | undefined {
  const { seen, kind, endpoint, grant } = found
  if (scheme) return `Set \`authScheme\` of this tenant to "${scheme}": in that form the token is accepted.`
  if (verdict === 'expired' || verdict === 'expires_soon') return whereToMake(kind, paths)
  if (seen === 'rejected' || (seen === 'refused' && verdict === 'wrong_token'))
    return whereToMake(kind, paths)
  return seen === 'refused' ? whereToGrant(kind, endpoint, grant) : HINTS[seen]
}

/** Slots left empty whose part the other token can not take. */
function missingSlots({ token, paths }: Judged, found: readonly Found[]): TokenCheck[] {
  return token.serves
    .filter((kind) => !token.slots.includes(kind))
    .flatMap((kind) => {
      const closed = found.filter((one) => one.kind === kind && isTurnedAway(one.seen))
      if (closed.length === 0) return []
      return [
        {
          token: kind,
          verdict: 'not_configured',
          surfaces: closed.map(({ surface, status }) => ({
            surface,
            ok: false,
            ...(status !== undefined && { status }),
            meaning: `No token of its own, and the \`${token.slots.join()}\` token is not let in here.`,
            hint: whereToMake(kind, paths),
          })),
          budget: [],
        },
      ]
    })
}
