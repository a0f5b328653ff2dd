import netskope, { type NetskopeSettings } from '../../src/vendors/netskope.ts'
import { vendorContext } from '../support/canned.ts'
import { SECRETS } from '../support/secrets.ts'

/** Parses settings as the settings file would, with a literal where a reference to a secret would stand. */
export const parse = (settings: Record<string, unknown>) =>
  netskope.settings(SECRETS).safeParse({ vendor: 'netskope', ...settings })

/** Netskope's operations over an app at `url`. */
export function netskopeAt(url: string, settings: Record<string, unknown> = {}) {
  const parsed = parse({ url, tokens: { scim: 'scim-token', rest: 'rest-token' }, ...settings })
  if (!parsed.success) throw parsed.error
  const { pullAudit, checkTokens, ...rest } = netskope.operations(
    parsed.data as NetskopeSettings,
    vendorContext(),
  )
  if (!pullAudit || !checkTokens) throw new TypeError('netskope has an audit log and checks its tokens')
  return { pullAudit, checkTokens, ...rest }
}
