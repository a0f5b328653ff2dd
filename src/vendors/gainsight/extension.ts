import type { AccountFields } from '../../domain/operations.ts'
import { Unsupported } from '../../errors.ts'
import { asBoolean, asText, field, isRecord, type Rec, some } from '../http/values.ts'
import { type FieldMapping, STANDARD_FIELDS } from '../scim/fields.ts'
import { checkFields, isAboutBundles, type Rules } from './rules.ts'

/** Gainsight's own attributes (support.gainsight.com, "Okta Gainsight SCIM Setup"). */
export const EXTENSION = 'urn:ietf:params:scim:schemas:extension:gainsight:2.0:User'

const OURS = ['LicenseType', 'IsSuperAdmin']

/**
 * How licence, super admin and custom attributes are written and read. A name that Gainsight does not know is ignored
 * without a word, so that what counts is what is read back.
 */
export const extensionWays = (rules: Rules): FieldMapping => ({
  takes: [...STANDARD_FIELDS, 'licence', 'admin', 'custom'],
  write(fields, current) {
    checkFields(fields, rules)
    const { licence, admin, custom = {} } = fields
    if (Object.keys(custom).some(isAboutBundles)) throw noBundles()
    const set = { ...some({ LicenseType: licence, IsSuperAdmin: admin }), ...custom }
    if (Object.keys(set).length === 0) return []
    // Public clients send the extension as one object; a full PUT must not lose the rest of it.
    const held = field(current, EXTENSION)
    return [{ at: [EXTENSION], value: { ...(isRecord(held) && held), ...set } }]
  },
  read: readExtension,
})

const noBundles = () =>
  new Unsupported(
    'Permission bundles can not be set by SCIM.',
    'Set them in Gainsight under Administration > User Management > Permission Bundles.',
  )

/** Licence, super admin and custom attributes of a user. */
export function readExtension(raw: Rec): Pick<AccountFields, 'licence' | 'admin' | 'custom'> {
  const extension = field(raw, EXTENSION)
  if (!isRecord(extension)) return {}
  const custom = Object.entries(extension).flatMap(([name, value]) => {
    const shown = OURS.some((ours) => ours.toLowerCase() === name.toLowerCase()) ? undefined : toCustom(value)
    return shown === undefined ? [] : [[name, shown] as const]
  })
  return {
    ...some({
      licence: asText(field(extension, 'LicenseType')),
      admin: asBoolean(field(extension, 'IsSuperAdmin')),
    }),
    ...(custom.length > 0 && { custom: Object.fromEntries(custom) }),
  }
}

/** Boolean, string or picklist, multi-picklist: the kinds of custom fields that Gainsight has. */
function toCustom(value: unknown): string | boolean | string[] | undefined {
  if (typeof value === 'boolean') return value
  return Array.isArray(value) ? value.flatMap((one) => asText(one) ?? []) : asText(value)
}

/** What an account shows of the extension. */
export function accountOf(raw: Rec): { licence?: string; admin?: boolean } {
  const { licence, admin } = readExtension(raw)
  return some({ licence, admin })
}
