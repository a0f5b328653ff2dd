import * as z from 'zod'
import { BaseUrl } from '../config/address.ts'
import { networkSettings } from '../config/network.ts'
import { Environment } from '../config/policy.ts'
import { Budget, type SettingsParts, type TenantSettings } from '../config/schema.ts'
import type { Facts } from '../domain/facts.ts'
import type { AppOperations, BudgetLeft } from '../domain/operations.ts'
import type { Secret } from '../secret.ts'
import type { AppMemory } from '../store/app-memory.ts'
import type { ApiClient, ClientOptions } from './http/client.ts'

export { BaseUrl }

/** What a vendor builds its operations from, in addition to its settings. */
export interface VendorContext {
  /** The tenant's name, chosen by the operator. */
  tenant: string
  /** Opens an API client behind the request guards. Requests with the same token share its budget. */
  open(opening: ClientOptions): ApiClient
  /** The rest of the token's budget, in a pool if the app counts by pools. */
  left(token: Secret, pool?: string): Promise<BudgetLeft[]>
  /** What the server learned about the app. It survives restarts and is shared by all processes on the store. */
  memory: AppMemory
}

/** A path below the app's address. */
export const UrlPath = z.string().regex(/^(\/[\w~-][\w.~-]*)+$/, 'must be a path such as /scim/v2')

/** Settings that every tenant has, for any vendor. */
export const tenantSettings = {
  url: BaseUrl.describe('Address of the app'),
  // A forgotten setting must not weaken the protection.
  environment: Environment.default('production').describe('Kind of tenant; policy rules can match on it'),
  budget: Budget.optional().describe(
    "Request budget of the tenant's token; the vendor's defaults when left out",
  ),
  allowWrites: z.boolean().default(true).describe('Whether changes to this tenant are allowed'),
  dryRun: z.boolean().default(false).describe('Plan and confirm as usual, but send no change'),
  timeoutMs: z.int().min(100).max(120_000).default(20_000).describe('Timeout of a single request'),
  maxRetries: z.int().min(0).max(10).default(2).describe('Retries of a request that is safe to repeat'),
  verifyAfterWrite: z.boolean().default(true).describe('Read the account back after a change'),
  verifyWindowMs: z
    .int()
    .min(0)
    .max(30_000)
    .default(3_000)
    .describe('How long a change may take to show in the app before it counts as unverified'),
  ...networkSettings,
}

/** The setting that joins other tenants to the apps of an identity provider; `id` is the form of an app's id there. */
export const provisions = (id: z.ZodString, where: string) =>
  z
    .record(z.string(), id)
    .optional()
    .describe(
      `The apps here that provision other tenants: the name of each tenant, and the id of its app (${where})`,
    )

/** Types the schema of a tenant whose app is not asked over the network: the settings add `NOT_ASKED` to what it reads. */
export const notAsked = <Own extends z.ZodObject>(own: Own) =>
  own as unknown as z.ZodObject & z.ZodType<TenantSettings & z.output<Own>>

/** The identity providers that have a setup guide. */
export const IDPS = ['okta', 'entra'] as const
export type Idp = (typeof IDPS)[number]

/** One step in the identity provider, and the values to type into its form. */
export interface SetupStep {
  do: string
  fields?: readonly { label: string; value: string }[]
}

/** How to set up an identity provider to provision one tenant. It contains no secret. */
export interface SetupGuide {
  /** Prerequisites. */
  first: readonly string[]
  /** Where to create each token in the app. */
  tokens: readonly { name: string; made: string }[]
  steps: readonly SetupStep[]
  attributes: readonly { name: string; means: string }[]
  caveats: readonly string[]
  /** The public documents behind this guide. */
  sources: readonly string[]
}

/** How to give this server its rights at an app that has many of them, in the words of its console. It contains no secret. */
export interface AccessGuide {
  steps: readonly SetupStep[]
  /** Each right, what it is for, and what check_token says where it is missing. */
  rights: readonly { name: string; for: string; missing: string }[]
  caveats: readonly string[]
  /** The public documents behind this guide. */
  sources: readonly string[]
}

/** One thing that a person is asked to connect a tenant. */
export interface ConnectField {
  /** Its place in the tenant's settings, such as `url` or `tokens.scim`. */
  at: string
  /** What it is called, with an example where that helps. */
  ask: string
  /** Where it is made or found. */
  made?: string
  /**
   * How it is given: an address of which only the host counts, or the path too; text; a secret, typed unseen; the file of a
   * secret with several lines.
   */
  form: 'host' | 'address' | 'text' | 'secret' | 'file'
  /** What people paste, in the form that the settings want. */
  tidy?: (pasted: string) => string
}

/** One way to connect a tenant, by the kind of token that a person has. */
export interface ConnectWay {
  title: string
  fields: readonly ConnectField[]
}

export interface Vendor<Settings extends TenantSettings = TenantSettings> {
  name: string
  /** The app's name for people. */
  title: string
  settings: (parts: SettingsParts) => z.ZodObject & z.ZodType<Settings>
  /** Its app has no address and no token. */
  local?: true
  /** What a person is asked to connect a tenant, the best way first; without it, its settings are written by hand. */
  connect?: readonly ConnectWay[]
  /** Settings as a tenant wrote them, over what is known of the app that they name. */
  fillIn?: (written: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
  facts: (settings: Settings) => Facts
  /** A token's budget when the settings give none. */
  budget: Budget
  operations: (settings: Settings, app: VendorContext) => AppOperations
  /** What an agent should know before it acts, beyond `facts`; one or two sentences each. */
  about?: readonly string[]
  /** How to set up an identity provider to provision a tenant. */
  setup?: (settings: Settings, idp: Idp) => SetupGuide
  /** How to give this server its rights, where there are many. */
  access?: (settings: Settings) => AccessGuide
}

/** The name of a tenant's app for people. */
export const titleOf = ({ title }: Pick<Vendor, 'title'>, settings: Pick<TenantSettings, 'title'>): string =>
  settings.title ?? title

/** Types a vendor by its own settings. The list of vendors holds them all as one type. */
export const defineVendor = <Settings extends TenantSettings>(vendor: Vendor<Settings>): Vendor =>
  // A vendor only receives settings that its own schema parsed (`config/settings.ts`).
  vendor as unknown as Vendor
