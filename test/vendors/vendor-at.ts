import * as z from 'zod'
import type { AppOperations } from '../../src/domain/operations.ts'
import { Secret } from '../../src/secret.ts'
import { vendors } from '../../src/vendors/index.ts'
import { vendorContext } from '../support/canned.ts'

const vendorOf = (name: string) => {
  const vendor = vendors.find((one) => one.name === name)
  if (!vendor) throw new TypeError(`no vendor ${name}`)
  return vendor
}

/** Parses settings as the settings file would, with a literal where a reference to a secret would stand. */
export const parseAs = (vendor: string, settings: Record<string, unknown>) =>
  vendorOf(vendor)
    .settings({ Secret: z.string().transform((text) => new Secret(text)) })
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
