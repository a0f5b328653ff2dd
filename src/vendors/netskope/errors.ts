import type { RequestContext } from '../../domain/operations.ts'
import {
  Forbidden,
  type IdentityError,
  NotFound,
  Unauthorized,
  WrongAddress,
  WrongToken,
} from '../../errors.ts'
import { causeOf, type Effect } from '../http/errors.ts'
import { speaksOfExpiry, speaksOfSso } from '../http/probe.ts'
import type { Failure } from '../http/reply.ts'
import type { Clients, Kind, Token } from './clients.ts'
import { probeSurface, surfacesOf } from './surfaces.ts'

/** What a failed request was for. */
interface NetskopeRequestInfo {
  endpoint: string
  kind: Kind
  effect: Effect
}

/** Netskope's gateway answers this for an unknown path (netskopeoss/netskope-cli, CHANGELOG 1.3.1). */
export const isGateway = ({ said }: Failure): boolean => /no Route matched with those values/i.test(said)

const NEW_TOKEN = 'in the Netskope console under Settings > Tools > REST API v2'

/** Where in the console to grant a token access to `endpoint`. */
export const whereToGrant = (kind: Kind, endpoint: string, grant: string): string =>
  kind === 'rest'
    ? `Add the endpoint ${endpoint} with ${grant} to a token ${NEW_TOKEN}, and put that token in \`rest\`. A SCIM token cannot read it.`
    : `Add the endpoint ${endpoint} with ${grant} to a token ${NEW_TOKEN}, or create a SCIM token under ` +
      'Settings > Security Cloud Platform > SCIM if the tenant has that page, and put it in `scim`.'

/** The grants that a token for this half of the API needs, and where to create it. */
export const whereToMake = (kind: Kind, { users, groups, audit }: Clients['paths']): string =>
  kind === 'rest'
    ? `Create a token ${NEW_TOKEN} with the endpoint ${audit} (Read), and put it in \`rest\`.`
    : `Create a token ${NEW_TOKEN} with the endpoints ${users} and ${groups} (Read + Write each), or a SCIM token under ` +
      'Settings > Security Cloud Platform > SCIM if the tenant has that page, and put it in `scim`.'

const slotsOf = ({ slots }: Token) => slots.map((slot) => `\`${slot}\``).join(' and ')

/** The error for a failure specific to Netskope, naming endpoint, token and grant; undefined for all others. */
export async function netskopeError(
  clients: Clients,
  failure: Failure,
  asked: NetskopeRequestInfo,
  context: RequestContext,
): Promise<IdentityError | undefined> {
  const { endpoint, kind, effect } = asked
  const { token } = clients.of(kind)
  const cause = causeOf(failure)
  // A server error can follow a completed change, whatever its text says.
  const clear = effect === 'reads' || (failure.status >= 400 && failure.status < 500)
  if (kind === 'scim' && clear && speaksOfSso(failure)) {
    return new Forbidden('Netskope refuses SCIM until single sign-on is set up.', SET_UP_SSO, { cause })
  }
  if (speaksOfExpiry(failure)) {
    return new Unauthorized(`The token in ${slotsOf(token)} has expired.`, whereToMake(kind, clients.paths), {
      cause,
    })
  }
  switch (failure.status) {
    case 401:
      return new Unauthorized(
        `Netskope does not accept the token in ${slotsOf(token)}.`,
        `Run check_token. ${whereToMake(kind, clients.paths)}`,
        { cause },
      )
    case 403:
      return (await isOfOtherKind(clients, asked, context))
        ? new WrongToken(
            `The token in ${slotsOf(token)} ${kind === 'scim' ? 'is not one for SCIM' : 'is one for SCIM, not for the audit log'}.`,
            whereToMake(kind, clients.paths),
            { cause },
          )
        : new Forbidden(
            `The token in ${slotsOf(token)} has no access to ${endpoint}: ${effect === 'reads' ? 'Read' : 'Read + Write'} is missing.`,
            `${whereToGrant(kind, endpoint, effect === 'reads' ? 'Read' : 'Read + Write')} ${OTHER_REASONS}`,
            { cause },
          )
    case 404:
      if (isGateway(failure) || failure.form === 'html') return wrongPath(endpoint, cause)
      if (effect === 'reads') return kind === 'rest' ? wrongPath(endpoint, cause) : undefined
      // Reported in community.netskope.com, "Endpoint in REST API V2 for User and Group Management".
      return new NotFound(
        'Netskope does not have this account as a SCIM user.',
        'It may be gone, or it was created manually or by another provisioner: change it where it was created.',
        { cause },
      )
    default:
      return undefined
  }
}

export const SET_UP_SSO =
  'Set up single sign-on between the identity provider and Netskope first. SCIM needs it.'

const wrongPath = (endpoint: string, cause: Error) =>
  new WrongAddress(
    `Netskope's gateway does not know ${endpoint}.`,
    'Check `url` of this tenant, and `scimBasePath` and `auditPath` if they are set.',
    { cause },
  )

/** docs.netskope.com, "REST API v2 Overview". */
export const OTHER_REASONS = "The tenant's IP allow-list, or a disabled REST API, causes the same answer."

/**
 * Whether the token is for the other half of the API: it has no access to this half, but to the other one. Finds out
 * with reads, since a 403 does not say which kind of token was expected (stitchflow.com, 2026-03-11).
 */
async function isOfOtherKind(
  clients: Clients,
  { kind, endpoint, effect }: NetskopeRequestInfo,
  context: RequestContext,
): Promise<boolean> {
  const { token } = clients.of(kind)
  // Every change follows a read, so the token is of the right kind.
  if (effect === 'writes' || token.slots.join() !== kind) return false
  const others = surfacesOf(clients.paths)
    .filter((one) => one.endpoint !== endpoint)
    .sort((a, b) => Number(b.kind === kind) - Number(a.kind === kind))
  for (const one of others) {
    const { outcome } = await probeSurface(one, clients.open(one.kind, token), context)
    if (one.kind !== kind) {
      if (outcome === 'ok') return true
    } else if (outcome !== 'refused') return false
  }
  return false
}
