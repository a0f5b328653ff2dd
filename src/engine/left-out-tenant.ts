import type { LeftOut } from '../config/left-out.ts'
import { NOT_ASKED, type TenantSettings } from '../config/schema.ts'
import type { Facts } from '../domain/facts.ts'
import type { AppOperations, OperationName } from '../domain/operations.ts'
import { LeftOutTenant } from '../errors.ts'
import type { Vendor } from '../vendors/define.ts'

/** Said of it in lists. What exactly is wrong is for the person who runs the server. */
export const LEFT_OUT_NOTE =
  'Left out: its settings on this server have a fault. Nothing is known of its accounts.'

/** A tenant whose settings cannot be used. It takes part in look-ups and checks, to say that its app was not asked. */
export function leftOutTenant({ tenant, url = '' }: LeftOut, vendor: Vendor) {
  const notAsked = async () => {
    throw notAskedError(tenant)
  }
  const settings: TenantSettings = { ...NOT_ASKED, vendor: vendor.name, url }
  const facts: Facts = { deactivate: 'unknown', delete: 'unknown', endsSessions: 'unknown', audit: 'none' }
  const operations: AppOperations = { findAccounts: notAsked, checkTokens: notAsked }
  return {
    name: tenant,
    vendor,
    title: vendor.title,
    isLeftOut: true as const,
    settings,
    facts,
    operations,
    offers: (operation: OperationName) => operations[operation] !== undefined,
    budgets: async () => [],
  }
}

export const notAskedError = (tenant: string) =>
  new LeftOutTenant(
    `${tenant} was not asked: its settings on this server have a fault.`,
    'Tell the person who runs this server; the other tenants are served.',
    { tenant },
  )
