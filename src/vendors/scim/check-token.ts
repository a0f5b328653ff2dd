import type { RequestContext, SurfaceCheck, TokenCheck, TokenVerdict } from '../../domain/operations.ts'
import type { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import {
  EXPIRES_SOON_MS,
  isListResponse,
  jwtExpiry,
  type Probe,
  type ProbeOutcome,
  probe,
  READS_HERE,
} from '../http/probe.ts'
import { probeFetch, type TokenSource } from '../http/token-source.ts'
import { learnConfig } from './config.ts'
import { askPage, canFilter, readList } from './read-list.ts'
import type { ScimApp } from './request.ts'
import { searchCheck, searchCost } from './search-cost.ts'

/** A token of a SCIM app, and how to get a new one. */
export interface ScimToken {
  /** Its slots in the settings; default: `scim`. */
  slots?: readonly string[]
  /** The secret that the budget counts by. */
  secret: Secret
  /** Set when tokens are fetched. */
  source?: TokenSource
  /** Text that says where to create the token. */
  whereToMake: string
  left: VendorContext['left']
}

/** Probes a token on users and groups, with reads only; one that is fetched is fetched first. */
export async function checkScimToken(
  app: ScimApp,
  token: ScimToken,
  context: RequestContext,
): Promise<TokenCheck> {
  const { secret, source, slots = ['scim'], whereToMake, left } = token
  const notFetched = source && (await probeFetch(source, context))
  const { surfaces, verdict } = notFetched
    ? {
        surfaces: [toSurfaceCheck(notFetched.surface, notFetched, whereToMake)],
        verdict: VERDICTS[notFetched.outcome],
      }
    : await probeCollections(app, token, context)
  const expiry = source ? source.held()?.expiresAt : jwtExpiry(secret)
  return {
    token: slots.join(', '),
    fingerprint: secret.fingerprint,
    verdict,
    surfaces,
    ...(expiry !== undefined && { expiresAt: new Date(expiry).toISOString() }),
    // The budget is optional: a failing store must not hide what is wrong with a token.
    budget: await left(secret).catch(() => []),
  }
}

async function probeCollections(
  app: ScimApp,
  { secret, source, whereToMake }: ScimToken,
  context: RequestContext,
): Promise<Pick<TokenCheck, 'surfaces' | 'verdict'>> {
  await app.known?.recall()
  const probeCollection = (collection: 'Users' | 'Groups') =>
    probe(() => askPage(app, collection, { startIndex: 1, count: 1 }, context), isListResponse)
  const [users, groups] = await Promise.all([probeCollection('Users'), probeCollection('Groups')])
  if (isAbsent(users, groups)) await app.known?.note({ noGroups: true })
  if (users.outcome === 'ok') await learnConfig(app, context)
  return {
    // A fetched token renews itself.
    verdict: verdictOf(users, groups, source ? undefined : jwtExpiry(secret)),
    surfaces: [
      toSurfaceCheck('SCIM users', users, whereToMake),
      ...(users.outcome === 'ok' ? await checkSearch(app, context) : []),
      toGroupsCheck(users, groups, whereToMake),
    ],
  }
}

/** Whether the budget pays for looking somebody up, where that reads the whole list. */
async function checkSearch(app: ScimApp, context: RequestContext): Promise<SurfaceCheck[]> {
  if (canFilter(app, 'userName')) return []
  const list = await readList(app, 'Users', { startIndex: 1, count: 1 }, context)
  const reading = { ...app.settings, paying: app.client.paying }
  return 'failure' in list ? [] : searchCheck('SCIM search', searchCost(reading, list.total))
}

const VERDICTS: { readonly [What in ProbeOutcome]: TokenVerdict } = {
  ok: 'ok',
  rejected: 'rejected',
  refused: 'missing_grant',
  expired: 'expired',
  wrong_address: 'wrong_address',
  sso_not_active: 'sso_not_active',
  rate_limited: 'rate_limited',
  unreachable: 'unreachable',
}

function verdictOf(users: Probe, groups: Probe, expiry = Number.POSITIVE_INFINITY): TokenVerdict {
  const left = expiry - Date.now()
  if (left < 0) return 'expired'
  if (users.outcome !== 'ok') return VERDICTS[users.outcome]
  if (groups.outcome === 'refused') return 'missing_grant'
  return left < EXPIRES_SOON_MS ? 'expires_soon' : 'ok'
}

const MEANINGS: { readonly [What in ProbeOutcome]: readonly [meaning: string, hint?: string] } = {
  ok: [READS_HERE],
  rejected: ['The token is not accepted.'],
  refused: ['The token has no access here.'],
  expired: ['The token has expired.'],
  wrong_address: [
    'There is no such API at the address of this tenant.',
    'Set `url` to the base of the SCIM service, with its path.',
  ],
  sso_not_active: [
    'Single sign-on is not set up.',
    'Set up single sign-on between the identity provider and the app first.',
  ],
  rate_limited: [
    'Unknown: the request budget is used up, or the app limits our requests.',
    'Check again in a minute.',
  ],
  unreachable: [
    'Unknown: the app cannot be reached, or it has an internal error.',
    'Check again later, or check the network.',
  ],
}

function toSurfaceCheck(
  surface: string,
  { outcome, status, said }: Probe,
  whereToMake: string,
): SurfaceCheck {
  const [meaning, known] = said ? [said.meaning, said.hint] : MEANINGS[outcome]
  const hint = !said && ['rejected', 'refused', 'expired'].includes(outcome) ? whereToMake : known
  return {
    surface,
    ok: outcome === 'ok',
    ...(status !== undefined && { status }),
    meaning,
    ...(hint && { hint }),
  }
}

/** The app serves users and no groups. */
const isAbsent = (users: Probe, groups: Probe): boolean =>
  users.outcome === 'ok' &&
  (groups.outcome === 'wrong_address' || groups.status === 405 || groups.status === 501)

/** Missing groups are not a problem of the token. */
function toGroupsCheck(users: Probe, groups: Probe, whereToMake: string): SurfaceCheck {
  const surface = 'SCIM groups'
  if (!isAbsent(users, groups)) return toSurfaceCheck(surface, groups, whereToMake)
  const { status } = groups
  return {
    surface,
    ok: false,
    ...(status !== undefined && { status }),
    meaning: 'The app has no groups over SCIM.',
  }
}
