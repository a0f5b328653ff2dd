import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import * as z from 'zod'
import type { Secret } from '../secret.ts'
import { Auth, HttpSettings } from './http.ts'
import { JsonFault, parseJsonc } from './jsonc.ts'
import { type LeftOut, leftOutTenants, noteOn, without } from './left-out.ts'
import { networkSettings, type Problem, type Route, routesOf } from './network.ts'
import { notesOn } from './notes.ts'
import { ChangeLimits, Confirm, type Environment, ProtectedAccount } from './policy.ts'
import { type KeptSecret, secretFrom } from './reference.ts'
import { type StorePlace, storePlace } from './store.ts'
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
interface ConfigurableVendor {
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

type ParsedSettings = z.infer<ReturnType<typeof settingsSchema>>
export type Settings = ParsedSettings & {
  /** The tenants whose own settings cannot be used. */
  leftOut: readonly LeftOut[]
  /** What whoever runs the server should know of them, in sentences. */
  notes: readonly string[]
  /** How requests reach the app of each tenant. */
  routes: ReadonlyMap<string, Route>
  /** How requests reach all else. */
  route: Route
  /** The secrets that can be read again. */
  keptSecrets: readonly KeptSecret[]
}

/** Invalid settings: all problems in one message, each with its key. */
export class SettingsError extends Error {
  constructor(where: string, problems: readonly string[]) {
    super(
      problems.length === 1
        ? `${where}: ${problems[0]}`
        : `${where} has ${problems.length} problems:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
    )
    this.name = 'SettingsError'
  }
}

/** Reads and parses a settings file. Throws `SettingsError`. */
export function loadSettings(
  file: string,
  vendors: readonly ConfigurableVendor[],
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  const raw = parseText(file, readText(file))
  const settings = parseSettings(raw, vendors, env, file)
  const placed = (path: string) => resolve(dirname(file), path)
  const { dataDir } = settings
  const tenants = Object.entries(settings.tenants).map(([name, tenant]) => [
    name,
    tenant.file === undefined ? tenant : { ...tenant, file: placed(tenant.file) },
  ])
  return { ...settings, tenants: Object.fromEntries(tenants), ...(dataDir && { dataDir: placed(dataDir) }) }
}

/** The store that raw settings name. Throws `SettingsError` with `where` in its message. */
export function storePlaceIn(
  { store }: { store?: unknown },
  env: Readonly<Record<string, string | undefined>>,
  where: string,
): StorePlace {
  const { data, error } = z.object({ store: storePlace(secretFrom(env)) }).safeParse({ store }, PARSE_ONCE)
  if (error) throw new SettingsError(where, error.issues.flatMap(problemsOf))
  return data.store
}

/** Each schema parses once: compiling a parser is not worth it. */
const PARSE_ONCE = { jitless: true }

/**
 * Validates parsed JSON. A tenant whose own settings are wrong is left out, if another is left. Throws `SettingsError` with
 * `where` in its message for whatever is wrong with the settings of all: a limit or a protected account, for example.
 */
export function parseSettings(
  raw: unknown,
  vendors: readonly ConfigurableVendor[],
  env: Readonly<Record<string, string | undefined>>,
  where: string,
): Settings {
  const faults: Problem[] = []
  const leftOut = new Set<string>()
  for (;;) {
    const read = readOnce(without(raw, leftOut), { vendors, env, where, leftOut })
    faults.push(...read.problems)
    const concernAll = read.problems.some(({ tenant }) => tenant === undefined)
    if (read.settings && read.problems.length === 0) {
      const out = leftOutTenants(raw, { vendors, leftOut, faults })
      const unplaced = out.find(({ tenant, url }) => url === undefined && protects(read.settings, tenant))
      if (!unplaced)
        return { ...read.settings, leftOut: out, notes: [...out.map(noteOn), ...read.settings.notes] }
    }
    for (const { tenant } of read.problems) if (tenant !== undefined) leftOut.add(tenant)
    const isStuck =
      concernAll || read.problems.length === 0 || leftOut.size === Object.keys(tenantsIn(raw)).length
    if (isStuck)
      throw new SettingsError(
        where,
        faults.map(({ text }) => text),
      )
  }
}

function readOnce(
  raw: unknown,
  {
    vendors,
    env,
    where,
    leftOut,
  }: Pick<Parameters<typeof routesOf>[1], 'env' | 'where'> & {
    vendors: readonly ConfigurableVendor[]
    leftOut: ReadonlySet<string>
  },
): { settings?: Omit<Settings, 'leftOut'>; problems: Problem[] } {
  const keptSecrets: KeptSecret[] = []
  const Reference = secretFrom(env, { kept: keptSecrets })
  const parts = { Secret: Reference, SecretText: secretFrom(env, { form: 'text', kept: keptSecrets }) }
  const parsed = settingsSchema(vendors, parts, vendorsIn(raw)).safeParse(raw, PARSE_ONCE)
  const network = parsed.data && routesOf(parsed.data, { env, where, Reference })
  const ofAll = [
    ...badTenantNames(raw),
    ...(parsed.data ? [...unknownNames(parsed.data, vendors, leftOut), ...emptyFourEyes(parsed.data)] : []),
  ]
  const problems = [
    ...ofAll.map((text) => ({ text })),
    ...(parsed.error?.issues.flatMap((issue) =>
      problemsOf(issue).map((text): Problem => ({ text, ...tenantOf(issue, raw, vendors) })),
    ) ?? []),
    ...(network?.problems ?? []),
  ]
  if (!network) return { problems }
  const { routes, route } = network
  return {
    settings: { ...parsed.data, notes: notesOn(raw, parsed.data), routes, route, keptSecrets },
    problems,
  }
}

/** The tenant whose settings an issue is in. Of a tenant without a known vendor too little is known to leave it out. */
function tenantOf(
  { path: [at, name] }: z.core.$ZodIssue,
  raw: unknown,
  vendors: readonly ConfigurableVendor[],
): { tenant?: string } {
  if (at !== 'tenants' || typeof name !== 'string') return {}
  const { vendor } = (tenantsIn(raw)[name] ?? {}) as { vendor?: unknown }
  return vendors.some((known) => known.name === vendor) ? { tenant: name } : {}
}

/** Valid tenant names. */
export const TENANT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/** The tenants of raw settings, which can be invalid. */
function tenantsIn(raw: unknown): Record<string, unknown> {
  const { tenants } = (raw ?? {}) as { tenants?: unknown }
  return typeof tenants === 'object' && tenants !== null ? { ...tenants } : {}
}

/** The vendors that raw settings name. */
const vendorsIn = (raw: unknown): Set<unknown> =>
  new Set(Object.values(tenantsIn(raw)).map((tenant) => (tenant as { vendor?: unknown } | null)?.vendor))

// Not in the schema, which would then skip the problems inside a tenant with a bad name.
const badTenantNames = (raw: unknown): string[] =>
  Object.keys(tenantsIn(raw))
    .filter((name) => !TENANT_NAME.test(name))
    .map(
      (name) =>
        `tenants.${name}: a tenant name has only letters, digits, dots, dashes and underscores, 63 at most`,
    )

/** Unknown names in the policy: a rule with such a name would silently never apply. */
function unknownNames(
  { tenants, confirm, ...settings }: ParsedSettings,
  vendors: readonly ConfigurableVendor[],
  leftOut: ReadonlySet<string>,
) {
  const known = { tenants: [...Object.keys(tenants), ...leftOut], vendors: vendors.map(({ name }) => name) }
  const rules = confirm.rules.flatMap(({ when }, index) =>
    (['tenants', 'vendors'] as const).flatMap((kind) =>
      (when[kind] ?? []).map((name) => ({ at: `confirm.rules.${index}.when.${kind}`, kind, name })),
    ),
  )
  const accounts = settings.protected.flatMap((entry, index) =>
    typeof entry === 'string' || entry.tenant === undefined
      ? []
      : [{ at: `protected.${index}.tenant`, kind: 'tenants' as const, name: entry.tenant }],
  )
  const provisioned = Object.entries(tenants).flatMap(([source, { provisions = {} }]) =>
    Object.keys(provisions).map((name) => ({
      at: `tenants.${source}.provisions`,
      kind: 'tenants' as const,
      name,
    })),
  )
  return [...rules, ...accounts, ...provisioned]
    .filter(({ kind, name }) => !known[kind].includes(name))
    .map(({ at, kind, name }) => `${at}: there is no ${kind.slice(0, -1)} "${name.slice(0, 64)}"`)
}

/** Whether an account is protected in that tenant, and so in each that leads to the same app. */
const protects = (settings: ParsedSettings | undefined, tenant: string): boolean =>
  settings?.protected.some((entry) => typeof entry !== 'string' && entry.tenant === tenant) ?? false

/** Four eyes where nobody knows who asks would be an empty promise. */
const emptyFourEyes = ({ auth, confirm }: ParsedSettings): string[] =>
  confirm.rules.flatMap(({ fourEyes }, index) =>
    auth === 'none' && fourEyes
      ? [`confirm.rules.${index}.fourEyes: needs callers with names, and with auth "none" they have none`]
      : [],
  )

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'no such file' : 'cannot be read'
    throw new SettingsError(file, [reason])
  }
}

function parseText(file: string, text: string): unknown {
  try {
    return parseJsonc(text)
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    throw new SettingsError(file, [error.message])
  }
}

const isNested = ({ code, path }: z.core.$ZodIssue) =>
  path.length > 0 || code === 'unrecognized_keys' || code === 'custom'

function problemsOf(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.map(String)
  if (issue.code === 'invalid_union') {
    // Report the problems of the intended alternative: the one whose top level matches.
    const intended = issue.errors.find((issues) => issues.every(isNested))
    if (intended)
      return intended.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }))
  }
  const problemAt = (path: readonly string[], message: string) =>
    `${path.join('.') || 'the file'}: ${message}`
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => problemAt([...at, key], 'unknown key'))
  if (issue.message.endsWith('received undefined')) return [problemAt(at, 'is missing')]
  return [problemAt(at, issue.message.replace(/^Invalid (input|option): /, ''))]
}
