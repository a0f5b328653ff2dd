import type { AccountFields } from '../../domain/operations.ts'
import { InvalidInput, Refused } from '../../errors.ts'
import { plainText } from '../../text/text.ts'

/** Which values the settings allow in a change. */
export interface FieldRules {
  licenseTypes: readonly string[]
  superAdminWrites: boolean
  permissionBundleOverwrite: boolean
}

/** Case-sensitive at Gainsight (support.gainsight.com, "Okta Gainsight SCIM Setup"). */
export const LICENCE_TYPES = ['Full', 'Viewer', 'Viewer_Analytics']

/** The role that marks super admins in the REST API at /v1/users. */
export const SUPER_ADMIN = /^super[ _-]?admin/i

/** Throws `InvalidInput` for a value that Gainsight would silently ignore, `Refused` for one the settings forbid. */
export function checkFields({ licence, admin, role, custom = {} }: AccountFields, rules: FieldRules): void {
  const licences = [...LICENCE_TYPES, ...rules.licenseTypes]
  if (licence !== undefined && !licences.includes(licence)) {
    throw new InvalidInput(
      `Gainsight has no licence type "${plainText(licence, 64)}".`,
      `Use one of these, spelled exactly: ${licences.join(', ')}. \`licenseTypes\` of the tenant lists any others.`,
    )
  }
  if ((admin || SUPER_ADMIN.test(role ?? '')) && !rules.superAdminWrites) throw noSuperAdmins()
  for (const [name, value] of Object.entries(custom)) checkCustom(name, value, rules)
}

/** For a change that would create or affect a super admin. */
export const noSuperAdmins = () =>
  new Refused(
    'This server does not create or change Gainsight super admins.',
    'A super admin can do it in Gainsight under Administration > User Management.',
  )

const ATTRIBUTE_NAME = /^[A-Za-z]\w{0,99}$/
// Standard attributes next to the custom ones. Compared without case, as Gainsight may do.
const STANDARD_ATTRIBUTES = new Set(
  (
    'IsSuperAdmin LicenseType SystemType IsActiveUser Gsid SFDCUserName SfdcUserId Email Name FirstName LastName ' +
    'Manager Title Timezone Locale'
  )
    .toLowerCase()
    .split(' '),
)

function checkCustom(name: string, value: unknown, { permissionBundleOverwrite }: FieldRules): void {
  const folded = name.toLowerCase()
  if (!ATTRIBUTE_NAME.test(name) || STANDARD_ATTRIBUTES.has(folded)) {
    throw new InvalidInput(
      `"${plainText(name, 64)}" is not a custom attribute.`,
      'Use the attribute name from Gainsight. Licence, admin and other standard values have their own fields.',
    )
  }
  const action = folded === BUNDLE_ACTION.toLowerCase()
  if (action && value !== 'append' && value !== 'overwrite') {
    throw new InvalidInput('permissionBundleAction must be append or overwrite.', 'Leave it out to append.')
  }
  if (action && value === 'overwrite' && !permissionBundleOverwrite) {
    throw new Refused(
      'This server only adds permission bundles to a user: replacing them would remove rights.',
      'Change them in Gainsight under Administration > User Management > Permission Bundles.',
    )
  }
}

export const BUNDLES = 'permissionBundles'
export const BUNDLE_ACTION = 'permissionBundleAction'

/** Whether a custom attribute is about permission bundles. Only the REST API `services` accepts these. */
export const isAboutBundles = (name: string): boolean =>
  [BUNDLES, BUNDLE_ACTION].some((known) => known.toLowerCase() === name.toLowerCase())
