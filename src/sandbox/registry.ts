import { ENTRA_KINDS, type EntraOptions, type EntraTenant, startEntra } from './entra.ts'
import type { Fault } from './faults.ts'
import { GAINSIGHT_KINDS, type GainsightOptions, type GainsightTenant, startGainsight } from './gainsight.ts'
import { GOOGLE_KINDS, type GoogleOptions, type GoogleTenant, startGoogle } from './google.ts'
import type { Limits } from './limit.ts'
import {
  MINDTICKLE_KINDS,
  type MindtickleOptions,
  type MindtickleTenant,
  startMindtickle,
} from './mindtickle.ts'
import { NETSKOPE_KINDS, type NetskopeOptions, type NetskopeTenant, startNetskope } from './netskope.ts'
import { OKTA_KINDS, type OktaOptions, type OktaTenant, startOkta } from './okta.ts'
import { SCIM_KINDS, type ScimApp, type ScimAppOptions, startScimApp } from './scim-app.ts'

/** The apps that can be simulated; `scim` is any app that speaks SCIM 2.0. */
export const SANDBOX_APPS = [
  'netskope',
  'gainsight',
  'mindtickle',
  'scim',
  'okta',
  'entra',
  'google',
] as const
export type SandboxApp = (typeof SANDBOX_APPS)[number]

/** The apps to start by default. */
export const DEFAULT_APPS = ['netskope', 'gainsight', 'mindtickle'] as const satisfies readonly SandboxApp[]
export type DefaultApp = (typeof DEFAULT_APPS)[number]

/** Every kind of fault that `faults` can name. */
export const FAULT_KINDS = {
  ...NETSKOPE_KINDS,
  ...GAINSIGHT_KINDS,
  ...MINDTICKLE_KINDS,
  ...SCIM_KINDS,
  ...OKTA_KINDS,
  ...ENTRA_KINDS,
  ...GOOGLE_KINDS,
}
type SandboxFault = keyof typeof FAULT_KINDS

/** The faults that each app supports. */
const KINDS_BY_APP = {
  netskope: NETSKOPE_KINDS,
  gainsight: GAINSIGHT_KINDS,
  mindtickle: MINDTICKLE_KINDS,
  scim: SCIM_KINDS,
  okta: OKTA_KINDS,
  entra: ENTRA_KINDS,
  google: GOOGLE_KINDS,
} as const

export interface Tenants {
  'acme-netskope': NetskopeTenant
  'acme-gainsight': GainsightTenant
  'acme-mindtickle': MindtickleTenant
  'acme-scim': ScimApp
  'acme-okta': OktaTenant
  'acme-entra': EntraTenant
  'acme-google': GoogleTenant
}

/** Limits and `now` apply to every app, `faults` to the apps that support them, the rest to Netskope. */
export interface SandboxOptions<App extends SandboxApp = DefaultApp>
  extends Omit<NetskopeOptions, 'limits' | 'faults'>,
    Limits {
  /** Default: `DEFAULT_APPS`. The first app uses `port`, the others the next ones. */
  apps?: readonly App[] | undefined
  faults?: readonly (SandboxFault | Fault<SandboxFault>)[] | undefined
  /** Options of one app. */
  gainsight?: GainsightOptions | undefined
  mindtickle?: MindtickleOptions | undefined
  scim?: ScimAppOptions | undefined
  okta?: OktaOptions | undefined
  entra?: EntraOptions | undefined
  google?: GoogleOptions | undefined
}

/** A running app and how to reach it. */
export interface Started {
  tenant: Tenants[keyof Tenants]
  /** Its `url` in the settings file. */
  address: string
  /** The environment variable and the value of each token. */
  tokens: Record<string, [variable: string, value: string]>
  /** What else its settings say. */
  settings?: Record<string, unknown>
}

type AnyOptions = SandboxOptions<SandboxApp>

