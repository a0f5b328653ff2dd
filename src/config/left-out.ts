import type { Problem } from './network.ts'

/** A tenant whose own settings cannot be used: an unset variable, a missing file, a wrong value. The others are served. */
export interface LeftOut {
  tenant: string
  vendor: string
  /** Where its app is, if its settings say that much: protected accounts and limits hold for tenants of one app. */
  url: string | undefined
  faults: readonly string[]
}

interface Around {
  vendors: readonly {
    name: string
    fillIn?: (written: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
  }[]
  leftOut: ReadonlySet<string>
  faults: readonly Problem[]
}

/** What is known of the tenants in `leftOut`. */
export function leftOutTenants(raw: unknown, { vendors, leftOut, faults }: Around): LeftOut[] {
  const { tenants } = raw as { tenants: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
  return [...leftOut].map((tenant) => {
    const written = tenants[tenant] ?? {}
    const vendor = vendors.find(({ name }) => name === written.vendor)
    const { url } = vendor?.fillIn?.(written) ?? written
    return {
      tenant,
      vendor: String(written.vendor),
      url: typeof url === 'string' && URL.canParse(url) ? url : undefined,
      faults: faults.flatMap((fault) => (fault.tenant === tenant ? [fault.text] : [])),
    }
  })
}

/** What whoever runs the server is told of it. */
export const noteOn = ({ tenant, faults }: LeftOut): string =>
  `${tenant} is left out, and the other tenants are served: ${faults.join('; ')}.`

/** The same settings without those tenants. */
export function without(raw: unknown, leftOut: ReadonlySet<string>): unknown {
  if (leftOut.size === 0) return raw
  const { tenants, ...rest } = raw as { tenants: object }
  return {
    ...rest,
    tenants: Object.fromEntries(Object.entries(tenants).filter(([name]) => !leftOut.has(name))),
  }
}
