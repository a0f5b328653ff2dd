import type { AccountFields } from '../../domain/operations.ts'
import { InvalidInput, Refused } from '../../errors.ts'
import { plainText } from '../../text/text.ts'

/** What the settings let a change say. */
export interface Rules {
  licenseTypes: readonly string[]
  superAdminWrites: boolean
  permissionBundleOverwrite: boolean
}

/** Gainsight takes these with these very letters (support.gainsight.com, "Okta Gainsight SCIM Setup"). */
const LICENCES = ['Full', 'Viewer', 'Viewer_Analytics']

/** The role by which the REST API at /v1/users tells of super admins. */
export const SUPER_ADMIN = /^super[ _-]?admin/i

/** Throws `InvalidInput` for a value that Gainsight would ignore without a word, `Refused` for what the settings forbid. */
export function checkFields({ licence, admin, role, custom = {} }: AccountFields, rules: Rules): void {
  const licences = [...LICENCES, ...rules.licenseTypes]
  if (licence !== undefined && !licences.includes(licence)) {
    throw new InvalidInput(
      `Gainsight has no licence type "${plainText(licence, 64)}".`,
      `Write one of these exactly so: ${licences.join(', ')}. Others stand in \`licenseTypes\` of the tenant.`,
    )
  }
  if ((admin || SUPER_ADMIN.test(role ?? '')) && !rules.superAdminWrites) throw noSuperAdmins()
  for (const [name, value] of Object.entries(custom)) checkCustom(name, value, rules)
}

/** For a change that would make a super admin, or touch one. */
export const noSuperAdmins = () =>
  new Refused(
    'Super admins of Gainsight are neither made nor changed from here.',
    'A super admin can do it in Gainsight under Administration > User Management.',
  )

const NAME = /^[A-Za-z]\w{0,99}$/
// What stands beside custom attributes and is no custom one; compared without case, as Gainsight may do.
const NOT_CUSTOM = new Set(
  (
    'IsSuperAdmin LicenseType SystemType IsActiveUser Gsid SFDCUserName SfdcUserId Email Name FirstName LastName ' +
    'Manager Title Timezone Locale'
  )
    .toLowerCase()
    .split(' '),
)

function checkCustom(name: string, value: unknown, { permissionBundleOverwrite }: Rules): void {
  const folded = name.toLowerCase()
  if (!NAME.test(name) || NOT_CUSTOM.has(folded)) {
    throw new InvalidInput(
      `"${plainText(name, 64)}" is no custom attribute.`,
      'Custom attributes bear the name they have in Gainsight; licence, admin and the like have fields of their own.',
    )
  }
  const action = folded === BUNDLE_ACTION.toLowerCase()
  if (action && value !== 'append' && value !== 'overwrite') {
    throw new InvalidInput('permissionBundleAction is append or overwrite.', 'Leave it out to append.')
  }
  if (action && value === 'overwrite' && !permissionBundleOverwrite) {
    throw new Refused(
      'Permission bundles of a user are only added to from here: replacing them takes rights away.',
      'Change them in Gainsight under Administration > User Management > Permission Bundles.',
    )
  }
}

export const BUNDLES = 'permissionBundles'
export const BUNDLE_ACTION = 'permissionBundleAction'

/** Whether a custom attribute is about permission bundles, which the REST API `services` alone takes. */
export const isAboutBundles = (name: string): boolean =>
  [BUNDLES, BUNDLE_ACTION].some((known) => known.toLowerCase() === name.toLowerCase())
