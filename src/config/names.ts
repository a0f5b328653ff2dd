import type { ConfigurableVendor, ParsedSettings } from './schema.ts'

/** Valid tenant names. */
export const TENANT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/** The tenants of raw settings, which can be invalid. */
export function tenantsIn(raw: unknown): Record<string, unknown> {
  const { tenants } = (raw ?? {}) as { tenants?: unknown }
  return typeof tenants === 'object' && tenants !== null ? { ...tenants } : {}
}

/** The vendors that raw settings name. */
export const vendorsIn = (raw: unknown): Set<unknown> =>
  new Set(Object.values(tenantsIn(raw)).map((tenant) => (tenant as { vendor?: unknown } | null)?.vendor))

// Not in the schema, which would then skip the problems inside a tenant with a bad name.
export const badTenantNames = (raw: unknown): string[] =>
  Object.keys(tenantsIn(raw))
    .filter((name) => !TENANT_NAME.test(name))
    .map(
      (name) =>
        `tenants.${name}: a tenant name has only letters, digits, dots, dashes and underscores, 63 at most`,
    )

/** Unknown names in the policy: a rule with such a name would silently never apply. */
export function unknownNames(
  { tenants, confirm, ...settings }: ParsedSettings,
  vendors: readonly ConfigurableVendor[],
  leftOut: ReadonlySet<string>,
) {
  const known = { tenants: [...Object.keys(tenants), ...leftOut], vendors: vendors.map(({ name }) => name) }
  const rules = confirm.rules.flatMap(({ when }, index) =>
    (['tenants', 'vendors'] as const).flatMap((kind) =>
      (when[kind] ?? []).map((name) => ({ at: `confirm.rules.${index}.when.${kind}`, kind, name })),
    ),
  )
  const accounts = settings.protected.flatMap((entry, index) =>
    typeof entry === 'string' || entry.tenant === undefined
      ? []
      : [{ at: `protected.${index}.tenant`, kind: 'tenants' as const, name: entry.tenant }],
  )
  const provisioned = Object.entries(tenants).flatMap(([source, { provisions = {} }]) =>
    Object.keys(provisions).map((name) => ({
      at: `tenants.${source}.provisions`,
      kind: 'tenants' as const,
      name,
    })),
  )
  return [...rules, ...accounts, ...provisioned]
    .filter(({ kind, name }) => !known[kind].includes(name))
    .map(({ at, kind, name }) => `${at}: there is no ${kind.slice(0, -1)} "${name.slice(0, 64)}"`)
}

/** Whether an account is protected in that tenant, and so in each that leads to the same app. */
export const protects = (settings: Pick<ParsedSettings, 'protected'> | undefined, tenant: string): boolean =>
  settings?.protected.some((entry) => typeof entry !== 'string' && entry.tenant === tenant) ?? false

/** Four eyes where nobody knows who asks would be an empty promise. */
export const emptyFourEyes = ({ auth, confirm }: ParsedSettings): string[] =>
  confirm.rules.flatMap(({ fourEyes }, index) =>
    auth === 'none' && fourEyes
      ? [`confirm.rules.${index}.fourEyes: needs callers with names, and with auth "none" they have none`]
      : [],
  )
