import {
  NETSKOPE_KINDS,
  type NetskopeFault,
  type NetskopeOptions,
  type NetskopeTenant,
  startNetskope,
} from './netskope.ts'

export interface SandboxOptions extends Omit<NetskopeOptions, 'limits'> {
  /** Requests that each token may make in any second, minute, hour or day; 300 a minute when all are left out. */
  perSecond?: number | undefined
  perMinute?: number | undefined
  perHour?: number | undefined
  perDay?: number | undefined
}

interface TenantSettings {
  vendor: string
  url: string
  tokens: Record<string, string>
}

/** Simulated tenants under way, with the settings that reach them. */
export interface Sandbox {
  url: string
  /** The values of the tokens, by slot. */
  tokens: { scim: string; rest: string }
  tenants: { 'acme-netskope': NetskopeTenant }
  /** What the settings file says to reach the tenants. */
  settings: { tenants: Record<keyof Sandbox['tenants'], TenantSettings> }
  /** The environment variables that `settings` refers to. */
  env: Record<string, string>
  close(): Promise<void>
}

/** Starts the simulated tenants on 127.0.0.1. Rejects when the port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { perSecond, perMinute, perHour, perDay, ...rest } = options
  const limits = { perSecond, perMinute, perHour, perDay }
  const limited = Object.values(limits).some((limit) => limit !== undefined)
  const netskope = await startNetskope({ ...rest, ...(limited && { limits }) })
  const tokens = { scim: netskope.tokens.scim.value, rest: netskope.tokens.rest.value }
  return {
    url: netskope.url,
    tokens,
    tenants: { 'acme-netskope': netskope },
    settings: {
      tenants: {
        'acme-netskope': {
          vendor: 'netskope',
          url: netskope.url,
          tokens: { scim: 'env:SANDBOX_NETSKOPE_SCIM_TOKEN', rest: 'env:SANDBOX_NETSKOPE_REST_TOKEN' },
        },
      },
    },
    env: { SANDBOX_NETSKOPE_SCIM_TOKEN: tokens.scim, SANDBOX_NETSKOPE_REST_TOKEN: tokens.rest },
    close: () => netskope.close(),
  }
}

/** Every kind of fault that `faults` can name. */
export const FAULT_KINDS = NETSKOPE_KINDS

export const isFault = (name: string): name is NetskopeFault => Object.hasOwn(FAULT_KINDS, name)

export { faultLines } from './control.ts'
export type { Arrival } from './exchange.ts'
export type { Fault } from './faults.ts'
export { type Limits, mostIn } from './limit.ts'
export { GRANTS, type NetskopeToken, type TokenForm } from './netskope/tokens.ts'
export type { NetskopeFault, NetskopeTenant }
