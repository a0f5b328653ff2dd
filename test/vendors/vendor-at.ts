import type { AppOperations } from '../../src/domain/operations.ts'
import { vendors } from '../../src/vendors/index.ts'
import { vendorContext } from '../support/canned.ts'
import { SECRETS } from '../support/secrets.ts'

const vendorOf = (name: string) => {
  const vendor = vendors.find((one) => one.name === name)
  if (!vendor) throw new TypeError(`no vendor ${name}`)
  return vendor
}

/** Parses settings as the settings file would, with a literal where a reference to a secret would stand. */
export const parseAs = (vendor: string, settings: Record<string, unknown>) =>
  vendorOf(vendor)
    .settings(SECRETS)
    .safeParse({ vendor, tokens: { scim: 'scim-token-0' }, ...settings })

/** A vendor's operations over an app at `url`; one that it lacks fails the test that calls it. */
export function vendorAt(
  vendor: string,
  url: string,
  settings: Record<string, unknown> = {},
  memory = new Map<string, unknown>(),
): Required<AppOperations> {
  const parsed = parseAs(vendor, { url, ...settings })
  if (!parsed.success) throw parsed.error
  return vendorOf(vendor).operations(parsed.data, vendorContext(memory)) as Required<AppOperations>
}
