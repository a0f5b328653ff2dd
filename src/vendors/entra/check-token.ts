import type { RequestContext, SurfaceCheck, TokenCheck, TokenVerdict } from '../../domain/operations.ts'
import type { VendorContext } from '../define.ts'
import { type Probe, type ProbeOutcome, probe } from '../http/probe.ts'
import { parseReply } from '../http/reply.ts'
import { probeFetch } from '../http/token-source.ts'
import { field } from '../http/values.ts'
import { clientFor, codeIn, lacksLicence, NO_LICENCE } from './api.ts'
import type { Connection } from './clients.ts'
import { grantedIn } from './granted.ts'
import { lacksRight, RIGHTS, type Right, WHERE_TO_MAKE, whereToGrant } from './rights.ts'
import type { EntraSettings } from './settings.ts'

/** A right, with the smallest read that shows whether it is there; a right to change shows in the token alone. */
interface Surface {
  right: Right
  surface: string
  path?: string
  optional?: true
}

const SURFACES: readonly Surface[] = [
  { right: 'users', surface: 'users', path: '/users' },
  { right: 'groups', surface: 'groups', path: '/groups' },
  { right: 'roles', surface: 'administrator roles', path: '/roleManagement/directory/roleAssignments' },
  {
    right: 'eligible',
    surface: 'roles that can be activated',
    path: '/roleManagement/directory/roleEligibilityScheduleInstances',
    optional: true,
  },
  { right: 'audits', surface: 'audit log', path: '/auditLogs/directoryAudits' },
  { right: 'signIns', surface: 'sign-in log', path: '/auditLogs/signIns' },
  { right: 'provisioning', surface: 'provisioning log', path: '/auditLogs/provisioning' },
  { right: 'status', surface: 'deactivate and reactivate' },
  { right: 'sessions', surface: 'end sessions' },
  { right: 'profiles', surface: 'update users' },
  { right: 'create', surface: 'create users', optional: true },
  { right: 'members', surface: 'change group members' },
  { right: 'methods', surface: 'sign-in methods', optional: true },
]

/** Only where the settings join tenants to apps of the directory. */
const PROVISIONS: readonly Surface[] = [
  { right: 'assignments', surface: 'app assignments' },
  { right: 'synchronization', surface: 'provisioning of apps' },
]

/** What a tenant uses of Graph, by its settings. */
export const surfacesOf = ({ provisions }: Pick<EntraSettings, 'provisions'>): readonly Surface[] => [
  ...SURFACES,
  ...(provisions ? PROVISIONS : []),
]

/** Fetches a token, reads from it what was granted, and tries each surface that can be read. */
export async function checkTokens(
  connection: Connection,
  { provisions }: Pick<EntraSettings, 'provisions'>,
  app: VendorContext,
  context: RequestContext,
): Promise<TokenCheck[]> {
  const { source, secret, slot } = connection
  // The budget is optional: a failing store must not hide what is wrong with a token.
  const budget = await app.left(secret).catch(() => [])
  const check = { token: slot, fingerprint: secret.fingerprint, budget }
  const unfetched = await probeFetch(source, context)
  if (unfetched) {
    const { surface, outcome, status, said } = unfetched
    return [
      {
        ...check,
        verdict: VERDICTS[outcome],
        surfaces: [
          {
            surface,
            ok: false,
            ...(status !== undefined && { status }),
            meaning: said?.meaning ?? 'No token is issued.',
            hint: said?.hint ?? WHERE_TO_MAKE,
          },
        ],
      },
    ]
  }
  const token = source.held()
  const granted = token && grantedIn(token.secret)
  const checked = await Promise.all(
    surfacesOf({ provisions }).map(async (one) => ({
      ...one,
      probe: await tried(connection, one.path, context),
    })),
  )
  const isOptional = (one: (typeof checked)[number]) =>
    one.optional === true || (one.probe ? !one.probe.licence : granted === undefined)
  const surfaces = checked.map((one) => ({ ...toCheck(one, granted), optional: isOptional(one) }))
  const outcomes = checked.flatMap((one) => (isOptional(one) ? [] : (one.probe?.outcome ?? [])))
  return [
    {
      ...check,
      verdict: verdictOf(outcomes, surfaces),
      surfaces: surfaces.map(({ optional: _, ...surface }) => surface),
    },
  ]
}

