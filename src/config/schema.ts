import * as z from 'zod'
import type { Secret } from '../secret.ts'
import { Auth, HttpSettings } from './http.ts'
import { networkSettings } from './network.ts'
import { ChangeLimits, Confirm, type Environment, ProtectedAccount } from './policy.ts'
import { storePlace } from './store.ts'
import { SigningKey, webhookSettings } from './webhook.ts'

/** The settings of every tenant, for all vendors. `vendors/define.ts` explains them. */
export interface TenantSettings {
  vendor: string
  /** Empty where no app is asked over the network. */
  url: string
  /** The app's name for people, where the vendor serves several. */
  title?: string | undefined
  environment: Environment
  budget?: Budget | undefined
  allowWrites: boolean
  dryRun: boolean
  timeoutMs: number
  maxRetries: number
  verifyAfterWrite: boolean
  verifyWindowMs: number
  proxy?: string | undefined
  ca?: string | undefined
  /** The truth about people: an identity provider or an HR export. */
  source?: boolean | undefined
  /** The apps of an identity provider that provision other tenants, by tenant: the provider's id of each. */
  provisions?: Readonly<Record<string, string>> | undefined
  /** Whether a deactivation ends the sessions first, where the app can end them. */
  endSessions?: boolean | undefined
  /** The file that holds its people, for an app without an API; absolute once the settings are loaded. */
  file?: string | undefined
  /** Who makes changes there by hand. */
  owner?: string | undefined
}

/** What holds for a tenant whose app is not asked over the network, as far as its own settings do not say it. */
export const NOT_ASKED = {
  url: '',
  environment: 'production',
  allowWrites: false,
  dryRun: false,
  timeoutMs: 0,
  maxRetries: 0,
  verifyAfterWrite: true,
  verifyWindowMs: 0,
} satisfies Omit<TenantSettings, 'vendor'>

const windows = (what: string) => ({
  perSecond: z.int().min(1).optional().describe(`${what} in any second`),
  perMinute: z.int().min(1).optional().describe(`${what} in any minute`),
  perHour: z.int().min(1).optional().describe(`${what} in any hour`),
  perDay: z.int().min(1).optional().describe(`${what} in any 24 hours`),
})

/** The budget of a token: a limit on requests for each window. */
export const Budget = z.strictObject({
  ...windows('Requests'),
  write: z
    .strictObject(windows('Changes'))
    .optional()
    .describe('Limits on changes alone, for an app that has such; changes count for the other windows too'),
  atOnce: z.int().min(1).max(100).optional().describe('Requests in flight at the same time'),
  reserve: z
    .number()
    .min(0)
    .max(0.9)
    .optional()
    .describe('Share of every window that bulk work leaves to interactive calls'),
})
export type Budget = z.infer<typeof Budget>

/** The parts of a vendor's schema: the schemas of secrets turn a reference into a `Secret`. */
export interface SettingsParts {
  /** A token, on one line. */
  Secret: z.ZodType<Secret, string>
  /** A secret of several lines, such as a private key. */
  SecretText: z.ZodType<Secret, string>
}

/** The part of a vendor that the settings need. */
export interface ConfigurableVendor {
  name: string
  settings: (parts: SettingsParts) => z.ZodObject & z.ZodType<TenantSettings>
  /** The settings of a tenant as written, over what the vendor knows of the app that they name. */
  fillIn?: (written: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
}

/** The whole settings file as one schema. */
export function settingsSchema(
  vendors: readonly ConfigurableVendor[],
  parts: SettingsParts,
  /** The vendors in use: building the schemas of all vendors would slow every start down. */
  wanted: ReadonlySet<unknown> = new Set(vendors.map(({ name }) => name)),
) {
  const used = vendors.filter(({ name }) => wanted.has(name))
  const [first, ...rest] = (used.length > 0 ? used : vendors).map((vendor) => vendor.settings(parts))
  if (!first) throw new TypeError('no vendors')
  return z.strictObject({
    $schema: z.string().optional().describe('For editors'),
    tenants: z
      .record(
        z.string(),
        // Every schema extends `TenantSettings`; the list loses the type of the union.
        z
          .preprocess(
            (written) => filledIn(written, vendors),
            z.discriminatedUnion('vendor', [first, ...rest], {
              error: `must be one of: ${vendors.map(({ name }) => name).join(', ')}`,
            }),
          )
          .transform((own) => ({ ...NOT_ASKED, ...own })) as unknown as z.ZodType<TenantSettings>,
      )
      .refine((tenants) => Object.keys(tenants).length > 0, 'name at least one tenant')
      .describe('The connected workspaces, each under a name of your choosing'),
    readOnly: z.boolean().default(false).describe('Offer only tools that read'),
    confirm: Confirm.prefault({}).describe(
      'Which changes a person must confirm: none, ask (through the client), approve (outside of it)',
    ),
    protected: z
      .array(ProtectedAccount)
      .default([])
      .describe('User names, emails or ids that no tool may change; `*` stands for anything'),
    administrators: z
      .array(z.string().trim().min(1).max(200))
      .default([])
      .describe('Names of roles, groups and licences of administrators, where the names do not say so'),
    limits: ChangeLimits.prefault({}).describe('How much may be changed'),
    auth: Auth.optional(),
    http: HttpSettings,
    ...networkSettings,
    dataDir: z
      .string()
      .min(1)
      .optional()
      .describe("Folder of the journal and the store; default: the user's data folder"),
    journal: z
      .strictObject({ signingKey: SigningKey.optional() })
      .prefault({})
      .describe('How to prove the journal to others'),
    webhook: webhookSettings(parts)
      .optional()
      .describe('Notifies people of pending requests and their outcome'),
    snapshots: z
      .strictObject({
        everyHours: z
          .int()
          .min(1)
          .max(24 * 31)
          .optional()
          .describe('How often a list is taken while serving; without it only by `audit snapshot`'),
        keepDays: z.int().min(1).max(3_650).default(400).describe('For how long what they tell is kept'),
      })
      .prefault({})
      .describe('Lists of the accounts of apps without a log, which tell what changed from one to the next'),
    store: storePlace(parts.Secret).describe(
      'Where approvals, budgets, locks and the journal are stored: disk, or the address of a Redis that instances share',
    ),
  })
}

/** A tenant's settings, completed by what its vendor knows. Takes what does not fit the schema too. */
export function filledIn(
  written: unknown,
  vendors: readonly Pick<ConfigurableVendor, 'name' | 'fillIn'>[],
): unknown {
  if (typeof written !== 'object' || written === null) return written
  const settings = written as Readonly<Record<string, unknown>>
  return vendors.find(({ name }) => name === settings.vendor)?.fillIn?.(settings) ?? written
}

export type ParsedSettings = z.infer<ReturnType<typeof settingsSchema>>
