import type { Vendor } from './define.ts'
import directory from './directory.ts'
import entra from './entra.ts'
import gainsight from './gainsight.ts'
import google from './google.ts'
import manual from './manual.ts'
import mindtickle from './mindtickle.ts'
import netskope from './netskope.ts'
import okta from './okta.ts'
import scim from './scim.ts'

/** All vendors. */
export const vendors: readonly Vendor[] = [
  ...[netskope, gainsight, mindtickle, scim],
  ...[okta, entra, google],
  ...[directory, manual],
]
