import type { RequestContext, SurfaceCheck, TokenCheck, TokenVerdict } from '../../domain/operations.ts'
import type { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import { type Probe, type ProbeOutcome, probe, READS_HERE } from '../http/probe.ts'
import { parseReply } from '../http/reply.ts'
import type { Clients, Scope } from './api.ts'

/** What the token is for, each with the smallest read that shows whether it may. */
const SURFACES: readonly { surface: string; scope: Scope; path: string; role: string; needed: boolean }[] = [
  { surface: 'users', scope: 'okta.users.read', path: '/users', role: 'view users', needed: true },
  { surface: 'groups', scope: 'okta.groups.read', path: '/groups', role: 'view groups', needed: false },
  { surface: 'System Log', scope: 'okta.logs.read', path: '/logs', role: 'view reports', needed: false },
]

/** Tries each surface with one read. */
export async function checkTokens(
  {
    clients,
    token,
    slot,
    isServiceApp,
  }: { clients: Clients; token: Secret; slot: string; isServiceApp: boolean },
  app: VendorContext,
  context: RequestContext,
): Promise<TokenCheck[]> {
  const found = await Promise.all(
    SURFACES.map(async (one) => ({
      ...one,
      ...(await probe(
        async () =>
          parseReply(await clients(one.scope).send({ path: one.path, query: { limit: 1 } }, context)),
        Array.isArray,
      )),
    })),
  )
  return [
    {
      token: slot,
      fingerprint: token.fingerprint,
      verdict: verdictOf(found),
      surfaces: found.map((one) => toCheck(one, isServiceApp)),
      // The budget is optional: a failing store must not hide what is wrong with a token.
      budget: await app.left(token).catch(() => []),
    },
  ]
}

type Found = (typeof SURFACES)[number] & Probe

function verdictOf(found: readonly Found[]): TokenVerdict {
  const some = (outcome: ProbeOutcome) => found.some((one) => one.outcome === outcome)
  if (some('expired')) return 'expired'
  if (some('rejected')) return 'rejected'
  if (some('wrong_address')) return 'wrong_address'
  if (some('refused')) return 'missing_grant'
  if (some('rate_limited')) return 'rate_limited'
  return found.every(({ outcome }) => outcome === 'ok') ? 'ok' : 'unreachable'
}

const MEANINGS: { readonly [What in ProbeOutcome]: string } = {
  ok: READS_HERE,
  rejected: 'The token is not accepted: it was revoked, or lapsed after 30 days without use.',
  refused: 'The token may not read this.',
  expired: 'The token has expired.',
  wrong_address: 'There is no Okta API at the address of this tenant.',
  sso_not_active: 'The token is not accepted.',
  rate_limited: 'Unknown: the request budget is used up, or Okta limits our requests.',
  unreachable: 'Unknown: Okta cannot be reached, or it has an internal error.',
}

function toCheck(
  { surface, outcome, status, said, scope, role }: Found,
  isServiceApp: boolean,
): SurfaceCheck {
  const hint = said?.hint ?? hintFor(outcome, { scope, role, isServiceApp })
  return {
    surface,
    ok: outcome === 'ok',
    ...(status !== undefined && { status }),
    meaning: said?.meaning ?? MEANINGS[outcome],
    ...(hint !== undefined && { hint }),
  }
}

function hintFor(
  outcome: ProbeOutcome,
  { scope, role, isServiceApp }: { scope: Scope; role: string; isServiceApp: boolean },
): string | undefined {
  switch (outcome) {
    case 'ok':
      return undefined
    case 'refused':
      return isServiceApp
        ? `Grant ${scope} to the service app: Okta Admin Console, Applications > the app > Okta API Scopes.`
        : `Give the administrator who made the token a role that may ${role}: Security > Administrators.`
    case 'rejected':
    case 'expired':
    case 'sso_not_active':
      return 'Make a new one: Okta Admin Console, Security > API > Tokens > Create token.'
    case 'wrong_address':
      return 'Check `url` of this tenant: https://acme.okta.com, never the address of the Admin Console (acme-admin).'
    default:
      return 'Check again in a minute.'
  }
}
