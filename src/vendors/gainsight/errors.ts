import { Forbidden, type IdentityError, InvalidInput, Unauthorized, WrongAddress } from '../../errors.ts'
import { causeOf, type Effect } from '../http/errors.ts'
import { speaksOfExpiry, speaksOfSso } from '../http/probe.ts'
import type { Failure } from '../http/reply.ts'
import { codeOf } from './envelope.ts'

/**
 * Where each token is made: stitchflow.com's Gainsight API guide (2026-03-11), and Gainsight's own "SCIM API",
 * "Generate REST API Key" and "OAuth for Gainsight APIs".
 */
export const WHERE_TO_MAKE = {
  accessKey:
    'Generate an access key in Gainsight under Administration > Connectors 2.0 > Create Connection > Gainsight API, and ' +
    'put it in `accessKey`. There is one for the whole tenant: a new one ends the old one everywhere.',
  scim:
    'Copy the bearer token in Gainsight from Administration > User Management > SCIM, and put it in `scim`. A super ' +
    'admin must have made it, or it only reads.',
  client:
    'Make an M2M key in Gainsight under Administration > Connectors 2.0 > Create Connection > Gainsight API (for ' +
    'oauth_refresh an OAuth app under Administration > User Management > Authentication > OAuth Applications), as a ' +
    'super admin, and put what it shows in `clientId` and `clientSecret`.',
} as const

export const SET_UP_SSO =
  'Set up SAML single sign-on in Gainsight first, in an application of its own at the identity provider, then switch on ' +
  'SCIM under Administration > User Management > SCIM.'

/** A gateway says so of a path that it does not know; the app's own "not found" says of what. */
export const isGateway = ({ status, form, said }: Failure): boolean =>
  status === 404 && (form === 'html' || /^not found\.?$|\bno route\b/i.test(said))

/** What a request was for. */
export interface Asked {
  surface: 'SCIM' | 'REST'
  effect: Effect
  /** What of this surface the token came from. */
  made: keyof typeof WHERE_TO_MAKE
}

/** Gainsight's mapping to refuse, in words that name the token and where it is made; undefined for all others. */
export function explain(failure: Failure, { surface, effect, made }: Asked): IdentityError | undefined {
  const details = { cause: causeOf(failure) }
  const { status } = failure
  // An error of the app's own may come after the change was made; what it speaks of must not hide this.
  const clear = effect === 'reads' || (status >= 400 && status < 500)
  if (surface === 'SCIM' && clear && speaksOfSso(failure)) {
    return new Forbidden('Gainsight refuses SCIM until single sign-on is set up.', SET_UP_SSO, details)
  }
  if (speaksOfExpiry(failure))
    return new Unauthorized(`The ${surface} token has expired.`, WHERE_TO_MAKE[made], details)
  if (status === 401) {
    return new Unauthorized(
      `Gainsight does not accept the ${surface} token.`,
      `Run check_token: the access key is for REST alone, the other tokens for SCIM alone. ${WHERE_TO_MAKE[made]}`,
      details,
    )
  }
  if (status === 403) {
    return effect === 'writes' && surface === 'SCIM'
      ? new Forbidden(
          'Gainsight lets this token read and not write.',
          `Only a super admin's token may write by SCIM. ${WHERE_TO_MAKE[made]}`,
          details,
        )
      : new Forbidden(`Gainsight refuses this to the ${surface} token.`, WHERE_TO_MAKE[made], details)
  }
  if (isGateway(failure)) {
    return new WrongAddress(
      `Nobody serves Gainsight's ${surface} API at the address of this tenant.`,
      'Check `url` of this tenant, and `scimBasePath` and `restDialect` if they are set.',
      details,
    )
  }
  if (codeOf(failure) === 'GU_2410') {
    return new InvalidInput('Nobody can be their own manager.', 'Name another manager.', details)
  }
  return undefined
}
