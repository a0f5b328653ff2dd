import type { GainsightOptions, GainsightTenant } from './gainsight.ts'
import type { GoogleOptions, GoogleTenant } from './google.ts'
import type { MindtickleOptions, MindtickleTenant } from './mindtickle.ts'
import type { NetskopeFault, NetskopeTenant } from './netskope.ts'
import type { OktaOptions, OktaTenant } from './okta.ts'
import {
  checkFaults,
  DEFAULT_APPS,
  type DefaultApp,
  type SandboxApp,
  type SandboxOptions,
  STARTERS,
  type Started,
  type Tenants,
} from './registry.ts'
import type { ScimApp, ScimAppOptions } from './scim-app.ts'

type TenantsOf<App extends SandboxApp> = Pick<Tenants, `acme-${App}`>

interface TenantSettings {
  vendor: string
  url: string
  tokens: Record<string, string>
}

/** Running simulated tenants, and the settings to reach them. */
export interface Sandbox<App extends SandboxApp = DefaultApp> {
  /** The URL of the first app. */
  url: string
  /** The values of the first app's tokens, by slot. */
  tokens: 'netskope' extends App ? { scim: string; rest: string } : Record<string, string>
  tenants: TenantsOf<App>
  /** The settings file for these tenants. */
  settings: { tenants: Record<keyof TenantsOf<App>, TenantSettings> }
  /** The environment variables that `settings` refers to. */
  env: Record<string, string>
  close(): Promise<void>
}

/** Starts the simulated tenants on 127.0.0.1. Rejects when a port is taken. */
export async function startSandbox<const App extends SandboxApp = DefaultApp>(
  options: SandboxOptions<App> = {},
): Promise<Sandbox<App>> {
  const apps: readonly SandboxApp[] = options.apps ?? DEFAULT_APPS
  checkFaults(apps, options.faults)
  const started: [SandboxApp, Started][] = []
  const close = async () => {
    await Promise.all(started.map(([, { tenant }]) => tenant.close()))
  }
  try {
    for (const [index, app] of [...new Set(apps)].entries()) {
      const port = options.port ? options.port + index : undefined
      started.push([app, await STARTERS[app]({ ...options, port })])
    }
  } catch (error) {
    await close()
    throw error
  }
  const [first] = started
  if (!first) throw new TypeError('A sandbox needs at least one app.')
  const perTenant = <Value>(value: (app: SandboxApp, started: Started) => Value) =>
    Object.fromEntries(started.map(([app, one]) => [`acme-${app}`, value(app, one)]))
  return {
    url: first[1].tenant.url,
    tokens: mapValues(first[1].tokens, ([, value]) => value),
    tenants: perTenant((_, { tenant }) => tenant),
    settings: {
      tenants: perTenant((vendor, { address, tokens, settings }) => ({
        vendor,
        url: address,
        ...settings,
        tokens: mapValues(tokens, ([variable]) => `env:${variable}`),
      })),
    },
    env: Object.fromEntries(started.flatMap(([, { tokens }]) => Object.values(tokens))),
    close,
  } as unknown as Sandbox<App> // exactly the named apps have started
}

const mapValues = <Value, Other>(values: Record<string, Value>, to: (value: Value) => Other) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, to(value)]))

export { faultLines } from './control.ts'
export { GAINSIGHT } from './gainsight/account.ts'
export type { Arrival } from './http-types.ts'
export { mostIn, type RateSpelling } from './limit.ts'
export { GRANTS } from './netskope/tokens.ts'
export {
  DEFAULT_APPS,
  type DefaultApp,
  FAULT_KINDS,
  faultKindsOf,
  isApp,
  isFault,
  SANDBOX_APPS,
  type SandboxApp,
  type SandboxOptions,
} from './registry.ts'
export type {
  GainsightOptions,
  GainsightTenant,
  GoogleOptions,
  GoogleTenant,
  MindtickleOptions,
  MindtickleTenant,
  NetskopeFault,
  NetskopeTenant,
  OktaOptions,
  OktaTenant,
  ScimApp,
  ScimAppOptions,
}
