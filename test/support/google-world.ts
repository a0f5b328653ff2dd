import type { GoogleTenant } from '../../src/sandbox/index.ts'
import { openWorld, type WorldOptions } from './world.ts'

interface GoogleWorldOptions extends Omit<WorldOptions, 'tenant' | 'tenants' | 'sandbox'> {
  sandbox?: Omit<NonNullable<WorldOptions['sandbox']>, 'apps'>
  /** Override the settings of the tenant. */
  tenant?: Record<string, unknown>
}

/** A real server and client, a simulated Google Workspace, and an app that speaks SCIM. */
export async function openGoogleWorld({ sandbox, tenant, ...options }: GoogleWorldOptions = {}) {
  const world = await openWorld({
    ...options,
    sandbox: { apps: ['google', 'scim'], ...sandbox },
    tenants: (own) => ({
      'acme-google': { ...own['acme-google'], ...tenant },
      'acme-scim': own['acme-scim'],
    }),
  })
  const apps = world.sandbox.tenants as unknown as Record<'acme-google', GoogleTenant> &
    Record<'acme-scim', Pick<GoogleTenant, 'arrivals' | 'user' | 'writes'>>
  return Object.assign(world, { google: apps['acme-google'], scim: apps['acme-scim'] })
}

export type GoogleWorld = Awaited<ReturnType<typeof openGoogleWorld>>

/** Every write of a simulated app from here on, as `METHOD path`. */
export function writesFrom({ writes }: Pick<GoogleTenant, 'writes'>, since = 0): string[] {
  return writes.slice(since).map(({ method, path }) => `${method} ${decodeURIComponent(path)}`)
}
