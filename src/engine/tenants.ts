import type { ChangeLocation } from '../changes/define.ts'
import { DIRECT, type Route } from '../config/network.ts'
import { appsOf } from '../config/same-app.ts'
import type { TenantSettings } from '../config/schema.ts'
import type { Settings } from '../config/settings.ts'
import type { Effect } from '../domain/change.ts'
import { caveatTexts, type Facts } from '../domain/facts.ts'
import type { AppOperations, BudgetLeft, OperationName } from '../domain/operations.ts'
import { type NamesPrivilege, privilegeNames } from '../domain/privilege.ts'
import type { Grant } from '../domain/scopes.ts'
import { UnknownTenant } from '../errors.ts'
import type { TenantTraits } from '../guards/policy.ts'
import { bucketOf, leftIn, requestGuards } from '../guards/request-pipeline.ts'
import { payingFrom } from '../guards/token-bucket.ts'
import type { Ledger } from '../limits/ledger.ts'
import type { Log } from '../log.ts'
import { type BreakerState, type Meter, unmetered } from '../meter.ts'
import { appMemory } from '../store/app-memory.ts'
import type { Store } from '../store/store.ts'
import { inQuotes } from '../text/text.ts'
import { titleOf, type Vendor, type VendorContext } from '../vendors/define.ts'
import { type ClientOptions, openClient, type Refusal } from '../vendors/http/client.ts'
import { leftOutTenant } from './left-out-tenant.ts'

/** One configured workspace of a vendor. */
export interface Tenant {
  name: string
  vendor: Vendor
  /** The name of its app for people. */
  title: string
  settings: TenantSettings
  facts: Facts
  /** Whether a role, a group or an attribute of this name has privileges. */
  namesPrivilege: NamesPrivilege
  operations: AppOperations
  /** Whether the operation is available: the vendor has it, and the app was not found to lack it. */
  offers(operation: OperationName): boolean
  /** Its settings cannot be used, and its app is not asked. */
  isLeftOut?: true
  /** What is left of the budget of each of its tokens, by fingerprint. */
  budgets(): Promise<(BudgetLeft & { token: string })[]>
}

export interface Tenants {
  all: readonly Tenant[]
  /** Throws `UnknownTenant`, naming the known ones. */
  get(name: string): Tenant
  offering(operation: OperationName): Tenant[]
  /** The tenants that support a tool, read-only or not. */
  supporting(tool: { needs: readonly OperationName[] }): Tenant[]
  /** The tenants that support a tool and allow its effect; undefined if there are none. */
  serving(tool: { needs: readonly OperationName[]; effect: Effect; local?: true }): Tenant[] | undefined
  /** Whether this tenant is read-only, by its own setting or the server's. */
  readOnly(tenant: Tenant): boolean
  /** Names the app that a tenant leads to; tenants that lead to the same one have the same name for it. */
  appOf(tenant: string): string
  /** The tenants that lead to the same app as this one, itself included. */
  sharing(tenant: string): readonly string[]
  /** Only the tenants that a caller can see; to the caller, no others exist. */
  seenBy(grant: Grant): Tenants
}

/** What all tenants share. */
interface TenantServices {
  ledger: Ledger
  store: Store
  /** Optional, like `meter`. */
  log?: Log
  meter?: Meter
}

/** Prepares every tenant in the settings; sends no request yet. */
export function openTenants(settings: Settings, vendors: readonly Vendor[], kept: TenantServices): Tenants {
  const namesPrivilege = privilegeNames(settings.administrators)
  const served = Object.entries(settings.tenants).map(([name, tenant]): Tenant => {
    const vendor = vendorOf(tenant, vendors)
    const { opened, budgets } = openApp(name, tenant, vendor, {
      ...kept,
      route: settings.routes.get(name) ?? DIRECT,
    })
    const operations = vendor.operations(tenant, opened)
    return {
      name,
      vendor,
      title: titleOf(vendor, tenant),
      settings: tenant,
      facts: vendor.facts(tenant),
      namesPrivilege,
      operations,
      offers: (operation) => operations[operation] !== undefined && !operations.lacks?.(operation),
      budgets,
    }
  })
  const leftOut = settings.leftOut.map(
    (one): Tenant => ({ ...leftOutTenant(one, vendorOf(one, vendors)), namesPrivilege }),
  )
  const all = [...served, ...leftOut]
  const appOf = appsOf(Object.fromEntries(all.map(({ name, settings }) => [name, settings])))
  return tenantsOver(all, {
    readOnly: (tenant) => settings.readOnly || !tenant.settings.allowWrites,
    appOf,
    sharing: (name) => all.flatMap((one) => (appOf(one.name) === appOf(name) ? [one.name] : [])),
  })
}

