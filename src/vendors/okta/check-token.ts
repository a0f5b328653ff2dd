import type { RequestContext, SurfaceCheck, TokenCheck, TokenVerdict } from '../../domain/operations.ts'
import type { VendorContext } from '../define.ts'
import { type Probe, type ProbeOutcome, probe, READS_HERE } from '../http/probe.ts'
import { parseReply } from '../http/reply.ts'
import { probeFetch } from '../http/token-source.ts'
import { field } from '../http/values.ts'
import { type Clients, poolOf } from './clients.ts'
import { missingScopes, type Scope, whereToGrant } from './errors.ts'

export interface Surface {
  surface: string
  scope: Scope
  /** The smallest read; changes are not tried. */
  read?: { path: string; looksRight: (body: unknown) => boolean }
  /** What the role of the token's maker must allow, in the words of the Admin Console. */
  permission: string
}

const SURFACES: readonly Surface[] = [
  {
    surface: 'users',
    scope: 'okta.users.read',
    read: { path: '/users', looksRight: Array.isArray },
    permission: 'View users and their details',
  },
  {
    surface: 'groups',
    scope: 'okta.groups.read',
    read: { path: '/groups', looksRight: Array.isArray },
    permission: 'View groups and their details',
  },
  {
    surface: 'administrator roles',
    scope: 'okta.roles.read',
    read: {
      path: '/iam/assignees/users',
      looksRight: (body) => Array.isArray(field(body, 'value')),
    },
    permission: 'View roles, resources, and admin assignments',
  },
  {
    surface: 'System Log',
    scope: 'okta.logs.read',
    read: { path: '/logs', looksRight: Array.isArray },
    permission: 'View logs',
  },
]

/** Only where the settings join tenants to apps of the organisation. */
const APPS: Surface = {
  surface: 'apps, to tell whom they provision',
  scope: 'okta.apps.read',
  read: { path: '/apps', looksRight: Array.isArray },
  permission: 'View applications and their details',
}

/** What a service app needs for changes: whether it has the scopes shows when it fetches a token with them. */
const CHANGES: readonly Surface[] = [
  {
    surface: 'changes of users, and sessions',
    scope: 'okta.users.manage',
    permission: 'Manage users',
  },
  { surface: 'changes of groups', scope: 'okta.groups.manage', permission: 'Manage groups' },
]

/** What a tenant uses of Okta, by its settings. */
export const surfacesOf = ({ provisions, changes }: { provisions: boolean; changes: boolean }) => [
  ...SURFACES,
  ...(provisions ? [APPS] : []),
  ...(changes ? CHANGES : []),
]

interface Found extends Surface, Probe {
  lacks?: string
}

/** Tries each surface with one read. */
export async function checkTokens(
  { clients, changes, provisions }: { clients: Clients; changes: boolean; provisions: boolean },
  app: VendorContext,
  context: RequestContext,
): Promise<TokenCheck[]> {
  const isServiceApp = clients.slot === 'privateKey'
  const surfaces = surfacesOf({ provisions, changes: isServiceApp && changes })
  const found = await Promise.all(surfaces.map((surface) => tried(surface, clients, context)))
  return [
    {
      token: clients.slot,
      fingerprint: clients.token.fingerprint,
      verdict: verdictOf(found),
      surfaces: found.map((one) => toCheck(one, isServiceApp)),
      // The budget is optional: a failing store must not hide what is wrong with a token.
      budget: await app.left(clients.token, poolOf('okta.users.read')).catch(() => []),
    },
  ]
}

async function tried(surface: Surface, clients: Clients, context: RequestContext): Promise<Found> {
  const { scope, read } = surface
  const { source, send } = clients.of(scope)
  const refused = source && (await probeFetch(source, context))
  if (refused) return { ...refused, ...surface }
  if (!read) return { ...surface, outcome: 'ok' }
  let lacks: string | undefined
  const found = await probe(async () => {
    const reply = await send({ path: read.path, query: { limit: 1 } }, context)
    if (reply.status === 403) lacks = missingScopes(reply.headers['www-authenticate'])
    return parseReply(reply)
  }, read.looksRight)
  return { ...surface, ...found, ...(lacks !== undefined && { lacks }) }
}

function verdictOf(all: readonly Found[]): TokenVerdict {
  // The part that every organisation has tells whether the address is right.
  const found = all.filter(({ outcome, scope }) => outcome !== 'wrong_address' || scope === 'okta.users.read')
  const some = (outcome: ProbeOutcome) => found.some((one) => one.outcome === outcome)
  if (some('expired')) return 'expired'
  if (some('rejected')) return 'rejected'
  if (some('wrong_address')) return 'wrong_address'
  if (some('refused')) return 'missing_grant'
  if (some('rate_limited')) return 'rate_limited'
  return found.every(({ outcome }) => outcome === 'ok') ? 'ok' : 'unreachable'
}

/** Okta refuses by the role of whoever made an API token. */
export const MAY_NOT = 'The token may not read this.'

const MEANINGS: { readonly [What in ProbeOutcome]: string } = {
  ok: READS_HERE,
  rejected: 'The token is not accepted: it was revoked, or lapsed after 30 days without use.',
  refused: MAY_NOT,
  expired: 'The token has expired.',
  wrong_address: 'There is no Okta API at the address of this tenant.',
  sso_not_active: 'The token is not accepted.',
  rate_limited: 'Unknown: the request budget is used up, or Okta limits our requests.',
  unreachable: 'Unknown: Okta cannot be reached, or it has an internal error.',
}

function toCheck(found: Found, isServiceApp: boolean): SurfaceCheck {
  const { surface, outcome, status, said } = found
  const hint = said?.hint ?? hintFor(found, isServiceApp)
  return {
    surface,
    ok: outcome === 'ok',
    ...(status !== undefined && { status }),
    meaning: said?.meaning ?? meaningOf(found),
    ...(hint !== undefined && { hint }),
  }
}

export const lacksScope = (scope: string) => `The token lacks the scope ${scope}.`

const meaningOf = ({ outcome, read, lacks }: Found): string =>
  outcome === 'ok' && !read
    ? 'The service app has the scope. Its administrator role was not tried.'
    : lacks
      ? lacksScope(lacks)
      : MEANINGS[outcome]

function hintFor({ outcome, permission, scope, lacks }: Found, isServiceApp: boolean): string | undefined {
  switch (outcome) {
    case 'ok':
      return undefined
    case 'refused':
      if (lacks !== undefined) return whereToGrant(lacks || scope)
      return isServiceApp
        ? `Give the service app an administrator role with the permission "${permission}": Okta Admin Console, ` +
            'Applications > the app > Admin roles.'
        : `Give the administrator who made the token a role with the permission "${permission}": Okta Admin Console, ` +
            'Security > Administrators.'
    case 'rejected':
    case 'expired':
    case 'sso_not_active':
      return isServiceApp
        ? 'Check the service app: Okta Admin Console, Applications.'
        : 'Make a new one: Okta Admin Console, Security > API > Tokens > Create token.'
    case 'wrong_address':
      return 'Check `url` of this tenant: https://acme.okta.com, never the address of the Admin Console (acme-admin).'
    default:
      return 'Check again in a minute.'
  }
}
