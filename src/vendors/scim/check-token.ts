import type { RequestContext, SurfaceCheck, TokenCheck, TokenVerdict } from '../../domain/operations.ts'
import type { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import { jwtExpiry, type Probe, probe, type Seen } from '../http/probe.ts'
import { field } from '../http/values.ts'
import { ask, type ScimApp } from './request.ts'

const SOON = 7 * 24 * 60 * 60_000

/** A token of a SCIM app, and how its people get another one. */
export interface Checked {
  secret: Secret
  /** What a text says of where the token is made. */
  whereToMake: string
  left: VendorContext['left']
}

/** Tries the token `scim` on users and groups, by reads only. */
export async function checkScimToken(
  app: ScimApp,
  { secret, whereToMake, left }: Checked,
  context: RequestContext,
): Promise<TokenCheck> {
  const tried = (collection: string) =>
    probe(() => ask(app, { path: `/${collection}`, query: { startIndex: 1, count: 1 } }, context), isList)
  const [users, groups] = await Promise.all([tried('Users'), tried('Groups')])
  const expiry = jwtExpiry(secret)
  const verdict = verdictOf(users, groups, expiry)
  return {
    token: 'scim',
    fingerprint: secret.fingerprint,
    verdict,
    surfaces: [describe('SCIM users', users, whereToMake), describeGroups(users, groups, whereToMake)],
    ...(expiry !== undefined && { expiresAt: new Date(expiry).toISOString() }),
    // What is left is an extra; a store that can't tell must not hide what is wrong with a token.
    budget: await left(secret).catch(() => []),
  }
}

const isList = (body: unknown) =>
  Array.isArray(field(body, 'Resources')) || field(body, 'totalResults') !== undefined

const VERDICTS: { readonly [What in Seen]: TokenVerdict } = {
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
  if (users.seen !== 'ok') return VERDICTS[users.seen]
  if (groups.seen === 'refused') return 'missing_grant'
  return left < SOON ? 'expires_soon' : 'ok'
}

const MEANINGS: { readonly [What in Seen]: readonly [meaning: string, hint?: string] } = {
  ok: ['The token works here.'],
  rejected: ['The token is not accepted.'],
  refused: ['The token may not be used here.'],
  expired: ['The token has expired.'],
  wrong_address: [
    'Nobody serves this at the address of this tenant.',
    'Set `url` to the base of the SCIM service, with its path.',
  ],
  sso_not_active: [
    'Single sign-on is not set up.',
    'Set up single sign-on between the identity provider and the app first.',
  ],
  rate_limited: [
    'Not known: the budget is spent for now, or the app limits our requests.',
    'Check again in a minute.',
  ],
  unreachable: [
    'Not known: the app can not be reached, or answers with an error of its own.',
    'Check again later, or check the network.',
  ],
}

function describe(surface: string, { seen, status }: Probe, whereToMake: string): SurfaceCheck {
  const [meaning, known] = MEANINGS[seen]
  const hint = ['rejected', 'refused', 'expired'].includes(seen) ? whereToMake : known
  return {
    surface,
    ok: seen === 'ok',
    ...(status !== undefined && { status }),
    meaning,
    ...(hint && { hint }),
  }
}

/** An app without groups is no fault of the token. */
function describeGroups(users: Probe, groups: Probe, whereToMake: string): SurfaceCheck {
  const surface = 'SCIM groups'
  const absent =
    users.seen === 'ok' && (groups.seen === 'wrong_address' || groups.status === 405 || groups.status === 501)
  if (!absent) return describe(surface, groups, whereToMake)
  const { status } = groups
  return {
    surface,
    ok: false,
    ...(status !== undefined && { status }),
    meaning: 'The app has no groups over SCIM.',
  }
}