interface Tried extends Probe {
  licence: boolean
}

async function tried(
  connection: Connection,
  path: string | undefined,
  context: RequestContext,
): Promise<Tried | undefined> {
  if (path === undefined) return undefined
  let licence = true
  const found = await probe(
    async () => {
      const request = { path, query: { $top: 1 } }
      const reply = await clientFor(connection, request).send(request, context)
      licence = !lacksLicence(codeIn(reply.text))
      return parseReply(reply)
    },
    (body) => Array.isArray(field(body, 'value')),
  )
  return { ...found, licence }
}

const VERDICTS: { readonly [Outcome in ProbeOutcome]: TokenVerdict } = {
  ok: 'ok',
  rejected: 'rejected',
  refused: 'missing_grant',
  expired: 'expired',
  wrong_address: 'wrong_address',
  sso_not_active: 'rejected',
  rate_limited: 'rate_limited',
  unreachable: 'unreachable',
}

/** The worst outcome counts; what a licence lacks, what cannot be known and a right that only adds to what is told do not. */
function verdictOf(
  outcomes: readonly ProbeOutcome[],
  surfaces: readonly { ok: boolean; optional: boolean }[],
): TokenVerdict {
  const worst = (['expired', 'rejected', 'sso_not_active', 'wrong_address'] as const).find((one) =>
    outcomes.includes(one),
  )
  if (worst) return VERDICTS[worst]
  const passing = (['rate_limited', 'unreachable'] as const).find((one) => outcomes.includes(one))
  const missing =
    outcomes.includes('refused') || (!passing && surfaces.some((one) => !one.ok && !one.optional))
  return missing ? 'missing_grant' : passing ? VERDICTS[passing] : 'ok'
}

interface Checked {
  right: Right
  surface: string
  probe: Tried | undefined
}

function toCheck({ right, surface, probe }: Checked, granted: ReadonlySet<string> | undefined): SurfaceCheck {
  const { does, anyOf } = RIGHTS[right]
  const status = probe?.status === undefined ? {} : { status: probe.status }
  const answer = (ok: boolean, meaning: string, hint?: string): SurfaceCheck => ({
    surface,
    ok,
    ...status,
    meaning,
    ...(hint !== undefined && { hint }),
  })
  const has = anyOf.find((one) => granted?.has(one))
  if (probe && !probe.licence) return answer(false, ...NO_LICENCE)
  const isMissing = probe ? probe.outcome === 'refused' : granted !== undefined && has === undefined
  if (isMissing) {
    const meaning = has === undefined ? lacksRight(right) : REFUSED
    return answer(false, meaning, whereToGrant(right))
  }
  if (!probe && granted === undefined) return answer(false, UNREADABLE, CONSOLE_SHOWS)
  if (!probe || probe.outcome === 'ok')
    return answer(true, has === undefined ? `The app may ${does}.` : `${has} is granted.`)
  return answer(
    false,
    probe.said?.meaning ?? MEANINGS[probe.outcome],
    probe.said?.hint ?? (probe.outcome === 'wrong_address' ? CHECK_ADDRESS : 'Check again in a minute.'),
  )
}

const REFUSED =
  'Graph refuses this, although the permission is in the token; consent may just have been given.'
const UNREADABLE = 'Not known: what the token grants cannot be read from it, and changes are not tried.'
const CONSOLE_SHOWS = 'Look in the Entra admin centre > App registrations > the app > API permissions.'
const CHECK_ADDRESS = 'Check `url` and `cloud` of this tenant.'

const MEANINGS: { readonly [Outcome in ProbeOutcome]: string } = {
  ok: '',
  refused: '',
  rejected: 'Graph does not accept the token.',
  expired: 'The token has expired.',
  wrong_address: 'There is no Microsoft Graph at the address of this tenant.',
  sso_not_active: 'Graph does not accept the token.',
  rate_limited: 'Not known: the request budget is used up, or Graph limits our requests.',
  unreachable: 'Not known: Graph cannot be reached, or it has an internal error.',
}
