import { Forbidden, type IdentityError, InvalidInput, Unauthorized, WrongAddress } from '../../errors.ts'
import { causeOf, type Effect } from '../http/errors.ts'
import { speaksOfExpiry, speaksOfSso } from '../http/probe.ts'
import type { Failure } from '../http/reply.ts'
import { gainsightCodeOf } from './envelope.ts'

/**
 * Where to create each token: stitchflow.com's Gainsight API guide (2026-03-11), and Gainsight's own "SCIM API",
 * "Generate REST API Key" and "OAuth for Gainsight APIs".
 */
export const WHERE_TO_MAKE = {
  accessKey:
    'Generate an access key in Gainsight under Administration > Connectors 2.0 > Create Connection > Gainsight API, and ' +
    'put it in `accessKey`. A tenant has one access key: a new one invalidates the old one everywhere.',
  scim:
    'Copy the bearer token in Gainsight from Administration > User Management > SCIM, and put it in `scim`. A super ' +
    'admin must have created it, or it can only read.',
  client:
    'Create an M2M key in Gainsight under Administration > Connectors 2.0 > Create Connection > Gainsight API (for ' +
    'oauth_refresh an OAuth app under Administration > User Management > Authentication > OAuth Applications), as a ' +
    'super admin, and put its id and secret in `clientId` and `clientSecret`.',
} as const

export const SET_UP_SSO =
  'Set up SAML single sign-on in Gainsight first, as a separate application at the identity provider. Then enable ' +
  'SCIM under Administration > User Management > SCIM.'

/** A gateway's 404 for an unknown path. The app's own 404 names what was not found. */
export const isGateway = ({ status, form, said }: Failure): boolean =>
  status === 404 && (form === 'html' || /^not found\.?$|\bno route\b/i.test(said))

/** What a failed request was for. */
export interface GainsightRequestInfo {
  surface: 'SCIM' | 'REST'
  effect: Effect
  /** What kind of token the request carried. */
  tokenKind: keyof typeof WHERE_TO_MAKE
}

/** The error for a failure specific to Gainsight, naming the token and where to create it; undefined for all others. */
export function gainsightError(
  failure: Failure,
  { surface, effect, tokenKind }: GainsightRequestInfo,
): IdentityError | undefined {
  const details = { cause: causeOf(failure) }
  const { status } = failure
  // A server error can follow a completed change, whatever its text says.
  const clear = effect === 'reads' || (status >= 400 && status < 500)
  if (surface === 'SCIM' && clear && speaksOfSso(failure)) {
    return new Forbidden('Gainsight refuses SCIM until single sign-on is set up.', SET_UP_SSO, details)
  }
  if (speaksOfExpiry(failure))
    return new Unauthorized(`The ${surface} token has expired.`, WHERE_TO_MAKE[tokenKind], details)
  if (status === 401) {
    return new Unauthorized(
      `Gainsight does not accept the ${surface} token.`,
      `Run check_token: the access key works only for REST, the other tokens only for SCIM. ${WHERE_TO_MAKE[tokenKind]}`,
      details,
    )
  }
  if (status === 403) {
    return effect === 'writes' && surface === 'SCIM'
      ? new Forbidden(
          'Gainsight lets this token read but not write.',
          `Only a super admin's token can write over SCIM. ${WHERE_TO_MAKE[tokenKind]}`,
          details,
        )
      : new Forbidden(
          `Gainsight does not allow this with the ${surface} token.`,
          WHERE_TO_MAKE[tokenKind],
          details,
        )
  }
  if (isGateway(failure)) {
    return new WrongAddress(
      `There is no Gainsight ${surface} API at the address of this tenant.`,
      'Check `url` of this tenant, and `scimBasePath` and `restDialect` if they are set.',
      details,
    )
  }
  if (gainsightCodeOf(failure) === 'GU_2410') {
    return new InvalidInput('People cannot be their own manager.', 'Name another manager.', details)
  }
  return undefined
}