function vendorOf({ vendor }: { vendor: string }, vendors: readonly Vendor[]): Vendor {
  const found = vendors.find(({ name }) => name === vendor)
  if (!found) throw new TypeError(`no vendor ${vendor}`)
  return found
}

function tenantsOver(
  all: readonly Tenant[],
  { readOnly, appOf, sharing }: Pick<Tenants, 'readOnly' | 'appOf' | 'sharing'>,
): Tenants {
  const tenants: Tenants = {
    all,
    get(name) {
      const tenant = all.find((candidate) => candidate.name === name)
      if (tenant) return tenant
      throw new UnknownTenant(
        `There is no tenant ${inQuotes(name, 64)}.`,
        all.length > 0
          ? `The tenants are: ${all.map((known) => known.name).join(', ')}.`
          : 'No tenants are available.',
      )
    },
    offering: (operation) => all.filter((tenant) => tenant.offers(operation)),
    supporting: ({ needs }) => all.filter((tenant) => needs.every((operation) => tenant.offers(operation))),
    serving(tool) {
      const changes = tool.effect !== 'reads' && !tool.local
      const able = tenants.supporting(tool).filter((tenant) => !changes || !readOnly(tenant))
      return able.length > 0 ? able : undefined
    },
    readOnly,
    appOf,
    sharing,
    seenBy: ({ tenants: names }) =>
      names
        ? tenantsOver(
            all.filter(({ name }) => names.includes(name)),
            { readOnly, appOf, sharing },
          )
        : tenants,
  }
  return tenants
}

/** A tenant's name and its app's name, for people. */
export const whereOf = ({ name, title, settings }: Tenant): ChangeLocation => ({
  tenant: name,
  title,
  owner: settings.owner,
})

/** What to know of a tenant's app beyond its facts, one sentence or two each. */
export const caveatsIn = ({ facts }: Pick<Tenant, 'facts'>): string[] => caveatTexts(facts.caveats)

/** What changes in a tenant are judged by. */
export const traitsOf = ({ vendor, settings, facts, namesPrivilege }: Tenant): TenantTraits => ({
  vendor: vendor.name,
  environment: settings.environment,
  address: settings.url,
  facts,
  namesPrivilege,
})

/** Opens a tenant's app for the vendor's operations: one set of request guards per tenant, one budget per token. */
function openApp(
  tenant: string,
  { url, budget, timeoutMs, maxRetries }: TenantSettings,
  vendor: Vendor,
  { ledger, store, log, meter = unmetered, route }: TenantServices & { route: Route },
): { opened: VendorContext; budgets: Tenant['budgets'] } {
  const spending = { ...vendor.budget, ...budget }
  const watch = {
    throttled: () => meter.throttled(tenant),
    waited: (ms: number) => meter.waited(tenant, ms),
    breaker: (state: BreakerState) => meter.breaker(tenant, state),
  }
  const guards = requestGuards({ ledger, budget: spending, timeoutMs, maxRetries, watch })
  const openings = new Map<string, ClientOptions>()
  const opened: VendorContext = {
    tenant,
    open(opening) {
      openings.set(bucketOf(opening), opening)
      const hear = (refusal: Refusal) => logRefusal(log, tenant, refusal)
      return openClient(
        opening,
        guards(opening),
        route,
        hear,
        payingFrom(ledger, bucketOf(opening), spending),
      )
    },
    left: (token, pool) => leftIn(ledger, bucketOf({ base: new URL(url), token, pool }), spending),
    memory: appMemory(store, { tenant, address: url }, (error) =>
      log?.error('stored facts about an app could not be read or saved', { tenant, error }),
    ),
  }
  const budgets = async () => {
    // By their names as they are now: a token that was read again from its file may be another one.
    const buckets = new Map([...openings.values()].map((opening) => [bucketOf(opening), nameOf(opening)]))
    const left = [...buckets].map(async ([bucket, token]) =>
      (await leftIn(ledger, bucket, spending)).map((window) => ({ ...window, token })),
    )
    return (await Promise.all(left)).flat()
  }
  return { opened, budgets }
}

/** A token by its fingerprint, and the pool if the app counts by pools. */
const nameOf = ({ token: { fingerprint }, pool }: ClientOptions): string =>
  pool === undefined ? fingerprint : `${fingerprint}/${pool}`

/** The agent reads our own words; the app's go to whoever runs the server. */
function logRefusal(
  log: TenantServices['log'],
  tenant: string,
  { effect, method, status, said, requestId }: Refusal,
): void {
  const of = requestId ? `, request ${requestId}` : ''
  const message = `the app refused ${effect === 'writes' ? 'a change' : 'a read'} (${method}, ${status}${of}): ${said}`
  if (effect === 'writes') log?.error(message, { tenant })
  else log?.info(message, { tenant })
}
