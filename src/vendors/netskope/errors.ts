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
import { surfacesOf, tryOut } from './surfaces.ts'

/** What a request was for. */
interface Asked {
  endpoint: string
  kind: Kind
  effect: Effect
}

/** Netskope's gateway says this of a path it does not know (netskopeoss/netskope-cli, CHANGELOG 1.3.1). */
export const isGateway = ({ said }: Failure): boolean => /no Route matched with those values/i.test(said)

const NEW_TOKEN = 'in the Netskope console under Settings > Tools > REST API v2'

/** Where in the console a token gets the right to use `endpoint`. */
export const whereToGrant = (kind: Kind, endpoint: string, grant: string): string =>
  kind === 'rest'
    ? `Add the endpoint ${endpoint} with ${grant} to a token ${NEW_TOKEN}, and put that token in \`rest\`; a SCIM token can not read it.`
    : `Add the endpoint ${endpoint} with ${grant} to a token ${NEW_TOKEN}, or make a SCIM token under ` +
      'Settings > Security Cloud Platform > SCIM where the tenant has those, and put it in `scim`.'

/** The rights that a token for this half of the API has, and where it is made. */
export const whereToMake = (kind: Kind, { users, groups, audit }: Clients['paths']): string =>
  kind === 'rest'
    ? `Make a token ${NEW_TOKEN} with the endpoint ${audit} (Read), and put it in \`rest\`.`
    : `Make a token ${NEW_TOKEN} with the endpoints ${users} and ${groups} (Read + Write each), or a SCIM token under ` +
      'Settings > Security Cloud Platform > SCIM where the tenant has those, and put it in `scim`.'

const slotsOf = ({ slots }: Token) => slots.map((slot) => `\`${slot}\``).join(' and ')

/** Netskope's mapping to refuse, in words that name the endpoint, the token and the grant; undefined for all others. */
export async function explain(
  clients: Clients,
  failure: Failure,
  asked: Asked,
  context: RequestContext,
): Promise<IdentityError | undefined> {
  const { endpoint, kind, effect } = asked
  const { token } = clients.of(kind)
  const cause = causeOf(failure)
  // An error of the app's own may come after the change was made; that it speaks of sign-on must not hide this.
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
            `The token in ${slotsOf(token)} may not use ${endpoint}: ${effect === 'reads' ? 'Read' : 'Read + Write'} is missing.`,
            `${whereToGrant(kind, endpoint, effect === 'reads' ? 'Read' : 'Read + Write')} ${OTHER_REASONS}`,
            { cause },
          )
    case 404:
      if (isGateway(failure) || failure.form === 'html') return wrongPath(endpoint, cause)
      if (effect === 'reads') return kind === 'rest' ? wrongPath(endpoint, cause) : undefined
      // Reported in community.netskope.com, "Endpoint in REST API V2 for User and Group Management".
      return new NotFound(
        'Netskope does not have this account as a SCIM user.',
        'It may be gone, or made by hand or another provisioner: change it where it was made.',
        { cause },
      )
    default:
      return undefined
  }
}

export const SET_UP_SSO =
  'Set up single sign-on between the identity provider and Netskope first; SCIM works only then.'

const wrongPath = (endpoint: string, cause: Error) =>
  new WrongAddress(
    `Netskope's gateway does not know ${endpoint}.`,
    'Check `url` of this tenant, and `scimBasePath` and `auditPath` if they are set.',
    { cause },
  )

/** docs.netskope.com, "REST API v2 Overview". */
export const OTHER_REASONS =
  "The tenant's IP allow-list and its switch for the REST API refuse in the same way."

/**
 * Established by reads: the token stands in this slot alone, nothing of this half of the API is open to it, and the
 * other half is. A 403 does not say which kind of token was expected (stitchflow.com, 2026-03-11).
 */
async function isOfOtherKind(
  clients: Clients,
  { kind, endpoint, effect }: Asked,
  context: RequestContext,
): Promise<boolean> {
  const { token } = clients.of(kind)
  // A change is made to what was read before, so the token is of the right kind.
  if (effect === 'writes' || token.slots.join() !== kind) return false
  const others = surfacesOf(clients.paths)
    .filter((one) => one.endpoint !== endpoint)
    .sort((a, b) => Number(b.kind === kind) - Number(a.kind === kind))
  for (const one of others) {
    const { seen } = await tryOut(one, clients.open(one.kind, token), context)
    if (one.kind !== kind) {
      if (seen === 'ok') return true
    } else if (seen !== 'refused') return false
  }
  return false
}
