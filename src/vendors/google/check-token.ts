import type { RequestContext, SurfaceCheck, TokenCheck, TokenVerdict } from '../../domain/operations.ts'
import type { Secret } from '../../secret.ts'
import type { VendorContext } from '../define.ts'
import { path } from '../http/client.ts'
import { type Probe, type ProbeOutcome, probe, READS_HERE } from '../http/probe.ts'
import { parseReply } from '../http/reply.ts'
import { probeFetch } from '../http/token-source.ts'
import { isRecord } from '../http/values.ts'
import { CUSTOMER, DIRECTORY, type GoogleApi } from './api.ts'
import { reasonIn, refusal } from './refusals.ts'
import type { Scope } from './scopes.ts'

/** What the service account is for: a scope, and the smallest read that shows whether it may. */
interface Surface {
  surface: string
  scope: Scope
  /** Absent where no read needs this scope alone: then it shows that a token is issued. */
  path?: string
  query?: Record<string, string | number>
  writes?: true
}

export const surfacesOf = (admin: string, domain: string): readonly Surface[] => [
  {
    surface: 'users',
    scope: 'admin.directory.user.readonly',
    path: `${DIRECTORY}/users`,
    query: { domain, maxResults: 1 },
  },
  {
    surface: 'groups',
    scope: 'admin.directory.group.readonly',
    path: `${DIRECTORY}/groups`,
    query: { customer: CUSTOMER, maxResults: 1 },
  },
  {
    surface: 'administrator roles',
    scope: 'admin.directory.rolemanagement.readonly',
    path: `${DIRECTORY}/customer/${CUSTOMER}/roles`,
    query: { maxResults: 1 },
  },
  {
    surface: 'logs',
    scope: 'admin.reports.audit.readonly',
    path: '/admin/reports/v1/activity/users/all/applications/login',
    query: { maxResults: 1 },
  },
  {
    surface: 'changes of users',
    scope: 'admin.directory.user',
    path: `${DIRECTORY}/users`,
    query: { domain, maxResults: 1 },
    writes: true,
  },
  { surface: 'changes of groups', scope: 'admin.directory.group.member', writes: true },
  {
    surface: 'sessions',
    scope: 'admin.directory.user.security',
    path: path`/admin/directory/v1/users/${admin}/tokens`,
    writes: true,
  },
]

interface Checked {
  api: GoogleApi
  domain: string
  token: Secret
  /** A tenant that is only read needs no scope for changes. */
  allowWrites: boolean
}

/** Asks for a token of each scope, and tries one read with it. */
export async function checkTokens(
  { api, domain, token, allowWrites }: Checked,
  app: VendorContext,
  context: RequestContext,
): Promise<TokenCheck[]> {
  const surfaces = surfacesOf(api.admin, domain).filter(({ writes }) => allowWrites || !writes)
  const found = await Promise.all(
    surfaces.map(async (surface) => ({ surface, seen: await tried(api, surface, context) })),
  )
  return [
    {
      token: 'serviceAccount',
      fingerprint: token.fingerprint,
      verdict: verdictOf(found.map(({ seen }) => seen.outcome)),
      surfaces: found.map(({ surface, seen }) => toCheck(surface, seen)),
      // The budget is optional: a failing store must not hide what is wrong with a token.
      budget: await app.left(token).catch(() => []),
    },
  ]
}

async function tried(
  api: GoogleApi,
  { scope, path, query }: Surface,
  context: RequestContext,
): Promise<Probe> {
  const { source, client } = api.clients(scope)
  const refused = await probeFetch(source, context)
  if (refused) return refused
  if (path === undefined) return { outcome: 'ok' }
  let said: Probe['said']
  const seen = await probe(async () => {
    const reply = await client.send({ path, ...(query && { query }) }, context)
    const answer = parseReply(reply)
    if (!answer.ok) {
      const { message, hint } = refusal(answer.failure, {
        reason: reasonIn(reply.text),
        effect: 'reads',
        scope,
        admin: api.admin,
      })
      said = { meaning: message, hint }
    }
    return answer
  }, isRecord)
  return { ...seen, ...(said && { said }) }
}

function verdictOf(outcomes: readonly ProbeOutcome[]): TokenVerdict {
  for (const [outcome, verdict] of VERDICTS) if (outcomes.includes(outcome)) return verdict
  return outcomes.every((outcome) => outcome === 'ok') ? 'ok' : 'unreachable'
}

/** The worst first: what stands in the way of everything hides the rest. */
const VERDICTS: readonly (readonly [ProbeOutcome, TokenVerdict])[] = [
  ['rejected', 'rejected'],
  ['expired', 'rejected'],
  ['wrong_address', 'wrong_address'],
  ['refused', 'missing_grant'],
  ['sso_not_active', 'missing_grant'],
  ['rate_limited', 'rate_limited'],
]

const LIMITED = 'Unknown: the request budget is used up, or Google limits our requests.'

function toCheck({ surface, path }: Surface, { outcome, status, said }: Probe): SurfaceCheck {
  const ok = outcome === 'ok'
  const known =
    path === undefined ? 'A token is issued. Whether the administrator may was not tried.' : READS_HERE
  const hint = said?.hint ?? (ok ? undefined : 'Check again in a minute.')
  return {
    surface,
    ok,
    ...(status !== undefined && { status }),
    meaning:
      said?.meaning ??
      (ok ? known : outcome === 'rate_limited' ? LIMITED : 'Unknown: Google cannot be reached.'),
    ...(hint !== undefined && { hint }),
  }
}
