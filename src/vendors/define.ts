import * as z from 'zod'
import { BaseUrl } from '../config/address.ts'
import { Environment } from '../config/policy.ts'
import { Budget, type SettingsParts, type TenantSettings } from '../config/settings.ts'
import type { Facts } from '../domain/facts.ts'
import type { AppOperations, BudgetLeft } from '../domain/operations.ts'
import type { Secret } from '../secret.ts'
import type { AppMemory } from '../store/app-memory.ts'
import type { ApiClient, ClientOptions } from './http/client.ts'

export { BaseUrl }

/** What a vendor's operations are built from, besides its own settings. */
export interface VendorContext {
  /** Name of the tenant, as the operator chose it. */
  tenant: string
  /** A surface of the app behind the request guards; requests that bear the same token share its budget. */
  open(opening: ClientOptions): ApiClient
  /** What is left of the token's budget. */
  left(token: Secret): Promise<BudgetLeft[]>
  /** What was found out about the app, kept over restarts and shared by all who use the store. */
  memory: AppMemory
}

/** Settings that every tenant has, whatever its vendor. */
export const tenantSettings = {
  url: BaseUrl.describe('Address of the app'),
  // Who forgets to say it must not be the less protected for that.
  environment: Environment.default('production').describe('What the tenant is; rules can tell by it'),
  budget: Budget.optional().describe(
    "What the tenant's token may spend; the vendor's own figures when left out",
  ),
  allowWrites: z.boolean().default(true).describe('Whether this tenant may be changed at all'),
  dryRun: z.boolean().default(false).describe('Plan and ask as usual, but send no change'),
  timeoutMs: z.int().min(100).max(120_000).default(20_000).describe('Longest a single request may take'),
  maxRetries: z.int().min(0).max(10).default(2).describe('Repeats of a request that is safe to repeat'),
  verifyAfterWrite: z.boolean().default(true).describe('Read back after a change'),
  verifyWindowMs: z
    .int()
    .min(0)
    .max(30_000)
    .default(3_000)
    .describe('How long a change may take to show in the app before it counts as unverified'),
}

/** The identity providers that set-up help is written for. */
export const IDPS = ['okta', 'entra'] as const
export type Idp = (typeof IDPS)[number]

/** Something to do in the identity provider, and what to type into the form that it opens. */
export interface SetupStep {
  do: string
  fields?: readonly { label: string; value: string }[]
}

/** What a person does so that an identity provider provisions one tenant. It holds no secret. */
export interface SetupGuide {
  /** What must be true before anything else. */
  first: readonly string[]
  /** Where in the app each token is made. */
  tokens: readonly { name: string; made: string }[]
  steps: readonly SetupStep[]
  attributes: readonly { name: string; means: string }[]
  caveats: readonly string[]
  /** The public documents that this is drawn from. */
  sources: readonly string[]
}

export interface Vendor<Settings extends TenantSettings = TenantSettings> {
  name: string
  /** As people call the app. */
  title: string
  settings: (parts: SettingsParts) => z.ZodObject & z.ZodType<Settings>
  facts: (settings: Settings) => Facts
  /** What a token may spend where the settings say nothing. */
  budget: Budget
  operations: (settings: Settings, app: VendorContext) => AppOperations
  /** What an agent should know before it acts, beyond what `facts` says; one sentence or two each. */
  about?: readonly string[]
  /** How an identity provider is set up to provision a tenant. */
  setup?: (settings: Settings, idp: Idp) => SetupGuide
}

/** Types a vendor by its own settings; the list of vendors holds them all as one type. */
export const defineVendor = <Settings extends TenantSettings>(vendor: Vendor<Settings>): Vendor =>
  // The settings a vendor is handed are those that its own schema parsed (`config/settings.ts`).
  vendor as unknown as Vendor