/** Starts one app with its options. */
export const STARTERS: Record<SandboxApp, (options: AnyOptions) => Promise<Started>> = {
  async netskope(options) {
    const { forms, auditOffset, events, people, tokens } = options
    const tenant = await startNetskope({
      ...sharedOptions(options, NETSKOPE_KINDS),
      ...{ forms, auditOffset, events, people, tokens },
    })
    const { scim, rest } = tenant.tokens
    return {
      tenant,
      address: tenant.url,
      tokens: {
        scim: ['SANDBOX_NETSKOPE_SCIM_TOKEN', scim.value],
        rest: ['SANDBOX_NETSKOPE_REST_TOKEN', rest.value],
      },
    }
  },
  async gainsight(options) {
    const tenant = await startGainsight({ ...sharedOptions(options, GAINSIGHT_KINDS), ...options.gainsight })
    const { accessKey, scim } = tenant.tokens
    return {
      tenant,
      address: tenant.url,
      tokens: {
        accessKey: ['SANDBOX_GAINSIGHT_KEY', accessKey.value],
        scim: ['SANDBOX_GAINSIGHT_SCIM_TOKEN', scim.value],
      },
    }
  },
  async mindtickle(options) {
    const tenant = await startMindtickle({
      ...sharedOptions(options, MINDTICKLE_KINDS),
      ...options.mindtickle,
    })
    const { value } = tenant.tokens.scim
    return { tenant, address: tenant.scimUrl, tokens: { scim: ['SANDBOX_MINDTICKLE_TOKEN', value] } }
  },
  async scim(options): Promise<Started> {
    const tenant = await startScimApp({ ...sharedOptions(options, SCIM_KINDS), ...options.scim })
    const { oauth, scimUrl: address } = tenant
    const { value } = tenant.tokens.scim
    if (!oauth) return { tenant, address, tokens: { scim: ['SANDBOX_SCIM_TOKEN', value] } }
    const { tokenUrl, clientId } = oauth
    return {
      tenant,
      address,
      tokens: { clientSecret: ['SANDBOX_SCIM_CLIENT_SECRET', oauth.clientSecret] },
      settings: { tokenUrl, clientId },
    }
  },
  async okta(options) {
    const tenant = await startOkta({ ...sharedOptions(options, OKTA_KINDS), ...options.okta })
    const { value } = tenant.tokens.api
    return { tenant, address: tenant.url, tokens: { api: ['SANDBOX_OKTA_TOKEN', value] } }
  },
  async entra(options) {
    const tenant = await startEntra({ ...sharedOptions(options, ENTRA_KINDS), ...options.entra })
    const { clientId, clientSecret } = tenant.registration
    return {
      tenant,
      address: tenant.url,
      tokens: { clientSecret: ['SANDBOX_ENTRA_SECRET', clientSecret] },
      settings: { directory: tenant.directory, clientId, loginUrl: tenant.url },
    }
  },
  async google(options) {
    const tenant = await startGoogle({ ...sharedOptions(options, GOOGLE_KINDS), ...options.google })
    const { domain, admin, tokenUrl } = tenant
    const { value } = tenant.tokens.serviceAccount
    return {
      tenant,
      address: tenant.url,
      tokens: { serviceAccount: ['SANDBOX_GOOGLE_SERVICE_ACCOUNT', value] },
      settings: { domain, admin, tokenUrl },
    }
  },
}

/** The options for every app, with the faults that this app supports. */
function sharedOptions<Name extends SandboxFault>(
  options: AnyOptions,
  kinds: Readonly<Record<Name, unknown>>,
) {
  const { port, now, perSecond, perMinute, perHour, perDay, faults = [] } = options
  const limits = { perSecond, perMinute, perHour, perDay }
  const limited = Object.values(limits).some((limit) => limit !== undefined)
  const known = faults.filter((fault): fault is Name | Fault<Name> =>
    Object.hasOwn(kinds, typeof fault === 'string' ? fault : fault.fault),
  )
  return { port, now, faults: known, ...(limited && { limits }) }
}

/** Throws a `TypeError` for a fault that no app supports. */
export function checkFaults(apps: readonly SandboxApp[], faults: AnyOptions['faults'] = []): void {
  const kinds = faultKindsOf(apps)
  for (const fault of faults) {
    const name = typeof fault === 'string' ? fault : fault.fault
    if (!Object.hasOwn(kinds, name)) throw new TypeError(`There is no fault "${name}".`)
  }
}

export const isFault = (name: string): name is SandboxFault => Object.hasOwn(FAULT_KINDS, name)

export const isApp = (name: string): name is SandboxApp => SANDBOX_APPS.some((app) => app === name)

/** The faults that at least one of these apps supports. */
export const faultKindsOf = (apps: readonly SandboxApp[]) =>
  Object.assign({}, ...apps.map((app) => KINDS_BY_APP[app])) as Partial<typeof FAULT_KINDS>
