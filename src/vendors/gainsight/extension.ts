import type { AccountFields } from '../../domain/operations.ts'
import { Unsupported } from '../../errors.ts'
import { asBoolean, asText, definedOnly, field, isRecord, type Rec } from '../http/values.ts'
import { isLastSignIn } from '../scim/facts.ts'
import { type FieldMapping, STANDARD_FIELDS } from '../scim/fields.ts'
import { checkFields, type FieldRules, isAboutBundles } from './rules.ts'

/** Gainsight's own attributes (support.gainsight.com, "Okta Gainsight SCIM Setup"). */
export const EXTENSION = 'urn:ietf:params:scim:schemas:extension:gainsight:2.0:User'

const EXTENSION_FIELDS = ['LicenseType', 'IsSuperAdmin']

/**
 * How licence, super admin and custom attributes are written. Gainsight silently ignores unknown names, so only the
 * value read back counts.
 */
export const extensionMapping = (rules: FieldRules): FieldMapping => ({
  takes: [...STANDARD_FIELDS, 'licence', 'admin', 'custom'],
  write(fields, current) {
    checkFields(fields, rules)
    const { licence, admin, custom = {} } = fields
    if (Object.keys(custom).some(isAboutBundles)) throw noBundles()
    const set = { ...definedOnly({ LicenseType: licence, IsSuperAdmin: admin }), ...custom }
    if (Object.keys(set).length === 0) return []
    // Public clients send the extension as one object. A full PUT must keep the rest of it.
    const held = field(current, EXTENSION)
    return [{ at: [EXTENSION], value: { ...(isRecord(held) && held), ...set } }]
  },
})

const noBundles = () =>
  new Unsupported(
    'SCIM cannot set permission bundles.',
    'Set them in Gainsight under Administration > User Management > Permission Bundles.',
  )

/** Licence, super admin and custom attributes of a user. */
export function readExtension(raw: Rec): Pick<AccountFields, 'licence' | 'admin' | 'custom'> {
  const extension = field(raw, EXTENSION)
  if (!isRecord(extension)) return {}
  const custom = Object.entries(extension).flatMap(([name, value]) => {
    const shown = isOther(name) ? toCustom(value) : undefined
    return shown === undefined ? [] : [[name, shown] as const]
  })
  return {
    ...definedOnly({
      licence: asText(field(extension, 'LicenseType')),
      admin: asBoolean(field(extension, 'IsSuperAdmin')),
    }),
    ...(custom.length > 0 && { custom: Object.fromEntries(custom) }),
  }
}

/** A name that is an attribute of its own, and nothing but a name: names are shown too. */
const isOther = (name: string): boolean =>
  /^\p{L}[\p{L}\p{N}_. -]{0,63}$/u.test(name) &&
  !isLastSignIn(name) &&
  !EXTENSION_FIELDS.some((ours) => ours.toLowerCase() === name.toLowerCase())

/** Gainsight's kinds of custom fields: boolean, string or picklist, multi-picklist. */
function toCustom(value: unknown): string | boolean | string[] | undefined {
  if (typeof value === 'boolean') return value
  return Array.isArray(value) ? value.flatMap((one) => asText(one) ?? []) : asText(value)
}
